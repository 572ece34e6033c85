"""Loudness as in ITU-R BS.1770, against the figures of the recommendation and of EBU Tech 3341."""

import numpy as np
import pytest

from synthhost.sheet.loudness import loudness


def tone(parts, hz=1000.0, rate_hz=48_000):
    """A stereo sine; `parts` are (seconds, dBFS of its peak)."""
    gains = np.concatenate([np.full(round(s * rate_hz), 10 ** (db / 20)) for s, db in parts])
    sine = np.sin(2 * np.pi * hz * np.arange(len(gains)) / rate_hz) * gains
    return np.stack([sine, sine], 1)


def test_a_sine_of_997_hz_on_one_side_is_3_below_full_scale():
    sound = tone([(5.0, 0.0)], 997.0) * (1.0, 0.0)
    assert loudness(sound, 48_000) == pytest.approx(-3.01, abs=0.02)


@pytest.mark.parametrize("rate_hz", (44_100, 48_000, 96_000))
@pytest.mark.parametrize("level", (-23.0, -33.0))
def test_a_stereo_sine_is_as_loud_as_its_level(rate_hz, level):
    assert loudness(tone([(10.0, level)], rate_hz=rate_hz), rate_hz) == pytest.approx(level, abs=0.1)


def test_what_is_far_below_the_rest_does_not_count():
    parts = [
        (10.0, -72.0),
        (10.0, -36.0),
        (60.0, -23.0),
        (10.0, -36.0),
        (10.0, -72.0),
    ]  # EBU Tech 3341, case 4
    assert loudness(tone(parts), 48_000) == pytest.approx(-23.0, abs=0.1)


def test_silence_is_infinitely_quiet():
    assert loudness(np.zeros((48_000, 2)), 48_000) == -np.inf
