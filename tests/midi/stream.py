"""Helpers of the MIDI tests: a ring with a reader, a stream of bytes into it, and waiting without guessing."""

import time

import numpy as np

from synthhost.events import event
from synthhost.events.ring import RING, RING_EVENTS
from synthhost.midi import decode
from synthhost.midi.decode import DECODER
from synthhost.realtime.clock import CLOCK, fill_clock
from synthhost.realtime.machine import load_acquire, store_release

NAMES = {
    event.NOTE_ON: "on",
    event.NOTE_OFF: "off",
    event.CONTROL: "control",
    event.BEND: "bend",
    event.PROGRAM_CHANGE: "program",
    event.PRESSURE: "pressure",
    event.KEY_PRESSURE: "key pressure",
    event.SENSING: "sensing",
    event.MASTER_VOLUME: "master volume",
    event.RESET_SYSTEM: "reset",
    event.SCALE_TUNING: "tuning",
    event.NOTE_TUNING: "note tuning",
    event.RELEASE_PORT: "release",
}


class Ring:
    """A ring and its reader."""

    def __init__(self):
        self.memory = np.zeros(1, RING)
        self.ring = self.memory[0]
        self.address = self.memory.ctypes.data

    def records(self):
        """Take out everything that waits, as records."""
        head, tail = load_acquire(self.ring, "head"), int(self.ring.tail)
        taken = self.ring.events[np.arange(tail, head) % RING_EVENTS].copy()
        store_release(self.ring, "tail", head)
        return taken

    def events(self):
        """Take out everything that waits, as tuples (what, channel, key, value)."""
        return [spoken(record) for record in self.records()]


def spoken(record):
    name = NAMES[int(record["kind"])]
    if name == "release":
        return ("release",)
    value = float(record["value"])
    value = round(value * 127) if name in ("on", "off", "pressure", "key pressure") else round(value, 4)
    return name, int(record["channel"]), int(record["key"]), value


class Stream:
    """A MIDI cable into a ring. Its clock stands still unless `ticking`, so that two rings can be compared."""

    def __init__(self, image=None, ticking=False):
        self.ring = Ring()
        self.memory = np.zeros(1, DECODER), np.zeros(1, CLOCK)
        self.decoder = self.memory[0][0]
        clock = self.memory[1][0]
        fill_clock(clock)
        if not ticking:
            clock.monotonic, clock.ns_per_tick = -1, 0.0
        self._push = image.function("push_bytes", keep_gil=True) if image else None
        self.arguments = self.decoder_address, self.ring.address, self.memory[1].ctypes.data, 5
        self.reset()

    @property
    def decoder_address(self):
        return self.memory[0].ctypes.data

    def reset(self):
        self.memory[0].view(np.uint8)[:] = 0
        self.ring.memory.view(np.uint8)[:] = 0

    def send(self, data):
        data = bytes(data)
        if self._push:
            self._push(*self.arguments, data, len(data))
        else:  # plain Python
            kept = np.frombuffer(data or b"\0", np.uint8)
            decode.decode_bytes(self.decoder, self.ring.ring, 5, kept.ctypes.data, len(data), 0, 1)
        return self

    def events(self):
        return self.ring.events()


def wait_for(condition, seconds=5.0):
    """Wait until a condition gives something true, and give that back."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(0.001)
    raise AssertionError(f"waited {seconds} s in vain for {condition}")


def collect(ring, count, seconds=5.0):
    """Wait for a number of events."""
    found = []
    wait_for(lambda: found.extend(ring.events()) or len(found) >= count, seconds)
    return found
