"""Parts in the engine: layers, splits, velocities, strips, sends and what they come to in the sum."""

from dataclasses import replace

import numpy as np
import pytest

from synthhost.engine.memory import EMPTY
from synthhost.patch import compile_patch, load
from synthhost.patch.settings import lookup
from synthhost.session import SessionWriter, render_session
from synthhost.voices.stages import FADING, HELD, RELEASED
from tests.engine.playing import (
    RATE_HZ,
    control,
    hand_in,
    hz_of,
    names_of,
    new_engine,
    off,
    on,
    panic,
    play,
    settle,
    sound,
    stages,
)

HEAD = 'format = "synthhost/patch"\nversion = 1\nname = "{}"\n'
TONE = """
[performance]
{performance}
[tone]
op = "{op}"
phase_norm = 0.25
[env]
op = "adsr"
attack_s = 0
decay_s = 0
sustain_norm = 1
release_s = 0.05
[amp]
op = "multiply"
a = "tone"
b = "env"
[out]
in = "amp"
level_db = -12
"""
ECHO = '[sends.echo]\nop = "delay"\ntime_s = 0.1\nfeedback_norm = 0\nlevel_norm = 1\ntone_hz = 20000\n'
QUIET = 2e-5  # what the DC guard remembers
PARTS = {
    "sine": {},
    "saw": {"op": "saw"},
    "bass": {"performance": 'mode = "legato"\npriority = "low"'},
    "few": {"performance": "polyphony = 2"},
    "echoing": {"performance": '[effects.again]\nop = "delay"\ntime_s = 0.05\n'},
    "wide": {"op": "saw", "performance": "unison = 4"},
}


@pytest.fixture
def whole(image, tmp_path):
    """Compiles the text of a patch with parts."""
    for name, words in PARTS.items():
        text = TONE.format(**{"op": "sine", "performance": ""} | words)
        (tmp_path / f"{name}.toml").write_text(HEAD.format(name) + text)

    def make(text):
        (tmp_path / "whole.toml").write_text(HEAD.format("whole") + text)
        return compile_patch(load(tmp_path / "whole.toml", [tmp_path]), image.operators)

    return make


def part(patch, **keys):
    lines = [f"{key} = {value if isinstance(value, (int, float)) else value}" for key, value in keys.items()]
    return "\n".join(["[[part]]", f'patch = "{patch}"', *lines]) + "\n"


def heard(engine):
    """(key, name of its program) of all voices that are held."""
    groups = engine.record.groups
    places = map(tuple, np.argwhere(groups["stage"] == HELD))
    return sorted(
        (int(groups["key"][at]), engine.program(int(groups["program"][at[0]])).name) for at in places
    )


def test_a_stroke_sounds_every_layer_at_its_pitch(image, whole):
    engine = new_engine(image, whole(part("sine") + part("saw", transpose_semitones=12, level_db=-60)))
    output = play(engine, [on(0, 69)], 9600)
    assert heard(engine) == [(69, "saw"), (69, "sine")]
    assert hz_of(output[:, 0]) == pytest.approx(440, rel=1e-3)
    pitches = sorted(group.voice.pitch[0] for group in engine.record.groups if group.used)
    assert pitches[1] - pitches[0] == pytest.approx(1.0, abs=1e-5)
    play(engine, [off(9600, 69)], 64)
    assert {stage for *_, stage in stages(engine)} == {RELEASED}


def test_layers_are_the_sum_of_their_parts(image, whole):
    both, one, other = (
        play(new_engine(image, whole(text)), [on(0, 60), off(5000, 60)], 9600)
        for text in (part("sine") + part("saw"), part("sine"), part("saw"))
    )
    assert np.abs(both - (one + other)).max() < 1e-6 and np.abs(other).max() > 0.1


def test_a_part_alone_sounds_as_its_patch_does(image, whole):
    alone = play(new_engine(image, sound(names_of(image))), [on(0, 60), off(4000, 60)], 9600)
    assert np.array_equal(
        play(new_engine(image, whole(part("sine"))), [on(0, 60), off(4000, 60)], 9600), alone
    )


def test_a_split_has_its_own_keys_left_and_right(image, whole):
    engine = new_engine(image, whole(part("bass", high='"B3"') + part("saw", low='"C4"')))
    play(engine, [on(0, 40), on(0, 59), on(0, 60), on(0, 90)], 64)
    assert heard(engine) == [(40, "bass"), (60, "saw"), (90, "saw")], "the bass plays one note, the lower one"


