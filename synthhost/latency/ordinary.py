"""The ordinary way, for comparison: a Python thread reads the keys and a Python callback makes the sound.

It is written as it is usually written, and as well as can be: the reader does nothing but queue the note, the callback
computes one sine with NumPy. A native clock calls the callback, as PortAudio does through cffi, so what it waits for is the
interpreter's lock alone.
"""

import collections
import contextlib
import ctypes
import os
import threading
import time

import numpy as np

from synthhost.audio.block_log import BlockReader
from synthhost.audio.priority import make_realtime
from synthhost.audio.virtual_loop import VIRTUAL
from synthhost.engine.memory import zeroed
from synthhost.latency.keyboard import Keyboard, roomy
from synthhost.latency.load import Storm
from synthhost.latency.result import MEASURED, REPORTED, Measurement, assumed_stages, lateness, stage_of
from synthhost.realtime.clock import fill_clock

CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)
NOTE_HZ = 440.0


class OrdinarySynth:
    """One sine, keys from a file descriptor, blocks from a clock. `started` are the blocks in which notes began."""

    def __init__(self, image, fd, buffer_frames, rate_hz):
        self.buffer_frames, self.rate_hz, self.fd = buffer_frames, rate_hz, fd
        self.queue, self.started = collections.deque(), []
        self.sounds, self.phase, self.calls = False, 0.0, 0
        self.ramp = 2 * np.pi * NOTE_HZ / rate_hz * np.arange(buffer_frames)
        self.memory = zeroed(VIRTUAL)
        record = self.memory[0]
        fill_clock(record.clock)
        self._callback = CALLBACK(self.render)
        self.nominal = np.zeros(1, np.int64)  # where the device says when a block is due; nobody listens
        record.nominal, record.drops = self.nominal.ctypes.data, 1
        record.callback = ctypes.cast(self._callback, ctypes.c_void_p).value
        record.buffer_frames, record.period_ns = buffer_frames, buffer_frames / rate_hz * 1e9
        self.blocks = BlockReader(record.log)
        run = image.function("run_virtual")
        self._device = threading.Thread(target=run, args=(self.memory.ctypes.data,), daemon=True)
        self._reader = threading.Thread(target=self.read, daemon=True)

    def read(self):
        """Queue every note; three bytes each."""
        while message := os.read(self.fd, 3):
            self.queue.append(message)

    def render(self, output, frames, _a, _b):
        """The audio callback: take what has come, fill the block."""
        while self.queue:
            status, _key, _velocity = self.queue.popleft()
            self.sounds = status >> 4 == 9
            if self.sounds:
                self.phase = 0.0
                self.started.append(self.calls)
        block = np.ctypeslib.as_array((ctypes.c_float * (frames * 2)).from_address(output)).reshape(-1, 2)
        block[:] = 0.4 * np.cos(self.phase + self.ramp)[:, None] if self.sounds else 0.0
        self.phase += float(self.ramp[1]) * frames
        self.calls += 1
        return 0

    def start(self):
        """Begin; the device's thread gets the same priority as ours."""
        self._device.start()
        while self.memory[0].log["count"] == 0:
            time.sleep(0.001)
        make_realtime(self._device.native_id)
        self._reader.start()

    def close(self):
        """Stop the clock; the reader ends with its pipe."""
        self.memory[0].stop = 1
        self._device.join(5.0)
        self._reader.join(5.0)


def measure_ordinary(
    image, buffer_frames=128, rate_hz=48_000, keys=200, load=False, gap_s=(0.03, 0.05), hold_s=0.012, seed=1
):
    """Measure a Python reader and a Python callback on the same clock, with the same keys. Returns a Measurement."""
    buffer_s = buffer_frames / rate_hz
    gap_s = roomy(gap_s, hold_s, buffer_s)
    with contextlib.ExitStack() as stack:
        keyboard = stack.enter_context(contextlib.closing(Keyboard(keys, gap_s, hold_s, seed)))
        synth = OrdinarySynth(image, keyboard.fd, buffer_frames, rate_hz)
        synth.start()
        stack.callback(synth.close)
        if load:
            stack.enter_context(Storm())
        sent_ns, clean = keyboard.play(synth.blocks.collect, 1.0)
    return evaluate(synth, sent_ns, clean, load)


def evaluate(synth, sent_ns, clean, load):
    """What was found, as a Measurement. A note is heard from the beginning of the block in which it was played."""
    buffer_s = synth.buffer_frames / synth.rate_hz
    frames, begun, ended = synth.blocks.blocks()
    due, took = synth.memory[0].began_ns + frames * (1e9 / synth.rate_hz), ended - begun
    ready = np.maximum(due, np.r_[due[:1], ended[:-1]])  # the device calls again when the last block is there
    leaves = np.maximum(
        ready + took, due + buffer_s * 1e9
    )  # in time: at the next period; else as soon as it is there
    heard = np.array(synth.started, int)[: len(sent_ns)]
    known = len(heard)
    values = (leaves[heard] - sent_ns[:known])[clean[:known]] * 1e-9
    key, converter = assumed_stages()
    stages = (
        key,
        stage_of("bytes to event, wait for the buffer", MEASURED, values - buffer_s),
        stage_of("output: one buffer, as a sound card", REPORTED, [buffer_s]),
        converter,
    )
    counts = {
        "sent": len(sent_ns),
        "heard": len(values),
        "missed": len(sent_ns) - known,
        "left_out_interrupted": int((~clean).sum()),
        "late_blocks": int((took > buffer_s * 1e9).sum()),
        "lost_blocks": int(synth.memory[0].lost),
        "block_max_s": float(took.max() * 1e-9),
    }
    return Measurement(
        "the ordinary way",
        "Python thread and Python callback on the virtual device's clock",
        synth.buffer_frames,
        synth.rate_hz,
        load,
        stages,
        tuple(map(float, values)),
        counts,
        lateness(begun - ready, buffer_s),
        ours=False,
    )
