"""The FM pair: the sidebands of the formula, in tune, and a feedback that does not hunt."""

import numpy as np
import pytest
from scipy.special import jv

from tests.dsp.measure import db, exact_pitch, harmonics_and_rest, note_of
from tests.dsp.rig import play

FRAMES = 1 << 16


@pytest.mark.parametrize("index", (0.0, 0.7, 2.0, 5.0))
def test_the_sidebands_are_those_of_the_formula(index):
    values = {"ratio": 20.0, "modulator_ratio": 2.0}
    sound = play("fm_pair", 1.0, note=note_of(480.0), values=values, inputs={"index": index})[:, 0].astype(
        float
    )
    amplitudes = np.abs(np.fft.rfft(sound)) / 24_000
    for order in range(-6, 7):
        assert amplitudes[9600 + 960 * order] == pytest.approx(abs(jv(order, index)), abs=2e-4)


def test_it_is_two_sines_of_which_one_moves_the_other():
    values = {"ratio": 1.0, "modulator_ratio": 3.0, "phase_norm": 0.1}
    pair = play("fm_pair", 0.3, note=57.0, values=values, inputs={"index": 1.5})
    modulator = play("sine", 0.3, note=57.0, values={"ratio": 3.0, "phase_norm": 0.1})
    moved = {"phase_mod": modulator * np.float32(1.5 / (2 * np.pi))}
    assert np.abs(pair - play("sine", 0.3, note=57.0, values={"phase_norm": 0.1}, inputs=moved)).max() < 1e-4


def test_feedback_goes_from_sine_to_saw():
    levels = {}
    for feedback in (0.0, 1.0):
        # With a small index the carrier has the modulator's spectrum on either side.
        values = {"ratio": 16.0, "modulator_ratio": 1.0, "feedback_norm": feedback}
        sound = play("fm_pair", FRAMES / 48_000, note=note_of(220.0), values=values, inputs={"index": 0.01})
        spectrum = np.abs(np.fft.rfft(sound[:, 0].astype(float) * np.blackman(FRAMES)))
        bins = np.round((16 + np.arange(1, 5)) * 220.0 * FRAMES / 48_000).astype(int)
        harmonics = np.array([spectrum[at - 3 : at + 4].max() for at in bins])
        levels[feedback] = db(harmonics / harmonics[0])
    assert levels[0.0][1:].max() < -50.0
    assert np.abs(levels[1.0] - db(1 / np.arange(1, 5))).max() < 2.5


@pytest.mark.parametrize("hz", (55.0, 220.0, 880.0))
def test_full_feedback_makes_no_noise_between_the_harmonics(hz):
    values = {"feedback_norm": 1.0}
    sound = play("fm_pair", FRAMES / 48_000, note=note_of(hz), values=values, inputs={"index": 1.0})[
        :, 0
    ].astype(float)
    harmonics, rest = harmonics_and_rest(sound, exact_pitch(note_of(hz)), 48_000, 18_000.0)
    assert db(rest / harmonics.max()) < -60.0


def test_pitch_is_right_whatever_the_index():
    sound = play("fm_pair", 3.0, note=note_of(440.0), inputs={"index": 3.0})[:, 0].astype(float)
    turned = sound * np.exp(-2j * np.pi * exact_pitch(note_of(440.0)) * np.arange(len(sound)) / 48_000)
    window = np.blackman(48_000)
    turns = [np.angle(np.sum(turned[at : at + 48_000] * window)) for at in (0, 96_000)]
    assert abs(turns[1] - turns[0]) / (4 * np.pi) / 440.0 * 1731.0 < 0.01  # cents


def test_a_moving_index_does_not_click():
    index = np.repeat([0.0, 4.0], 24_000)
    smooth = np.convolve(index, np.ones(960) / 960, "same")
    sound = play("fm_pair", 1.0, note=note_of(110.0), inputs={"index": smooth})[:, 0]
    assert np.abs(np.diff(sound)).max() < 2 * np.pi * 110 * 5.5 / 48_000


def test_splitting_tiles_does_not_change_a_steady_note():
    values = {"feedback_norm": 0.7, "modulator_ratio": 1.41}
    whole, split = (
        play("fm_pair", 0.2, note=np.linspace(20, 110, 16), values=values, frames=f) for f in (32, [5, 27, 1])
    )
    assert np.array_equal(whole, split)