def test_velocities_choose_the_part(image, whole):
    engine = new_engine(image, whole(part("sine", high_velocity=89) + part("saw", low_velocity=90)))
    velocities = {50: 1, 51: 89, 52: 90, 53: 127}
    play(engine, [on(n * 32, key, value / 127) for n, (key, value) in enumerate(velocities.items())], 256)
    assert heard(engine) == [(50, "sine"), (51, "sine"), (52, "saw"), (53, "saw")]
    play(engine, [on(256, 53, 0.1)], 32)
    assert (53, "sine") in heard(engine) and (53, "saw") not in heard(engine), "one key, one stroke"


def test_the_soft_pedal_chooses_the_softer_part(image, whole):
    engine = new_engine(image, whole(part("sine", high_velocity=89) + part("saw", low_velocity=90)))
    play(engine, [control(0, 67, 127), on(32, 60, 100 / 127)], 96)
    assert heard(engine) == [(60, "sine")]


def test_the_strip_sets_level_and_place(image, whole):
    plain, soft, right = (
        play(new_engine(image, whole(part("sine", **keys))), [on(0, 60)], 4800)
        for keys in ({}, {"level_db": -6}, {"pan": 1})
    )
    assert np.allclose(soft, plain * 10 ** (-6 / 20), atol=1e-5)
    assert not right[:, 0].any() and np.allclose(right[:, 1], plain[:, 1] * 2**0.5, atol=1e-4)


def test_strips_glide_under_ringing_notes(image, whole):
    engine = new_engine(image, whole(part("sine", level_db=0, pan=-1)))
    play(engine, [on(0, 60)], 4800)
    engine.set_value(max(engine.slots_in_use()), "part.1.pan", 1.0)
    output = play(engine, [], 9600)
    assert output[:32, 0].std() > 10 * output[:32, 1].std(), "not at once"
    assert np.abs(output[7000:, 0]).max() < QUIET and output[7000:, 1].std() > 0.05
    assert np.abs(np.diff(output, 2, axis=0)).max() < 2e-3, "without a click"


def test_other_numbers_are_heard_in_notes_that_ring_and_load_no_part_again(image, whole):
    engine = new_engine(image, whole(part("sine", level_db=0) + part("saw", level_db=-60)))
    play(engine, [on(0, 60)], 4800)
    slots = engine.slots_in_use()
    before = play(engine, [], 4800).std()
    engine.update(whole(part("sine", level_db=-60) + part("saw", level_db=-60)), slots[-1])
    settle(engine, 0.2)
    engine.collect()
    assert play(engine, [], 4800).std() < 0.01 * before
    assert engine.slots_in_use() == slots


def test_only_the_wet_sound_of_a_send_comes_back(image, whole):
    text = ECHO + part("sine", send_db="{ echo = 0 }") + part("saw", level_db=-60)
    dry = play(new_engine(image, whole(ECHO + part("sine") + part("saw", level_db=-60))), [on(0, 60)], 9600)
    sent = play(new_engine(image, whole(text)), [on(0, 60)], 9600)
    assert np.array_equal(sent[:4799], dry[:4799])
    echo = (sent - dry)[4800:]
    assert np.allclose(echo[500:4000], dry[500:4000], atol=3e-3), "a tenth of a second later"


def test_a_send_hears_what_each_part_sends_behind_its_strip(image, whole):
    def echo_of(**keys):
        text = ECHO + part("sine", **keys)
        output = play(new_engine(image, whole(text)), [on(0, 60), off(480, 60)], 9600)
        return output[5000:5300].std()

    full = echo_of(send_db="{ echo = 0 }")
    assert echo_of(send_db="{ echo = -12 }") == pytest.approx(full * 10 ** (-12 / 20), rel=0.01)
    assert echo_of(send_db="{ echo = 0 }", level_db=-6) == pytest.approx(full * 10 ** (-6 / 20), rel=0.01)
    assert echo_of() < QUIET and echo_of(send_db="{ echo = -96 }") < QUIET


def test_four_sends_each_hear_their_own(image, whole):
    names = ("one", "two", "three", "four")
    text = "".join(ECHO.replace("echo", name).replace("0.1", f"0.{n + 1}") for n, name in enumerate(names))
    for number, name in enumerate(names, 1):
        send = "{ " + name + " = 0 }"
        output = play(
            new_engine(image, whole(text + part("sine", send_db=send))), [on(0, 60), off(480, 60)], 24_000
        )
        levels = [output[n * 4800 + 100 : n * 4800 + 400].std() > 1e-3 for n in (1, 2, 3, 4)]
        assert levels == [n == number for n in (1, 2, 3, 4)]


