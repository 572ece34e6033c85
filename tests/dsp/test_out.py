"""The output: levels, places, straight lines, and nothing broken gets through."""

import numpy as np
import pytest

from tests.dsp.measure import db
from tests.dsp.rig import LANES, TILE, Unit


def out(x=1.0, pan=0.0, level_db=0.0):
    unit = Unit("out")
    unit.tiles[0], unit.tiles[1], unit.tiles[2] = x, pan, level_db
    unit.run()
    return unit


def sides(unit):
    return unit.output[:TILE], unit.output[TILE:]


@pytest.mark.parametrize("pan", (-1.0, -0.5, 0.0, 0.3, 1.0))
@pytest.mark.parametrize("level_db", (-60.0, -6.0, 0.0, 12.0))
def test_power_is_constant_and_the_level_is_that_of_the_knob(pan, level_db):
    left, right = sides(out(pan=pan, level_db=level_db))
    angle = (pan + 1) * np.pi / 4
    assert np.abs(left / 10 ** (level_db / 20) - np.cos(angle)).max() < 5e-6
    assert np.abs(right / 10 ** (level_db / 20) - np.sin(angle)).max() < 5e-6


def test_the_lowest_level_is_silence():
    assert not out(level_db=-96.0).output.any()
    assert db(out(level_db=-95.0).output.max()) == pytest.approx(-98.0, abs=0.1)


def test_sounds_are_added_to_what_is_there():
    unit = out(0.5)
    first = unit.output.copy()
    unit.run()
    assert np.array_equal(unit.output, first * 2)


def test_a_new_gain_is_reached_in_a_straight_line_at_the_end_of_the_tile():
    unit = out(pan=-1.0)
    unit.tiles[1], unit.output[:] = 1.0, 0.0
    unit.run()
    left, right = sides(unit)
    line = np.arange(1, TILE + 1)[:, None] / TILE
    assert np.abs(right - line).max() < 1e-5 and np.abs(left - (1 - line)).max() < 1e-5


def test_every_voice_has_its_own_gains_and_peak():
    unit, x = Unit("out"), np.random.default_rng(5).uniform(-1, 1, (TILE, LANES)).astype(np.float32)
    unit.tiles[0], unit.voice["gain_left"], unit.voice["gain_right"] = x, np.arange(LANES), 0.5
    unit.run()
    left, right = sides(unit)
    assert np.abs(left - x * np.arange(LANES) * np.sqrt(0.5)).max() < 1e-5
    assert np.abs(right - x * 0.5 * np.sqrt(0.5)).max() < 1e-5
    assert np.array_equal(unit.voice["peak"][0], np.abs(x).max(axis=0))


@pytest.mark.parametrize("trouble", (np.nan, -np.nan, np.inf, -np.inf, 1.1e4, -1e20))
def test_a_broken_voice_adds_nothing_and_is_reported(trouble):
    x = np.full((TILE, LANES), 0.5, np.float32)
    x[7, 3] = trouble
    unit = out(x)
    left, right = sides(unit)
    assert np.isfinite(unit.output).all() and left[7, 3] == right[7, 3] == 0.0
    assert unit.voice["broken"][0].tolist() == [int(lane == 3) for lane in range(LANES)]
    assert np.isfinite(unit.voice["peak"]).all() and unit.voice["peak"][0, 2] == 0.5


def test_a_loud_but_sound_voice_is_not_broken():
    assert not out(1e4).voice["broken"].any()
