"""Portamento: where a glide begins, when it is over, and who says so."""

import numpy as np
import pytest

from tests.engine.playing import (
    RESET,
    control,
    names_of,
    new_engine,
    off,
    on,
    play,
    settle,
    sound,
)

TIME, SWITCH, FROM = 5, 65, 84


def gliding(image, *lines):
    return new_engine(image, sound(names_of(image), "\n".join(lines)))


def pitches(engine):
    """Where each sounding key's pitch is now, in semitones above the key."""
    groups = engine.record.groups
    places = np.argwhere(groups["stage"] == 1)
    pitch = {int(groups["key"][p]): 12 * (groups["pitch"][p] - np.log2(440)) + 69 for p in map(tuple, places)}
    return {key: round(float(value - key), 1) for key, value in pitch.items()}


@pytest.mark.parametrize("interval", [12, 24])
def test_a_glide_of_constant_time_takes_the_same_for_every_interval(image, interval):
    engine = gliding(image, 'mode = "mono"', "glide_s = 0.2")
    play(engine, [on(0, 48), on(480, 48 + interval)], 480 + 4800)
    assert pitches(engine)[48 + interval] == pytest.approx(-interval / 2, abs=0.2)
    play(engine, [], 4800)
    assert pitches(engine)[48 + interval] == 0


@pytest.mark.parametrize("interval", [12, 24])
def test_a_glide_of_constant_rate_takes_its_time_for_each_octave(image, interval):
    engine = gliding(image, 'mode = "mono"', "glide_s = 0.2", 'glide_mode = "rate"')
    play(engine, [on(0, 48), on(480, 48 + interval)], 480 + 4800)
    assert pitches(engine)[48 + interval] == pytest.approx(6 - interval, abs=0.2)
    play(engine, [], 4800 * interval // 6)
    assert pitches(engine)[48 + interval] == 0


def test_fingered_glides_only_while_keys_overlap(image):
    engine = gliding(image, 'mode = "legato"', "glide_s = 0.5", 'glide = "fingered"')
    play(engine, [on(0, 48), off(100, 48), on(200, 60)], 480)
    assert pitches(engine) == {60: 0}
    play(engine, [on(500, 72)], 480)
    assert -12 < pitches(engine)[72] < -11


def test_chords_glide_from_the_key_that_was_struck_last(image):
    engine = gliding(image, "glide_s = 1.0")
    play(engine, [on(0, 48)], 480)
    assert pitches(engine) == {48: 0}, "nothing was before"
    play(engine, [on(480, 60)], 32)
    assert pitches(engine)[60] == pytest.approx(-12, abs=0.1)
    settle(engine, 1.1)
    assert pitches(engine) == {48: 0, 60: 0}


def test_a_glide_starts_where_the_last_note_was_though_it_is_silent(image):
    engine = gliding(image, "glide_s = 1.0")
    play(engine, [on(0, 48), off(100, 48)], 48_000)
    play(engine, [on(48_000, 60)], 32)
    assert pitches(engine)[60] == pytest.approx(-12, abs=0.1)


def test_controller_65_goes_before_the_patch(image):
    engine = gliding(image, "glide_s = 1.0")
    play(engine, [control(0, SWITCH, 0), on(1, 48), on(480, 60)], 512)
    assert pitches(engine) == {48: 0, 60: 0}
    engine = gliding(image)
    play(engine, [on(1, 48), control(400, SWITCH, 127), on(480, 60)], 480 + 2400)
    assert pitches(engine)[60] == pytest.approx(-6, abs=0.3), "a tenth of a second where the patch has none"
    play(engine, [control(3000, RESET, 0), on(3100, 40)], 512)
    assert pitches(engine)[40] == 0, "the patch again"


@pytest.mark.parametrize(("value", "part"), [(64, 1.0), (32, 0.25), (127, 3.94)])
def test_controller_5_scales_the_time_of_the_patch(image, value, part):
    engine = gliding(image, "glide_s = 0.1")
    play(engine, [control(0, TIME, value), on(1, 48), on(480, 60)], 480 + round(2400 * part))
    assert pitches(engine)[60] == pytest.approx(-6, abs=0.3)


def test_controller_5_at_zero_takes_the_glide_away(image):
    engine = gliding(image, "glide_s = 1.0")
    play(engine, [control(0, TIME, 0), on(1, 48), on(480, 60)], 512)
    assert pitches(engine) == {48: 0, 60: 0}


@pytest.mark.parametrize("mode", ["poly", "mono", "legato"])
def test_controller_84_lets_one_note_glide_from_a_key(image, mode):
    engine = gliding(image, f'mode = "{mode}"', "glide_s = 1.0", 'glide = "fingered"')
    play(engine, [control(0, FROM, 36), on(1, 60)], 32)
    assert pitches(engine)[60] == pytest.approx(-24, abs=0.1)
    play(engine, [off(40, 60), on(50, 62)], 64)
    assert pitches(engine)[62] == 0, "only the one"
    play(engine, [control(100, FROM, 84), on(101, 72)], 64)
    assert pitches(engine)[72] == pytest.approx(12, abs=0.1), "also of a note that sounds"