def test_effects_of_the_whole_hear_parts_and_what_sends_give_back(image, whole):
    insert = ECHO.replace("sends.echo", "effects.again").replace("0.1", "0.3")
    program = whole(ECHO + insert + part("sine", send_db="{ echo = 0 }"))
    output = play(new_engine(image, program), [on(0, 60), off(480, 60)], 24_000)
    places = [output[n * 4800 + 100 : n * 4800 + 400].std() > 1e-3 for n in (0, 1, 2, 3, 4)]
    assert places == [True, True, False, True, True], "stroke, echo, and both again"


def test_numbers_of_sends_and_effects_glide(image, whole):
    engine = new_engine(image, whole(ECHO + part("sine", send_db="{ echo = 0 }")))
    play(engine, [on(0, 60)], 9600)
    whole_slot = max(engine.slots_in_use())
    before = play(engine, [], 4800).std()
    engine.set_value(whole_slot, "part.1.send_db.echo", -96.0)
    engine.set_value(whole_slot, "sends.echo.level_norm", 0.0)
    settle(engine, 0.5)
    assert abs(play(engine, [], 4800).std() - before) > 0.01


def test_a_plain_patch_sends_too(image):
    from synthhost.patch import loads

    text = HEAD.format("plain") + TONE.format(op="sine", performance="") + ECHO
    plain, sent = (
        play(
            new_engine(image, compile_patch(loads(text + more), image.operators)),
            [on(0, 60), off(480, 60)],
            9600,
        )
        for more in ("send_db = -96\n", "send_db = -6\n")
    )
    assert np.array_equal(plain[:4799], sent[:4799]) and np.abs(plain[6000:]).max() < QUIET
    assert np.allclose(sent[5000:5300], plain[200:500] * 10 ** (-6 / 20), atol=3e-3)


@pytest.mark.parametrize("sizes", [(32,), (17, 300, 1), (999,)])
def test_the_buffer_does_not_change_the_sound(image, whole, sizes):
    program = whole(ECHO + part("bass", high=59) + part("saw", low=50, pan=-0.4, send_db="{ echo = -3 }"))
    moves = [on(77, 40), on(100, 55), on(500, 64, 0.4), off(2000, 55), off(3001, 64), off(4000, 40)]
    expected = play(new_engine(image, program, 0), moves, 9600, (1024,))
    assert np.array_equal(play(new_engine(image, program, 0), moves, 9600, sizes), expected)


def test_panic_takes_sends_away_and_empties_them(image, whole):
    text = ECHO.replace("feedback_norm = 0", "feedback_norm = 0.9") + part("sine", send_db="{ echo = 0 }")
    engine = new_engine(image, whole(text))
    play(engine, [on(0, 60), off(9600, 60)], 12_000)
    play(engine, [panic(12_000)], 144 + 32)
    assert np.abs(play(engine, [], 48_000)).max() < 2e-4, "the DC guard's memory"
    engine.collect()
    now = int(engine.record.frame)
    output = play(engine, [on(now, 60), off(now + 480, 60)], 12_000)
    assert np.abs(output[5000:5300]).max() > 0.05, "and are there again"


def test_a_broken_part_does_not_silence_the_others(image, whole):
    program = whole(ECHO + part("echoing", send_db="{ echo = 0 }") + part("saw", send_db="{ echo = 0 }"))
    engine = new_engine(image, program)
    reference = play(new_engine(image, whole(ECHO + part("saw", send_db="{ echo = 0 }"))), [on(0, 60)], 9600)
    slot = engine.record.slots[0]
    engine.record.delays[slot.delay_start : slot.delay_start + slot.delay_frames] = np.nan
    output = play(engine, [on(0, 60)], 9600)
    assert np.isfinite(output).all() and engine.record.stats.broken > 0
    assert output[:, 0].std() > 0.9 * reference[:, 0].std()
    settle(engine, 0.5)
    count = int(engine.record.stats.broken)
    assert play(engine, [], 9600).std() > 0.05 and engine.record.stats.broken == count


def test_a_strip_that_is_no_number_is_contained(image, whole):
    engine = new_engine(image, whole(part("sine", pan=0) + part("saw", level_db=-60)))
    slot = engine.record.slots[2]
    for address in ("part.1.pan", "part.2.level_db", "part.2.send_db"):
        place = engine.program(2).addresses.get(address, 3)
        slot.value.reshape(-1)[place] = slot.target.reshape(-1)[place] = np.nan
    output = play(engine, [on(0, 60)], 4800)
    assert np.isfinite(output).all() and output.std() > 0.05


def test_sends_that_broke_recover(image, whole):
    engine = new_engine(image, whole(ECHO + part("sine", send_db="{ echo = 0 }")))
    play(engine, [on(0, 60)], 4800)
    slot = engine.record.slots[1]
    engine.record.delays[slot.delay_start : slot.delay_start + slot.delay_frames] = np.nan
    output = play(engine, [], 9600)
    assert np.isfinite(output).all() and engine.record.stats.broken > 0
    settle(engine, 1.0)
    count = int(engine.record.stats.broken)
    assert play(engine, [], 9600).std() > 0.05 and engine.record.stats.broken == count


