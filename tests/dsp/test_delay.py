"""The echo: when, how loud, how dark, and no click."""

from functools import partial

import numpy as np
import pytest

from tests.dsp import rig
from tests.dsp.rig import MEMORY_FRAMES, TILE

RATE_HZ = 48_000
OPEN_HZ = 20_000.0


through = partial(rig.through, "delay")


def impulse(seconds, left=1.0, right=0.0):
    bus = np.zeros((round(seconds * RATE_HZ), 2))
    bus[0] = left, right
    return bus


def test_the_impulse_response_is_that_of_the_formula():
    time_frames, feedback, level, tone_hz = 4800, 0.5, 0.4, 3000.0
    heard = through(impulse(0.5), time_s=0.1, feedback_norm=feedback, level_norm=level, tone_hz=tone_hz)[:, 0]
    part = 1 - np.exp(-2 * np.pi * tone_hz / RATE_HZ)
    low_pass, wanted = part * (1 - part) ** np.arange(2000), np.zeros(len(heard) + 20_000)
    wanted[0], echo = 1.0, low_pass
    for number in range(1, 5):
        wanted[number * time_frames : number * time_frames + len(echo)] += level * echo
        echo = np.convolve(echo, low_pass)[:4000] * feedback
    # The level comes in over the first tile, long before the first echo.
    assert np.abs(heard - wanted[: len(heard)]).max() < 1e-6


@pytest.mark.parametrize("time_s", (0.01, 0.2503, 2.0))
def test_the_first_repeat_comes_after_its_time(time_s):
    heard = through(impulse(2.1), time_s=time_s, tone_hz=OPEN_HZ, feedback_norm=0.0)[:, 0]
    assert abs(int(np.argmax(np.abs(heard[1:]))) + 1 - time_s * RATE_HZ) <= 1


@pytest.mark.parametrize(
    ("beats", "tempo_bpm", "time_s"), ((0.75, 120.0, 0.375), (1.0, 90.0, 2 / 3), (0.25, 60.0, 0.25))
)
def test_a_note_value_at_a_tempo_is_a_time(beats, tempo_bpm, time_s):
    settings = {"beats": beats, "tempo_bpm": tempo_bpm, "time_s": 0.1, "tone_hz": OPEN_HZ}
    heard = through(impulse(1.0), **settings)[:, 0]
    assert abs(int(np.argmax(np.abs(heard[1:]))) + 1 - time_s * RATE_HZ) <= 1


def test_a_time_beyond_the_memory_is_what_the_memory_holds():
    bus = np.zeros((MEMORY_FRAMES + 100, 2))
    bus[0] = 1.0
    heard = through(bus, 192_000, beats=16.0, tempo_bpm=20.0, tone_hz=OPEN_HZ)[:, 0]
    assert int(np.argmax(np.abs(heard[1:]))) + 1 == MEMORY_FRAMES - 1


def test_left_and_right_stay_apart_without_ping_pong():
    heard = through(impulse(0.5), time_s=0.05)
    assert np.abs(heard[100:, 0]).max() > 0.01 and not heard[:, 1].any()


def test_ping_pong_starts_left_and_changes_sides():
    heard = through(impulse(0.5, 1.0, 1.0), time_s=0.1, ping_pong=1, feedback_norm=0.9, tone_hz=OPEN_HZ)
    peaks = np.abs(heard[1:]).reshape(-1, 2)
    at = [np.abs(peaks[4800 * n - 100 : 4800 * n + 100]).max(axis=0) for n in range(1, 5)]
    assert [bool(left > right * 1e3) for left, right in at] == [True, False, True, False]


@pytest.mark.parametrize("new_time_s", (0.15, 0.05, 0.2001))
def test_changing_the_time_does_not_click(new_time_s):
    tone = np.sin(2 * np.pi * 220.0 * np.arange(48_000) / RATE_HZ)
    changes = [(24_000, "time_s", new_time_s)]
    heard = through(np.stack([tone, tone], 1), time_s=0.1, level_norm=1.0, feedback_norm=0.0, changes=changes)
    # Two echoes a whole apart, crossfaded over a tile: never steeper than 2 in 32 frames and the tones themselves.
    assert np.abs(np.diff(heard[:, 0])).max() < 2.0 / TILE + 3 * 2 * np.pi * 220 / RATE_HZ


def test_level_and_feedback_move_in_straight_lines():
    steady = np.ones((4800, 2))
    changes = [(2400, "level_norm", 1.0)]
    heard = through(steady, time_s=0.01, level_norm=0.0, feedback_norm=0.0, changes=changes)
    assert np.abs(np.diff(heard[:, 0])).max() <= 1.01 / TILE


def test_the_longest_feedback_dies_away():
    noise = np.zeros((96_000, 2))
    noise[:4800] = np.random.default_rng(1).uniform(-1, 1, (4800, 2))
    heard = through(noise, time_s=0.01, feedback_norm=0.95, tone_hz=OPEN_HZ, level_norm=1.0)
    assert np.abs(heard).max() < 20.0 and np.abs(heard[-480:]).max() < 1e-2


def test_splitting_tiles_does_not_change_the_echo():
    noise = np.random.default_rng(1).uniform(-1, 1, (9600, 2))
    values = {"time_s": 0.03, "feedback_norm": 0.0, "level_norm": 0.0}
    whole, split = (through(noise, frames=frames, **values) for frames in (32, 7))
    assert np.array_equal(whole, split)
