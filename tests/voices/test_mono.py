"""Mono patches: one voice, the last key wins, glide."""

import numpy as np
import pytest

from synthhost.voices.stages import HELD, PEDALLED, RELEASED
from tests.engine.playing import (
    ALL_NOTES_OFF,
    PEDAL,
    bare,
    control,
    hand_in,
    hz_of,
    names_of,
    new_engine,
    off,
    on,
    play,
    recount,
    settle,
    sound,
    stages,
)

MONO = 'mode = "mono"'


@pytest.fixture
def lead(image):
    return new_engine(image, sound(names_of(image), MONO))


def test_the_last_key_wins_and_the_one_before_comes_back(lead):
    assert hz_of(play(lead, [on(0, 69), on(1000, 81), off(12000, 81)], 12000)[2000:, 0]) == pytest.approx(
        880, rel=1e-4
    )
    assert hz_of(play(lead, [], 12000)[1000:, 0]) == pytest.approx(440, rel=1e-4)
    assert [(key, stage) for _, key, stage in stages(lead)] == [(69, HELD)]
    play(lead, [off(24100, 69)], 1024)
    assert [stage for *_, stage in stages(lead)] == [RELEASED]
    settle(lead)
    assert recount(lead) == (0, 0)


def test_releasing_a_key_that_does_not_sound_changes_nothing(lead):
    play(lead, [on(0, 60), on(10, 62), on(20, 64), off(30, 60), off(40, 62)], 64)
    assert stages(lead) == [(0, 64, HELD)]
    play(lead, [off(70, 64)], 64)
    assert [stage for *_, stage in stages(lead)] == [RELEASED]


def test_one_voice_however_many_keys(lead):
    play(lead, [on(n * 50, 40 + n) for n in range(40)], 2048)
    assert recount(lead) == (1, 0)
    play(lead, [off(2100 + n * 50, 40 + n) for n in range(40)], 4096)
    settle(lead)
    assert recount(lead) == (0, 0)


def test_a_mono_note_stays_under_the_pedal(lead):
    play(lead, [on(0, 60), control(10, PEDAL, 127), off(20, 60)], 64)
    assert stages(lead) == [(0, 60, PEDALLED)]
    play(lead, [on(70, 64)], 64)
    assert stages(lead) == [(0, 64, HELD)]
    play(lead, [off(140, 64)], 64)
    assert stages(lead) == [(0, 64, PEDALLED)]
    play(lead, [control(200, PEDAL, 0)], 64)
    settle(lead)
    assert recount(lead) == (0, 0)


def test_each_channel_has_a_mono_voice_of_its_own(lead):
    play(lead, [on(0, 60, channel=n) for n in range(16)], 64)
    assert recount(lead) == (16, 0)


def test_glide_reaches_the_pitch_in_its_time(image):
    engine = new_engine(image, sound(names_of(image), MONO + "\nglide_s = 0.1"))
    play(engine, [on(0, 57), on(4800, 69)], 4800)
    half = hz_of(play(engine, [], 4800)[2400 - 480 : 2400 + 480, 0])
    assert half == pytest.approx(220 * 2**0.5, rel=0.01)
    group = engine.record.groups[0]
    assert group.pitch[0] == pytest.approx(np.log2(440.0), abs=2e-3)
    assert hz_of(play(engine, [], 9600)[:, 0]) == pytest.approx(440, rel=1e-4)


def test_a_first_note_does_not_glide(image):
    engine = new_engine(image, sound(names_of(image), MONO + "\nglide_s = 1.0"))
    assert hz_of(play(engine, [on(0, 69)], 9600)[:, 0]) == pytest.approx(440, rel=1e-4)


def test_all_notes_off_forgets_the_keys_that_are_down(lead):
    play(lead, [on(0, 60), on(10, 64), control(20, ALL_NOTES_OFF, 0), on(30, 67), off(50, 67)], 96)
    assert [stage for *_, stage in stages(lead)] == [RELEASED]


