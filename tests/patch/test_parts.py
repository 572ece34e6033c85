"""Parts and sends in patch files: what may be said, what is wrong, and how numbers are set and written."""

import json

import jsonschema
import pytest

from synthhost.patch import PatchError, compile_patch, load, loads, settings_of
from synthhost.patch.check import warnings_of
from synthhost.patch.save import all_settings, with_value
from synthhost.patch.schema import schema
from synthhost.patch.worker import sources_of
from tests.patch.texts import HEAD

TONE = '[tone]\nop = "sine"\n[lfo1]\nop = "lfo"\n[out]\nin = "tone"\n'
KNOB = """
[macros]
macro1 = { name = "Own", start_norm = 0.2 }
[[route]]
from = "macro1"
to = "tone.pitch_octaves"
cents = 9
"""
WHOLE = """
[macros]
macro1 = { name = "Bend", start_norm = 0.7 }
macro2 = { name = "Other" }

[[part]]
patch = "piano"         # left
high = "B3"
level_db = -3           # a little softer
send_db = { hall = -12 }

[[part]]
patch = "strings"
low_velocity = 20
high_velocity = 110
transpose_semitones = 12
pan = 0.5
polyphony = 7
choke = "all"

[sends.hall]
op = "reverb"
decay_s = 3

[sends.echo]
op = "delay"

[effects.crowd]
op = "chorus"
level_norm = 0.1
"""


@pytest.fixture
def folder(tmp_path):
    for name in ("piano", "strings", *(f"p{n}" for n in range(18))):
        (tmp_path / f"{name}.toml").write_text(HEAD + TONE + (KNOB if name == "strings" else ""))
    return tmp_path


def whole(folder, text=WHOLE, name="whole"):
    (folder / f"{name}.toml").write_text(HEAD + text)
    return load(folder / f"{name}.toml", [folder])


def test_parts_have_keys_velocities_and_strips(folder):
    program = compile_patch(whole(folder))
    left, right = program.zones
    assert (left.low, left.high, left.low_velocity, left.high_velocity) == (0, 59, 1, 127)
    assert (right.low, right.high, right.low_velocity, right.high_velocity) == (0, 115, 20, 110)
    assert (
        right["transpose"] == 12 and right.choke > 0 == left.choke and right.pitch_key == left.pitch_key == -1
    )
    value = {address: program.values[at] for address, at in program.addresses.items()}
    assert value["part.1.level_db"] == -3 and value["part.2.pan"] == 0.5
    assert value["part.1.send_db.hall"] == -12 and value["part.1.send_db.echo"] == -96
    assert value["sends.hall.decay_s"] == 3 and value["effects.crowd.level_norm"] == pytest.approx(0.1)
    assert [part.polyphony for part in program.parts] == [64, 7]


def test_sends_come_before_the_effects_that_hear_them(folder):
    program = compile_patch(whole(folder))
    assert program.effects["output"].tolist() == [2, 3, 1]


def test_the_macros_are_those_of_the_whole(folder):
    program = compile_patch(whole(folder))
    assert program.macros == {"macro1": "Bend", "macro2": "Other"}
    strings = program.parts[1]
    assert strings.values[strings.addresses["macros.macro1.start_norm"]] == pytest.approx(0.7)
    named = compile_patch(whole(folder, WHOLE.replace(", start_norm = 0.7", "")))
    assert named.parts[1].values[strings.addresses["macros.macro1.start_norm"]] == pytest.approx(0.2)
    assert named.graph != program.graph, "where they begin counts from the next note on"


@pytest.mark.parametrize(
    "change", [("level_db = -3", "level_db = -9"), ("hall = -12", "hall = -1, echo = 3")]
)
def test_other_numbers_of_strips_and_effects_are_the_same_graph(folder, change):
    before, after = compile_patch(whole(folder)), compile_patch(whole(folder, WHOLE.replace(*change)))
    assert before.graph == after.graph and (before.values != after.values).any()


@pytest.mark.parametrize(
    "change", [('high = "B3"', 'high = "C4"'), ("polyphony = 7", "polyphony = 8"), ("chorus", "delay")]
)
def test_another_structure_is_another_graph(folder, change):
    changed = WHOLE.replace(*change).replace("level_norm = 0.1", "")
    assert compile_patch(whole(folder)).graph != compile_patch(whole(folder, changed)).graph


