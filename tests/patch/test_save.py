"""Saving what was loaded gives the same bytes; setting a number changes that number's text only."""

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthhost.patch import PatchError, compile_patch, list_patches, load, loads
from synthhost.patch.save import all_settings, format_value, save, with_value
from tests.patch.texts import HEAD, VOICE


def changes(before, after):
    """Lines that differ, with - and +."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_what_was_loaded_is_written_byte_for_byte(newline, mark, tmp_path):
    data = (mark + VOICE.replace("\n", newline)).encode()
    path = tmp_path / "voice.toml"
    path.write_bytes(data)
    save(load(path), tmp_path / "new" / "copy.toml")
    assert (tmp_path / "new" / "copy.toml").read_bytes() == data
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["copy.toml"]


def test_every_factory_patch_round_trips(tmp_path):
    for path in list_patches(every=True).values():
        assert save(load(path), tmp_path / "copy.toml").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize(
    ("address", "value", "expected"),
    [
        ("filter.cutoff_hz", 1234.5, ["-cutoff_hz = 900", "+cutoff_hz = 1234.5"]),
        (
            "osc1.detune_cents",
            -3.0,
            ["-detune_cents = 6        # a little", "+detune_cents = -3        # a little"],
        ),
        ("route.1.octaves", 2, ["-octaves = 3.5", "+octaves = 2"]),
        ("effects.echo.ping_pong", "off", ['-ping_pong = "on"', '+ping_pong = "off"']),
        ("filter.in.osc2", 0.25, ['-in = "osc1 + 0.5 * osc2"', '+in = "osc1 + 0.25 * osc2"']),
        ("filter.in.osc2", -0.25, ['-in = "osc1 + 0.5 * osc2"', '+in = "osc1 - 0.25 * osc2"']),
        ("filter.in.osc1", 0.8, ['-in = "osc1 + 0.5 * osc2"', '+in = "0.8 * osc1 + 0.5 * osc2"']),
        ("osc2.detune_cents", 9, ["+detune_cents = 9"]),
        ("out.pan", 0.5, ["+pan = 0.5"]),
        ("performance.mode", "mono", ["+", "+[performance]", '+mode = "mono"']),
    ],
)
def test_setting_a_number_changes_its_text_only(address, value, expected, mark):
    text = mark + VOICE
    changed = with_value(loads(text), address, value)
    assert changes(text, changed.source) == expected
    assert all_settings(changed)[address].value == value


def test_an_inherited_number_is_added(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(HEAD + 'extends = "template/subtractive"\n\n[filter]\nq = 2\n', "utf-8")
    patch = load(path)
    for address, value in (
        ("filter.cutoff_hz", 333),
        ("osc1.semitones", 12),
        ("filter.in.osc1", 0.3),
        ("route.1.octaves", 1),
    ):
        patch = with_value(patch, address, value)
    assert "[filter]\nq = 2\ncutoff_hz = 333\n" in patch.source
    assert "[osc1]\nsemitones = 12\n" in patch.source
    assert 'in = "0.3 * osc1 + 0.5 * osc2"' in patch.source
    assert "octaves = 1\n" in patch.source
    assert compile_patch(patch).graph == compile_patch(patch.base).graph


@pytest.mark.parametrize(
    "table", ['osc1 = {op = "saw", detune_cents = 6}\n', 'osc1.op = "saw"\nosc1.detune_cents = 6\n']
)
def test_other_ways_to_write_a_table_are_edited_too(table):
    patch = loads(HEAD + table + '[out]\nin = "osc1"\n')
    assert "detune_cents = 7" in with_value(patch, "osc1.detune_cents", 7).source


def test_what_cannot_be_edited_or_set_is_refused():
    patch = loads(VOICE)
    with pytest.raises(PatchError, match="20 … 20000 Hz"):
        with_value(patch, "filter.cutoff_hz", 1)
    with pytest.raises(PatchError, match="Did you mean 'filter.cutoff_hz'"):
        with_value(patch, "filter.cutof_hz", 100)
    with pytest.raises(PatchError):
        with_value(loads(HEAD + 'osc1.op = "saw"\n[out]\nin = "osc1"\n'), "osc1.semitones", 7)


@given(st.floats(-100, 100))
def test_any_number_comes_back_as_it_was_set(cents):
    changed = with_value(loads(VOICE), "osc1.detune_cents", cents)
    assert changed.operators["osc1"].written["detune_cents"].value == cents


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_written_so_that_they_read_back(value):
    import tomllib

    assert tomllib.loads(f"x = {format_value(value)}")["x"] == value
