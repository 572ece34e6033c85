"""The ladder: the response of the formula, a whistle in tune, and no more than 1 whatever happens."""

import numpy as np
import pytest

from tests.dsp.measure import db
from tests.dsp.rig import play

RATE_HZ = 48_000
QUIET = 1e-3  # so quiet that the bend is straight


def response(cutoff_hz, resonance, hz):
    """Of the circuit, at frequencies bent like those of the trapezoidal rule."""
    s = 1j * np.tan(np.pi * hz / RATE_HZ) / np.tan(np.pi * cutoff_hz / RATE_HZ)
    k = 4.0 * resonance
    return (1 + 0.5 * k) / ((1 + s) ** 4 + k)


@pytest.mark.parametrize("cutoff_hz", (80.0, 1000.0, 9000.0))
@pytest.mark.parametrize("resonance", (0.0, 0.5, 0.9))
def test_the_response_is_that_of_the_circuit(cutoff_hz, resonance):
    impulse = np.zeros(1 << 16)
    impulse[0] = QUIET
    inputs = {"in": impulse, "cutoff_hz": np.log2(cutoff_hz), "resonance_norm": resonance}
    heard = np.fft.rfft(play("ladder", len(impulse) / RATE_HZ, inputs=inputs)[:, 0].astype(float)) / QUIET
    hz = np.fft.rfftfreq(len(impulse), 1 / RATE_HZ)
    wanted = response(cutoff_hz, resonance, hz)
    measured = (db(wanted) > -80.0) & (hz > 5.0)
    assert np.abs(db(heard[measured] / wanted[measured])).max() < 0.05


def test_above_the_cutoff_it_falls_by_24_db_per_octave():
    low, high = (db(response(200.0, 0.0, np.array([hz])))[0] for hz in (2000.0, 4000.0))
    tones = [np.sin(2 * np.pi * hz * np.arange(RATE_HZ) / RATE_HZ) * QUIET for hz in (2000.0, 4000.0)]
    heard = [
        db(
            play("ladder", 1.0, inputs={"in": tone, "cutoff_hz": np.log2(200.0), "resonance_norm": 0.0})[
                -9600:, 0
            ].std()
        )
        for tone in tones
    ]
    assert low - high == pytest.approx(24.0, abs=1.0)
    assert heard[0] - heard[1] == pytest.approx(low - high, abs=0.1)


@pytest.mark.parametrize("cutoff_hz", (100.0, 1000.0, 5000.0))
def test_at_full_resonance_it_sings_at_its_cutoff_by_itself(cutoff_hz):
    tick = np.zeros(4 * RATE_HZ)
    tick[0] = 0.5
    inputs = {"in": tick, "cutoff_hz": np.log2(cutoff_hz), "resonance_norm": 1.05}
    song = play("ladder", 4.0, inputs=inputs)[2 * RATE_HZ :, 0].astype(float)
    spectrum = np.abs(np.fft.rfft(song * np.blackman(len(song))))
    at = spectrum.argmax()
    left, centre, right = np.log(spectrum[at - 1 : at + 2])
    hz = (at + 0.5 * (left - right) / (left - 2 * centre + right)) * RATE_HZ / len(song)
    assert 0.05 < song.std() < 1.0
    assert song[:RATE_HZ].std() == pytest.approx(song[RATE_HZ:].std(), rel=0.02)
    assert abs(1200 * np.log2(hz / cutoff_hz)) < 15.0  # the bend lowers it a little


def test_it_never_leaves_plus_minus_one_and_a_half():
    rng = np.random.default_rng(3)
    inputs = {
        "in": rng.uniform(-1, 1, (RATE_HZ, 16)),
        "cutoff_hz": np.repeat(rng.uniform(np.log2(20), np.log2(20_000), (1500, 16)), 32, 0),
        "resonance_norm": 1.1,
        "drive_db": 36.0,
    }
    assert np.abs(play("ladder", 1.0, inputs=inputs)).max() < 1.5


def test_a_jump_of_the_cutoff_does_not_click():
    tone = np.sin(2 * np.pi * 200.0 * np.arange(RATE_HZ) / RATE_HZ) * 0.5
    jump = np.log2(np.where(np.arange(RATE_HZ) < RATE_HZ // 2, 1000.0, 4000.0))
    heard = play("ladder", 1.0, inputs={"in": tone, "cutoff_hz": jump})[:, 0].astype(float)
    assert np.abs(np.diff(heard)).max() < 3 * 0.5 * 2 * np.pi * 200 / RATE_HZ


def test_drive_warms_with_odd_harmonics():
    tone = np.sin(2 * np.pi * 200.0 * np.arange(RATE_HZ) / RATE_HZ) * 0.5
    inputs = {"in": tone, "cutoff_hz": np.log2(10_000.0), "resonance_norm": 0.0}
    spectra = [
        np.abs(np.fft.rfft(play("ladder", 1.0, inputs={**inputs, "drive_db": gain})[:, 0].astype(float)))
        for gain in (-24.0, 18.0)
    ]
    clean, driven = (db(spectrum[600] / spectrum[200]) for spectrum in spectra)
    assert clean < -55.0 and driven > -20.0 and db(spectra[1][400] / spectra[1][200]) < -60.0


def test_the_players_knobs_open_it_and_sharpen_it():
    impulse = np.zeros(1 << 14)
    impulse[0] = QUIET
    inputs = {"in": impulse, "cutoff_hz": np.log2(500.0), "resonance_norm": 0.5}
    knobs = {"cutoff_octaves": 1.0, "damping_change": -0.6}
    turned = play("ladder", len(impulse) / RATE_HZ, inputs=inputs, voice=knobs)
    inputs |= {"cutoff_hz": np.log2(1000.0), "resonance_norm": 0.8}
    assert np.abs(turned - play("ladder", len(impulse) / RATE_HZ, inputs=inputs)).max() < 1e-6
