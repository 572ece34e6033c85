"""Keys, pedals and controllers: what ends a note, and what does not."""

import numpy as np
import pytest

from synthhost.events.event import MAP_PROGRAM, RELEASE_PORT
from synthhost.voices.stages import FADING, HELD, PEDALLED, RELEASED
from tests.engine.playing import (
    ALL_NOTES_OFF,
    ALL_SOUND_OFF,
    PEDAL,
    RATE_HZ,
    RESET,
    bare,
    bend,
    control,
    event,
    first_sound,
    hand_in,
    hz_of,
    names_of,
    new_engine,
    off,
    on,
    panic,
    play,
    program_change,
    recount,
    settle,
    sound,
    stages,
)


@pytest.fixture
def synth(image):
    """An engine that plays a sine at once and lets it ring for 0.05 s."""
    return new_engine(image, sound(names_of(image)))


def held(engine):
    return sorted((channel, key) for channel, key, stage in stages(engine) if stage == HELD)


def test_note_off_ends_what_its_note_on_began_across_program_changes(image):
    names = names_of(image)
    engine = new_engine(image, sound(names))
    other = engine.load(sound(names, op="saw"))
    engine.map_program(7, other)
    play(engine, [on(0, 60), program_change(100, 7), on(200, 64)], 1024)
    assert held(engine) == [(0, 60), (0, 64)]
    play(engine, [off(1100, 60)], 1024)
    assert held(engine) == [(0, 64)]
    play(engine, [off(2100, 64)], 1024)
    assert held(engine) == []
    settle(engine)
    assert recount(engine) == (0, 0)


def test_two_ports_on_channel_1_never_cut_each_other(synth):
    play(synth, [on(0, 60, port=0), on(0, 60, port=1), on(0, 60, port=15)], 512)
    play(synth, [off(600, 60, port=1), control(600, ALL_SOUND_OFF, 0, port=15)], 4096)
    assert held(synth) == [(0, 60)]
    play(synth, [event(RELEASE_PORT, 5000, port=1)], 512)
    assert held(synth) == [(0, 60)]
    play(synth, [event(RELEASE_PORT, 5200, port=0)], 1024)
    assert held(synth) == []


def test_a_key_struck_again_lets_its_first_voice_go(synth):
    play(synth, [on(0, 60), on(1000, 60)], 2048)
    assert sorted(stage for *_, stage in stages(synth)) == [HELD, RELEASED]
    play(synth, [off(2100, 60)], 1024)
    assert held(synth) == []
    settle(synth)
    assert recount(synth) == (0, 0)


def test_the_pedal_holds_notes_until_it_comes_up(synth):
    play(synth, [on(0, 60), on(0, 64), control(10, PEDAL, 127), off(20, 60)], 1024)
    assert sorted(stage for *_, stage in stages(synth)) == [HELD, PEDALLED]
    settle(synth)
    assert len(stages(synth)) == 2
    now = int(synth.record.frame)
    play(synth, [control(now + 5, PEDAL, 0)], 1024)
    assert sorted((key, stage) for _, key, stage in stages(synth)) == [(60, RELEASED), (64, HELD)]
    settle(synth)
    assert held(synth) == [(0, 64)] and recount(synth) == (1, 0)


def test_a_key_struck_again_under_the_pedal_does_not_pile_up(synth):
    events = [control(0, PEDAL, 127)]
    for turn in range(20):
        events += [on(turn * 100 + 1, 60), off(turn * 100 + 50, 60)]
    play(synth, events, 2048)
    assert [stage for *_, stage in stages(synth) if stage in (HELD, PEDALLED)] == [PEDALLED]
    play(synth, [control(2100, PEDAL, 0)], 1024)
    settle(synth)
    assert recount(synth) == (0, 0)


def test_half_a_pedal_below_64_is_up(synth):
    play(synth, [control(0, PEDAL, 63), on(1, 60), off(300, 60)], 512)
    assert [stage for *_, stage in stages(synth)] == [RELEASED]