def test_tables_of_a_kit_share_a_part_where_they_send_alike(folder):
    key = '[[key]]\nkey = {}\npatch = "piano"\n{}\n'
    strips = [
        "",
        "level_db = -9",
        "pan = 0.4",
        "send_db = { room = -9 }",
        "send_db = { room = -3 }",
        "polyphony = 2",
    ]
    text = '[sends.room]\nop = "reverb"\n' + "".join(key.format(n, line) for n, line in enumerate(strips))
    program = compile_patch(whole(folder, text))
    assert program.zones["part"].tolist() == [0, 0, 0, 1, 2, 3]
    assert program.addresses["key.1.send_db.room"] == program.addresses["key.2.send_db.room"]


def test_parts_and_keys_may_stand_in_one_file(folder):
    text = '[[part]]\npatch = "piano"\nlow = 60\n[[key]]\nkey = 36\npatch = "strings"\n'
    zones = compile_patch(whole(folder, text)).zones
    assert [(zone["low"], zone["high"]) for zone in zones] == [(60, 127), (36, 36)]
    assert zones["pitch_key"].tolist() == [-1, 60]


def test_one_key_of_a_kit_may_have_a_patch_for_each_velocity(folder):
    key = '[[key]]\nkey = 38\npatch = "{}"\n{}\n'
    text = key.format("piano", "high_velocity = 79") + key.format("strings", "low_velocity = 80")
    assert len(compile_patch(whole(folder, text)).zones) == 2
    with pytest.raises(PatchError, match=r"key 38 has its patch in line 3 already at velocity 79"):
        whole(folder, text.replace("= 80", "= 79"))


PART = '[[part]]\npatch = "piano"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PART * 5, "part.5: key 0 plays 5 parts; 4 at a time are heard."),
        (PART * 4 + PART + "low_velocity = 99\n", "plays 5 parts at velocity 99; 4 at a time are heard"),
        (PART + '[[key]]\nkey = "C4"\npatch = "piano"\n' + PART * 3, "plays 5 parts; 4"),
        ("[[part]]\nlow = 3\n", "plays nothing; write patch ="),
        (PART + "low_velocity = 80\nhigh_velocity = 70\n", "low_velocity is above high_velocity (80 … 70)"),
        (PART + "low_velocity = 0\n", "must be a whole number, 1 … 127"),
        (PART + "pan = 2\n", "part.1.pan = 2 must be a number, -1 … 1"),
        (PART + "polyphony = 0\n", "must be a whole number, 1 … 256"),
        (PART + "high = 20\nlow = 30\n", "low is above high"),
        (PART + "key = 3\nlow = 30\n", "needs either one key, or low and high"),
        (PART + "low = 0\ntranspose_semitones = -1\n", "it would sound keys -1 … 126"),
        (PART + "send_db = -12\n", "must be a table: send_db = { hall = -12 }"),
        (PART + "send_db = { hall = -12 }\n", "there is no send 'hall'. Write its table: [sends.hall]"),
        (PART + 'send_db = { hal = 0 }\n[sends.hall]\nop = "reverb"\n', "Did you mean 'hall'?"),
        (
            PART + 'send_db = { hall = 13 }\n[sends.hall]\nop = "reverb"\n',
            "send_db.hall = 13 must be a number, -96 … 12",
        ),
        (PART + 'send_db = { hall = "x" }\n[sends.hall]\nop = "reverb"\n', "must be a number"),
        (
            PART + '[sends.hall]\nop = "reverb"\nsend_db = -3\n',
            "each part says how much it sends: send_db = { hall = -3 }",
        ),
        (PART + '[sends.hall]\nop = "saw"\n', 'op = "saw" works on voices'),
        (PART + "[sends]\nhall = 3\n", "sends.hall = 3 must be a table"),
        (PART + "".join(f'[sends.s{n}]\nop = "delay"\n' for n in range(5)), "there are 5 sends; 4 fit"),
        (PART + TONE, "tone cannot stand beside [[part]]"),
        (PART + '[performance]\nmode = "mono"\n', "performance cannot stand beside [[part]]"),
        ('extends = "piano"\n' + PART, "extends cannot stand beside [[part]]"),
        ("[part]\npatch = 3\n", 'must be tables: [[part]] with patch = "keys/electric-piano"'),
        ("part = []\n", "must be tables: [[part]]"),
        ("key = true\npart = 3\n", "must be tables: [[key]]"),
        (PART + "hi = 3\n", "part.1.hi is not known"),
        (PART + "".join(f'[effects.e{n}]\nop = "delay"\n' for n in range(9)), "9 effects, 8 fit"),
        (
            "".join(f'[[part]]\npatch = "p{n}"\nkey = {n}\n' for n in range(17)),
            "There are more than 16 parts",
        ),
        ("".join(f'[[part]]\npatch = "p0"\nkey = {n % 64}\n' for n in range(129)), "more than 128 tables"),
    ],
)
def test_what_is_wrong_is_said(folder, text, said):
    with pytest.raises(PatchError) as caught:
        compile_patch(whole(folder, text))
    assert said in "\n".join(map(str, caught.value.problems)) and "whole.toml" in str(caught.value)


