"""A patch made of parts in the host: its numbers are set by address, and a save is heard, in notes that ring if it can be."""

import numpy as np
import pytest

from synthhost.host import Host
from synthhost.patch import compile_patch, load
from tests.engine.playing import HEAD, SOUND
from tests.test_host import tick_until

WHOLE = """format = "synthhost/patch"
version = 1
name = "Whole"
[[part]]
patch = "{0}/one"
level_db = -3
send_db = {{ hall = -12 }}
[[part]]
patch = "{0}/other"
level_db = -3
[sends.hall]
op = "reverb"
"""


@pytest.fixture
def said():
    return []


@pytest.fixture
def host(image, said, tmp_path, monkeypatch):
    """A host that plays two parts on the virtual device; their files are in a patch folder."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "config" / "synthhost" / "patches" / "mine"
    folder.mkdir(parents=True)
    for name, op in (("one", "sine"), ("other", "saw")):
        text = HEAD.format(name=name, performance="") + SOUND.format(
            op=op, phase=0, attack_s=0, decay_s=0, sustain=1, release_s=0.1, effects="", level_db=-12
        )
        (folder / f"{name}.toml").write_text(text)
    path = folder / "whole.toml"
    path.write_text(WHOLE.format("mine"))
    host = Host(image, tell=said.append)
    try:
        host.open("virtual")
        host.start(compile_patch(load(path), image.operators), str(path))
        host.load_patch(path)
        tick_until(host, lambda: said[-1:] == ["playing: Whole"])
        yield host, folder
    finally:
        host.close()


def test_a_saved_number_is_heard_in_notes_that_ring(host, said):
    host, folder = host
    path, slots = folder / "whole.toml", [0, 1, 2]
    host.note_on(60)
    for change in (
        ("level_db = -3", "level_db = -60"),
        ("hall = -12", "hall = -3"),
        ('"reverb"', '"reverb"\ndecay_s = 4'),
    ):
        count = len(said)
        path.write_text(path.read_text().replace(*change))
        tick_until(host, lambda: len(said) > count)  # noqa: B023
        assert said[-1] == "heard again: Whole"
    tick_until(host, lambda: host.engine.slots_in_use() == slots)
    assert host.report()["notes"] == 1
    value = host.engine.record.slots[host.slot].value.reshape(-1)
    at = host.program.addresses
    tick_until(host, lambda: np.isclose(value[at["part.1.level_db"]], -60, atol=0.1))
    tick_until(host, lambda: np.isclose(value[at["part.1.send_db.hall"]], -3, atol=0.1))


def test_another_structure_and_other_parts_count_from_the_next_note(host, said):
    host, folder = host
    path = folder / "whole.toml"
    changes = {
        path: ("level_db", "high = 70\nlevel_db"),
        folder / "one.toml": ("sustain_norm = 1", "sustain_norm = 0.5"),
    }
    for file, change in changes.items():
        host.note_on(60)
        count = len(said)
        file.write_text(file.read_text().replace(*change))
        tick_until(host, lambda: len(said) > count)  # noqa: B023
        assert said[-1] == "heard again from the next note on: Whole"
        host.note_off(60)
    tick_until(host, lambda: len(host.engine.slots_in_use()) == 3)


def test_numbers_are_set_by_their_address(host):
    host, _ = host
    for address, value in (("part.2.pan", 0.5), ("part.1.send_db.hall", -30), ("sends.hall.decay_s", 2)):
        host.set_parameter(address, value)
        target = host.engine.record.slots[host.slot].target.reshape(-1)
        tick_until(host, lambda: target[host.program.addresses[address]] == value)  # noqa: B023
    with pytest.raises(ValueError, match="part.1.pan = 2 is out of range; it must be -1 … 1"):
        host.set_parameter("part.1.pan", 2)
    with pytest.raises(ValueError, match="Did you mean 'part.1.pan'"):
        host.set_parameter("part.1.pann", 0)
