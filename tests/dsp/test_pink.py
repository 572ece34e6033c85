"""Pink noise: 3 dB less per octave, repeatable, and another one in each voice."""

import numpy as np
import pytest

from tests.dsp.measure import db
from tests.dsp.rig import play

SEEDS = {"seed": np.arange(16)}


@pytest.mark.parametrize(
    "rate_hz",
    (pytest.param(44_100, marks=pytest.mark.slow), 48_000, pytest.param(96_000, marks=pytest.mark.slow)),
)
def test_every_third_of_an_octave_carries_the_same_power(rate_hz):
    sound = play("pink_noise", 40.0, rate_hz, voice=SEEDS).astype(float)[rate_hz // 2 :]
    frames = 1 << 14
    parts = sound[: len(sound) // frames * frames].reshape(-1, frames, 16)
    power = np.square(np.abs(np.fft.rfft(parts * np.hanning(frames)[:, None], axis=1))).mean(axis=(0, 2))
    hz = np.fft.rfftfreq(frames, 1 / rate_hz)
    edges = 40.0 * 2.0 ** (np.arange(27) / 3)
    bands = [(power * hz)[(hz >= low) & (hz < high)].mean() for low, high in zip(edges[:-1], edges[1:])]
    assert edges[-1] > 16_000.0
    assert np.abs(db(np.sqrt(bands / np.median(bands)))).max() < 0.5


def test_its_level_is_what_its_docstring_says():
    assert play("pink_noise", 20.0, voice=SEEDS).std() == pytest.approx(0.25, rel=0.02)


@pytest.mark.parametrize("name", ("noise", "pink_noise"))
@pytest.mark.parametrize("rate_hz", (pytest.param(44_100, marks=pytest.mark.slow), 96_000))
def test_what_can_be_heard_is_as_loud_at_every_rate(name, rate_hz):
    def heard(rate_hz):
        sound = play(name, 10.0, rate_hz, voice=SEEDS).astype(float)
        power = np.square(np.abs(np.fft.rfft(sound, axis=0))).mean(axis=1) / len(sound) ** 2
        hz = np.fft.rfftfreq(len(sound), 1 / rate_hz)
        return power[(hz > 100.0) & (hz < 15_000.0)].sum()

    assert abs(10 * np.log10(heard(rate_hz) / heard(48_000))) < 0.1


def test_voices_share_nothing_whatever_the_shift():
    spectra = np.fft.rfft(np.diff(play("pink_noise", 4.0, voice=SEEDS).astype(float), axis=0), axis=0)
    for lane in range(1, 16):
        both = spectra[:, 0] * spectra[:, lane].conj()
        likeness = np.fft.irfft(both / np.abs(spectra[:, 0]) / np.abs(spectra[:, lane]))
        assert np.abs(likeness).max() < 0.02  # a shared stretch would be up to 1


def test_the_same_seed_gives_the_same_noise_in_any_tiles():
    whole, split = (play("pink_noise", 0.1, voice=SEEDS, frames=frames) for frames in (32, [7, 32, 1]))
    assert np.array_equal(whole, split)
    assert not np.array_equal(whole, play("pink_noise", 0.1, voice=SEEDS, values={"variation": 1}))