def test_a_part_has_the_polyphony_that_the_whole_gives_it(image, whole):
    engine = new_engine(image, whole(part("sine", polyphony=3) + part("few")))
    play(engine, [on(32 * n, 50 + n) for n in range(6)], 1024)
    names = [name for _, name in heard(engine)]
    assert names.count("sine") == 3 and names.count("few") == 2
    assert engine.record.stats.dropped_notes == 0


def test_a_stroke_never_steals_from_itself(image, whole):
    program = whole(part("wide") + part("sine") + part("saw"))
    engine = new_engine(image, program, polyphony=5)
    play(engine, [on(0, 60)], 64)
    assert sorted(name for _, name in heard(engine)) == ["sine", *["wide"] * 4], "as many as there are voices"
    play(engine, [on(64, 64)], 64)
    assert {key for key, _ in heard(engine)} == {64} and len(heard(engine)) == 5
    assert engine.record.stats.stolen == 1, "all layers of a stroke are one note"


def test_choking_reaches_all_layers_and_spares_the_stroke(image, whole):
    text = part("sine", choke='"hat"', high=59) + part("saw", choke='"hat"') + part("few")
    engine = new_engine(image, whole(text))
    play(engine, [on(0, 70), on(100, 50)], 128)
    found = {(key, stage) for _, key, stage in stages(engine)}
    assert found == {(70, FADING), (70, HELD), (50, HELD)}
    assert heard(engine) == [(50, "few"), (50, "saw"), (50, "sine"), (70, "few")]


def test_a_whole_goes_home_after_its_last_echo(image, whole):
    text = ECHO.replace("feedback_norm = 0", "feedback_norm = 0.7") + part("sine", send_db="{ echo = 0 }")
    engine = new_engine(image, whole(text))
    other = engine.load(sound(names_of(image)))
    play(engine, [on(0, 60), off(480, 60), hand_in(960, other)], 9600)
    engine.collect()
    assert len(engine.slots_in_use()) == 3
    assert play(engine, [], 4800).std() > 1e-3, "it still echoes"
    settle(engine, 20.0)
    engine.collect()
    assert engine.slots_in_use() == [other] and (engine.record.slots["stage"] != EMPTY).sum() == 1
    assert not engine._delays[other][1]


def test_wholes_come_and_go_without_end(image, whole):
    programs = [
        whole(ECHO + part("sine", send_db="{ echo = 0 }") + part("saw")),
        whole(part("few") + part("wide")),
    ]
    engine = new_engine(image, programs[0])
    for turn in range(40):
        engine.hand_in(engine.load(replace(programs[turn % 2], graph=str(turn))))
        now = int(engine.record.frame)
        play(engine, [on(now, 60), off(now + 100, 60)], 4800)
        settle(engine, 6.0)
        engine.collect()
        assert len(engine.slots_in_use()) == 3


def test_a_session_with_parts_renders_again_bit_for_bit(image, whole, tmp_path):
    def program(level_db):
        text = ECHO + part("bass", high=59, level_db=level_db, send_db="{ echo = -6 }")
        return whole(text + part("saw", low=48, low_velocity=60, polyphony=3))

    engine = new_engine(image, buffer_frames=32)
    writer = SessionWriter(tmp_path / "parts.session", engine)
    slot = engine.load(program(0))
    engine.hand_in(slot)
    strokes = [on(n * 480, (36, 50, 52, 64)[n % 4], 0.3 + n % 7 / 10) for n in range(60)]
    live = [play(engine, strokes, RATE_HZ, (32,))]
    engine.update(program(-20), slot)
    live.append(play(engine, [], 9600, (32,)))
    engine.set_value(slot, "part.1.level_db", 6.0)
    live.append(play(engine, [], 9600, (32,)))
    writer.close()
    again, _ = render_session(tmp_path / "parts.session", image)
    assert np.array_equal(again, np.concatenate(live)) and np.abs(again).max() > 0.1


def test_every_setting_has_its_place_in_the_program(whole, tmp_path):
    from synthhost.patch import settings_of

    program = whole(ECHO + '[[key]]\nkey = 36\npatch = "saw"\n' + part("sine", send_db="{ echo = -6 }"))
    settings = settings_of(load(tmp_path / "whole.toml", [tmp_path]))
    assert set(settings) == set(program.addresses)
    for address, place in program.addresses.items():
        setting = lookup(settings, address)
        assert program.values[place] == pytest.approx(setting.encode(setting.value))
