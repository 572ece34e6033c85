"""The last two before the loudspeaker: nothing louder than the ceiling, no DC, and no touch on what is well."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthhost.dsp.master import CEILING, dc_guard, limit
from tests.dsp.measure import db
from tests.dsp.rig import master

TROUBLE = (np.nan, -np.nan, np.inf, -np.inf, 1e30, -1e30)


def stereo(sound):
    return np.stack([sound, sound], axis=1)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), loudness=st.floats(0.01, 1e5), trouble=st.sampled_from(TROUBLE))
def test_nothing_is_ever_louder_than_the_ceiling(seed, loudness, trouble):
    rng = np.random.default_rng(seed)
    sound = (rng.standard_normal((4000, 2)) * loudness * rng.uniform(0, 1, (4000, 1)) ** 4).astype(np.float32)
    sound[rng.integers(0, 4000, 5), rng.integers(0, 2, 5)] = trouble
    assert np.abs(master(limit, sound)).max() <= np.float32(CEILING)


def test_what_is_below_the_ceiling_passes_bit_for_bit():
    sound = np.random.default_rng(1).uniform(-CEILING, CEILING, (48_000, 2)).astype(np.float32)
    assert np.array_equal(master(limit, sound), sound)


def test_the_limiter_has_no_latency_and_holds_both_sides_alike():
    sound = np.full((64, 2), (0.25, 0.5), np.float32)
    sound[20] = 0.5, 4.0
    limited = master(limit, sound)
    assert np.array_equal(limited[:20], sound[:20])
    assert limited[20] == pytest.approx([0.5 * CEILING / 4, CEILING], rel=1e-5)
    assert limited[21:, 1] == pytest.approx(2 * limited[21:, 0], rel=1e-5)


def test_gain_returns_in_a_tenth_of_a_second_and_at_last_to_exactly_one():
    sound = np.full((96_000, 2), 0.1, np.float32)
    sound[0] = 9.8
    gain = master(limit, sound)[:, 0] / np.float32(0.1)
    assert 1 - gain[4800] == pytest.approx(0.9 * np.exp(-1), rel=0.02)
    assert (np.diff(gain[1:]) >= 0).all() and gain[-1] == 1.0


@pytest.mark.parametrize("rate_hz", (44_100, 96_000))
def test_dc_is_gone_after_a_second(rate_hz):
    guarded = master(dc_guard, np.full((rate_hz, 2), 0.5), rate_hz)
    assert np.abs(guarded[-1]).max() < 1e-6


def test_the_lowest_notes_pass_the_dc_guard():
    tone = 0.5 * np.sin(2 * np.pi * 20.0 * np.arange(96_000) / 48_000)
    guarded = master(dc_guard, stereo(tone))[48_000:, 0]
    assert -0.3 < db(guarded.std() / tone.std()) < 0.0


@pytest.mark.parametrize("trouble", TROUBLE)
@pytest.mark.parametrize("function", (dc_guard, limit))
def test_what_is_no_number_becomes_silence_and_leaves_no_trace(function, trouble):
    sound = np.full((640, 2), 0.1, np.float32)
    sound[100] = trouble
    heard = master(function, sound)
    assert np.isfinite(heard).all() and np.abs(heard[100]).max() < 0.1
    assert np.abs(heard[101:] - master(function, np.delete(sound, 100, 0))[100:]).max() < 1e-3


@pytest.mark.parametrize("function", (dc_guard, limit))
def test_machine_code_and_plain_python_give_the_same_bits(function):
    sound = np.random.default_rng(2).standard_normal((2000, 2))
    plain = master(function, sound, compiled=False)
    assert np.array_equal(master(function, sound), plain)
    assert np.array_equal(master(function, sound, frames=7), plain)
