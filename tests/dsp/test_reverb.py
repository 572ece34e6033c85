"""The reverb: its decay is the time that is set, it is dense soon, rings nowhere, and is as loud as the sound."""

from functools import partial

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from tests.dsp import rig
from tests.dsp.measure import db
from tests.dsp.rig import TILE

RATE_HZ = 48_000
through = partial(rig.through, "reverb")


def response(seconds, rate_hz=RATE_HZ, **values):
    """The room alone: what a click on both sides leaves."""
    bus = np.zeros((round(seconds * rate_hz), 2))
    bus[64] = 1.0
    heard = through(bus, rate_hz, level_norm=1.0, **values)
    heard[64] -= 1.0
    return heard


def decay_s(sound, low_hz, high_hz, rate_hz=RATE_HZ):
    """Time to fall by 60 dB, from the slope between -5 and -35 dB of the energy that is still to come (ISO 3382)."""
    band = sosfilt(butter(4, (low_hz, high_hz), "band", fs=rate_hz, output="sos"), sound, axis=0)
    left = db(np.sqrt(np.cumsum(np.square(band).sum(axis=1)[::-1])[::-1]))
    start, end = (int(np.argmax(left < left[0] - fall)) for fall in (5.0, 35.0))
    return (end - start) / rate_hz * 2.0


@pytest.mark.parametrize("wanted_s", (0.4, 1.5, 4.0))
@pytest.mark.parametrize("size", (0.2, 0.9))
def test_lows_and_highs_fall_by_60_db_in_the_times_that_are_set(wanted_s, size):
    room = {"decay_s": wanted_s, "size_norm": size, "bright_norm": 0.4}
    dark, light = (response(wanted_s * 1.3 + 0.3, tone_hz=hz, **room) for hz in (8000.0, 500.0))
    assert decay_s(dark, 100.0, 400.0) == pytest.approx(wanted_s, rel=0.1)
    assert decay_s(light, 10_000.0, 16_000.0) == pytest.approx(0.4 * wanted_s, rel=0.1)


@pytest.mark.parametrize("rate_hz", (44_100, 96_000))
def test_the_decay_is_the_same_at_every_rate(rate_hz):
    sound = response(2.0, rate_hz, decay_s=1.2, bright_norm=0.5)
    assert decay_s(sound, 100.0, 400.0, rate_hz) == pytest.approx(1.2, rel=0.1)


@pytest.mark.parametrize("size", (0.2, 0.9))
def test_within_a_fifth_of_a_second_echoes_are_as_dense_as_noise(size):
    # Normal noise lies 31.7 % of the time outside its standard deviation (Abel and Huang, AES 2006).
    sound = response(0.6, decay_s=2.0, size_norm=size)[:, 1]
    for start in range(round(0.2 * RATE_HZ), round(0.5 * RATE_HZ), 960):
        window = sound[start : start + 960]
        assert (np.abs(window) > window.std()).mean() / 0.3173 > 0.8


def ringing_db(**values):
    """How far the longest ring, at 4 Hz resolution, stands out of the third of an octave round it, 1.5 s after a click."""
    sound = response(4.5, decay_s=3.0, bright_norm=1.0, **values)[round(1.5 * RATE_HZ) :, 0]
    frames = RATE_HZ // 4
    parts = np.lib.stride_tricks.sliding_window_view(sound, frames)[:: frames // 4]
    fallen = 10 ** (3.0 * np.arange(len(parts)) / 16 / 3.0)  # the decay, taken away again
    power = np.square(np.abs(np.fft.rfft(parts * np.hanning(frames) * fallen[:, None], axis=1))).mean(axis=0)
    bins = np.arange(50, 2000)  # 200 Hz … 8 kHz
    around = np.array([power[int(at * 0.89) : int(at * 1.12) + 1].mean() for at in bins])
    return 10 * np.log10((power[bins] / around).max())


def test_no_frequency_rings_beyond_the_others():
    assert ringing_db(size_norm=0.7) < 9.0
    assert ringing_db(size_norm=0.0) > 12.0  # a cupboard of tiles does: the measure sees it


def test_both_sides_hear_a_room_of_their_own():
    sound = response(1.5, decay_s=1.5)
    assert abs(np.corrcoef(sound.T)[0, 1]) < 0.05
    assert abs(db(sound[:, 0].std() / sound[:, 1].std())) < 1.0


@pytest.mark.parametrize(("decay", "size"), ((0.5, 0.2), (3.0, 0.8)))
def test_at_full_level_the_room_is_as_loud_as_the_sound(decay, size):
    noise = np.random.default_rng(1).uniform(-1, 1, (4 * RATE_HZ, 2))
    room = through(noise, decay_s=decay, size_norm=size, level_norm=1.0, bright_norm=1.0) - noise
    assert db(room[-RATE_HZ:].std() / noise.std()) == pytest.approx(0.0, abs=2.0)


def test_a_new_size_does_not_click():
    tone = np.sin(2 * np.pi * 220.0 * np.arange(2 * RATE_HZ) / RATE_HZ)
    bus = np.stack([tone, tone], 1)
    heard = through(bus, level_norm=1.0, size_norm=0.4, changes=[(RATE_HZ, "size_norm", 0.9)])
    before, after = heard[RATE_HZ - 9600 : RATE_HZ - 32], heard[RATE_HZ - 32 :]
    room = np.abs(before - bus[RATE_HZ - 9600 : RATE_HZ - 32]).max()
    # The delays close and open over a tile each: two corners, where a cut would be a step of the whole sound.
    assert np.abs(np.diff(after, 2, axis=0)).max() < np.abs(np.diff(before, 2, axis=0)).max() + room / TILE


def test_nothing_comes_back_before_the_shortest_way():
    assert not response(0.1, size_norm=1.0)[: 64 + round(0.031 * RATE_HZ)].any()


def test_a_long_decay_dies_away_and_never_grows():
    noise = np.zeros((6 * RATE_HZ, 2))
    noise[:4800] = np.random.default_rng(1).uniform(-1, 1, (4800, 2))
    heard = through(noise, decay_s=20.0, bright_norm=1.0, level_norm=1.0)
    early, late = heard[RATE_HZ : 2 * RATE_HZ].std(), heard[5 * RATE_HZ :].std()
    assert db(late / early) == pytest.approx(-12.0, abs=1.5)  # four seconds of twenty


def test_splitting_tiles_changes_no_more_than_the_rounding():
    noise = np.random.default_rng(1).uniform(-1, 1, (9600, 2))
    whole, split = (through(noise, level_norm=0.0, frames=frames) for frames in (32, 7))
    assert np.array_equal(whole, split)
