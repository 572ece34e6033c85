"""Programs that make no sense: what is not a number is silenced and counted, and it does not stay."""

import numpy as np
import pytest

from synthhost.dsp.master import CEILING
from synthhost.voices.stages import HELD
from tests.engine.playing import (
    RATE_HZ,
    control,
    factory,
    hand_in,
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

ECHO = '[effects.echo]\nop = "delay"\ntime_s = 0.02\nfeedback_norm = 0.5\nlevel_norm = 0.8\n'


def break_value(engine, slot, name, value):
    """Write a value into a slot as only a damaged memory could."""
    place = engine.program(slot).addresses[name]
    engine.record.slots[slot].value.reshape(-1)[place] = value
    engine.record.slots[slot].target.reshape(-1)[place] = value


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38])
@pytest.mark.parametrize("name", ["env.sustain_norm", "tone.detune_cents", "env.decay_s", "out.level_db"])
def test_no_value_reaches_the_output_as_no_number(image, name, value):
    engine = new_engine(image, sound(names_of(image), op="saw", sustain=0.5, decay_s=0.1))
    play(engine, [on(0, 60)], 2048)
    break_value(engine, 0, name, value)
    output = play(engine, [on(2100, 64), off(3000, 64)], 9600)
    assert np.isfinite(output).all() and np.abs(output).max() <= CEILING
    recount(engine)


def test_a_broken_voice_is_silenced_counted_and_freed(image):
    engine = new_engine(image, factory(names_of(image), "template/subtractive"))
    play(engine, [on(0, 60), on(0, 64)], 2048)
    break_value(engine, 0, "filter.in.osc1", np.nan)
    output = play(engine, [], 9600)
    assert engine.record.stats.broken == 2 and not stages(engine)
    assert np.abs(output[4800:]).max() < 1e-3, "the DC guard's memory"
    assert recount(engine) == (0, 0)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_broken_program_recovers_when_its_value_is_mended(image, value):
    engine = new_engine(image, factory(names_of(image), "template/subtractive"))
    break_value(engine, 0, "filter.in.osc1", value)
    play(engine, [on(0, 60)], 4800)
    assert engine.record.stats.broken == 1
    engine.set_value(0, "filter.in.osc1", 0.5)
    settle(engine, 0.1)
    assert engine.record.slots[0].value.max() < 1e30
    output = play(engine, [on(int(engine.record.frame) + 10, 60)], 4800)
    assert np.abs(output[100:]).max() > 0.02 and recount(engine) == (1, 0)
    assert engine.record.stats.broken == 1


def test_a_broken_lane_leaves_its_neighbours_alone(image):
    program = factory(names_of(image), "template/subtractive")
    engine = new_engine(image, program)
    play(engine, [on(64, 60), on(64, 40)], 1024)
    (filter_row,) = [row for row in program.rows if image.operators[row["operator"]] == "svf_lowpass"]
    engine.record.groups[0].state[filter_row["state"] : filter_row["state"] + 2, 1] = np.nan
    output = play(engine, [], 4800)
    assert engine.record.stats.broken > 0 and stages(engine) == [(0, 60, HELD)]
    assert np.isfinite(output).all() and np.abs(output[1000:]).max() > 0.02


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_no_number_is_not_taken(image, value):
    engine = new_engine(image, sound(names_of(image)))
    engine.set_value(0, "env.sustain_norm", value)
    output = play(engine, [on(64, 60)], 4800)
    assert np.abs(output).max() > 0.1 and engine.record.stats.broken == 0


def test_broken_effects_do_not_silence_the_others_and_recover(image):
    names = names_of(image)
    engine = new_engine(image, sound(names, effects=ECHO))
    other = engine.load(sound(names))
    reference = new_engine(image, sound(names))
    engine.hand_in(other, 0, 1)
    play(engine, [on(0, 60)], 4800)
    slot = engine.record.slots[0]
    remembered = engine.record.delays[slot.delay_start : slot.delay_start + slot.delay_frames]
    assert len(remembered) >= 0.02 * RATE_HZ
    remembered[:] = np.nan
    output = play(engine, [on(4800, 69, channel=1)], 9600)
    alone = play(reference, [on(0, 69)], 9600)
    assert np.isfinite(output).all()
    assert output[2400:].std() > 0.9 * alone[2400:].std()
    assert engine.record.stats.broken > 0
    settle(engine, 0.2)
    assert np.isfinite(remembered).all()
    count = int(engine.record.stats.broken)
    settle(engine, 0.2)
    assert engine.record.stats.broken == count


def test_the_loudest_chord_stays_below_the_ceiling(image):
    names = names_of(image)
    engine = new_engine(image, sound(names, op="saw", level_db=12), volume=4.0)
    output = play(engine, [on(0, 20 + n) for n in range(64)], 24_000)
    assert 0.9 * CEILING < np.abs(output).max() <= CEILING
    assert engine.record.stats.peak == pytest.approx(np.abs(output).max())


def test_the_peak_is_that_of_the_louder_side(image):
    engine = new_engine(image, sound(names_of(image)))
    output = play(engine, [control(0, 10, 127), on(64, 60)], 9600)
    assert engine.record.stats.peak == pytest.approx(np.abs(output).max())


def test_a_volume_that_is_no_number_does_not_silence_the_engine_for_good(image):
    engine = new_engine(image, sound(names_of(image)))
    engine.set_volume(float("nan"))
    settle(engine, 0.1)
    engine.set_volume(1.0)
    settle(engine, 0.1)
    output = play(engine, [on(int(engine.record.frame), 60)], 4800)
    assert np.abs(output).max() > 0.1


def test_hand_in_of_an_unfinished_slot_is_ignored(image):
    engine = new_engine(image, sound(names_of(image)))
    output = play(engine, [hand_in(0, 12), on(64, 60)], 4800)
    assert np.abs(output).max() > 0.1
