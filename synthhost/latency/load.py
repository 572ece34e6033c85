"""Load in the playing process itself: busy Python threads, garbage, a GIL that is not given back, and full polyphony."""

import ctypes
import dataclasses
import gc
import sys
import threading
import time

from synthhost.events.event import CONTROL, NOTE_ON
from synthhost.patch import compile_patch, find, load

BUSY_THREADS = 2
HOLD_S, HOLD_EVERY_S = 0.5, 2.0
LOAD_PORT = 1
VOICES = 256
KEYS = range(24, 88)
LOAD_PATCH = "organ/drawbar-organ"


class Storm:
    """Everything a careless program can do to its own threads, between `with` and its end."""

    def __init__(self):
        self._stop = threading.Event()
        work = [busy] * BUSY_THREADS + [litter, hold]
        self._threads = [threading.Thread(target=task, args=(self._stop,), daemon=True) for task in work]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(5.0)


def busy(stop):
    """Compute something in Python."""
    number = 1
    while not stop.is_set():
        for _ in range(1000):
            number = number * 1103515245 + 12345 & 0x7FFFFFFF


def litter(stop):
    """Keep 100,000 lists alive, make garbage in circles and collect it each half second."""
    kept = [[number] for number in range(100_000)]
    swept = time.monotonic()
    while not stop.is_set():
        for _ in range(1000):
            circle = []
            circle.append(circle)
        if time.monotonic() - swept > 0.5:
            kept[:1000] = [[number] for number in range(1000)]
            gc.collect()
            swept = time.monotonic()


def hold(stop):
    """Now and then hold the interpreter's lock for half a second, as a long call into C does."""
    windows = sys.platform == "win32"
    sleep, steps = (ctypes.PyDLL("kernel32").Sleep, 1e3) if windows else (ctypes.PyDLL(None).usleep, 1e6)
    while not stop.wait(HOLD_EVERY_S - HOLD_S):
        sleep(int(HOLD_S * steps))


def sustain(engine, voices=VOICES):
    """Let notes of another patch ring on another port, on the right only, where the measurement does not listen."""
    patch = load(find(LOAD_PATCH))
    program = dataclasses.replace(compile_patch(patch, engine.image.operators), polyphony=voices)
    engine.hand_in(engine.load(program), port=LOAD_PORT)
    for channel in range(-(-voices // len(KEYS))):
        engine.push(CONTROL, port=LOAD_PORT, channel=channel, key=10, value=127.0)
    for number in range(voices):
        channel, key = divmod(number, len(KEYS))
        engine.push(NOTE_ON, port=LOAD_PORT, channel=channel, key=KEYS[key], value=0.05)
