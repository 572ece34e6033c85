"""Each mistake in a patch is answered by a sentence: where it is, what is there, what may be there."""

import os
import sys

import pytest

from synthhost.patch import PatchError, load, loads
from tests.patch.texts import HEAD, VOICE

CUTOFF, DETUNE, DEPTH = "cutoff_hz = 900", "detune_cents = 6 ", "octaves = 3.5"

MISTAKES = {
    # what is replaced, by what, line, what the sentence says
    "too high": (CUTOFF, "cutoff_hz = 90000", 15, ["filter.cutoff_hz = 90000", "20 … 20000 Hz"]),
    "too low": (DETUNE, "detune_cents = -101.5", 7, ["osc1.detune_cents = -101.5", "-100 … 100 cents"]),
    "text for number": ("q = 1.2", 'q = "high"', 16, ['filter.q = "high"', "must be a number, 0.5 … 40"]),
    "boolean for number": ("q = 1.2", "q = true", 16, ["filter.q = true", "must be a number"]),
    "not a number": ("q = 1.2", "q = nan", 16, ["filter.q = nan", "0.5 … 40"]),
    "infinite": (CUTOFF, "cutoff_hz = inf", 15, ["filter.cutoff_hz = inf"]),
    "list for number": ("q = 1.2", "q = [1]", 16, ["filter.q", "must be a number"]),
    "date for number": ("q = 1.2", "q = 1979-05-27", 16, ["filter.q", "must be a number"]),
    "unknown key": (CUTOFF, "cutof_hz = 900", 15, ["'cutof_hz'", "Did you mean 'cutoff_hz'?", "q"]),
    "unknown operator": (
        '"svf_lowpass"',
        '"svf_lowpas"',
        13,
        ["Did you mean 'svf_lowpass'?", "svf_highpass"],
    ),
    "operator is a number": ('op = "svf_lowpass"', "op = 3", 13, ["filter.op = 3"]),
    "hidden operator": ('"svf_lowpass"', '"control_mix"', 13, ["is not known"]),
    "effect as module": ('"svf_lowpass"', '"delay"', 13, ["[effects.filter]"]),
    "module as effect": ('op = "delay"', 'op = "saw"', 33, ["works on voices"]),
    "no operator": ('op = "svf_lowpass"\n', "", 12, ["filter", 'op = "…"']),
    "unknown signal": ("0.5 * osc2", "0.5 * ocs2", 14, ["'ocs2'", "Did you mean 'osc2'?"]),
    "no sum": ("0.5 * osc2", "osc2 * osc2", 14, ['op = "multiply"']),
    "listens to out": ('b = "env"', 'b = "out"', 25, ["'out' is the end"]),
    "signal for control": (
        CUTOFF,
        'cutoff_hz = "env"',
        15,
        ["must be a number", "[[route]]", "filter.cutoff_hz"],
    ),
    "wrong word": ('ping_pong = "on"', 'ping_pong = "onn"', 35, ["one of off, on", "Did you mean 'on'?"]),
    "number for word": ('ping_pong = "on"', "ping_pong = 1", 35, ["one of off, on"]),
    "wrong unit": (DEPTH, "db = 3.5", 30, ["octaves or semitones or cents"]),
    "amount for octaves": (DEPTH, "amount = 3.5", 30, ["octaves or semitones or cents"]),
    "no depth": (DEPTH + "\n", "", 27, ["does not say how far", "octaves = 1.0"]),
    "two depths": (DEPTH, DEPTH + "\ncents = 3", 30, ["one depth is enough"]),
    "deep": (DEPTH, "octaves = 17", 30, ["-16 … 16 octaves"]),
    "text as depth": (DEPTH, 'octaves = "3"', 30, ["must be a number"]),
    "route to parameter": (
        '"filter.cutoff_hz"',
        '"filter.q"',
        29,
        ["only inputs can be", "filter.cutoff_hz"],
    ),
    "route to nothing": (
        '"filter.cutoff_hz"',
        '"filtr.cutoff_hz"',
        29,
        ["'filtr'", "Did you mean 'filter'?"],
    ),
    "route to no input": ('"filter.cutoff_hz"', '"filter.cut"', 29, ["no input 'cut'", "filter.in"]),
    "route to module": ('"filter.cutoff_hz"', '"filter"', 29, ["filter.cutoff_hz"]),
    "route from nothing": ('from = "env"', 'from = "evn"', 27, ["'evn'", "Did you mean 'env'?"]),
    "route without from": ('from = "env"\n', "", 27, ['from = "lfo1"']),
    "route with more": (DEPTH, DEPTH + "\nvia = 3", 31, ["via is not known"]),
    "nothing heard": ('in = "amp"', "", 37, ["Nothing would be heard"]),
    "no out": ('[out]\nin = "amp"', "", 38, ["Nothing would be heard", "[out]"]),
    "out is another": ('in = "amp"', 'in = "amp"\nop = "saw"', 39, ["out.op", "There are: out"]),
    "reserved name": ("[osc2]", "[velocity]", 9, ["'velocity' is a signal that every patch has"]),
    "bad name": ("[osc2]", '["osc 2"]', 9, ["letters, digits and _"]),
    "stray key": ('name = "Plain"', 'nam = "Plain"', 3, ["nam", "Did you mean 'name'?"]),
    "name is a number": ('name = "Plain"', "name = 3", 3, ["name = 3", "text"]),
    "empty name": ('name = "Plain"', 'name = " "', 3, ["text"]),
    "format": ('"synthhost/patch"', '"vst"', 1, ["vst", 'format = "synthhost/patch"']),
    "newer": ("version = 1", "version = 2", 2, ["newer synthhost", "up to version 1"]),
    "version text": ("version = 1", 'version = "1"', 2, ["version = 1"]),
    "effects": ("[effects.echo]", "[[effects]]", 32, ["[effects.delay1]"]),
    "route as table": ("[[route]]", "[route]", 27, ["[[route]]"]),
    "extends unknown": ('name = "Plain"', 'extends = "template/subtractve"', 3, ["template/subtractive"]),
    "extends outside": ('name = "Plain"', 'extends = "../../etc/passwd"', 3, ["inside the patch folders"]),
    "route to no module": ('"filter.cutoff_hz"', '"cutoff"', 29, ["a module and its input, such as"]),
    "unit in the value": (
        CUTOFF,
        'cutoff_hz = "900 Hz"',
        15,
        ["without quotation marks and unit: cutoff_hz = 900"],
    ),
    "out misspelt": ("[out]", "[outt]", 37, ["op = ", "Did you mean 'out'?"]),
    "extends half": ('name = "Plain"', 'extends = "subtract"', 3, ["There is: template/subtractive"]),
    "syntax": (CUTOFF, "cutoff_hz = = 3", 15, ["this is not TOML", "cutoff_hz = = 3"]),
    "twice": (CUTOFF, CUTOFF + "\n" + CUTOFF, 16, ["cutoff_hz = 900: this key is there twice"]),
    "table twice": ("[osc2]", "[osc1]", 9, ["[osc1]: this table is there twice"]),
    "two single routes": ("[[route]]", "[route]\n[[route]]", 28, ["[[route]], two brackets"]),
    "comma": ("q = 1.2", "q = 1,2  # wide", 16, ["q = 1,2: a number has a point"]),
    "no digit": ("q = 1.2", "q = .7", 16, ["begins with a digit"]),
    "unit": (CUTOFF, "cutoff_hz = 900 Hz", 15, ["its unit is in the name"]),
    "no value": (CUTOFF, "cutoff_hz =   # later", 15, ["cutoff_hz =: there is no value"]),
    "open quote": ('op = "adsr"', 'op = "adsr', 19, ["quotation mark at the end is missing"]),
    "no quotes": ('op = "adsr"', "op = adsr", 19, ["stands in quotation marks"]),
    "curly quotes": ('op = "adsr"', "op = “adsr”", 19, ["straight quotation marks"]),
    "open bracket": ("[env]", "[env", 18, ["[env: the bracket at the end is missing"]),
    "two words": ("[env]", "[amp env]", 18, ["one word: write _"]),
    "odd name": ("[env]", "[env!]", 18, ["letters, digits and _"]),
    "no equals sign": ("q = 1.2", "q 1.2     # wide = good", 16, ["q 1.2: a line is key = value"]),
    "a note without sign": ("[env]", "The envelope.\n[env]", 18, ["a note that begins with #"]),
    "long line": ('name = "Plain"', "#" + 3000 * "x", 3, ["3001 characters"]),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_its_line_and_a_remedy(mistake, tmp_path):
    old, new, line, says = MISTAKES[mistake]
    assert VOICE.count(old) >= 1
    path = tmp_path / "voice.toml"
    path.write_text(VOICE.replace(old, new, 1), "utf-8")
    with pytest.raises(PatchError) as caught:
        load(path)
    text = str(caught.value)
    assert text.startswith(f"{path}:{line}: ")
    assert caught.value.file == str(path)
    assert caught.value.line == line
    for words in says:
        assert words in text
    assert caught.value.as_dict()["problems"][0]["line"] == line


def test_a_module_that_is_wrong_is_complained_about_once():
    with pytest.raises(PatchError) as caught:
        loads(VOICE.replace('"svf_lowpass"', '"lowpass"'))
    assert [problem.key for problem in caught.value.problems] == ["filter"]
    assert "velocity" not in str(caught.value)  # a signal is no remedy


def test_the_facts_of_a_mistake_are_there_as_data():
    with pytest.raises(PatchError) as caught:
        loads(VOICE.replace(CUTOFF, "cutoff_hz = 5"))
    error = caught.value
    assert (error.key, error.value, error.low, error.high, error.unit) == (
        "filter.cutoff_hz",
        5,
        20,
        20_000,
        "hz",
    )
    assert error.as_dict()["problems"][0]["high"] == 20_000
    with pytest.raises(PatchError) as caught:
        loads(VOICE.replace("cutoff_hz", "cutof_hz", 1))
    assert caught.value.suggestion == "cutoff_hz"


def test_all_mistakes_of_a_file_are_found_at_once_in_order():
    text = (
        VOICE.replace(CUTOFF, "cutoff_hz = 5").replace("q = 1.2", "w = 2").replace('in = "amp"', 'in = "amq"')
    )
    with pytest.raises(PatchError) as caught:
        loads(text)
    assert [problem.line for problem in caught.value.problems] == [15, 16, 38]
    assert "(and 2 more)" in str(caught.value)


def test_a_thousand_mistakes_end_at_fifty():
    with pytest.raises(PatchError) as caught:
        loads(HEAD + "[osc1]\n" + "".join(f"osc1.unknown_{n} = {n}\n" for n in range(1000)))
    assert len(caught.value.problems) <= 50


def test_missing_format_and_version_are_both_said():
    with pytest.raises(PatchError) as caught:
        loads('[osc1]\nop = "saw"\n[out]\nin = "osc1"\n')
    assert 'format = "synthhost/patch"' in str(caught.value)
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize(
    ("inputs", "loop"),
    [
        ({"a": "a"}, ["a → a"]),
        ({"a": "b", "b": "a"}, ["a → b → a", "b → a → b"]),
        ({"a": "b", "b": "0.5 * c", "c": "a"}, ["c → b → a → c", "b → a → c → b", "a → c → b → a"]),
    ],
)
def test_a_loop_is_refused_and_named_in_the_direction_of_the_sound(inputs, loop):
    filters = "".join(f'[{name}]\nop = "svf_lowpass"\nin = "{source}"\n' for name, source in inputs.items())
    with pytest.raises(PatchError) as caught:
        loads(HEAD + filters + '[out]\nin = "a"\n')
    assert any(words in str(caught.value) for words in loop)


def test_a_loop_by_a_route_is_refused():
    text = VOICE.replace('from = "env"', 'from = "amp"')
    with pytest.raises(PatchError, match="loop: .*filter") as caught:
        loads(text)
    assert caught.value.line in (14, 24, 27)


def test_a_route_between_the_same_places_twice_is_refused():
    route = '[[route]]\nfrom = "env"\nto = "filter.cutoff_hz"\noctaves = 1\n'
    with pytest.raises(PatchError, match="line 27 has a route from and to the same places"):
        loads(VOICE + route)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\xff\xfe\x00", ":1: This is not UTF-8"),
        (HEAD.encode() + b"name = '\xe4'", ":3: This is not UTF-8"),
        (b"#" * 300_000, "too large"),
        (b"x = " + b"[" * 1500 + b"]" * 400, "nested too deeply"),
        (b"x = [" + b"\n".join([b"[" * 1000] * 20), "nested too deeply"),
        (b"a." * 900 + b"b = 1\n", "format"),
        (b"", "format"),
        (b"\x00", "TOML"),
    ],
)
def test_a_file_that_is_no_patch_is_refused(data, says, tmp_path):
    path = tmp_path / "odd.toml"
    path.write_bytes(data)
    with pytest.raises(PatchError) as caught:
        load(path)
    assert says in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_folder_a_missing_and_an_unreadable_file_are_refused(tmp_path):
    with pytest.raises(PatchError, match="This is a folder"):
        load(tmp_path)
    with pytest.raises(PatchError, match="no such file"):
        load(tmp_path / "not.toml")
    with pytest.raises(PatchError, match="cannot be read"):
        load(str(tmp_path / "a\0b.toml"))
    with pytest.raises(PatchError, match="cannot be read"):
        load(tmp_path / ("x" * 500 + ".toml"))


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes in a folder there")
def test_a_pipe_does_not_make_the_reader_wait(tmp_path):
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(PatchError):
        load(tmp_path / "pipe.toml")