def test_keys_held_from_before_a_new_program_are_not_returned_to(image):
    names = names_of(image)
    engine = new_engine(image, sound(names))
    other = engine.load(sound(names, MONO, op="saw"))
    play(engine, [on(0, 60), hand_in(100, other), on(200, 67), off(400, 67)], 512)
    assert sorted((key, stage) for _, key, stage in stages(engine)) == [(60, HELD), (67, RELEASED)]
    play(engine, [off(600, 60)], 512)
    settle(engine)
    assert recount(engine) == (0, 0)


def test_a_key_struck_while_the_last_note_dies_gets_a_voice_of_its_own(image):
    """The voice may end, or begin to fade, in the very tile that the new stroke cuts."""
    for program in (bare(names_of(image), MONO), sound(names_of(image), MONO, release_s=0)):
        engine = new_engine(image, program)
        for turn in range(400):
            begin = int(engine.record.timing.device_frame)
            play(
                engine,
                [on(begin + 3, 60), off(begin + 50, 60), on(begin + 51 + turn, 62), off(begin + 600, 62)],
                1024,
            )
            recount(engine)
        settle(engine)
        assert recount(engine) == (0, 0)


def strikes(image, mode, events, decay_s=0.8):
    """How often a fading sound came back to its full level."""
    program = sound(names_of(image), f'mode = "{mode}"', decay_s=decay_s, sustain=0)
    output = np.abs(play(new_engine(image, program), events, 48_000)[:, 0])
    level = output.reshape(-1, 480).max(1)
    return int((level[1:] > 2 * level[:-1]).sum()) + 1


OVERLAPPING = [on(0, 60), on(9600, 64), off(9700, 60), on(19_200, 67), off(19_300, 64)]
APART = [on(0, 60), off(9000, 60), on(9600, 64), off(19_000, 64), on(19_200, 67)]


def test_mono_strikes_every_key_and_legato_only_the_first_of_a_phrase(image):
    assert strikes(image, "mono", OVERLAPPING) == 3
    assert strikes(image, "legato", OVERLAPPING) == 1
    assert strikes(image, "legato", APART) == 3


@pytest.mark.parametrize(
    ("priority", "heard"),
    [
        ("last", [60, 72, 48, 55, 48, 72, 60]),
        ("low", [60, 60, 48, 48, 48, 60, 60]),
        ("high", [60, 72, 72, 72, 72, 72, 60]),
    ],
)
@pytest.mark.parametrize("mode", ["mono", "legato"])
def test_the_key_that_sounds_is_the_last_the_lowest_or_the_highest(image, mode, priority, heard):
    engine = new_engine(image, sound(names_of(image), f'mode = "{mode}"\npriority = "{priority}"'))
    moves = [on(0, 60), on(0, 72), on(0, 48), on(0, 55), off(0, 55), off(0, 48), off(0, 72)]
    for move, key in zip(moves, heard, strict=True):
        move.frame = engine.record.frame
        play(engine, [move], 64)
        assert stages(engine) == [(0, key, HELD)]


def test_a_mode_message_goes_before_the_patch_until_another_is_chosen(image):
    names = names_of(image)
    engine = new_engine(image, sound(names))
    play(engine, [on(0, 50), control(10, 126, 1), on(20, 60), on(30, 64)], 4800)
    assert stages(engine) == [(0, 64, HELD)], "and the key from before was let go"
    play(engine, [control(4800, 121, 0), on(4810, 67)], 64)
    assert stages(engine) == [(0, 67, HELD)], "resetting controllers is no mode message"
    play(engine, [control(4900, 127, 0), on(4910, 60), on(4920, 64)], 4800)
    assert sorted(stages(engine)) == [(0, 60, HELD), (0, 64, HELD)]
    play(engine, [control(9700, 126, 1), hand_in(9710, engine.load(sound(names, op="saw")))], 4800)
    play(engine, [on(14_500, 60), on(14_500, 64)], 64)
    assert sorted(stages(engine)) == [(0, 60, HELD), (0, 64, HELD)], "another program plays as its patch says"


def test_a_poly_message_lets_a_mono_patch_play_chords(image):
    engine = new_engine(image, sound(names_of(image), 'mode = "legato"'))
    play(engine, [control(0, 127, 0), on(20, 60), on(30, 64)], 64)
    assert sorted(stages(engine)) == [(0, 60, HELD), (0, 64, HELD)]
