"""The oscillators: only harmonics, at the right levels, in tune, and no click."""

import numpy as np
import pytest

from tests.dsp.measure import db, exact_pitch, harmonics_and_rest, note_of, spectrum
from tests.dsp.rig import TILE, Unit, play

FRAMES = 1 << 16
LOW_HZ = (27.5, 41.3, 55.1, 82.5, 110.3, 164.9, 220.7, 330.1)
HIGH_HZ = (500.7, 700.9, 1000.3, 1500.7, 2000.3, 3000.1, 4000.9, 4999.9)
NOTES = note_of(LOW_HZ + HIGH_HZ)


def lines(name, rate_hz, **settings):
    """Harmonics and the rest for the sixteen notes, with their frequencies."""
    sound = play(name, FRAMES / rate_hz, rate_hz, NOTES, **settings).astype(float)
    for lane, hz in enumerate(exact_pitch(NOTES)):
        yield hz, *harmonics_and_rest(sound[:, lane], hz, rate_hz, 18_000.0)


@pytest.mark.parametrize("rate_hz", (44_100, 48_000, 96_000))
def test_a_saw_has_its_harmonics_and_nothing_else(rate_hz):
    for hz, harmonics, rest in lines("saw", rate_hz):
        number = np.arange(1, len(harmonics) + 1)
        off_db = db(harmonics * number * np.pi / 2)[number * hz <= 15_000.0]
        assert db(rest / harmonics[0]) <= -90.0
        assert np.abs(off_db).max() <= 1.0


@pytest.mark.parametrize("rate_hz", (44_100, 48_000, 96_000))
@pytest.mark.parametrize("width", (0.5, 0.13))
def test_a_pulse_has_its_harmonics_and_nothing_else(rate_hz, width):
    for hz, harmonics, rest in lines("pulse", rate_hz, inputs={"width_norm": width}):
        number = np.arange(1, len(harmonics) + 1)
        wanted = 4 / np.pi / number * np.abs(np.sin(np.pi * number * width))
        heard = (number * hz <= 15_000.0) & (wanted > 0.1 / number)
        assert db(rest / harmonics[0]) <= -90.0
        assert np.abs(db(harmonics[heard] / wanted[heard])).max() <= 1.0


@pytest.mark.parametrize("rate_hz", (44_100, 48_000, 96_000))
def test_a_triangle_has_its_odd_harmonics_and_nothing_else(rate_hz):
    for hz, harmonics, rest in lines("triangle", rate_hz):
        number = np.arange(1, len(harmonics) + 1)
        odd = (number % 2 == 1) & (number * hz <= 15_000.0)
        assert db(rest / harmonics[0]) <= -90.0
        assert np.abs(db(harmonics * number**2 * np.pi**2 / 8)[odd]).max() <= 1.0
        assert db(harmonics[number % 2 == 0] / harmonics[0]).max(initial=-200.0) <= -90.0


def test_a_triangle_starts_at_0_and_goes_straight_to_1():
    triangle = play("triangle", 0.1, note=note_of(48.0))[:1000, 0].astype(float)
    phase = np.arange(1000) / 1000.0
    wanted = 1 - 4 * np.abs((phase + 0.25) % 1.0 - 0.5)
    assert np.abs(triangle - wanted).max() < 2e-3


@pytest.mark.parametrize("name", ("saw", "pulse", "triangle"))
def test_a_cycle_has_no_dc(name):
    settings = {"inputs": {"width_norm": 0.1}} if name == "pulse" else {}
    sound = play(name, 2.0, note=note_of(480.0), **settings)[:96_000].astype(float)
    assert np.abs(sound.mean(axis=0)).max() < 1e-4


def test_a_square_is_one_high_and_one_low():
    square = play("pulse", 0.1, note=note_of(30.0))[:, 0]
    assert np.abs(square[200:600] - 1.0).max() < 0.01
    assert np.abs(square[1000:1400] + 1.0).max() < 0.01


def test_a_pulse_is_high_for_its_width_of_the_cycle():
    pulse = play("pulse", 1.0, note=note_of(100.0), inputs={"width_norm": 0.2})[:, 0]
    assert abs((pulse > 0).mean() - 0.2) < 0.005


