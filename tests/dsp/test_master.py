"""The last two before the loudspeaker: nothing louder than the ceiling, no DC, and no touch on what is well."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import firwin

from synthhost.dsp.master import AIM, CEILING, dc_guard, limit
from synthhost.dsp.true_peak import KAISER
from tests.dsp.hot import HOT, SUSTAINED, around, hot_noise, most_found, points_under_way, taps
from tests.dsp.measure import STANDARD_FILTER, TRUE_PEAK, db, true_peak
from tests.dsp.rig import master

TROUBLE = (np.nan, -np.nan, np.inf, -np.inf, 1e30, -1e30)
ROUNDED = 1e-6


def stereo(sound):
    return np.stack([sound, sound], axis=1)


def loss_db(sound):
    """How much softer the limiter makes a sound, the first second left out."""
    return db(master(limit, stereo(sound))[48_000:].std() / sound[48_000:].std())


def limit_samples(sound, ceiling):
    """The same limiter for samples alone: nothing between them is looked at."""
    gains, gain = np.zeros(len(sound)), 1.0
    for n, peak in enumerate(np.abs(sound)):
        gain = min(1.0 - (1.0 - gain) * (1.0 - 1.0 / 4800), ceiling / max(peak, ceiling))
        gains[n] = gain
    return sound * gains


def distortion_db(sound, tones):
    """What lies beside the tones, in dB of them; `tones` says which bins of the spectrum are theirs."""
    power = np.square(np.abs(np.fft.rfft(sound)))
    return 10 * np.log10(power[~tones].sum() / power[tones].sum())


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), loudness=st.floats(0.01, 1e5), trouble=st.sampled_from(TROUBLE))
def test_nothing_is_ever_louder_than_the_ceiling(seed, loudness, trouble):
    rng = np.random.default_rng(seed)
    sound = (rng.standard_normal((4000, 2)) * loudness * rng.uniform(0, 1, (4000, 1)) ** 4).astype(np.float32)
    sound[rng.integers(0, 4000, 5), rng.integers(0, 2, 5)] = trouble
    assert np.abs(master(limit, sound)).max() <= np.float32(CEILING)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), loudness=st.floats(0.3, 1e5), density=st.floats(0.01, 1.0))
def test_no_point_between_two_frames_is_louder_either_whatever_comes(seed, loudness, density):
    sound = hot_noise(np.random.default_rng(seed), loudness, density)
    limited = master(limit, sound)
    assert points_under_way(limited).max() <= CEILING + ROUNDED


@pytest.mark.parametrize("hot", HOT)
@pytest.mark.parametrize("loudness", (1.0, 3.0, 30.0))
def test_true_peaks_of_the_worst_sounds_stay_below_a_tenth_of_a_decibel_under_full_scale(hot, loudness):
    limited = master(limit, around(HOT[hot] * loudness)).astype(float)
    assert np.abs(limited).max() > 0.5 and true_peak(limited) <= TRUE_PEAK


@pytest.mark.parametrize("phase", range(4))
def test_what_the_limiter_lets_pass_the_filter_of_the_standard_cannot_find_above_a_tenth_of_a_decibel(phase):
    assert most_found(STANDARD_FILTER[phase]) * CEILING <= TRUE_PEAK


def test_finer_interpolation_cannot_find_more_either():
    finer = firwin(2 * 10 * 16 + 1, 1 / 16, window=("kaiser", KAISER)) * 16
    found = [most_found(np.append(finer, 0.0)[phase::16][:21]) for phase in range(1, 16, 2)]
    assert max(found) * CEILING <= TRUE_PEAK


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), loudness=st.floats(0.01, 10.0), density=st.floats(0.01, 1.0))
def test_what_is_within_the_ceiling_passes_bit_for_bit_and_what_is_not_does_not(seed, loudness, density):
    sound = hot_noise(np.random.default_rng(seed), loudness, density)
    most = points_under_way(sound).max()
    within = (sound * (0.9999 * CEILING / most)).astype(np.float32)
    beyond = (sound * (1.0001 * CEILING / most)).astype(np.float32)
    assert np.array_equal(master(limit, within), within)
    assert not np.array_equal(master(limit, beyond), beyond)


def test_no_sound_below_two_fifths_of_full_scale_is_touched():
    assert 0.4 * np.abs(taps()).sum(axis=0).max() < CEILING
    worst = np.sign(np.random.default_rng(1).standard_normal((48_000, 2))).astype(np.float32) * np.float32(
        0.4
    )
    assert np.array_equal(master(limit, worst), worst)


def test_a_slow_wave_passes_up_to_82_hundredths():
    wave = stereo(np.sin(2 * np.pi * 220.0 * np.arange(4800) / 48_000))
    for level, passes in ((0.815, True), (0.825, False)):
        sound = (level * wave).astype(np.float32)
        assert np.array_equal(master(limit, sound), sound) == passes


@pytest.mark.parametrize(("name", "most_db"), (("sines", 1.0), ("saws", 0.6), ("bass", 1.6)))
def test_3_decibels_over_full_scale_lose_little_more(name, most_db):
    sound = 10 ** (3 / 20) * SUSTAINED[name]
    assert -3.0 - most_db < loss_db(sound) < 0.0


@pytest.mark.parametrize("name", ("square", "saw"))
def test_a_flank_costs_a_frame_and_not_the_sound(name):
    time = np.arange(96_000) / 48_000
    wave = np.sign(np.sin(2 * np.pi * 110.3 * time)) if name == "square" else (110.3 * time) % 1.0 * 2.0 - 1.0
    assert loss_db(4.0 * wave) > db(0.25 * CEILING) - 3.0


@pytest.mark.parametrize("name", SUSTAINED)
@pytest.mark.parametrize("over_db", (3.0, 6.0, 12.0))
def test_a_sustained_chord_is_no_more_distorted_than_by_a_limiter_of_samples(name, over_db):
    sound = 10 ** (over_db / 20) * SUSTAINED[name]
    limited, reference = master(limit, stereo(sound))[:, 0], limit_samples(sound, 0.82)
    tones = np.abs(np.fft.rfft(SUSTAINED[name][48_000:])) > 1.0
    assert distortion_db(limited[48_000:], tones) < distortion_db(reference[48_000:], tones) + 0.2


def test_the_limiter_has_no_latency_and_holds_both_sides_alike():
    sound = np.full((64, 2), (0.005, 0.01), np.float32)
    sound[20] = 0.5, 4.0
    limited = master(limit, sound)
    assert np.array_equal(limited[:20], sound[:20])
    assert limited[20] == pytest.approx([0.5 * AIM / 4, AIM], rel=1e-5)
    assert limited[21:, 1] == pytest.approx(2 * limited[21:, 0], rel=1e-5)


def test_both_sides_are_held_alike_where_one_alone_is_too_loud_between_its_frames():
    sound = np.random.default_rng(3).uniform(-2.0, 2.0, (4800, 1)) * (1.0, 0.25)
    limited = master(limit, sound)
    assert limited[:, 1] == pytest.approx(0.25 * limited[:, 0], rel=1e-5, abs=1e-7)


def test_gain_returns_in_a_tenth_of_a_second_and_at_last_to_exactly_one():
    sound = np.full((96_000, 2), 0.1, np.float32)
    sound[0] = 10 * AIM
    gain = master(limit, sound)[:, 0] / np.float32(0.1)
    assert 1 - gain[4800] == pytest.approx(0.9 * np.exp(-1), rel=0.02)
    assert (np.diff(gain[1:]) >= 0).all() and gain[-1] == 1.0


def test_after_a_storm_a_clean_sound_is_bit_for_bit_what_it_was():
    rng = np.random.default_rng(4)
    clean = rng.uniform(-0.4, 0.4, (48_000, 2)).astype(np.float32)
    stormy = np.concatenate([hot_noise(rng, 1e5, 1.0), np.zeros((96_000, 2), np.float32), clean])
    assert np.array_equal(master(limit, stormy)[-48_000:], clean)


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