def test_parts_are_no_parts_of_parts_and_not_extended(folder):
    whole(folder)
    with pytest.raises(PatchError, match="has parts itself; name the patches that it plays"):
        whole(folder, '[[part]]\npatch = "whole"\n', "other")
    with pytest.raises(PatchError, match="has parts, which cannot be extended"):
        whole(folder, 'extends = "whole"\n', "other")


def test_a_send_that_hears_nothing_is_said(folder):
    (warning,) = warnings_of(whole(folder))
    assert "nothing is sent to 'sends.echo': no part has send_db = { echo = -12 }" in str(warning)
    assert "whole.toml:" in str(warning)


def test_a_whole_is_heard_again_when_one_of_its_patches_is_saved(folder, monkeypatch):
    monkeypatch.setattr("synthhost.patch.files.patch_folders", lambda: [folder])
    whole(folder)
    names = {path.rsplit("/", 1)[-1] for path in map(str, sources_of(str(folder / "whole.toml")))}
    assert names == {"whole.toml", "piano.toml", "strings.toml"}


@pytest.mark.parametrize(
    ("address", "value", "line"),
    [
        ("part.1.level_db", -6.5, "level_db = -6.5           # a little softer"),
        ("part.1.pan", -0.25, "pan = -0.25"),
        ("part.1.send_db.hall", -3, "send_db = { hall = -3 }"),
        ("part.1.send_db.echo", -20, "send_db = { hall = -12, echo = -20 }"),
        ("part.2.send_db.echo", -20, "send_db = { echo = -20 }"),
        ("sends.hall.decay_s", 1.5, "decay_s = 1.5"),
        ("sends.echo.level_norm", 0.5, "level_norm = 0.5"),
        ("effects.crowd.level_norm", 0.4, "level_norm = 0.4"),
        ("macros.macro1.start_norm", 0.1, 'macro1 = { name = "Bend", start_norm = 0.1 }'),
    ],
)
def test_one_number_changes_its_own_text_only(folder, address, value, line):
    before = whole(folder)
    after = with_value(before, address, value, [folder])
    assert line in after.source.splitlines()
    assert len(set(before.source.splitlines()) - set(after.source.splitlines())) <= 1
    assert all_settings(after)[address].value == pytest.approx(value)
    others = {key: item.value for key, item in all_settings(before).items() if key != address}
    assert others == {key: item.value for key, item in all_settings(after).items() if key != address}


def test_a_number_out_of_range_is_not_written(folder):
    with pytest.raises(PatchError, match="must be -60 … 12 dB"):
        with_value(whole(folder), "part.1.level_db", 40, [folder])


