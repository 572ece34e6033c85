"""A keyboard in this very process: a native thread strikes at random times (`striker.py`). For Windows, where no pipe can
be read without Python; synthhost's keys come there from WinMM by a call into Python, which is not measured."""

import threading
import time

import numpy as np

from synthhost.audio.errors import AudioError
from synthhost.audio.priority import make_realtime
from synthhost.engine.memory import zeroed
from synthhost.latency.striker import MESSAGES, STRIKER
from synthhost.realtime.clock import fill_clock, now_ns
from synthhost.realtime.machine import store_release

START_S = 0.1
CLEAN_NS = 200_000  # as in `keyboard.py`


class NativeKeyboard:
    """Strikes `keys` notes into a ring; the same as `keyboard.Keyboard` to whoever measures."""

    def __init__(self, image, ring_address, keys, gap_s, hold_s, seed=1, key=69):
        if 2 * keys > MESSAGES:
            raise ValueError(f"at most {MESSAGES // 2} keys")
        self.memory = zeroed(STRIKER)
        self.record = record = self.memory[0]
        fill_clock(record.clock)
        record.ring, record.count = ring_address, 2 * keys
        struck_s = START_S + np.cumsum(np.random.default_rng(seed).uniform(gap_s[0], gap_s[1], keys))
        due_s = np.stack([struck_s, struck_s + hold_s], axis=1).ravel()
        record.due_ns[: 2 * keys] = now_ns(record.clock) + (due_s * 1e9).astype(np.int64)
        record.message[: 2 * keys : 2, :3] = 0x90, key, 100
        record.message[1 : 2 * keys : 2, :3] = 0x80, key, 64
        self.longest_s = float(due_s[-1]) + 10.0
        run = image.function("strike_keys")
        self._thread = threading.Thread(target=run, args=(self.memory.ctypes.data,), daemon=True)
        self._thread.start()
        self.priority = make_realtime(self._thread.native_id)

    def play(self, meanwhile, more_s):
        """Call `meanwhile()` each 20 ms until the last key has been struck and `more_s` have passed. Returns Strikes."""
        end = time.monotonic() + self.longest_s
        while self._thread.is_alive():
            meanwhile()
            time.sleep(0.02)
            if time.monotonic() > end:
                raise AudioError("the thread that plays the keys did not end")
        end = time.monotonic() + more_s
        while time.monotonic() < end:
            meanwhile()
            time.sleep(0.02)
        count = int(self.record.count)
        sent_ns, done_ns = (np.array(self.record[name][:count:2]) for name in ("sent_ns", "done_ns"))
        return sent_ns, done_ns - sent_ns < CLEAN_NS

    def close(self):
        """Stop the thread."""
        store_release(self.record, "stop", 1)
        self._thread.join(5.0)
