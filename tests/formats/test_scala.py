"""Scala files: every pitch as the format says and as another reader has it; whatever is wrong is one sentence."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from synthhost.formats.scala import ScalaError, key_octaves, read_map, read_scale

JUST = "! just.scl\n!\nJust intonation\n 7\n!\n 9/8\n 5/4  a third\n 4/3\n 3/2\n 5/3\n 1088.268715\n 2/1\n"
WHITE = "! white.kbm\n12\n0\n127\n60\n69\n440.0\n7\n0\nx\n1\nx\n2\n3\nx\n4\nx\n5\nx\n6\n"


@pytest.fixture
def scl(tmp_path):
    return lambda text: write(tmp_path / "scale.scl", text)


@pytest.fixture
def kbm(tmp_path):
    return lambda text: write(tmp_path / "keys.kbm", text)


def write(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode("latin-1"))
    return path


def hertz(octaves):
    return 2.0**octaves


def test_without_a_file_it_is_equal_temperament():
    assert hertz(key_octaves()[69]) == pytest.approx(440)
    assert hertz(key_octaves(a4_hz=442)[81]) == pytest.approx(884)


def test_a_scale_lies_on_the_keys_from_middle_c(scl):
    octaves = key_octaves(read_scale(scl(JUST)))
    c = 261.6255653
    for key, ratio in ((60, 1), (61, 9 / 8), (62, 5 / 4), (67, 2), (53, 1 / 2), (74, 4), (64, 3 / 2)):
        assert hertz(octaves[key]) == pytest.approx(c * ratio, rel=1e-9)
    assert hertz(octaves[66]) == pytest.approx(c * 2 ** (1088.268715 / 1200), rel=1e-9)


def test_a_map_puts_the_scale_on_the_white_keys_and_leaves_the_black_ones_out(scl, kbm):
    octaves = key_octaves(read_scale(scl(JUST)), read_map(kbm(WHITE)))
    assert hertz(octaves[69]) == pytest.approx(440)
    assert hertz(octaves[60]) == pytest.approx(440 * 3 / 5)
    assert hertz(octaves[72]) == pytest.approx(440 * 6 / 5)
    assert np.isneginf(octaves[[61, 63, 66, 68, 70]]).all()
    moved = key_octaves(read_scale(scl(JUST)), read_map(kbm(WHITE)), 442)
    assert hertz(moved[69]) == pytest.approx(442)


def test_keys_outside_the_map_stay_as_they_are(scl, kbm):
    octaves = key_octaves(read_scale(scl(JUST)), read_map(kbm(WHITE.replace("\n0\n127\n", "\n48\n72\n"))))
    assert octaves[40] == key_octaves()[40] and octaves[80] == key_octaves()[80]
    assert octaves[64] != key_octaves()[64]


def test_the_reference_may_lie_outside_the_map_and_above_it(scl, kbm):
    octaves = key_octaves(read_scale(scl(JUST)), read_map(kbm(WHITE.replace("\n69\n", "\n84\n"))))
    assert hertz(octaves[84]) == pytest.approx(440) and hertz(octaves[60]) == pytest.approx(110)
    assert (np.diff(octaves[np.isfinite(octaves)]) > 0).all()


@pytest.mark.parametrize(
    "text, octaves",
    [
        ("100.0 cents", 1 / 12),
        ("408.", 0.34),
        (".5", 0.5 / 1200),
        ("-5.0", -5 / 1200),
        ("5", math.log2(5)),
        ("10/20", -1),
        ("2147483647/1", math.log2(2147483647)),
        ("5/4   E\\", math.log2(1.25)),
        ("\t3/2\ttext 7.", math.log2(1.5)),
        ("701.955!", 701.955 / 1200),
    ],
)
def test_a_pitch_is_cents_with_a_period_and_a_ratio_without(scl, text, octaves):
    assert read_scale(scl(f"\n1\n{text}\n")).period == pytest.approx(octaves, abs=1e-12)


def test_odd_but_right_files_are_read(scl):
    assert read_scale(scl("\n0\n")).period == 0, "no note but the first"
    assert read_scale(scl(b"! x\r\nl\xe4rm\r\n1\r\n2/1\r\n\x1a")).description == "lärm"
    assert read_scale(scl("d\n2\n3/2\n\n2/1\n")).degrees[1] == pytest.approx(math.log2(1.5)), "an empty line"
    assert read_scale(scl("d\n1\n2/1\nmore text\n")).period == 1
    assert read_scale(scl("d\n1\n2/1")).period == 1, "no end of line"


@pytest.mark.parametrize(
    "text, says",
    [
        ("", ":1: it ends where a description should be"),
        ("d\n", "it ends where the number of notes should be"),
        ("d\n2\n3/2\n", "it ends where another pitch should be"),
        ("d\nmany\n", ":2: 'many' must be the number of notes, a whole number, 0 … 4096"),
        ("d\n5000\n", "'5000' must be the number of notes"),
        ("d\n1\n-3/2\n", ":3: '-3/2' is no pitch: a ratio is above 0"),
        ("d\n1\n3/0\n", "'3/0' is no pitch"),
        ("d\n1\n0\n", "'0' is no pitch"),
        ("d\n1\noctave\n", "'octave' is no pitch; write cents (701.955) or a ratio (3/2)"),
        ("d\n1\n99999999.0\n", "is more than 64 octaves away"),
        (f"d\n1\n{'9' * 5000}\n", "has too many digits"),
        (b"\0\1\2", "is not a text"),
        (b"a" * 300_000, "is larger than 256 kB"),
    ],
)
def test_a_wrong_scale_is_one_sentence_with_its_line(scl, text, says):
    with pytest.raises(ScalaError) as error:
        read_scale(scl(text))
    assert says in str(error.value) and "scale.scl" in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "text, says",
    [
        ("12\n0\n127\n60\n", "it ends where the reference key should be"),
        ("x\n", "':1: 'x' must be the size of the map"[1:]),
        (WHITE.replace("440.0", "0"), "must be the frequency of the reference key"),
        (WHITE.replace("440.0", "1e999"), "must be the frequency of the reference key"),
        (WHITE.replace("\n127\n", "\n128\n"), "must be the last key, a whole number, 0 … 127"),
        (WHITE.replace("\nx\n1\n", "\ny\n1\n"), "'y' must be a degree of the scale, or x"),
        (WHITE.replace("\n69\n", "\n61\n"), "leaves its own reference, key 61, without a degree"),
    ],
)
def test_a_wrong_map_is_one_sentence(scl, kbm, text, says):
    with pytest.raises(ScalaError) as error:
        key_octaves(read_scale(scl(JUST)), read_map(kbm(text)))
    assert says in str(error.value)


def test_a_file_that_is_not_there_and_a_folder_are_one_sentence(tmp_path):
    for path in (tmp_path / "none.scl", tmp_path):
        with pytest.raises(ScalaError, match="cannot be read|is not a file"):
            read_scale(path)


@given(data=st.binary(max_size=200) | st.text("0123456789./-+x! \n\r", max_size=200).map(str.encode))
@example(b"\n1\n1/" + b"9" * 59)
def test_any_bytes_give_a_tuning_or_a_sentence(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("any")
    try:
        scale = read_scale(write(folder / "a.scl", data))
    except ScalaError:
        scale = read_scale(write(folder / "b.scl", JUST))
    try:
        octaves = key_octaves(scale, read_map(write(folder / "a.kbm", data)))
    except ScalaError:
        octaves = key_octaves(scale)
    assert octaves.shape == (128,) and not np.isnan(octaves).any() and (octaves < math.inf).all()


def test_every_scale_of_a_large_library_is_as_another_reader_has_it():
    oracle, library = pytest.importorskip("tuning_library"), pytest.importorskip("scale_library")
    files = sorted((Path(library.__file__).parent / "scales").rglob("*.scl"))
    assert len(files) > 4000
    for path in files:
        theirs = oracle.Tuning(oracle.read_scl_file(str(path)))
        their = np.log2([theirs.frequency_for_midi_note(key) for key in range(128)])
        assert np.abs(key_octaves(read_scale(path)) - their).max() < 1e-9, path.name


def test_random_maps_are_as_another_reader_has_them(scl, kbm):
    """Only where that one agrees with itself: its reference inside the first map, the scale's own octave."""
    oracle, random = pytest.importorskip("tuning_library"), np.random.default_rng(seed=6)
    for _ in range(300):
        notes = int(random.integers(1, 20))
        pitches = "\n".join(f"{x:.4f}" for x in np.sort(random.uniform(1, 1300, notes)))
        scale = scl(f"d\n{notes}\n{pitches}\n")
        size = int(random.integers(0, notes + 1))
        degrees = [str(d) if random.random() < 0.8 else "x" for d in random.integers(0, notes, size)]
        place = int(random.choice([n for n, d in enumerate(degrees) if d != "x"] or [0]))
        if size and degrees[place] == "x":
            continue
        head = [size, 0, 127, 60, 60 + place, f"{random.uniform(100, 600):.4f}", notes]
        keys = kbm("\n".join(map(str, [*head, *degrees])) + "\n")
        theirs = oracle.Tuning(oracle.read_scl_file(str(scale)), oracle.read_kbm_file(str(keys)))
        ours = key_octaves(read_scale(scale), read_map(keys))
        for key in range(128):
            assert theirs.is_midi_note_mapped(key) == np.isfinite(ours[key])
            if np.isfinite(ours[key]):
                assert math.log2(theirs.frequency_for_midi_note(key)) == pytest.approx(ours[key], abs=1e-9)
