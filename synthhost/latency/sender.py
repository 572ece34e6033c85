"""A keyboard in a process of its own: it strikes at random times and says when. Needs nothing but Python itself."""

import contextlib
import gc
import json
import os
import random
import sys
import time


def main(fd, keys, seed, least_s, most_s, hold_s, key):
    """Write notes to a file descriptor; print [[before_ns, after_ns], …] of each note on (monotonic clock)."""
    gc.disable()
    with contextlib.suppress(
        OSError, AttributeError
    ):  # a real keyboard does not wait for anybody's processor
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(20))
    chance = random.Random(seed)
    on, off = bytes([0x90, key, 100]), bytes([0x80, key, 64])
    stamps = []
    for _ in range(keys):
        time.sleep(chance.uniform(least_s, most_s) - hold_s)
        before = time.monotonic_ns()
        os.write(fd, on)
        stamps.append((before, time.monotonic_ns()))
        time.sleep(hold_s)
        os.write(fd, off)
    print(json.dumps(stamps))


if __name__ == "__main__":
    main(*(float(word) if "." in word else int(word) for word in sys.argv[1:]))
