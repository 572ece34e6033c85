"""Recordings of keys whose truth is known: a fingernail on a key, then a loudspeaker, in a room, with noise."""

import numpy as np

RATE_HZ = 48_000
THUMP = ((180, 0.012, 0.5), (700, 0.006, 0.6), (1900, 0.003, 0.7), (4200, 0.0012, 1.0))  # Hz, decay s, level


def low_pass(sound, hz, rate_hz):
    from scipy.signal import lfilter

    pole = np.exp(-2 * np.pi * hz / rate_hz)
    return lfilter([1 - pole], [1, -pole], sound)


def loudspeaker(sound, rate_hz):
    """100 Hz to 6 kHz; what goes in comes out at once, only softened."""
    bright = low_pass(low_pass(sound, 6000, rate_hz), 9000, rate_hz)
    return bright - low_pass(bright, 100, rate_hz)


def thump(chance, rate_hz):
    """A click that rings in the key's wood."""
    t = np.arange(int(0.06 * rate_hz)) / rate_hz
    parts = [
        level
        * np.exp(-t / decay)
        * np.sin(2 * np.pi * hz * chance.uniform(0.8, 1.2) * t + chance.uniform(0.3, 2.8))
        for hz, decay, level in THUMP
    ]
    return sum(parts) / np.abs(sum(parts)).max()


def in_a_room(sound, seconds, chance, rate_hz):
    """The sound, four early reflections, and a tail that is 60 dB softer after `seconds`."""
    from scipy.signal import fftconvolve

    t = np.arange(int(seconds * rate_hz)) / rate_hz
    answer = chance.standard_normal(len(t)) * np.exp(-6.9 * t / seconds)
    answer *= 0.5 / np.sqrt((answer**2).sum())
    answer[t < 0.0015] = 0.0
    for _ in range(4):
        answer[int(chance.uniform(0.0015, 0.012) * rate_hz)] += chance.choice([-1, 1]) * chance.uniform(
            0.1, 0.25
        )
    answer[0] = 1.0
    return fftconvolve(sound, answer)[: len(sound)]


def record(
    keys=10,
    delay_s=(0.004, 0.03),
    tone_db=0.0,
    noise_db=-50.0,
    room_s=0.0,
    clip=None,
    seed=1,
    rate_hz=RATE_HZ,
):
    """A recording with one microphone: (``float32[N]``, ``int[keys, 2]``: frames of each thump and each tone)."""
    chance = np.random.default_rng(seed)
    gap = int(0.7 * rate_hz)
    key, tone = np.zeros(gap * (keys + 1)), np.zeros(gap * (keys + 1))
    truth = []
    for number in range(keys):
        struck = gap // 2 + number * gap + int(chance.integers(0, 2000))
        sounds = struck + int(chance.uniform(*delay_s) * rate_hz)
        click = thump(chance, rate_hz)
        key[struck : struck + len(click)] += click
        rings = np.arange(int(0.15 * rate_hz))
        tone[sounds : sounds + len(rings)] += np.cos(2 * np.pi * 440 * rings / rate_hz)
        truth.append((struck, sounds))
    sound = key + 10 ** (tone_db / 20) * loudspeaker(tone, rate_hz)
    if room_s:
        sound = in_a_room(sound, room_s, chance, rate_hz)
    sound /= np.abs(sound).max()
    hiss = chance.standard_normal(len(sound))
    hum = np.sin(2 * np.pi * 50 * np.arange(len(sound)) / rate_hz)
    sound += 10 ** (noise_db / 20) * 0.7 * (hiss + hum)
    if clip:
        sound = np.clip(sound, -clip, clip)
    return (0.8 * sound).astype(np.float32), np.array(truth)
