"""Runs on Windows Python under Wine: `wpython inside.py JOBS` does checks and prints a line of JSON for each.

JOBS is a JSON list of [name of a check, arguments, settings of the virtual driver for this check].

The checks go through synthhost's own audio code; the virtual driver's DLL, loaded by PortAudio into this very process,
keeps the log that they read.
"""

import ctypes
import json
import os
import sys
import threading
import time

import numpy as np

from synthhost.audio.choose import open_output
from synthhost.audio.control_thread import CONTROL
from synthhost.audio.errors import AudioError
from synthhost.audio.portaudio import import_sounddevice
from synthhost.engine.engine import Engine
from synthhost.host import Host
from synthhost.latency import measure_path
from synthhost.latency.native_keyboard import NativeKeyboard
from synthhost.patch import compile_patch, find, load
from synthhost.realtime.image import load_image

DRIVER = r"C:\nullasio\nullasio64.dll"
COUNTERS = (
    "instances inits opens starts stops ticks frames bufsize late lateWake lost outputReadyCalls resetAnswer lastThread "
    "initThread"
)


class Stats(ctypes.Structure):
    """`Stats` of nullasio.c."""

    _fields_ = [
        *((name, ctypes.c_int32) for name in COUNTERS.split()),
        ("rate", ctypes.c_double),
        ("spare", ctypes.c_int32 * 2),
    ]


class Tick(ctypes.Structure):
    """`Tick` of nullasio.c: when a buffer began to play, when the host was called for the next, when it returned."""

    _fields_ = [(name, ctypes.c_int64) for name in ("due", "called", "returned")]


class Driver:
    """The virtual driver's log, seen from the process that plays through it."""

    def __init__(self):
        dll = ctypes.CDLL(DRIVER)
        dll.nullasio_stats.restype = ctypes.POINTER(Stats)
        dll.nullasio_ticks.restype = ctypes.POINTER(Tick)
        dll.nullasio_samples.restype = ctypes.POINTER(ctypes.c_float)
        self.dll, self.stats = dll, dll.nullasio_stats().contents

    def samples(self):
        """What was played on the left since the stream began."""
        return np.ctypeslib.as_array(self.dll.nullasio_samples(), (self.stats.frames,)).copy()

    def ticks(self):
        """``float64[N, 3]``: due, called and returned, in seconds of `time.perf_counter`."""
        count = self.stats.ticks
        ticks = self.dll.nullasio_ticks()
        table = np.array([(t.due, t.called, t.returned) for t in ticks[:count]], np.int64)
        frequency = ctypes.c_int64()
        ctypes.WinDLL("kernel32").QueryPerformanceFrequency(ctypes.byref(frequency))
        return table / frequency.value


def open_engine(buffer_frames=128, rate_hz=44_100):
    """An engine that plays through the virtual driver, not started; sentences it told."""
    image, told = load_image(), []
    engine, output = open_output(
        lambda rate, buffer: Engine(image, rate, buffer),
        "portaudio",
        "ASIO",
        rate_hz,
        buffer_frames,
        tell=told.append,
    )
    return engine, output, told


def buffer(frames):
    """Ask for a buffer; say which one came."""
    engine, output, _ = open_engine(frames)
    output.start()
    time.sleep(0.3)
    facts = {
        "told": output.buffer_frames,
        "callback": sorted({int(size) for size in engine.record.stats.sizes} - {0}),
        "host": Driver().stats.bufsize,
        "late_events": int(engine.record.stats.late_events),
        "steady_frames": int(engine.record.timing.buffer_frames),
        "alive": output.alive(),
    }
    output.close()
    return facts


def played(level):
    """What the driver's converters get when PortAudio is given a constant level, opened as we open it."""
    sounddevice = import_sounddevice()
    device = next(i for i, d in enumerate(sounddevice.query_devices()) if d["name"] == "Null ASIO")

    def give(out, frames, when, status):
        out[:] = level

    settings = {"device": device, "channels": 2, "dtype": "float32", "blocksize": 0, "latency": 128 / 44_100}
    stream = CONTROL.call(lambda: sounddevice.OutputStream(callback=give, **settings))
    CONTROL.call(stream.start)
    while Driver().stats.frames < 2000:
        time.sleep(0.01)
    sound = Driver().samples()[-1000:]
    CONTROL.call(stream.close)
    return {"low": float(sound.min()), "high": float(sound.max())}


def refused(rate_hz=44_100):
    """The sentence that a player reads when the driver fails."""
    load_image()
    begun = time.monotonic()
    try:
        _, output, told = open_engine(rate_hz=rate_hz)
        output.start()
        output.close()
        said = "; ".join(told)
    except AudioError as error:
        said = str(error)
    return {"said": said, "seconds": time.monotonic() - begun}


def opened_twice():
    """Open a second stream while one plays: the sentence, and whether the first plays on."""
    engine, output, _ = open_engine()
    output.start()
    second = refused()
    before = int(engine.record.stats.blocks)
    time.sleep(0.2)
    facts = {"said": second["said"], "goes_on": int(engine.record.stats.blocks) > before}
    output.close()
    return facts


