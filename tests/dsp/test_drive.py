"""Soft clipping: bounded, clean when quiet, smooth when it moves."""

import numpy as np
import pytest

from tests.dsp.measure import db
from tests.dsp.rig import play


@pytest.mark.parametrize("drive_db", (0.0, 12.0, 48.0))
def test_the_curve_is_a_hyperbolic_tangent_and_never_beyond_one(drive_db):
    line = np.linspace(-3.0, 3.0, 48_000)
    sound = play("drive", 1.0, inputs={"in": line, "drive_db": drive_db})[:, 0].astype(float)
    assert np.abs(sound).max() <= 1.0
    assert np.abs(sound - np.tanh(line * 10 ** (drive_db / 20))).max() < 1.1e-4
    assert (np.diff(sound) > -1e-6).all()


def test_a_quiet_sound_only_gets_louder():
    tone = 1e-3 * np.sin(2 * np.pi * 480 * np.arange(4800) / 48_000)
    sound = play("drive", 0.1, inputs={"in": tone, "drive_db": 20.0})[:, 0].astype(float)
    assert np.abs(sound / 10 - tone).max() < 1e-7


def test_even_infinite_and_absurd_sounds_stay_within_one():
    wild = np.array([1e30, -1e30, 1e38, np.inf, -np.inf] * 10)
    sound = play("drive", 50 / 48_000, inputs={"in": wild, "drive_db": 0.0})
    assert np.abs(sound).max() <= 1.0


def test_a_moving_drive_makes_no_zipper_noise():
    steps = np.repeat(np.linspace(0.0, 40.0, 300), 32)
    tone = 1e-3 * np.sin(2 * np.pi * 200.0 * np.arange(9600) / 48_000)
    sound = play("drive", 0.2, inputs={"in": tone, "drive_db": steps})[:, 0].astype(float)
    above = np.fft.rfft(sound[2400:] * np.blackman(7200))[np.fft.rfftfreq(7200, 1 / 48_000) > 1000.0]
    assert db(np.abs(above).max() / 7200) < -110.0
