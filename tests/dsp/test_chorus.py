"""The chorus: copies that swing, on both sides, as loud as promised, and no click."""

from functools import partial

import numpy as np
import pytest

from tests.dsp import rig
from tests.dsp.measure import db

RATE_HZ = 48_000
through = partial(rig.through, "chorus")


def impulse(seconds=0.1):
    bus = np.zeros((round(seconds * RATE_HZ), 2))
    bus[64] = 1.0
    return bus


def test_without_swing_a_copy_is_the_sound_later():
    heard = through(impulse(), depth_s=0.0, delay_s=0.01, copies=1.0, level_norm=0.7)
    assert heard[64] == pytest.approx([1.0, 1.0])
    assert heard[64 + 480] == pytest.approx([0.7, 0.7], abs=1e-5)
    assert np.abs(np.delete(heard, (64, 64 + 480), 0)).max() < 1e-6


@pytest.mark.parametrize("hz", (200.0, 2000.0, 8000.0))
def test_a_delay_between_frames_loses_no_more_than_its_docstring_says(hz):
    tone = np.sin(2 * np.pi * hz * np.arange(RATE_HZ // 2) / RATE_HZ)
    bus = np.stack([tone, np.zeros_like(tone)], 1)
    for part in (0.25, 0.5, 0.75):
        heard = through(bus, depth_s=0.0, delay_s=(480 + part) / RATE_HZ, copies=1.0, level_norm=1.0)[
            4800:, 0
        ]
        wanted = tone[4800:] + np.sin(2 * np.pi * hz * (np.arange(4800, RATE_HZ // 2) - 480 - part) / RATE_HZ)
        assert np.abs(heard - wanted).max() < 10 ** (MOST_LOSS_DB / 20) - 1


MOST_LOSS_DB = 0.25


def test_the_delay_swings_as_far_and_as_often_as_set():
    clicks = np.zeros((4 * RATE_HZ, 2))
    clicks[::2400] = 1.0
    heard = through(clicks, rate_hz=0.5, depth_s=0.005, delay_s=0.02, copies=1.0, level_norm=1.0)
    late = np.array(
        [np.argmax(heard[at + 10 : at + 2000, 0]) + 10 for at in range(2400, 4 * RATE_HZ - 2400, 2400)]
    )
    assert late.max() / RATE_HZ == pytest.approx(0.025, abs=1e-4)
    assert late.min() / RATE_HZ == pytest.approx(0.015, abs=1e-4)
    assert late[0] == pytest.approx(late[40], abs=3)  # two seconds later


def test_left_and_right_swing_against_each_other():
    noise = np.random.default_rng(1).uniform(-1, 1, (2 * RATE_HZ, 1)).repeat(2, 1)
    heard = through(noise, copies=1.0, level_norm=1.0, depth_s=0.004) - noise
    assert abs(np.corrcoef(heard[RATE_HZ // 4 :].T)[0, 1]) < 0.2


@pytest.mark.parametrize("copies", (1, 2, 3, 5, 8))
def test_more_copies_are_not_louder(copies):
    noise = np.random.default_rng(1).uniform(-1, 1, (2 * RATE_HZ, 2))
    heard = through(noise, copies=copies, level_norm=1.0, depth_s=0.005) - noise
    assert db(heard[4800:].std() / noise.std()) == pytest.approx(0.0, abs=1.0)


def test_swings_level_and_copies_change_without_a_click():
    tone = np.sin(2 * np.pi * 220.0 * np.arange(RATE_HZ) / RATE_HZ)
    changes = [(16_000, "copies", 5.0), (24_000, "level_norm", 0.2), (36_000, "depth_s", 0.004)]
    heard = through(np.stack([tone, tone], 1), rate_hz=3.0, level_norm=1.0, changes=changes)
    assert np.abs(np.diff(heard[4800:, 0])).max() < 0.15


def test_the_deepest_swing_stays_in_memory_at_any_rate():
    noise = np.random.default_rng(1).uniform(-1, 1, (9600, 2))
    for rate_hz in (44_100, 192_000):
        heard = through(noise, rate_hz, depth_s=0.01, delay_s=0.03, copies=8.0, level_norm=1.0)
        assert np.isfinite(heard).all() and np.abs(heard).max() < 10.0
