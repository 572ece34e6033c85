"""The same sound by two callbacks: one is a Python function, one is machine code; a busy Python thread beside both.

Both are called by the same native loop, on the same absolute clock, with the same period and priority: the virtual
device. The Python callback does no DSP of its own; it only forwards the call to the engine. So what is measured, from
the moment a block is due until it is returned, differs by the way into Python alone.
"""

import ctypes
import threading
import time

import numpy as np

from synthhost.audio.virtual import VirtualOutput
from synthhost.audio.virtual_loop import TIMES
from synthhost.demo.player import SongPlayer, fade_in, load_patches, make_engine

FRAMES = 128
RATE_HZ = 48_000
PYTHON_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 4)


def compare(image, seconds, tell):
    """Times in seconds from due to returned: ``{"python": (array, lost blocks), "compiled": …}``, each for some seconds."""
    found = {}
    for kind in ("python", "compiled"):
        tell(kind)
        with busy_thread():
            found[kind] = measure(image, kind, seconds)
    return found


def measure(image, kind, seconds):
    """Play the song's loudest bars for some seconds by one kind of callback."""
    engine = make_engine(image, RATE_HZ, FRAMES)
    engine.record.capture_on = 0
    load_patches(engine)
    fade_in(engine)
    player = SongPlayer(engine)
    player.events = from_bar(player.events, 8)
    player.feed()
    output = VirtualOutput(engine, FRAMES)
    device = output.memory[0]
    device.drops = 1
    callback = forwarding_callback(image)
    if kind == "python":
        device.callback = ctypes.cast(callback, ctypes.c_void_p).value
    output.start()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.05)
    output.close()
    blocks = min(int(device.blocks), TIMES)
    return device["took_ns"][:blocks] * 1e-9, int(device.lost)


def from_bar(events, bar):
    """The song from the beginning of a bar on; what was set before is set at once, notes that had begun are left out."""
    from synthhost.demo import song
    from synthhost.events.event import BEND, CONTROL

    first = round(bar * song.BEATS * 60.0 / song.BPM * RATE_HZ)
    setting = (events["kind"] == CONTROL) | (events["kind"] == BEND)
    chosen = events[setting | (events["frame"] >= first)].copy()
    chosen["frame"] = np.maximum(chosen["frame"] - first, 0)
    return chosen


def forwarding_callback(image):
    """An ordinary Python callback whose whole body is one call, without giving up the interpreter's lock."""
    render = image.function("portaudio_callback", keep_gil=True)

    def callback(output, frames, engine, _nothing):
        render(None, output, frames, None, 0, engine)
        return 0

    return PYTHON_CALLBACK(callback)


class busy_thread:  # noqa: N801 (reads as a statement)
    """An ordinary Python thread with something to do: it sorts numbers and formats text."""

    def __enter__(self):
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="busy Python", daemon=True)
        self._thread.start()

    def _work(self):
        numbers = [(number * 7919) % 10007 / 3.0 for number in range(2000)]
        while not self._stop.is_set():
            sorted(numbers, key=lambda number: -number)
            "".join(f"{number:.3f}" for number in numbers)

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


def facts(times, lost):
    """What the report says of one kind."""
    period = FRAMES / RATE_HZ
    late = int((times > period).sum())
    return {
        "blocks": len(times),
        "late": late,
        "lost": lost,
        "missed_share": round((late + lost) / max(len(times) + lost, 1), 6),
        "median_ms": round(float(np.median(times)) * 1e3, 4),
        "p99_ms": round(float(np.quantile(times, 0.99)) * 1e3, 4),
        "max_ms": round(float(times.max()) * 1e3, 4),
        "period_ms": round(period * 1e3, 4),
    }