def test_all_notes_off_lets_go_but_the_pedal_keeps(synth):
    play(synth, [on(0, 60), on(0, 61, channel=1), control(100, ALL_NOTES_OFF, 0)], 256)
    assert held(synth) == [(1, 61)]
    play(synth, [control(300, PEDAL, 127, 1), control(301, ALL_NOTES_OFF, 0, 1)], 256)
    assert (1, 61, PEDALLED) in stages(synth)
    play(synth, [control(600, RESET, 0, 1)], 256)
    assert (1, 61, RELEASED) in stages(synth)


@pytest.mark.parametrize("number", [124, 125, 126, 127])
def test_mode_messages_let_all_notes_go(synth, number):
    play(synth, [on(0, 60), control(100, number, 0)], 256)
    assert held(synth) == []


def test_all_sound_off_is_silent_within_3_ms(image):
    engine = new_engine(image, sound(names_of(image), release_s=10))
    output = play(engine, [on(0, 60), on(0, 70), control(1000, ALL_SOUND_OFF, 0)], 2048)
    assert np.abs(output[900:1000]).max() > 0.1
    assert recount(engine) == (0, 0)
    assert np.abs(output[1000 + round(0.003 * RATE_HZ) :]).max() < 1e-3  # what is left is the DC guard's


def test_reset_controllers_brings_back_expression_and_bend_but_not_volume(synth):
    play(synth, [control(0, 7, 50), control(0, 11, 20), bend(0, 1.0), control(40, RESET, 0)], 256)
    channel, arrays = synth.record.channels[0], synth.record.arrays
    assert channel.control[11] == 127 and channel.bend == 0 and arrays.bend_from[0] == 0
    assert channel.control[7] == 50
    assert arrays.left_from[0] == pytest.approx((50 / 127) ** 2)


def test_panic_ends_everything_on_all_channels_within_3_ms(image):
    engine = new_engine(image, sound(names_of(image), release_s=10))
    events = [on(0, 40 + n, channel=n % 16, port=n % 5) for n in range(40)] + [control(5, PEDAL, 127)]
    output = play(engine, [*events, panic(1000)], 2048)
    assert recount(engine) == (0, 0)
    assert np.abs(output[1000 + round(0.003 * RATE_HZ) :]).max() < 1e-2
    assert not engine.record.channels["pedal"].any() and not engine.record.channels["held_count"].any()
    play(engine, [on(3000, 60), off(3100, 60)], 2048)
    assert [stage for *_, stage in stages(engine)] == [RELEASED], "the pedal is up again after a panic"


def test_panic_silences_the_echoes_too_and_they_come_back_for_new_notes(image):
    echo = '[effects.echo]\nop = "delay"\ntime_s = 0.02\nfeedback_norm = 0.95\nlevel_norm = 1.0\n'
    engine = new_engine(image, sound(names_of(image), effects=echo))
    before = play(engine, [on(0, 60), off(4800, 60)], 14400)
    assert np.abs(before[-960:]).max() > 0.02, "the echo rings"
    after = play(engine, [panic(14400)], 9600)
    assert np.abs(after[160:]).max() < 2e-3
    tick = play(engine, [on(28000, 60), off(28100, 60)], 9600)
    assert np.abs(tick[28000 + 2400 + 960 - 24000 :][:960]).max() > 0.02, "new notes are echoed again"


def test_a_voice_without_envelope_fades_when_it_is_let_go(image):
    engine = new_engine(image, bare(names_of(image)))
    output = play(engine, [on(0, 69), off(4800, 69)], 9600)
    assert np.abs(output[4700:4800]).max() > 0.1
    assert recount(engine) == (0, 0)
    step = np.abs(np.diff(output[4700:5200, 0]))
    assert step.max() < 1.5 * np.abs(np.diff(output[4000:4700, 0])).max()