def trouble():
    """Hold a note until the driver misbehaves and the host has mended it; then strike another."""
    told = []
    host = Host(load_image(), tell=told.append)
    host.open("portaudio", "ASIO", 44_100, 128)
    path = find("drawbar")
    host.start(compile_patch(load(path), host.image.operators), str(path))
    host.note_on(60)
    begun, second, heard = time.monotonic(), None, None
    while time.monotonic() - begun < 6.0 and heard is None:
        host.tick()
        time.sleep(0.01)
        now = time.monotonic() - begun
        if second is None and (host.reopened or (not os.environ.get("EXPECT_REOPENED") and now > 1.5)):
            host.note_on(72)
            second = now
        if second is not None and now > second + 0.2:
            heard = float(abs(Driver().samples()[-2000:]).max())
    stats = Driver().stats
    facts = {
        "told": told,
        "reopened": host.report()["reopened"],
        "lost_blocks": host.report()["lost_blocks"],
        "second_note_s": second,
        "heard": heard,
        "voices": host.report()["voices"],
        "rate_hz": stats.rate,
        "starts": stats.starts,
        "reset_answer": stats.resetAnswer,
    }
    host.close()
    return facts


def busy_thread():
    """Start a Python thread that never rests. Returns the event that ends it."""
    stop = threading.Event()

    def work():
        while not stop.is_set():
            sum(number * number for number in range(500))

    threading.Thread(target=work, daemon=True).start()
    return stop


def key_to_sound(busy, keys=100):
    """Strike keys at random times by a native thread, as MIDI bytes; find each in what the driver played."""
    host = Host(load_image(), tell=lambda sentence: None)
    host.open("portaudio", "ASIO", 44_100, 128)
    path = find("test/latency")
    host.start(compile_patch(load(path), host.image.operators), str(path))
    busy_threads = [busy_thread() for _ in range(busy)]
    time.sleep(0.5)
    keyboard = NativeKeyboard(host.image, host.engine.ring_address(0), keys, (0.03, 0.04), 0.01)
    struck, clean = keyboard.play(host.tick, 0.2)
    driver = Driver()
    sound, due = driver.samples(), driver.ticks()[:, 0]
    stats = driver.stats
    buffer_frames, late, lost = stats.bufsize, stats.late, stats.lost
    host.close()
    for stop in busy_threads:
        stop.set()
    quiet = (
        abs(sound) < 0.25 * abs(sound).max()
    )  # the tone begins at its peak; what a cut leaves behind is softer
    onsets = [i for i in np.flatnonzero(~quiet) if quiet[max(i - 300, 0) : i].all()]
    heard = np.array([due[i // buffer_frames] + i % buffer_frames / 44_100 for i in onsets])
    clear = [s * 1e-9 for s in struck[clean] if (heard > s * 1e-9).any()]
    delays = [1e3 * (heard[heard > s][0] - s) for s in clear]
    counts = {
        "keys": keys,
        "heard": len(onsets),
        "interrupted": int((~clean).sum()),
        "late": late,
        "lost": lost,
    }
    return {**figures(delays), **counts, "buffer_ms": 128 / 44.1}


def figures(delays_ms):
    """Least, median, 99th of a hundred and greatest."""
    names = ("min_ms", "median_ms", "p99_ms", "max_ms")
    return dict(zip(names, np.percentile(delays_ms, [0, 50, 99, 100]).round(3).tolist(), strict=True))


def measured(busy):
    """The same as `synthhost latency` finds it, without a look into the driver."""
    busy_threads = [busy_thread() for _ in range(busy)]
    image = load_image()
    program = compile_patch(load(find("test/latency")), image.operators)
    found = measure_path(image, program, "portaudio", 128, 44_100, 100, device="ASIO")
    for stop in busy_threads:
        stop.set()
    return {**figures(1e3 * np.array(found.values_s)), **found.counts, "hardware": found.hardware}


def callback(kind, seconds=3.0):
    """How often a callback of one kind is late beside a busy Python thread, at 128 frames.

    Python switches between threads after 5 ms, as it does by itself; synthhost's host would let it do so more often.
    """
    sys.setswitchinterval(0.005)
    if kind == "compiled":
        _, output, _ = open_engine(128)
        start, close = output.start, output.close
    else:
        stream = python_stream()
        start, close = (lambda: CONTROL.call(stream.start)), (lambda: CONTROL.call(stream.close))
    start()
    stop = busy_thread()
    time.sleep(seconds)
    _, called, returned = Driver().ticks().T
    lost = Driver().stats.lost
    close()
    stop.set()
    took = 1e6 * (returned - called)
    median, p99 = np.percentile(took, [50, 99])
    late = int((took > 1e6 * 128 / 44_100).sum())
    return {
        "blocks": len(took),
        "late": late,
        "lost": lost,
        "median_us": round(median, 1),
        "p99_us": round(p99, 1),
    }


def python_stream():
    """A stream with a Python callback that gives silence."""
    sounddevice = import_sounddevice()
    device = next(i for i, d in enumerate(sounddevice.query_devices()) if d["name"] == "Null ASIO")

    def give(out, frames, when, status):
        out[:] = 0

    return CONTROL.call(
        lambda: sounddevice.OutputStream(
            device=device, channels=2, dtype="float32", latency=128 / 44_100, blocksize=0, callback=give
        )
    )


FUNCTIONS = (buffer, played, refused, opened_twice, trouble, key_to_sound, measured, callback)
CHECKS = {function.__name__: function for function in FUNCTIONS}

if __name__ == "__main__":
    for name, arguments, settings in json.loads(sys.argv[1]):
        os.environ.update(settings)
        print(json.dumps(CHECKS[name](*arguments)), flush=True)
        for setting in settings:
            del os.environ[setting]
