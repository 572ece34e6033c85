"""The virtual device: no hardware, real time. It keeps the period of a sound card on an absolute clock."""

import threading
import time

from synthhost.audio.priority import lock_memory, make_realtime
from synthhost.audio.virtual_loop import VIRTUAL
from synthhost.engine.memory import TIMING, zeroed
from synthhost.realtime.clock import fill_clock


class VirtualOutput:
    """Plays an engine into nothing, on time. `describe` says so in capitals."""

    kind = "virtual"

    def __init__(self, engine, buffer_frames):
        self.engine, self.buffer_frames, self.rate_hz = engine, buffer_frames, engine.rate_hz
        self.name = "virtual device"
        self.output_s = 0.0
        self.memory = zeroed(VIRTUAL)
        lock_memory(self.memory)
        record = self.memory[0]
        fill_clock(record.clock)
        record.engine = engine.address
        record.nominal = engine.record.timing.__array_interface__["data"][0] + TIMING.fields["nominal_ns"][1]
        record.buffer_frames = buffer_frames
        record.period_ns = buffer_frames / engine.rate_hz * 1e9
        self.priority = "not started"
        run = engine.image.function("run_virtual")
        self._thread = threading.Thread(
            target=run, args=(self.memory.ctypes.data,), name="virtual device", daemon=True
        )

    def start(self):
        """Begin to play; the thread becomes a real-time thread where the system allows it."""
        self._thread.start()
        while self.memory[0].blocks == 0 and self._thread.is_alive():
            time.sleep(0.001)
        self.priority = make_realtime(self._thread.native_id)

    def began_ns(self):
        """When frame 0 was due, in nanoseconds of the monotonic clock."""
        return int(self.memory[0].began_ns)

    def alive(self):
        return self._thread.is_alive()

    def close(self):
        """Stop and wait for the last block."""
        self.memory[0].stop = 1
        if self._thread.ident is not None:
            self._thread.join(2.0)

    def describe(self):
        return "the VIRTUAL device: NOBODY WILL HEAR IT"
