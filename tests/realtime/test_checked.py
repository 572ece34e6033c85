"""The checked build: the same sound, and a process that stops where memory is left."""

import os
import pathlib
import signal
import subprocess
import sys

import numpy as np
import pytest

from synthhost.engine.engine import Engine
from synthhost.engine.guard import GUARDS
from synthhost.realtime.image import load_image
from tests.realtime.harness.break_rules import EFFECT_FAULTS, PART_FAULTS, ROW_FAULTS
from tests.realtime.harness.song import engine_with_song

ROOT = pathlib.Path(__file__).parents[2]
TRAPS = {-signal.SIGILL, -getattr(signal, "SIGTRAP", signal.SIGILL)}
FAULTS = {-signal.SIGSEGV, -getattr(signal, "SIGBUS", signal.SIGSEGV)}
pytestmark = pytest.mark.slow
posix = pytest.mark.skipif(os.name != "posix", reason="processes end by signals on POSIX systems")


@pytest.fixture(scope="module")
def checked():
    return load_image(checked=True)


@pytest.fixture(scope="module")
def plain():
    return load_image(checked=False)


def break_rules(what, checked):
    """Exit code of a process that breaks a rule (minus the signal that ended it)."""
    environment = {**os.environ, "SYNTHHOST_CHECKED": "1" if checked else "0", "PYTHONFAULTHANDLER": ""}
    command = [sys.executable, "-m", "tests.realtime.harness.break_rules", what]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert ("survived" in done.stdout) == (done.returncode == 0), done.stderr
    return done.returncode


def test_the_checked_image_is_another_one_and_passes_the_same_audit(plain, checked):
    assert checked.manifest["checked"] and not plain.manifest["checked"]
    assert checked.code != plain.code and checked.folder != plain.folder
    assert set(checked.manifest["audit"]["undefined"]) <= {"memset", "memcpy"}
    assert checked.manifest["audit"]["indirect_calls"] == plain.manifest["audit"]["indirect_calls"]
    assert checked.operators == plain.operators


def test_the_checked_image_renders_a_song_bit_by_bit_like_the_one_that_plays(plain, checked):
    sounds = []
    for image in (plain, checked):
        engine = engine_with_song(image, seconds=5)
        sounds.append(engine.render(5 * 48_000, 64))
        assert engine.record.stats.notes > 500 and engine.record.stats.stolen > 10
    assert np.abs(sounds[0]).max() > 0.1
    assert np.array_equal(sounds[0].view(np.uint32), sounds[1].view(np.uint32))


@posix
def test_an_unbroken_song_survives(checked):
    assert break_rules("nothing", checked=True) == 0


@posix
@pytest.mark.parametrize("what", [*list(ROW_FAULTS)[1:], *EFFECT_FAULTS, *PART_FAULTS, "too many rows"])
def test_a_program_that_leaves_its_memory_stops_the_checked_process(checked, what):
    assert break_rules(what, checked=True) in TRAPS


@posix
def test_touching_a_guard_page_stops_the_checked_process(checked):
    assert break_rules("a guard page", checked=True) in FAULTS


@posix
def test_the_image_that_plays_has_no_guard_pages(plain):
    assert break_rules("the gaps", checked=False) == 0


@posix
def test_guard_pages_stand_round_the_tiles_and_every_group_and_go_with_the_engine(checked):
    engine = Engine(checked, 48_000)
    address, spans = engine.address, GUARDS[engine.address]
    assert len(spans) == 2 * (1 + len(engine.record.groups))
    assert all(size >= 4096 and start % 4096 == 0 for start, size in spans)
    tiles = engine.record.tiles.__array_interface__["data"][0]
    assert any(tiles - 8192 <= start < tiles for start, _ in spans)
    assert any(
        tiles + engine.record.tiles.nbytes <= start < tiles + engine.record.tiles.nbytes + 8192
        for start, _ in spans
    )
    memory = engine.memory
    del engine
    assert address not in GUARDS
    memory.view(np.uint8)[:] = 0


ONE_LOAD = """
from synthhost.realtime.machine import record_view, rows_view
from synthhost.realtime.marks import entry
from synthhost.realtime.operator import record
from synthhost.realtime.vector import gather, load, read, splat_int, store, write

tile_at = rows_view(32, 16)
TABLE = record([("numbers", "f4", (8,)), ("index", "u4", (16,)), ("found", "f4", (16,))])
table_at = record_view(TABLE)


@entry("void", "address", "int64")
def copy_row(tile, row):
    store(tile_at(tile), 0, load(tile_at(tile), row))


@entry("void", "address", "int64")
def write_row(tile, row):
    store(tile_at(tile), row, load(tile_at(tile), 0))


@entry("float32", "address", "int64")
def number(table, index):
    return table_at(table).numbers[index]


@entry("void", "address")
def look_up(table):
    record = table_at(table)
    write(record.found, gather(record.numbers, read(record.index)))
"""
RUN = """
import ctypes, json, pathlib, sys
import numpy as np
from synthhost.realtime.image import Image

folder = pathlib.Path(sys.argv[1])
image = Image((folder / "image.o").read_bytes(), json.loads((folder / "manifest.json").read_text()), folder)
memory = np.zeros(1 << 16, np.float32)
middle = memory[1 << 15 :]
name, index = sys.argv[2], int(sys.argv[3])
if name == "look_up":
    middle[8:24].view(np.uint32)[5] = index
    image.function(name)(middle.ctypes.data)
else:
    image.function(name)(middle.ctypes.data, index)
"""


@posix
def test_every_kind_of_access_is_checked_against_its_bounds(tmp_path):
    (tmp_path / "loads.py").write_text(ONE_LOAD)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    for kind, options in (("checked", ["--checked"]), ("plain", [])):
        command = [sys.executable, "-m", "synthhost.realtime.build", str(tmp_path / kind), *options, "loads"]
        subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL, timeout=300)

    def run(kind, name, index):
        command = [sys.executable, "-c", RUN, str(tmp_path / kind), name, str(index)]
        return subprocess.run(command, cwd=ROOT, env=environment, timeout=60).returncode

    for name, inside, outside in (
        ("copy_row", (0, 31), (32, -1)),
        ("write_row", (31,), (32, -1)),
        ("number", (7,), (8,)),
        ("look_up", (7,), (8,)),
    ):
        assert [run("checked", name, index) for index in inside] == [0] * len(inside), name
        assert {run("checked", name, index) for index in outside} <= TRAPS, name
        assert run("plain", name, outside[0]) == 0  # nobody looks there when it plays
