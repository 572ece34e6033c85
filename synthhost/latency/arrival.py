"""Where a key's thump and its sound begin in a recording, to a fraction of a millisecond.

The thump is a change of loudness: the place where the recording before and after it is best told by two variances (AIC).
The sound begins while the thump still rings, and is soft beside it perhaps; but it is a steady tone, which a thump is not.
So its beginning is where "nothing, then a sine of this pitch" leaves least unexplained (generalised likelihood ratio).

References
----------
N. Maeda, "A method for reading and checking phase time in auto-processing system of seismic wave data", Zisin 38, 1985.
S. M. Kay, "Fundamentals of Statistical Signal Processing II: Detection Theory", 1998: unknown arrival time, chapter 7.
"""

import itertools
from dataclasses import dataclass

import numpy as np

HUM_HZ = 200.0  # below it: mains, steps, handling
LOUD, SHARE = (
    3.0,
    0.05,
)  # a strike is so many times louder than the floor, and at least so loud as the loudest part
APART_S = 0.06  # so long a strike is over before the next
BEFORE_S, AFTER_S = 0.010, 0.002  # around the first loud millisecond: where the thump begins
LATEST_S = 0.06  # a sound begins within this after its key …
STEADY_S = 0.06  # … and then rings on for so long
LOWEST_HZ = 150.0
BEGUN = 0.35  # of its level when it rings; in a room it grows
NEAR_PERIODS = 1.5  # the sound's beginning is looked for so many of its periods around the first guess
# The place is a guess unless the sound has so much of the thump's height, what rings in its last period before has less of
# its level, and looks of different length find the same frame. Chosen so that no test recording is answered wrongly.
HEIGHT, RINGS, LOOK_PERIODS, AGREE_S = 0.35, 0.75, (0.25, 0.5, 1.0), 0.0002


@dataclass(frozen=True)
class Strike:
    """One key in a recording: frames on which its thump and its sound begin; `sound` None: it cannot be told."""

    key: int
    sound: int | None


def strikes(key_heard, rate_hz, sound_heard=None):
    """All strikes in a recording ``float32[N]``: of the key, and of the sound if that is on a channel of its own."""
    key = without_hum(key_heard, rate_hz)
    sound = key if sound_heard is None else without_hum(sound_heard, rate_hz)
    found = []
    for first in loud_moments(key, rate_hz):
        start = max(first - int(BEFORE_S * rate_hz), 0)
        thump = start + change(key[start : first + int(AFTER_S * rate_hz)])
        found.append(Strike(thump, tone_after(sound, thump, rate_hz)))
    return found


def without_hum(sound, rate_hz):
    """High-passed at 200 Hz by one pole, forward in time: nothing is smeared ahead of an onset."""
    pole = np.exp(-2 * np.pi * HUM_HZ / rate_hz)
    steps = np.diff(np.asarray(sound, float), prepend=sound[:1])
    return np.array(list(itertools.accumulate(steps, lambda last, step: pole * (last + step))))


def loud_moments(sound, rate_hz):
    """The first frame, to a millisecond, of all that rises out of the quiet."""
    hop = max(int(0.001 * rate_hz), 1)
    levels = np.sqrt((sound[: len(sound) // hop * hop].reshape(-1, hop) ** 2).mean(axis=1))
    if not levels.any():
        return []
    loud = np.flatnonzero(levels > max(LOUD * np.percentile(levels, 20), SHARE * levels.max()))
    quiet_before = np.diff(loud, prepend=-len(levels)) * hop > APART_S * rate_hz
    return [int(place) * hop for place in loud[quiet_before]]


def change(sound):
    """Where the variance of a piece changes once, most likely."""
    power = np.cumsum(sound**2) + 1e-20
    count = len(sound)
    before = np.arange(2, count - 2)
    quiet, loud = power[before - 1] / before, (power[-1] - power[before - 1]) / (count - before)
    information = before * np.log(quiet) + (count - before) * np.log(np.maximum(loud, 1e-20))
    return int(before[np.argmin(information)])


def tone_after(sound, thump, rate_hz):
    """The frame on which a tone begins after a thump, or None if there is none or the thump hides it."""
    steady, latest = int(STEADY_S * rate_hz), int(LATEST_S * rate_hz)
    rings = sound[thump + latest : thump + latest + steady]
    if len(rings) < steady:
        return None
    hz = pitch(rings, rate_hz)
    period = rate_hz / hz
    guess, level = rise(sound[thump : thump + latest + steady], hz, rate_hz, latest)
    low, high = thump + max(int(guess - NEAR_PERIODS * period), 1), thump + int(guess + NEAR_PERIODS * period)
    looks = [beginning(sound, low, high, high + int(n * period), hz, rate_hz) for n in LOOK_PERIODS]
    onset = looks[1]
    before = sound[max(onset - int(period), 0) : onset]
    rings_before = np.sqrt(2 * (before**2).mean())
    clear = level > HEIGHT * np.abs(sound[thump:onset]).max() and rings_before < RINGS * level
    return onset if clear and max(looks) - min(looks) <= AGREE_S * rate_hz else None


def pitch(sound, rate_hz):
    """The frequency of the loudest partial from 150 Hz on."""
    size = 1 << 16
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), size))
    first = int(LOWEST_HZ / rate_hz * size)
    return (first + int(np.argmax(spectrum[first:]))) * rate_hz / size


def rise(sound, hz, rate_hz, latest):
    """About where a tone begins: (frame, its level when it rings). Seen through windows of two periods."""
    window = round(2 * rate_hz / hz)
    turned = sound * np.exp(-2j * np.pi * hz / rate_hz * np.arange(len(sound)))
    sums = np.concatenate([[0], np.cumsum(turned)])
    levels = np.abs(sums[window:] - sums[:-window]) * 2 / window
    level = float(np.median(levels[latest:]))
    softer = np.flatnonzero(levels[:latest] < BEGUN * level)
    return (int(softer[-1]) if len(softer) else 0) + window // 2, level


def beginning(sound, low, high, end, hz, rate_hz):
    """The frame in [low, high) from which on a sine, up to `end`, explains most of a sound."""
    frames = np.arange(low, end)
    cosine, sine = np.cos(2 * np.pi * hz / rate_hz * frames), np.sin(2 * np.pi * hz / rate_hz * frames)
    heard = sound[low:end]

    def from_each(products):
        """Sums from each frame in question to the end."""
        return np.cumsum(products[::-1])[::-1][: high - low]

    cc, ss, cs = from_each(cosine**2), from_each(sine**2), from_each(cosine * sine)
    hc, hs = from_each(heard * cosine), from_each(heard * sine)
    explained = (hc**2 * ss - 2 * hc * hs * cs + hs**2 * cc) / (cc * ss - cs**2)
    return low + int(np.argmax(explained))