def test_the_schema_takes_what_the_reader_takes(folder):
    import tomllib

    judge = jsonschema.Draft202012Validator(json.loads(json.dumps(schema())))
    judge.validate(tomllib.loads(HEAD + WHOLE))
    wrong = [
        WHOLE.replace("pan = 0.5", "pan = 5"),
        WHOLE.replace("hall = -12", "hall = 99"),
        WHOLE.replace("low_velocity = 20", "low_velocity = 0"),
        WHOLE.replace('patch = "piano"', ""),
        WHOLE + 'nothing = 3\n[sends.a]\nop = "delay"\n[sends.b]\nop = "delay"\n[sends.c]\nop = "delay"\n',
        WHOLE.replace("decay_s = 3", "decay_s = 300"),
    ]
    assert all(list(judge.iter_errors(tomllib.loads(HEAD + text))) for text in wrong)


def test_a_plain_patch_says_how_much_it_sends(folder):
    text = HEAD + TONE + '[sends.hall]\nop = "reverb"\n[sends.echo]\nop = "delay"\nsend_db = -6\n'
    program, settings = compile_patch(loads(text)), settings_of(loads(text))
    assert program.values[program.feed : program.feed + 4].tolist() == [-12, -6, -96, -96]
    assert settings["sends.hall.send_db"].value == -12
    changed = with_value(loads(text), "sends.hall.send_db", -20)
    assert "send_db = -20" in changed.source
    assert compile_patch(changed).graph == program.graph


def test_sends_are_inherited(folder):
    (folder / "base.toml").write_text(HEAD + TONE + '[sends.hall]\nop = "reverb"\ndecay_s = 5\n')
    patch = whole(folder, 'extends = "base"\n[sends.hall]\nsend_db = -3\n')
    settings = settings_of(patch)
    assert settings["sends.hall.decay_s"].value == 5 and settings["sends.hall.send_db"].value == -3


ROUTED = '[[route]]\nfrom = "macro2"\nto = "{}"\n{}\n'


def test_knobs_move_what_parts_share(folder):
    routes = ROUTED.format("part.2.send_db.echo", "db = 96") + ROUTED.format(
        "sends.hall.decay_s", "octaves = 1"
    )
    patch = whole(folder, WHOLE + routes)
    program = compile_patch(patch)
    assert [steer["target"] for steer in program.steers] == [
        program.addresses[address] for address in ("part.2.send_db.echo", "sends.hall.decay_s")
    ]
    assert with_value(patch, "route.2.octaves", 0.5, [folder]).source.count("octaves = 0.5") == 1
    assert (
        "macros.macro2.start_norm" not in program.addresses
    )  # parts have theirs; it counts from the next note on
    assert compile_patch(whole(folder, WHOLE + routes.replace("96", "48"))).graph == program.graph


def test_a_send_that_only_a_knob_opens_is_heard(folder):
    assert [problem.key for problem in warnings_of(whole(folder))] == ["sends.echo"]
    assert warnings_of(whole(folder, WHOLE + ROUTED.format("part.2.send_db.echo", "db = 96"))) == []


@pytest.mark.parametrize(
    ("to", "depth", "says"),
    [
        ("part.3.level_db", "db = 1", "there is no 'part.3' in this patch. Did you mean 'part.2'?"),
        ("part.1.levl_db", "db = 1", "a part has no number 'levl_db'. Did you mean 'level_db'?"),
        ("part.1.send_db.hal", "db = 1", "has no number 'hal'. Did you mean 'hall'?"),
        ("part.1.send_db", "db = 1", "must be a module and its input, such as part.1.send_db."),
        ("part.1.level_db", "amount = 1", "is in db"),
        ("sends.hall.send_db", "db = 1", "reverb has no number 'send_db'"),
        ("effects.crowd.copies", "amount = 1", "copies is set once"),
        ("tone.pitch_octaves", "cents = 1", "there is no 'tone' in this patch"),
    ],
)
def test_a_route_of_a_patch_with_parts_that_goes_nowhere_is_explained(folder, to, depth, says):
    with pytest.raises(PatchError) as caught:
        whole(folder, WHOLE + ROUTED.format(to, depth))
    assert says in str(caught.value)


def test_a_voice_cannot_move_what_parts_share(folder):
    with pytest.raises(PatchError, match="all voices share part.1, so only what the whole channel has"):
        whole(folder, WHOLE + ROUTED.replace("macro2", "velocity").format("part.1.level_db", "db = 1"))
