"""The pedals: sustain with its half way, sostenuto, soft; what a pianist expects of each."""

import numpy as np
import pytest

from synthhost.events.event import RELEASE_PORT
from synthhost.voices.stages import HELD, PEDALLED, RELEASED
from tests.engine.playing import (
    ALL_NOTES_OFF,
    PEDAL,
    RATE_HZ,
    RESET,
    control,
    event,
    names_of,
    new_engine,
    off,
    on,
    panic,
    play,
    recount,
    settle,
    sound,
    stages,
)

SOSTENUTO, SOFT = 66, 67


@pytest.fixture
def piano(image):
    """An engine that plays a sine at once and lets it ring for 1 s."""
    return new_engine(image, sound(names_of(image), release_s=1.0))


def of_keys(engine):
    return {key: stage for _, key, stage in stages(engine)}


def seconds_to_fall(image, pedal, db=30.0):
    """How long a note takes to fall by some decibels after its key came up, with the pedal at a place."""
    engine = new_engine(image, sound(names_of(image), release_s=0.4))
    output = play(engine, [control(0, PEDAL, pedal), on(10, 69), off(4800, 69)], 12 * RATE_HZ)
    level = np.abs(output[: len(output) // 480 * 480, 0].reshape(-1, 480)).max(1)
    quiet = np.flatnonzero(level[10:] < level[5] * 10 ** (-db / 20))
    return quiet[0] * 0.01 if len(quiet) else np.inf


def test_the_nearer_a_half_pedal_is_to_down_the_longer_a_note_rings(image):
    times = [seconds_to_fall(image, pedal) for pedal in (0, 15, 24, 40, 52, 63)]
    assert times[0] == times[1] == pytest.approx(0.2, abs=0.02), "the first of the way does nothing"
    assert times[1] < times[2] < times[3] < times[4] < times[5]
    assert times[5] == pytest.approx(20 * times[0], rel=0.05), "but it dies"
    assert seconds_to_fall(image, 64) == np.inf, "64 is down, as with a switch"


def test_a_pedal_that_comes_half_way_up_damps_slowly_and_then_at_once(piano):
    play(piano, [control(0, PEDAL, 127), on(1, 60), off(100, 60)], 1024)
    assert of_keys(piano) == {60: PEDALLED}
    play(piano, [control(1100, PEDAL, 50)], 1024)
    assert of_keys(piano) == {60: RELEASED}
    lifted = piano.record.groups[0].voice.lifted[0]
    assert 0.8 < lifted < 0.95
    play(piano, [control(2100, PEDAL, 127)], 1024)
    assert of_keys(piano) == {60: RELEASED}, "what the dampers have touched is not held again"
    assert piano.record.groups[0].voice.lifted[0] == lifted, "but they are off the strings"
    play(piano, [control(3100, PEDAL, 0)], 1024)
    assert piano.record.groups[0].voice.lifted[0] == 0.0


def test_a_switch_sounds_as_if_there_were_no_half_pedal(image):
    """0 and 127 in between never touch the dampers of notes that were let go before."""
    program = sound(names_of(image), release_s=0.5)
    strokes = [on(0, 60), off(4800, 60)]
    plain = play(new_engine(image, program), strokes, 24_000)
    pedal = [control(5000, PEDAL, 127), control(9000, PEDAL, 0), control(9100, PEDAL, 64)]
    assert np.array_equal(play(new_engine(image, program), strokes + pedal, 24_000), plain)


def test_a_key_struck_again_does_not_leave_its_old_voices_ringing_on(piano):
    """A foot's pedal passes half-way on its way down; that is for the strings, and a string is struck once at a time."""
    pedal = [control(n, PEDAL, n) for n in range(128)]
    play(piano, [*pedal, on(200, 60), off(300, 60), on(400, 60), off(500, 60)], 1024)
    lifted = piano.record.groups[0].voice.lifted
    assert sorted(zip([s for *_, s in stages(piano)], lifted[:2] > 0.9, strict=True)) == [
        (PEDALLED, True),
        (RELEASED, False),
    ]


def test_sostenuto_holds_the_keys_that_are_down_and_no_other(piano):
    events = [on(0, 48), on(1, 52), control(10, SOSTENUTO, 127), on(20, 60)]
    events += [off(100, 48), off(100, 52), off(110, 60)]
    play(piano, events, 1024)
    assert of_keys(piano) == {48: PEDALLED, 52: PEDALLED, 60: RELEASED}
    play(piano, [control(1100, SOSTENUTO, 0)], 512)
    assert set(of_keys(piano).values()) == {RELEASED}


def test_sostenuto_does_not_catch_what_was_let_go_before(piano):
    play(piano, [on(0, 48), off(100, 48), control(110, SOSTENUTO, 127)], 512)
    assert of_keys(piano) == {48: RELEASED}


def test_sostenuto_keeps_a_caught_key_that_is_struck_again(piano):
    play(piano, [on(0, 48), control(10, SOSTENUTO, 127), off(50, 48), on(100, 48), off(200, 48)], 512)
    assert sorted(stage for *_, stage in stages(piano)) == [PEDALLED, RELEASED]
    play(piano, [control(600, SOSTENUTO, 0)], 512)
    assert {stage for *_, stage in stages(piano)} == {RELEASED}


def test_of_both_pedals_each_lets_go_only_what_it_alone_kept(piano):
    events = [on(0, 48), control(10, SOSTENUTO, 127), on(20, 60), control(30, PEDAL, 127)]
    play(piano, [*events, off(100, 48), off(100, 60)], 512)
    assert of_keys(piano) == {48: PEDALLED, 60: PEDALLED}
    play(piano, [control(600, PEDAL, 0)], 512)
    assert of_keys(piano) == {48: PEDALLED, 60: RELEASED}
    play(piano, [control(1200, PEDAL, 127), control(1300, SOSTENUTO, 0)], 512)
    assert of_keys(piano)[48] == PEDALLED, "now the sustain pedal has it"
    play(piano, [control(1700, PEDAL, 0)], 512)
    assert set(of_keys(piano).values()) == {RELEASED}


def test_a_sostenuto_pedal_that_moves_while_down_catches_nothing_new(piano):
    play(piano, [on(0, 48), control(10, SOSTENUTO, 90), on(20, 60), control(30, SOSTENUTO, 127)], 64)
    play(piano, [off(100, 48), off(100, 60)], 512)
    assert of_keys(piano) == {48: PEDALLED, 60: RELEASED}


def test_the_soft_pedal_softens_what_is_struck_while_it_is_down(image):
    engine = new_engine(image, sound(names_of(image)))
    engine.set_value(0, "env.velocity_norm", 1.0)
    settle(engine, 0.1)
    now = int(engine.record.frame)
    play(engine, [on(now, 60), control(now + 1, SOFT, 127), on(now + 2, 64), control(now + 3, SOFT, 0)], 512)
    play(engine, [on(now + 600, 67)], 512)
    velocity = {
        int(key): float(v)
        for key, v in zip(engine.record.groups[0].key, engine.record.groups[0].voice.velocity, strict=True)
    }
    assert velocity[60] == velocity[67] == 1.0
    assert velocity[64] == pytest.approx(0.6)


@pytest.mark.parametrize("pedal", [PEDAL, SOSTENUTO])
def test_resetting_controllers_lifts_every_pedal(piano, pedal):
    play(piano, [on(0, 60), control(10, pedal, 127), control(11, SOFT, 127), off(100, 60)], 512)
    assert of_keys(piano) == {60: PEDALLED}
    play(piano, [control(600, RESET, 0)], 512)
    assert of_keys(piano) == {60: RELEASED}
    channel = piano.record.channels[0]
    assert channel.pedal == channel.sostenuto == channel.soft == 0 and not channel.caught.any()


@pytest.mark.parametrize("ending", [panic(600), event(RELEASE_PORT, 600)])
def test_panic_and_a_pulled_cable_lift_every_pedal(piano, ending):
    events = [on(0, 60), control(9, SOSTENUTO, 127), control(10, PEDAL, 40), control(11, SOFT, 127)]
    play(piano, [*events, off(100, 60)], 512)
    play(piano, [ending], 512)
    assert PEDALLED not in of_keys(piano).values() and HELD not in of_keys(piano).values()
    play(piano, [on(1100, 62), off(1200, 62)], 512)
    assert of_keys(piano)[62] == RELEASED
    assert piano.record.groups["voice"]["velocity"].max() == 1.0
    settle(piano, 2.0)
    assert recount(piano) == (0, 0)


def test_all_notes_off_leaves_to_sostenuto_what_it_caught(piano):
    play(piano, [on(0, 48), control(10, SOSTENUTO, 127), on(20, 60), control(100, ALL_NOTES_OFF, 0)], 512)
    assert of_keys(piano) == {48: PEDALLED, 60: RELEASED}


def test_a_pedal_on_another_port_or_channel_keeps_nothing(piano):
    play(piano, [on(0, 60), control(1, PEDAL, 127, port=1), control(1, SOSTENUTO, 127, 1), off(100, 60)], 512)
    assert of_keys(piano) == {60: RELEASED}
