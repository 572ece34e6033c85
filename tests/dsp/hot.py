"""Sounds that are too loud, the worst there are for true peaks; and what the limiter promises of them, computed otherwise."""

import numpy as np
from scipy.optimize import linprog

from synthhost.dsp.true_peak import POINTS, TAPS
from tests.dsp.measure import STANDARD_FILTER
from tests.dsp.rig import shared_at

FRAMES = 24_000
TIME = np.arange(96_000) / 48_000


def taps():
    """Of one channel: float64[TAPS, POINTS]; row k is what a frame is worth to points that await k more after it."""
    return shared_at(48_000).peak_taps[:, ::2].astype(float)


def points_under_way(sound):
    """Greatest magnitude at every frame of all points it has a part in, if silence followed."""
    sound, weights = np.asarray(sound, float), taps()
    earlier = np.pad(sound, ((TAPS - 1, 0), (0, 0)))
    greatest = np.zeros(len(sound))
    for k in range(TAPS):
        parts = (earlier[TAPS - 1 - age : len(earlier) - age] for age in range(TAPS - k))
        points = sum(part[..., None] * weights[k + age] for age, part in enumerate(parts))
        greatest = np.maximum(greatest, np.abs(points).max(axis=(1, 2)))
    return greatest


def most_found(phase, frames=40):
    """The most that a filter can find in any sound whose points under way are never beyond 1: a linear programme.

    The frames it looks at are the last of `frames`: what comes later may be silence, what came earlier is left free.
    """
    weights, rows = taps(), []
    for end in range(TAPS, frames + 1):  # the sound up to frame `end`: its points hang on TAPS - k frames
        for k in range(TAPS):
            row = np.zeros((frames, POINTS))
            row[end - (TAPS - k) : end] = weights[k:][::-1]
            rows.extend(row.T)
    rows, wanted = np.array(rows), np.zeros(frames)
    wanted[frames - len(phase) :] = phase[::-1]
    found = linprog(-wanted, np.concatenate([rows, -rows]), np.ones(2 * len(rows)), bounds=(-1.0, 1.0))
    assert found.status == 0
    return -found.fun


def hot_noise(rng, loudness, density):
    """Some frames of noise among silence: float32[4000, 2]."""
    frames = rng.standard_normal((4000, 2)) * loudness
    return (frames * (rng.random((4000, 1)) < density)).astype(np.float32)


def around(sound):
    """Stereo, between two silences."""
    sound = sound if sound.ndim == 2 else np.stack([sound, sound], axis=1)
    return np.pad(sound, ((200, 200), (0, 0)))


def patterned(pattern):
    """A pattern of signs every 53 frames, as loud as chance will have it."""
    sound, rng = np.zeros(FRAMES), np.random.default_rng(6)
    for at in range(0, FRAMES - 100, 53):
        sound[at : at + len(pattern)] = np.sign(pattern) * rng.uniform(-3.0, 3.0)
    return sound


def hot_sounds():
    """A dict of sounds that reach 1 and more."""
    rng, frame, time = np.random.default_rng(5), np.arange(FRAMES), np.arange(FRAMES) / 48_000
    random_bits = np.sign(rng.standard_normal((FRAMES, 2)))
    clicks = np.where(rng.random(FRAMES) < 0.002, rng.standard_normal(FRAMES) * 10, 0.0)
    return {
        "white noise": rng.standard_normal((FRAMES, 2)),
        "noise in bursts": rng.standard_normal((FRAMES, 2))
        * (rng.random(FRAMES // 480) < 0.3).repeat(480)[:, None],
        "noise that grows": rng.standard_normal((FRAMES, 2)) * np.exp(10 * time - 4)[:, None],
        "random telegraph": random_bits,
        "slow telegraph": np.cumprod(np.where(rng.random(FRAMES) < 0.1, -1.0, 1.0)),
        "square at a quarter of the rate": np.sign(np.sin(np.pi / 2 * frame + 0.3)),
        "square beside a quarter of the rate": np.sign(np.sin(2 * np.pi / 4.1 * frame)),
        "sine between its samples": np.sin(np.pi / 2 * frame + np.pi / 4),
        "sine at a third of the rate": np.sin(2 * np.pi / 3 * frame + 0.2),
        "alternating bursts": (-1.0) ** frame * (frame // 37 % 2),
        "alternating that turns over": (-1.0) ** (frame + frame // 41),
        "clicks": clicks,
        "clicks of three": np.convolve(clicks, [1, 1, -1], "same"),
        "sweep": np.sin(2 * np.pi * np.cumsum(20 * 1000 ** (frame / FRAMES)) / 48_000),
        "steps": rng.uniform(-1, 1, FRAMES // 50).repeat(50),
        "worst for the standard": patterned(STANDARD_FILTER[2]),
        "worst for an ideal filter": patterned(np.sinc(np.arange(-9.5, 10.0))),
    }


def chord(*hertz, harmonics=1, seed=7):
    """Two seconds of tones of whole hertz with falling harmonics in random phases: greatest magnitude 1."""
    rng, sound = np.random.default_rng(seed), np.zeros(len(TIME))
    for fundamental in hertz:
        for number in range(1, harmonics + 1):
            sound += np.sin(2 * np.pi * fundamental * number * TIME + rng.uniform(0, 2 * np.pi)) / number
    return sound / np.abs(sound).max()


HOT = hot_sounds()
SUSTAINED = {
    "sines": chord(220, 277, 330, 440),
    "saws": chord(98, 196, 247, 294, 392, harmonics=40),
    "bass": chord(55),
}