def test_a_held_voice_without_envelope_outlives_silence(image):
    engine = new_engine(image, bare(names_of(image)))
    play(engine, [on(0, 69)], 4800)
    engine.set_value(0, "out.level_db", -96.0)
    settle(engine)
    assert held(engine) == [(0, 69)]


def test_note_on_and_note_off_on_the_same_frame_sound(synth):
    output = play(synth, [on(100, 60), off(100, 60)], 1024)
    assert first_sound(output) == 100 and np.abs(output).max() > 0.1
    settle(synth)
    assert recount(synth) == (0, 0)


def test_a_stroke_without_velocity_is_a_release(synth):
    play(synth, [on(0, 60), on(100, 60, 0.0)], 256)
    assert held(synth) == []


def test_bend_reaches_the_range_of_the_program(image):
    names = names_of(image)
    for semitones in (2, 12):
        engine = new_engine(image, sound(names, f"bend_semitones = {semitones}"))
        for value in (-1.0, 0.5, 1.0):
            output = play(engine, [bend(0, value), on(64, 69)], 9600)
            assert hz_of(output[960:, 0]) == pytest.approx(440 * 2 ** (value * semitones / 12), rel=1e-4)
            play(engine, [panic(0)], 480)


def test_a_new_program_with_another_bend_range_leaves_bent_notes_alone(image):
    names = names_of(image)
    outputs = []
    for change in (False, True):
        engine = new_engine(image, sound(names, "bend_semitones = 2"))
        other = engine.load(sound(names, "bend_semitones = 12"))
        outputs.append(play(engine, [bend(0, 1.0), on(64, 69)] + [hand_in(4000, other)] * change, 9600))
    assert np.array_equal(*outputs)


def test_velocity_makes_the_level(image):
    engine = new_engine(image, sound(names_of(image)))
    engine.set_value(0, "env.velocity_norm", 1.0)
    settle(engine, 0.1)
    levels = []
    for velocity in (0.25, 0.5, 1.0):
        begin = int(engine.record.timing.device_frame)
        output = play(engine, [on(begin, 69, velocity), off(begin + 4000, 69)], 9600)
        levels.append(np.abs(output[1000:3000]).max())
    assert levels == pytest.approx([levels[2] / 4, levels[2] / 2, levels[2]], rel=1e-3)


def test_volume_expression_and_pan_follow_their_curves(synth):
    full = play(synth, [control(0, 7, 127), on(64, 69)], 9600)[4800:].std(0)
    half = play(synth, [control(0, 11, 64)], 9600)[4800:].std(0)
    left = play(synth, [control(0, 10, 0), control(0, 11, 127)], 9600)[4800:].std(0)
    assert half / full == pytest.approx((64 / 127) ** 2, rel=1e-3)
    assert left[1] < 1e-4 and left[0] / full[0] == pytest.approx(np.sqrt(2), rel=1e-2)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e30])
def test_wild_controller_values_do_no_harm(synth, value):
    events = [bend(0, value), *(control(0, n, value) for n in (7, 10, 11, 64))]
    output = play(synth, [*events, on(10, 60, value), off(500, 60), on(600, 60)], 2048)
    assert np.isfinite(output).all() and np.isfinite(synth.record.arrays.bend_to).all()
    recount(synth)


def test_a_map_number_out_of_range_is_ignored(synth):
    for number, slot in ((-1, 0), (128, 0), (0, 31), (0, 99)):
        synth.push(MAP_PROGRAM, a=slot, b=number)
    settle(synth, 0.01)
    assert (synth.record.program_map == -1).all()


def test_fading_voices_are_not_released_again(image):
    engine = new_engine(image, bare(names_of(image)))
    play(engine, [on(0, 60), off(100, 60), off(110, 60), on(120, 60), off(121, 60)], 160)
    assert {stage for *_, stage in stages(engine)} == {FADING}
    recount(engine)
