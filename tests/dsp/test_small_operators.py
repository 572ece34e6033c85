"""Sums, products and what is known of the note."""

import numpy as np
import pytest

from synthhost.realtime.operator import OPERATORS
from tests.dsp.rig import LANES, Unit, play

RNG = np.random.default_rng(3)


def test_mix_adds_four_signals_and_a_constant():
    signals = {name: RNG.uniform(-1, 1, (96, LANES)) for name in "abcd"}
    gains = {"gain_a": 1.0, "gain_b": -2.0, "gain_c": 0.5, "gain_d": 3.0, "base": 0.25}
    sound = play("mix", 96 / 48_000, values=gains, inputs=signals)
    wanted = sum(gains[f"gain_{name}"] * signal for name, signal in signals.items()) + 0.25
    assert np.abs(sound - wanted).max() < 1e-6


def test_control_mix_makes_the_last_frame_of_the_same_sum():
    whole, control = Unit("mix"), Unit("control_mix")
    for unit in (whole, control):
        unit.tiles[:] = np.random.default_rng(4).uniform(-1, 1, unit.tiles.shape)
        unit.values["gain_a"], unit.values["gain_c"], unit.values["base"] = 2.0, 0.5, 1.0
    assert np.abs(whole.run(20)[19] - control.run(20)[19]).max() < 1e-6


def test_multiply_multiplies_and_by_default_leaves_alone():
    a, b = RNG.uniform(-1, 1, (96, LANES)), RNG.uniform(-1, 1, (96, LANES))
    assert np.abs(play("multiply", 0.002, inputs={"a": a, "b": b}) - a * b).max() < 1e-6
    assert np.array_equal(play("multiply", 0.002, inputs={"a": a}), a.astype(np.float32))


@pytest.mark.parametrize("name", ("velocity", "key", "gate", "random"))
def test_what_is_known_of_the_note_fills_the_tile(name):
    known = RNG.uniform(0, 1, LANES).astype(np.float32)
    assert (play(name, 0.01, voice={name: known}) == known).all()
    assert not OPERATORS[name].inputs
