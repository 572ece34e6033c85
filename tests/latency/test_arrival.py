"""Thump and sound are found in recordings to a fifth of a millisecond, or not at all."""

import numpy as np
import pytest

from synthhost.latency.arrival import strikes
from tests.latency.recordings import RATE_HZ, record

EXACT_S = 0.0002
CASES = {
    "quiet": {"noise_db": -70},
    "noise": {"noise_db": -26},
    "room": {"room_s": 0.3},
    "room and noise": {"room_s": 0.4, "noise_db": -36},
    "clipped": {"clip": 0.3},
    "room and clipped": {"room_s": 0.3, "noise_db": -45, "clip": 0.3},
    "louder than the key": {"tone_db": 12, "room_s": 0.3},
    "three milliseconds": {"delay_s": (0.0029, 0.0031), "tone_db": 6, "room_s": 0.2},
    "44.1 kHz": {"rate_hz": 44_100, "noise_db": -36},
}


def pairs(found, truth, rate_hz):
    """What was found of each key, in order."""
    return [next((s for s in found if abs(s.key - key) < 0.01 * rate_hz), None) for key, _ in truth]


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("case", CASES)
def test_key_and_sound_are_found_to_a_fifth_of_a_millisecond(case, seed):
    rate_hz = CASES[case].get("rate_hz", RATE_HZ)
    sound, truth = record(seed=seed, **CASES[case])
    found = strikes(sound, rate_hz)
    assert len(found) == len(truth)
    for strike, (key, tone) in zip(pairs(found, truth, rate_hz), truth, strict=True):
        assert abs(strike.key - key) <= EXACT_S * rate_hz
        assert strike.sound is None or abs(strike.sound - tone) <= EXACT_S * rate_hz
    assert sum(strike.sound is not None for strike in found) >= 0.8 * len(truth)


@pytest.mark.parametrize("room_s", [0.0, 0.3])
@pytest.mark.parametrize("tone_db", [-6, -12, -18])
def test_a_sound_that_the_thump_hides_is_found_right_or_not_at_all(tone_db, room_s):
    for seed in (1, 2, 3, 4):
        sound, truth = record(tone_db=tone_db, room_s=room_s, seed=seed)
        for strike, (_, tone) in zip(pairs(strikes(sound, RATE_HZ), truth, RATE_HZ), truth, strict=True):
            if strike is not None and strike.sound is not None:
                assert abs(strike.sound - tone) <= EXACT_S * RATE_HZ, (seed, strike, tone)


def test_a_key_on_a_channel_of_its_own_may_be_as_early_as_it_likes():
    """A contact microphone, or the current of the MIDI cable, on the left; the sound on the right."""
    chance = np.random.default_rng(1)
    key, sound = 1e-4 * chance.standard_normal((2, 3 * RATE_HZ)).astype(np.float32)
    truth = [(RATE_HZ, RATE_HZ + 60), (2 * RATE_HZ, 2 * RATE_HZ + 700)]
    for struck, sounds in truth:
        key[struck : struck + 50] += 0.5
        rings = np.arange(9600)
        sound[sounds : sounds + 9600] += 0.3 * np.cos(2 * np.pi * 440 * rings / RATE_HZ)
    found = strikes(key, RATE_HZ, sound)
    for strike, (struck, sounds) in zip(found, truth, strict=True):
        assert abs(strike.key - struck) <= 2 and abs(strike.sound - sounds) <= 5


@pytest.mark.parametrize("level", [0.0, 0.01])
def test_in_silence_and_in_noise_alone_nothing_is_invented(level):
    noise = level * np.random.default_rng(1).standard_normal(2 * RATE_HZ).astype(np.float32)
    assert not [s for s in strikes(noise, RATE_HZ) if s.sound is not None]
