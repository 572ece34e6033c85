"""How many notes a buffer has time for on this machine."""

import time

import numpy as np

from synthhost.engine.engine import Engine
from synthhost.latency.load import VOICES, sustain

MOST_NOTES = 1024  # that `synthhost play --polyphony` lets sound
SHARE = 0.7  # of a buffer's time; the rest is for what the machine does meanwhile
SETTLE_S, ROUND_S, ROUNDS = 0.2, 0.02, 15


def voices_within(image, buffer_frames, rate_hz):
    """Notes of the organ of `load.py` that fill 70 % of one core's time at this buffer; at most what may sound."""
    period_s = buffer_frames / rate_hz
    empty_s, full_s = (block_s(image, buffer_frames, rate_hz, voices) for voices in (0, VOICES))
    each_s = max(full_s - empty_s, 1e-12) / VOICES
    return int(min(max(SHARE * period_s - empty_s, 0.0) / each_s, MOST_NOTES))


def block_s(image, buffer_frames, rate_hz, voices):
    """What a block of so many held notes takes: the least of some rounds, so that other programs do not count."""
    engine = Engine(image, rate_hz, buffer_frames, polyphony=VOICES + 64)
    if voices:
        sustain(engine, voices)
    output = np.zeros((buffer_frames, 2), np.float32)
    callback = image.function("portaudio_callback")
    arguments = (None, output.ctypes.data, buffer_frames, None, 0, engine.address)
    for _ in range(int(SETTLE_S * rate_hz / buffer_frames)):
        callback(*arguments)
    rounds = []
    for _ in range(ROUNDS):
        begun, blocks = time.perf_counter(), 0
        while time.perf_counter() - begun < ROUND_S:
            callback(*arguments)
            blocks += 1
        rounds.append((time.perf_counter() - begun) / blocks)
    return min(rounds)
