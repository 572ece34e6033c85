"""Older versions of the format play for ever, are rewritten only when asked, and keep their comments.

Each version that there was has a frozen patch in ``frozen/``, and beside it its sound: level in dB of both channels, and
brightness in octaves above 1 Hz, per 50 ms. ``python -m tests.patch.test_migrate`` writes the sound of a new one.
"""

import pathlib
import tomllib

import numpy as np
import pytest

from synthhost.engine.engine import Engine
from synthhost.events.event import BEND, NOTE_OFF, NOTE_ON
from synthhost.patch import PatchError, compile_patch, load, loads, migrate
from synthhost.patch.document import read_document
from synthhost.patch.migrate import newest_version
from synthhost.patch.upgrade import upgrade_file
from tests.patch.texts import VOICE

FROZEN = pathlib.Path(__file__).parent / "frozen"
RATE_HZ, STEP = 48_000, 2400
FLOOR_DB = -70.0
FILES = sorted(FROZEN.glob("*.toml"))


def features(image, path):
    """Three notes and a bend: levels in dB and brightness in octaves, ``float64[steps, 3]``."""
    engine = Engine(image, RATE_HZ, buffer_frames=32)
    engine.hand_in(engine.load(compile_patch(load(path, [FROZEN]), image.operators)))
    for seconds, kind, key, value in (
        (0.0, NOTE_ON, 45, 0.9),
        (0.4, NOTE_ON, 64, 0.4),
        (0.6, BEND, 0, 0.5),
        (0.8, NOTE_OFF, 64, 0.5),
        (1.0, NOTE_OFF, 45, 0.5),
    ):
        engine.push(kind, frame=round(seconds * RATE_HZ), key=key, value=value)
    steps = engine.render(round(1.5 * RATE_HZ)).reshape(-1, STEP, 2).astype(float)
    levels = np.maximum(10 * np.log10(np.mean(steps**2, axis=1) + 1e-12), FLOOR_DB)
    power = np.abs(np.fft.rfft(steps.sum(axis=2) * np.hanning(STEP), axis=1)) ** 2 + 1e-12
    hz = np.fft.rfftfreq(STEP, 1 / RATE_HZ)
    return np.column_stack([levels, np.log2((power * hz).sum(axis=1) / power.sum(axis=1))])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_patch_of_an_older_version_sounds_as_it_did(image, path):
    now, before = features(image, path), np.loadtxt(path.with_suffix(".csv"))
    heard = before[:, :2].max(axis=1) > FLOOR_DB + 10
    assert np.abs(now - before)[:, :2].max() < 0.25
    assert np.abs(now - before)[heard, 2].max() < 0.05


def test_every_version_that_there_was_is_frozen():
    assert {tomllib.loads(p.read_text("utf-8"))["version"] for p in FILES} == set(
        range(1, newest_version() + 1)
    )


OLD = (
    VOICE.replace("version = 1", "version = 1    # the first")
    .replace("q = 1.2", "q = 1.2    # by ear")
    .replace("[[route]]", "# It opens.\n[[route]]", 1)
)


def rename_q(tables):
    """A step that no version has: as if q had been called resonance in the first."""
    for table in tables.values():
        if isinstance(table, dict) and table.get("op") == "svf_lowpass" and "resonance" in table:
            table["q"] = table.pop("resonance")


def double_depths(tables):
    """Another: as if depths in octaves had meant twice as much in the second."""
    routes = tables.get("route")
    for route in routes if isinstance(routes, list) else ():
        if isinstance(route, dict) and isinstance(route.get("octaves"), (int, float)):
            route["octaves"] = route["octaves"] * 2


@pytest.fixture
def third_version(monkeypatch):
    """As if the format had its third version: twice something was changed."""
    monkeypatch.setattr(migrate, "STEPS", [rename_q, double_depths])
    return OLD.replace("q = 1.2", "resonance = 1.2")


def test_an_old_text_is_read_as_its_version_meant_it(third_version):
    patch = loads(third_version)
    assert patch.operators["filter"].written["q"].value == 1.2
    assert patch.routes[0].depth.value == 7.0
    second = loads(OLD.replace("version = 1", "version = 2"))
    assert second.operators["filter"].written["q"].value == 1.2
    assert second.routes[0].depth.value == 7.0
    newest = loads(OLD.replace("version = 1", "version = 3"))
    assert newest.routes[0].depth.value == 3.5


def test_loading_an_old_text_changes_neither_it_nor_its_tables(third_version):
    assert loads(third_version).source == third_version
    document = read_document(third_version, "old")
    assert migrate.migrated(document).tables["version"] == 3
    assert document.tables == tomllib.loads(third_version)


def test_an_old_patch_may_extend_a_new_one_and_the_other_way_round(third_version, tmp_path):
    (tmp_path / "old.toml").write_text(third_version)
    head = 'format = "synthhost/patch"\nversion = 3\nextends = "old"\n'
    new = loads(head + "[osc1]\ndetune_cents = 3\n", folders=[tmp_path])
    assert new.routes[0].depth.value == 7.0
    assert new.operators["filter"].written["q"].value == 1.2


def test_a_mistake_in_an_old_text_is_still_found_on_its_line(third_version):
    with pytest.raises(PatchError, match="patch:15: filter.cutoff_hz = 90000 is out of range"):
        loads(third_version.replace("cutoff_hz = 900", "cutoff_hz = 90000"))


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_an_upgrade_keeps_comments_and_the_old_file(third_version, tmp_path, newline, mark):
    path = tmp_path / "voice.toml"
    path.write_bytes(old := (mark + third_version.replace("\n", newline)).encode())
    before = compile_patch(load(path))
    kept = upgrade_file(path)
    assert kept == tmp_path / "voice.toml.v1"
    assert kept.read_bytes() == old
    text = path.read_bytes().decode()
    assert text.startswith(mark)
    for line in ("version = 3    # the first", "# It opens.", "octaves = 7.0", "q = 1.2", "# a little"):
        assert line in text
    after = compile_patch(load(path))
    assert after.graph == before.graph
    assert np.array_equal(after.values, before.values)
    path.write_bytes(old)
    assert upgrade_file(path) == tmp_path / "voice.toml.v1-2"


def test_a_broken_old_file_is_not_rewritten(third_version, tmp_path):
    path = tmp_path / "voice.toml"
    path.write_text(third_version.replace("cutoff_hz = 900", "cutoff_hz = 90000"))
    with pytest.raises(PatchError, match="out of range"):
        upgrade_file(path)
    assert [p.name for p in tmp_path.iterdir()] == ["voice.toml"]


@pytest.mark.parametrize("table", ["route = 3", "filter = 3", "route = [3]", "filter.q = []"])
def test_an_old_text_that_is_no_patch_is_answered_by_the_reader(third_version, table):
    with pytest.raises(PatchError):
        loads('format = "synthhost/patch"\nversion = 1\n' + table)


def test_a_newer_version_says_what_it_needs():
    with pytest.raises(
        PatchError, match=r"patch:2: version = 9 needs a newer synthhost: update it. .* up to version 1"
    ):
        loads(OLD.replace("version = 1", "version = 9"))


if __name__ == "__main__":
    from synthhost.realtime.image import load_image

    for file in FILES:
        if not file.with_suffix(".csv").exists():
            np.savetxt(file.with_suffix(".csv"), features(load_image(), file), "%.2f")
