"""The filters: responses as in the formula, and stable whatever is done to them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dsp.measure import db
from tests.dsp.rig import play

NUMERATORS = {
    "svf_lowpass": lambda s, q: 1.0,
    "svf_highpass": lambda s, q: s * s,
    "svf_bandpass": lambda s, q: s / q,
}

SETTINGS = [(100.0, 0.707), (1000.0, 5.0), (1000.0, 0.5), (12_000.0, 2.0), (440.0, 40.0)]


@pytest.mark.parametrize("name", NUMERATORS)
@pytest.mark.parametrize("rate_hz", (44_100, 96_000))
@pytest.mark.parametrize(
    ("cutoff_hz", "q"), [(100.0, 0.707), (1000.0, 5.0), (1000.0, 0.5), (12_000.0, 2.0), (440.0, 40.0)]
)
def test_the_response_is_that_of_the_formula(name, rate_hz, cutoff_hz, q):
    impulse = np.zeros(1 << 17)
    impulse[0] = 1.0
    cutoff = np.float32(np.log2(cutoff_hz))
    sound = play(
        name, len(impulse) / rate_hz, rate_hz, values={"q": q}, inputs={"in": impulse, "cutoff_hz": cutoff}
    )
    hz = np.fft.rfftfreq(len(impulse), 1 / rate_hz)[1:-1]
    s = 1j * np.tan(np.pi * hz / rate_hz) / np.tan(np.pi * 2.0 ** float(cutoff) / rate_hz)
    wanted = np.abs(NUMERATORS[name](s, q) / (s * s + s / q + 1.0))
    heard = (wanted > 1e-4) & (hz > 10.0)
    measured = np.abs(np.fft.rfft(sound[:, 0].astype(float)))[1:-1]
    assert np.abs(db(measured[heard] / wanted[heard])).max() < 0.05


@pytest.mark.parametrize("name", NUMERATORS)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), q=st.floats(0.5, 40.0, width=32), frames=st.integers(1, 32))
def test_wild_modulation_stays_bounded(name, seed, q, frames):
    rng = np.random.default_rng(seed)
    cutoff = np.repeat(np.log2(rng.choice([20.0, 200.0, 2000.0, 20_000.0], 200)), 32)[:6400]
    sound = play(
        name,
        6400 / 48_000,
        values={"q": q},
        inputs={"in": rng.uniform(-1, 1, 6400), "cutoff_hz": cutoff},
        frames=frames,
    )
    assert np.isfinite(sound).all() and np.abs(sound).max() < 200.0


def test_a_resonance_rings_down_to_silence():
    impulse = np.zeros(96_000)
    impulse[0] = 1.0
    sound = play("svf_lowpass", 2.0, values={"q": 40.0}, inputs={"in": impulse, "cutoff_hz": np.log2(1000.0)})
    assert np.abs(sound[-4800:]).max() < 1e-6


@pytest.mark.parametrize("name", NUMERATORS)
def test_splitting_tiles_does_not_change_a_steady_filter(name):
    noise = np.random.default_rng(1).uniform(-1, 1, 4800)
    whole = play(name, 0.1, inputs={"in": noise})
    assert np.array_equal(whole, play(name, 0.1, inputs={"in": noise}, frames=[5, 27, 1, 31, 13]))


def test_a_moving_cutoff_makes_no_zipper_noise():
    steps = np.repeat(np.linspace(np.log2(300.0), np.log2(3000.0), 300), 32)
    tone = np.sin(2 * np.pi * 200.0 * np.arange(9600) / 48_000)
    sound = play("svf_lowpass", 0.2, inputs={"in": tone, "cutoff_hz": steps})[:, 0].astype(float)
    above = np.fft.rfft(sound[2400:] * np.blackman(7200))[np.fft.rfftfreq(7200, 1 / 48_000) > 1000.0]
    assert db(np.abs(above).max() / 7200) < -90.0
