"""What the callback does while it runs: it never waits for Python, never enters the kernel, never meets a new page."""

import ctypes
import json
import pathlib
import platform
import shutil
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from synthhost.audio.virtual import VirtualOutput
from synthhost.engine.engine import Engine
from tests.realtime.harness.song import engine_with_song

ROOT = pathlib.Path(__file__).parents[2]
CALLS = 20_000
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a Linux kernel")


# --- Python's lock ---------------------------------------------------------------------------------------------------


@linux
def test_blocks_are_played_while_python_holds_its_lock(image):
    engine = engine_with_song(image, seconds=6, buffer_frames=128)
    ticks, stop = [], threading.Event()

    def tick():  # a Python thread: the measure of whether the lock is held
        while not stop.wait(0.005):
            ticks.append(0)

    witness = threading.Thread(target=tick)
    output = VirtualOutput(engine, 128)
    output.start()
    witness.start()
    try:
        hold = ctypes.PyDLL(None).usleep  # PyDLL does not give the lock away
        ticks_before, before, begun = len(ticks), int(engine.record.stats.blocks), time.monotonic()
        hold(2_000_000)
        ticks_after, after, took_s = len(ticks), int(engine.record.stats.blocks), time.monotonic() - begun
    finally:
        stop.set()
        witness.join()
        output.close()
    assert ticks_after - ticks_before <= 1  # Python stood still
    assert after - before == pytest.approx(took_s * 48_000 / 128, rel=0.05)  # the sound did not
    assert engine.record.stats.notes > 10


# --- system calls, page faults, context switches ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def trap(tmp_path_factory):
    """The harness library, compiled here."""
    if not sys.platform.startswith("linux") or platform.machine() not in ("x86_64", "aarch64"):
        pytest.skip("the system call trap is for Linux on x86-64 or AArch64")
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed: the system call trap cannot be compiled")
    library = tmp_path_factory.mktemp("trap") / "guarded.so"
    source = ROOT / "tests/realtime/harness/guarded.c"
    command = [
        "gcc",
        "-O1",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-shared",
        "-fPIC",
        "-o",
        str(library),
        str(source),
    ]
    subprocess.run([*command, "-lpthread"], check=True)
    return library


def guarded(trap, what, calls):
    """Run a callback under the trap; returns what the harness printed."""
    command = [sys.executable, "-m", "tests.realtime.harness.guarded", str(trap), what, str(calls)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["refused"] == 0, f"the kernel refused the filter: errno {report['refused']}"
    return report


def test_a_song_makes_no_system_call_no_page_fault_and_no_wait(image, trap):
    report = guarded(trap, "engine", CALLS)
    assert report["system_calls"] == 0, f"system call number {report['last_number']}"
    assert report["faults"] == 0
    assert report["switches"] == 0
    assert report["blocks"] == CALLS + 1
    assert report["notes"] > 500 and report["stolen"] > 10 and report["voices_max"] >= 20


def test_the_trap_sees_a_callback_that_asks_for_memory(trap):
    report = guarded(trap, "memory", 10)
    assert report["system_calls"] >= 10


def test_the_trap_sees_a_callback_that_meets_new_pages(trap):
    report = guarded(trap, "pages", 100)
    assert report["faults"] >= 100
    assert report["system_calls"] == 0


# --- denormal numbers -------------------------------------------------------------------------------------------------


def denormal_product():
    """A product that is denormal, or zero where denormals are flushed."""
    return float((np.array([1e-30], np.float32) * np.array([1e-10], np.float32))[0])


def test_denormals_are_zero_inside_the_callback_only(image):
    engine = Engine(image, 48_000, buffer_frames=64)
    tiny = np.float32(1e-39)
    engine.record.volume = engine.record.volume_target = tiny
    assert engine.record.volume == tiny
    assert denormal_product() != 0.0
    engine.render(64)
    assert engine.record.volume == 0.0  # volume + 0, with a denormal taken for zero
    assert denormal_product() != 0.0  # the driver's thread is as it was
