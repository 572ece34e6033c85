"""Fixtures for all tests: the image, engines, patches, a real JACK server with a dummy driver."""

import contextlib
import itertools
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "synthhost", deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
settings.load_profile("synthhost")
HERE = Path(__file__).parent


# Folders and files whose tests play in real time, measure it, or use what there is once.
ALONE = (
    *("audio/", "bench/", "control/", "demo/", "latency/", "wine/"),
    *("engine/test_callback_proof", "engine/test_govern_jack", "events/test_ring", "patch/test_start"),
    *("midi/test_port", "midi/test_reader", "realtime/test_image", "test_host", "test_jack", "test_unheard"),
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark the tests beside which nothing may run."""
    for item in items:
        if item.path.relative_to(HERE).as_posix().startswith(ALONE):
            item.add_marker("alone")


@pytest.fixture(scope="session")
def image():
    """The image of this source; built on first use. ``SYNTHHOST_CHECKED=1`` makes it the one with bounds checks."""
    from synthhost.realtime.image import load_image

    return load_image()


@pytest.fixture
def engine(image):
    """A fresh offline engine at 48 kHz."""
    import synthhost.dsp  # noqa: F401 (registers the operators)
    from synthhost.engine.engine import Engine

    return Engine(image, 48_000, buffer_frames=1024)


_numbers = itertools.count()


@contextlib.contextmanager
def running_jack(period_frames=128, rate_hz=48_000, realtime=True, speakers=2):
    """A JACK server with the dummy driver, under a name of its own; yields the name."""
    if shutil.which("jackd") is None:
        pytest.skip("jackd is not installed (apt install jackd2)")
    name = f"synthhost-test-{os.getpid()}-{next(_numbers)}"
    priority = ["-R", "-P", "70"] if realtime and can_be_realtime() else ["-r"]
    command = ["jackd", *priority, "-n", name, "-d", "dummy", "-r", str(rate_hz), "-p", str(period_frames)]
    command += ["-P", str(speakers)]
    environment = {**os.environ, "JACK_NO_AUDIO_RESERVATION": "1"}
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        wait_for_jack(name, server)
        yield name
    finally:
        server.terminate()
        try:
            server.wait(5)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def can_be_realtime():
    """Whether this machine lets us have SCHED_FIFO threads."""
    try:
        before = os.sched_getscheduler(0), os.sched_getparam(0)
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
        os.sched_setscheduler(0, *before)
    except (OSError, AttributeError):
        return False
    return True


def wait_for_jack(name, server):
    from synthhost.audio.errors import AudioError
    from synthhost.audio.jack import open_client

    for _ in range(100):
        time.sleep(0.05)
        if server.poll() is not None:
            pytest.fail("jackd ended at once")
        try:
            _, client = open_client("synthhost-waits", name)
        except AudioError:
            continue
        client.close()
        return
    pytest.fail("jackd did not answer within 5 s")


@pytest.fixture
def jack_server():
    """`running_jack`, for tests that choose the period."""
    return running_jack


@pytest.fixture
def jackd(monkeypatch):
    """Starts JACK servers of one name, one after the other."""
    if shutil.which("jackd") is None:
        pytest.skip("jackd is not installed (apt install jackd2)")
    name, servers = f"synthhost-host-{os.getpid()}", []
    monkeypatch.setenv("JACK_DEFAULT_SERVER", name)
    monkeypatch.setenv("JACK_NO_AUDIO_RESERVATION", "1")

    def start():
        command = [
            "jackd",
            "-r",
            "-S",
            "-n",
            name,
            "-d",
            "dummy",
            "-r",
            "48000",
            "-p",
            "128",
        ]  # -S: no cycle is torn
        servers.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        wait_for_jack(name, servers[-1])
        return servers[-1]

    yield start
    for server in servers:
        server.terminate()
        server.wait(5)


@pytest.fixture
def said():
    return []


def tick_until(host, condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        host.tick()
        time.sleep(0.005)
