"""The polynomials: errors as stated, over the whole range."""

import numpy as np
import pytest

from synthhost.dsp.approximations import (
    exp2,
    fall,
    gain_of_db,
    sine_of_phase,
    soft_clip,
    tangent,
    triangle_of_phase,
)

LINE = np.linspace(0.0, 1.0, 400_001)


def line(low, high):
    return (low + (high - low) * LINE).astype(np.float32)


def relative(value, wanted):
    return np.abs(value.astype(float) / wanted - 1.0).max()


def test_exp2_is_right_within_2e_7():
    x = line(-126.0, 126.99)
    assert relative(exp2(x), np.exp2(x.astype(float))) < 2e-7
    assert (exp2(np.arange(-126, 127, dtype=np.float32)) == 2.0 ** np.arange(-126.0, 127.0)).all()


def test_exp2_is_clamped_and_takes_anything():
    wild = np.array([-1e30, -200.0, 200.0, 1e30, np.inf, -np.inf], np.float32)
    assert np.isfinite(exp2(wild)).all()


def test_fall_is_right_within_3e_7_however_small():
    for x in (line(0.0, 30.0)[1:], (2.0 ** line(-60.0, 5.0)).astype(np.float32)):
        assert relative(fall(x), -np.expm1(-x.astype(float) * np.log(2.0))) < 3e-7
    assert fall(np.float32([0.0]))[0] == 0.0 and fall(np.float32([1e9]))[0] == 1.0


def test_sine_is_right_within_1e_6():
    phase = (LINE * (2**32 - 1)).astype(np.uint32)
    assert np.abs(sine_of_phase(phase) - np.sin(2 * np.pi * phase / 2**32)).max() < 1e-6
    assert np.abs(sine_of_phase(phase)).max() <= 1.0


def test_triangle_is_exact():
    phase = np.array([0, 1 << 29, 1 << 30, 3 << 29, 1 << 31, 3 << 30], np.uint32)
    assert triangle_of_phase(phase).tolist() == [0.0, 0.5, 1.0, 0.5, 0.0, -1.0]


def test_tangent_is_right_within_2e_6():
    x = line(1e-6, 1.5)
    assert relative(tangent(x), np.tan(x.astype(float))) < 2e-6


def test_soft_clip_is_a_tangens_hyperbolicus_within_1e_4_and_never_beyond_one():
    x = line(-20.0, 20.0)
    assert np.abs(soft_clip(x) - np.tanh(x.astype(float))).max() < 1e-4
    assert np.abs(soft_clip(x)).max() <= 1.0


@pytest.mark.parametrize(("low", "high"), [(-96.0, 12.0), (0.0, 48.0)])
def test_decibels_are_right_within_1e_6(low, high):
    x = line(low, high)
    assert relative(gain_of_db(x), 10.0 ** (x.astype(float) / 20.0)) < 1e-6
