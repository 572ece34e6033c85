"""The low-frequency oscillator: shapes, rate, start, and coming in."""

import numpy as np
import pytest

from synthhost.dsp.lfo import SHAPES
from tests.dsp.rig import TILE, Unit, play

PERIOD_S = 0.5


def lfo(seconds, shape, **values):
    sound = play("lfo", seconds, values={"rate_hz": 1 / PERIOD_S, "shape": SHAPES.index(shape), **values})
    return sound[:, 0].astype(float)


def cycles(sound):
    """Where in its cycle each frame is."""
    return (np.arange(1, len(sound) + 1) / 48_000 / PERIOD_S) % 1.0


@pytest.mark.parametrize(
    ("shape", "formula"),
    [
        ("sine", lambda c: np.sin(2 * np.pi * c)),
        ("triangle", lambda c: 1 - np.abs((4 * c + 1) % 4 - 2)),
        ("square", lambda c: np.where(c < 0.5, 1.0, -1.0)),
        ("saw", lambda c: (2 * c + 1) % 2 - 1),
    ],
)
def test_every_shape_is_that_of_its_formula(shape, formula):
    sound = lfo(1.0, shape)
    off = np.abs(sound - formula(cycles(sound)))
    assert np.quantile(off, 0.99) < 1e-3  # all but the tiles with a jump
    assert np.abs(sound).max() <= 1.0


def test_a_square_moves_without_a_click():
    sound = lfo(1.0, "square")
    assert np.abs(np.diff(sound)).max() < 2.0 / TILE * 1.01


def test_random_is_a_new_level_each_cycle_and_another_one_for_each_voice():
    sound = play(
        "lfo", 40.0, values={"rate_hz": 10.0, "shape": SHAPES.index("random")}, voice={"seed": np.arange(16)}
    )
    levels = sound[4800 // 2 :: 4800]
    assert np.abs(sound[1000:4000] - sound[1000]).max() == 0.0
    assert len(np.unique(levels)) == levels.size
    assert abs(levels.mean()) < 0.1 and 0.5 < levels.std() < 0.65
    assert np.abs(np.corrcoef(levels.T) - np.eye(16)).max() < 0.25


def test_variation_makes_another_choice():
    one = lfo(1.0, "random")
    assert np.array_equal(one, lfo(1.0, "random"))
    assert not np.array_equal(one, lfo(1.0, "random", variation=1))


@pytest.mark.parametrize("rate_hz", (0.01, 0.3, 7.0, 40.0))
def test_rate_is_right(rate_hz):
    sound = play("lfo", 3.0, values={"rate_hz": rate_hz, "shape": SHAPES.index("sine")})[:, 0].astype(float)
    wanted = np.sin(2 * np.pi * rate_hz * np.arange(1, len(sound) + 1) / 48_000)
    ends = slice(TILE - 1, None, TILE)
    assert np.abs(sound[ends] - wanted[ends]).max() < 2e-3


def test_a_new_note_starts_at_its_phase_with_nothing_to_ramp():
    assert lfo(0.01, "sine", phase_norm=0.25)[0] == pytest.approx(1.0, abs=1e-4)
    assert lfo(0.01, "saw", phase_norm=0.75)[0] == pytest.approx(-0.5, abs=1e-3)


def test_a_key_struck_again_starts_the_cycle_again_without_a_jump():
    unit = Unit("lfo")
    unit.values["rate_hz"] = 2.0
    before = np.concatenate([unit.run().copy() for _ in range(200)])
    unit.voice["strike"] = 1
    after = np.concatenate([unit.run().copy() for _ in range(400)])
    assert abs(after[0, 0] - before[-1, 0]) < 1.0 / TILE
    assert np.abs(after[TILE:, 0] - lfo(after.shape[0] / 48_000, "sine")[TILE:]).max() < 1e-3


def test_it_comes_in_after_its_delay():
    sound = lfo(1.0, "sine", phase_norm=0.25, delay_s=0.25, fade_s=0.5)
    grown = np.abs(sound) / np.maximum(np.abs(np.cos(2 * np.pi * cycles(sound))), 0.5)
    assert np.abs(sound[: 12_000 - TILE]).max() == 0.0
    assert grown[24_000] == pytest.approx(0.5, abs=0.01) and grown[-1] == pytest.approx(1.0, abs=0.01)


def test_without_fade_it_is_there_at_once():
    assert np.array_equal(lfo(0.1, "saw"), lfo(0.1, "saw", fade_s=0.0, delay_s=0.0))
    assert abs(lfo(0.1, "square")[0]) == 1.0
