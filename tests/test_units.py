"""Names say their unit, and there is one spelling for each."""

import ast
import math
import pathlib
import re

import pytest

import synthhost.dsp  # noqa: F401 (registers the operators)
from synthhost import units
from synthhost.realtime.operator import OPERATORS

ROOT = pathlib.Path(__file__).parents[1] / "synthhost"
SUFFIXES = ["hz", "s", "db", "gain", "cents", "semitones", "octaves", "norm", "frames", "bpm", "beats", "ns"]
WITHOUT_UNIT = {
    "in",
    "a",
    "b",
    "c",
    "d",
    "base",
    "copies",
    "gain_a",
    "gain_b",
    "gain_c",
    "gain_d",
    "index",
    "modulator_ratio",
    "pan",
    "phase_mod",
    "ping_pong",
    "q",
    "ratio",
    "shape",
    "sustain_stage",
    "loop_stage",
    "variation",
}
MISSPELT = re.compile(
    r"(^|_)(ms|msec|msecs|millis|milliseconds|sec|secs|usec|us|micros|microseconds|nanos|nsec|freq|freqs|frequency|"
    r"khz|hertz|decibel|decibels|dbfs|percent|pct|semis|semitone|cent|smps|nframes|num_frames|numframes|"
    r"nsamples|num_samples|samplerate|sample_rate|sr|fs|tempo|duration|timeout|cutoff)$"
)
FOR_PEOPLE = {"demo/plots.py", "latency/picture.py"}  # axes are drawn in milliseconds
GIVEN = {("audio/jack.py", "delayed_us"), ("latency/jack_probe.py", "delayed_us")}  # what JACK calls it


def functions():
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path.relative_to(ROOT).as_posix(), node


def suffix(name):
    return name.rsplit("_", 1)[-1]


@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_every_quantity_of_an_operator_says_its_unit(name):
    operator = OPERATORS[name]
    for each in (*operator.inputs, *operator.parameters):
        assert not MISSPELT.search(each.name), f"{name}.{each.name}"
        assert suffix(each.name) in SUFFIXES or each.name in WITHOUT_UNIT, f"{name}.{each.name}"


def test_the_words_without_a_unit_are_still_used():
    names = {each.name for o in OPERATORS.values() for each in (*o.inputs, *o.parameters)}
    assert names >= WITHOUT_UNIT


def test_no_argument_of_a_function_spells_a_unit_in_another_way():
    wrong, seen = [], 0
    for file, function in functions():
        arguments = function.args
        for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            seen += 1
            if MISSPELT.search(each.arg) and file not in FOR_PEOPLE and (file, each.arg) not in GIVEN:
                wrong.append(f"{file}:{function.lineno}: {function.name}({each.arg})")
    assert not wrong
    assert seen > 500


def test_no_field_of_a_record_or_dataclass_spells_a_unit_in_another_way():
    wrong = []
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = None
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                named = node.target.id
            elif isinstance(node, ast.Tuple) and len(node.elts) in (2, 3):
                first, second = node.elts[:2]
                if isinstance(first, ast.Constant) and isinstance(second, ast.Constant):
                    named = first.value if re.fullmatch(r"[iuf][1248]", str(second.value)) else None
            if named and MISSPELT.search(named):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}: {named}")
    assert not wrong


# --- the conversions ---------------------------------------------------------------------------------------------------


def test_notes_and_hertz():
    assert units.hz_from_note(69) == 440.0
    assert units.hz_from_note(60) == pytest.approx(261.625565, rel=1e-8)
    assert units.hz_from_note(69, a4_hz=442.0) == 442.0
    for note in (0, 21, 60.5, 127):
        assert units.note_from_hz(units.hz_from_note(note)) == pytest.approx(note, abs=1e-9)


def test_decibels_and_gains():
    assert units.gain_from_db(0.0) == 1.0
    assert units.gain_from_db(-6.0206) == pytest.approx(0.5, rel=1e-5)
    assert units.db_from_gain(0.0) == -math.inf
    for db in (-96.0, -3.0, 12.0):
        assert units.db_from_gain(units.gain_from_db(db)) == pytest.approx(db)


def test_seconds_and_frames():
    assert units.frames_from_s(0.5, 48_000) == 24_000
    assert units.frames_from_s(1 / 3, 44_100) == 14_700
    assert units.s_from_frames(44_100, 44_100) == 1.0
