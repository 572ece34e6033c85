"""Kits: which key plays what, and what a file may say of it."""

import pytest

from synthhost.engine.program import PARTS
from synthhost.patch import PatchError, compile_patch, load, settings_of
from synthhost.patch.check import warnings_of
from synthhost.patch.parts import key_number
from synthhost.patch.worker import sources_of
from tests.patch.texts import HEAD

DRUM = '[tone]\nop = "sine"\n[out]\nin = "tone"\n'
KIT = """
[[key]]
key = 36
patch = "kick"
[[key]]
key = "F#2"
patch = "hat"
choke = "hat"
level_db = -6
[[key]]
key = 46
patch = "hat"
choke = "hat"
pitch_key = 72
[[key]]
low = "C3"
high = 59
patch = "tom"
transpose_semitones = -12
"""


@pytest.fixture
def folder(tmp_path):
    for name in ("kick", "hat", "tom", *(f"drum{n}" for n in range(PARTS + 1))):
        (tmp_path / f"{name}.toml").write_text(HEAD + DRUM)
    return tmp_path


def kit(folder, text=KIT, name="kit"):
    (folder / f"{name}.toml").write_text(HEAD + text)
    return load(folder / f"{name}.toml", [folder])


def test_each_key_plays_its_patch_at_its_pitch(folder):
    program = compile_patch(kit(folder))
    assert len(program.parts) == 3 and len(program.rows) == 0
    zones = program.zones
    assert [(zone["low"], zone["high"], zone["part"]) for zone in zones] == [
        (36, 36, 0),
        (42, 42, 1),
        (46, 46, 1),
        (48, 59, 2),
    ]
    assert zones["pitch_key"].tolist() == [60, 60, 72, -1] and zones["transpose"].tolist() == [0, 0, 0, -12]
    assert zones["choke"][1] == zones["choke"][2] > 0 == zones["choke"][0]
    assert program.values[program.addresses["key.2.level_db"]] == -6
    assert program.addresses["key.2.level_db"] == zones["values"][1]


@pytest.mark.parametrize(
    ("name", "number"),
    [("C4", 60), ("c-1", 0), ("G9", 127), ("F#2", 42), ("Bb1", 34), (" a4 ", 69), (0, 0), (127, 127)],
)
def test_a_key_has_a_number_or_a_name(name, number):
    assert key_number(name) == number


@pytest.mark.parametrize("name", ["H2", "C", "G#9", "C-2", "", -1, 128, 1.0, True, None, "36"])
def test_what_is_no_key_is_none(name):
    assert key_number(name) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[key]]\npatch = "kick"\n', "needs either one key, or low and high"),
        ('[[key]]\nkey = 3\nlow = 4\nhigh = 5\npatch = "kick"\n', "needs either one key, or low and high"),
        ('[[key]]\nlow = 4\npatch = "kick"\n', "needs both low and high"),
        ('[[key]]\nlow = 4\nhigh = 3\npatch = "kick"\n', "low is above high"),
        ("[[key]]\nkey = 3\n", "plays nothing"),
        ('[[key]]\nkey = "X"\npatch = "kick"\n', "must be a key"),
        ('[[key]]\nkey = 3\npatch = "kik"\n', "Did you mean 'kick'?"),
        ('[[key]]\nkey = 3\npatch = ""\n', "must be a text"),
        ('[[key]]\nkey = 3\npatch = "kick"\nlevel_db = 40\n', "-60 … 12"),
        ('[[key]]\nkey = 3\npatch = "kick"\npitch_key = 60.5\n', "must be a whole number"),
        ('[[key]]\nkey = 3\npatch = "kick"\nchok = "hat"\n', "Did you mean 'choke'?"),
        ('[[key]]\nkey = 3\npatch = "kick"\n[[key]]\nkey = 3\npatch = "hat"\n', "line 3 already"),
        ('[[key]]\nlow = 0\nhigh = 9\npatch = "kick"\ntranspose_semitones = -1\n', "it would sound keys -1"),
        ('[key]\nkey = 3\npatch = "kick"\n', "must be tables: [[key]]"),
        ('[[key]]\nkey = 3\npatch = "kick"\n[tone]\nop = "sine"\n', "cannot stand beside [[key]]"),
        ('[[key]]\nkey = 3\npatch = "bad"\n', "patch"),
        ('[[key]]\nkey = 3\npatch = "../kick"\n', "must be a name inside the patch folders"),
    ],
)
def test_what_is_wrong_is_said(folder, text, said):
    with pytest.raises(PatchError) as caught:
        kit(folder, text)
    assert said in str(caught.value) and "kit.toml:" in str(caught.value)


def test_too_many_patches_do_not_fit(folder):
    keys = "".join(f'[[key]]\nkey = {n}\npatch = "drum{n}"\n' for n in range(PARTS + 1))
    with pytest.raises(PatchError, match="more than 16 different patches"):
        kit(folder, keys)
    assert len(compile_patch(kit(folder, keys.rsplit("[[key]]", 1)[0])).parts) == PARTS


def test_a_kit_is_no_part_of_a_kit_and_not_extended(folder):
    kit(folder)
    with pytest.raises(PatchError, match="is a kit itself"):
        kit(folder, '[[key]]\nkey = 3\npatch = "kit"\n', "other")
    (folder / "more.toml").write_text(HEAD + 'extends = "kit"\n')
    with pytest.raises(PatchError, match="is a kit, which cannot be extended"):
        load(folder / "more.toml", [folder])


def test_a_kit_is_heard_again_when_one_of_its_patches_is_saved(folder, monkeypatch):
    monkeypatch.setattr("synthhost.patch.files.patch_folders", lambda: [folder])
    kit(folder)
    names = {path.rsplit("/", 1)[-1] for path in map(str, sources_of(str(folder / "kit.toml")))}
    assert names == {"kit.toml", "kick.toml", "hat.toml", "tom.toml"}


def test_another_number_in_a_part_is_another_kit(folder):
    before = compile_patch(kit(folder)).graph
    (folder / "hat.toml").write_text(HEAD + DRUM.replace('"sine"', '"sine"\nratio = 2'))
    assert compile_patch(kit(folder)).graph != before


def test_tools_that_look_into_a_patch_find_the_levels_of_a_kit(folder):
    patch = kit(folder)
    assert warnings_of(patch) == []
    assert set(settings_of(patch)) == {
        f"key.{n}.{name}" for n in (1, 2, 3, 4) for name in ("level_db", "pan")
    }
