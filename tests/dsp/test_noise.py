"""Noise: flat, repeatable, and another one in each voice."""

import numpy as np

from tests.dsp.measure import db
from tests.dsp.rig import play

NOISE = play("noise", 4.0, voice={"seed": np.arange(16)}).astype(float)


def test_the_spectrum_is_flat():
    power = np.square(np.abs(np.fft.rfft(NOISE[:131_072].reshape(-1, 512, 16), axis=1))).mean(axis=(0, 2))[
        1:-1
    ]
    assert np.abs(db(np.sqrt(power / power.mean()))).max() < 0.5


def test_it_is_evenly_spread_and_has_no_dc():
    counts, _ = np.histogram(NOISE, bins=64, range=(-1, 1))
    assert np.abs(counts / counts.mean() - 1).max() < 0.02
    assert np.abs(NOISE.mean(axis=0)).max() < 0.01 and abs(NOISE.std() - 1 / np.sqrt(3)) < 1e-3


def test_voices_share_nothing_whatever_the_shift():
    spectra = np.fft.rfft(NOISE, axis=0)
    for lane in range(1, 16):
        shifted = np.fft.irfft(spectra[:, 0] * spectra[:, lane].conj()) / len(NOISE)
        assert np.abs(shifted).max() < 0.01  # a shared stretch would be up to 0.33


def test_frames_do_not_depend_on_each_other():
    power = np.square(np.abs(np.fft.rfft(NOISE[:, 0], 2 * len(NOISE))))
    likeness = np.fft.irfft(power)[: len(NOISE) // 2]
    assert np.abs(likeness[1:] / likeness[0]).max() < 0.015


def test_the_same_seed_gives_the_same_noise_in_any_tiles():
    again = play("noise", 0.1, voice={"seed": np.arange(16)}, frames=[7, 32, 1])
    assert np.array_equal(again, NOISE[:4800])


def test_another_seed_or_variation_gives_another_noise():
    for other in (
        play("noise", 1.0, voice={"seed": np.arange(16) + 100}),
        play("noise", 1.0, values={"variation": 1}, voice={"seed": np.arange(16)}),
    ):
        assert np.abs((other * NOISE[:48_000]).mean(axis=0)).max() < 0.01
