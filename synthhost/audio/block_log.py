"""When the last blocks came and how long they took: a short log that the audio thread writes and anybody reads.

What is late can be told apart by it: the machine woke the thread late (`begun_ns`), or the block took long
(`ended_ns - begun_ns`).
"""

import numpy as np

from synthhost.realtime.machine import store_release
from synthhost.realtime.marks import realtime
from synthhost.realtime.operator import record

LOG_BLOCKS = 1 << 13  # 5.5 s of blocks of 32 frames at 48 kHz

BLOCK_LOG = record(
    [
        ("count", "i8"),  # blocks ever written; the newest LOG_BLOCKS of them are here
        ("frame", "i8", (LOG_BLOCKS,)),  # first frame of the block on the device's own count, or -1: torn
        ("begun_ns", "i8", (LOG_BLOCKS,)),
        ("ended_ns", "i8", (LOG_BLOCKS,)),
    ]
)


@realtime
def log_block(log, frame, begun_ns, ended_ns):
    """Write down one block."""
    place = log.count & (LOG_BLOCKS - 1)
    log.frame[place] = frame
    log.begun_ns[place] = begun_ns
    log.ended_ns[place] = ended_ns
    store_release(log, "count", log.count + 1)


class BlockReader:
    """Takes the blocks out of a log piece by piece. `skipped` counts those that were overwritten before."""

    def __init__(self, log):
        self.log, self.taken, self.skipped = log, 0, 0
        self._pieces = []

    def collect(self):
        """Copy what is new; call it at least every few seconds."""
        end = int(self.log["count"])
        start = max(self.taken, end - LOG_BLOCKS + 64)  # the oldest are being overwritten just now
        self.skipped += start - self.taken
        places = np.arange(start, end) & (LOG_BLOCKS - 1)
        self._pieces.append(np.stack([self.log[name][places] for name in ("frame", "begun_ns", "ended_ns")]))
        self.taken = end

    def blocks(self):
        """All blocks so far: three arrays ``int64[N]``, frame, begun_ns and ended_ns."""
        self.collect()
        return np.concatenate(self._pieces, axis=1)