def phases_of(unit, pitch_octaves):
    """Run a unit through a glide, one tile for each pitch: its sound, and the phase of each frame in cycles."""
    sound, phases = [], []
    unit.voice["fresh"] = 1
    for octaves in pitch_octaves:
        unit.voice["pitch"] = octaves
        phase, step, fresh = unit.state["phase"][0, 0], unit.state["step"][0, 0], unit.voice["fresh"][0, 0]
        sound.append(unit.run()[:, 0].copy())
        step, target = (unit.state["step"][0, 0] if fresh else step), unit.state["step"][0, 0]
        bend, n = int((int(target) - int(step)) / TILE), np.arange(TILE)
        phases.append((int(phase) + n * int(step) + bend * n * (n + 1) // 2) / 2**32)
    return np.concatenate(sound).astype(float), np.concatenate(phases)


def stray(rate_hz, low_hz, octaves):
    """Sweep a saw up and down: the loudest moment of what is below 7 kHz and no harmonic."""
    rising = np.log2(low_hz) + np.linspace(0.0, octaves, 60)
    sound, phase = phases_of(Unit("saw", rate_hz), np.concatenate([rising, rising[::-1]]))
    number = np.arange(1, int(10_000 / low_hz))[:, None]
    sound -= (2 / np.pi * (-1.0) ** (number + 1) / number * np.sin(2 * np.pi * number * phase)).sum(axis=0)
    levels = np.fft.rfft(sound * np.blackman(len(sound)))
    levels[np.fft.rfftfreq(len(sound), 1 / rate_hz) > 7000.0] = 0.0
    return np.abs(np.fft.irfft(levels)).max()


@pytest.mark.parametrize("rate_hz", (44_100, 48_000))
@pytest.mark.parametrize("edge_hz", (80.0, 640.0, 2560.0))
def test_no_click_where_a_glide_crosses_tables(rate_hz, edge_hz):
    crossing, within = stray(rate_hz, edge_hz * 0.98, 0.06), stray(rate_hz, edge_hz * 1.02, 0.06)
    assert db(crossing) <= max(db(within) + 1.0, -86.0)  # switching at once would be -37 dB


@pytest.mark.parametrize("name", ("saw", "pulse", "triangle", "saw_polyblep", "sine"))
@pytest.mark.parametrize("hz", (20.0, 440.0, 3000.0))
def test_pitch_is_right_within_a_hundredth_of_a_cent(name, hz):
    # The fundamental's own phase at two moments two seconds apart.
    sound = play(name, 3.0, note=note_of(hz), values={"phase_norm": 0.2})[:, 0].astype(float)
    hz, window = exact_pitch(note_of(hz)), np.blackman(48_000)
    turned_back = sound * np.exp(-2j * np.pi * hz * np.arange(len(sound)) / 48_000)
    turns = [np.angle(np.sum(turned_back[at : at + 48_000] * window)) for at in (0, 96_000)]
    drift_hz = ((turns[1] - turns[0] + np.pi) % (2 * np.pi) - np.pi) / (2 * np.pi) / 2.0
    assert abs(1200 * np.log2(1 + drift_hz / hz)) < 0.01


def test_polyblep_aliases_are_what_its_docstring_says():
    levels = [db(rest / harmonics[0]) for _, harmonics, rest in lines("saw_polyblep", 48_000)]
    assert levels[0] < -73.5 and max(levels) <= -30.0
    assert np.abs(play("saw_polyblep", FRAMES / 48_000, note=NOTES)).max() <= 1.0


def test_a_sine_has_no_harmonics():
    sound = play("sine", FRAMES / 48_000, note=note_of(997.3))[:, 0].astype(float)
    levels = spectrum(sound)
    at = levels.argmax()
    assert levels[at] == pytest.approx(1.0, abs=0.06)
    assert db(np.delete(levels, range(at - 8, at + 9))).max() < -120.0


def test_two_sines_make_the_sidebands_of_fm():
    from scipy.special import jv

    index = 2.0
    modulator = play("sine", FRAMES / 48_000, note=note_of(480.0), values={"ratio": 2.0})
    moved = {"phase_mod": modulator * (index / (2 * np.pi))}
    carrier = play("sine", FRAMES / 48_000, note=note_of(9600.0), inputs=moved)
    sound = carrier[:48_000, 0].astype(float)
    amplitudes = np.abs(np.fft.rfft(sound)) / 24_000
    for order in range(-4, 5):
        assert amplitudes[9600 + 960 * order] == pytest.approx(abs(jv(order, index)), abs=1e-4)


def test_ratio_interval_and_detuning_multiply():
    high = play("sine", 0.1, note=57.0, values={"ratio": 0.5, "semitones": 24.0, "detune_cents": 50.0})
    same = play("sine", 0.1, note=69.5)
    assert np.abs(high - same).max() < 0.01


def test_without_key_follow_every_key_is_middle_c():
    fixed = play("sine", 1.0, note=np.linspace(30, 100, 16), values={"key_follow_norm": 0.0})
    assert np.abs(fixed - play("sine", 1.0, note=60.0)).max() < 0.02


def test_a_glide_moves_in_a_straight_line_within_the_tile():
    glide = np.repeat(np.linspace(0.0, 1.0, 50), 32)
    sound = play("sine", 1600 / 48_000, note=note_of(1000.0), inputs={"pitch_octaves": glide})[:, 0].astype(
        float
    )
    assert np.abs(np.diff(sound, 2)).max() < (2 * np.pi * 2000 / 48_000) ** 2 * 1.1


@pytest.mark.parametrize("name", ("saw", "pulse", "triangle", "saw_polyblep", "sine"))
def test_splitting_tiles_does_not_change_a_steady_note(name):
    whole = play(name, 0.2, note=np.linspace(20, 110, 16))
    assert np.array_equal(whole, play(name, 0.2, note=np.linspace(20, 110, 16), frames=[5, 27, 1, 31, 13]))


@pytest.mark.parametrize("name", ("saw", "pulse", "triangle", "saw_polyblep", "sine"))
def test_a_note_starts_at_its_phase(name):
    phase = 0.3
    whole = play(name, 0.02, note=note_of(480.0))[:, 0]
    later = play(name, 0.01, note=note_of(480.0), values={"phase_norm": phase})[:, 0]
    assert np.abs(later[:300] - whole[30:330]).max() < 0.02
