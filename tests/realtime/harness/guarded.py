"""Run a callback under the system call trap of `guarded.c`, in a process of its own; prints what happened as JSON.

Usage: ``python -m tests.realtime.harness.guarded LIBRARY engine|memory|pages CALLS``
"""

import ctypes
import json
import mmap
import sys

import numpy as np

from synthhost.audio.priority import lock_memory
from synthhost.realtime.image import load_image
from tests.realtime.harness.song import engine_with_song

FRAMES = 64
FIELDS = "function", "output", "user", "frames", "calls", "first_calls"
RESULTS = "refused", "system_calls", "last_number", "faults", "switches"


class Run(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int64) for name in (*FIELDS, *RESULTS)]


def main():
    library, what, calls = ctypes.CDLL(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    output = np.zeros((FRAMES, 2), np.float32)
    run = Run(output=output.ctypes.data, frames=FRAMES, calls=calls)
    report = {}
    if what == "engine":
        image = load_image()
        engine = engine_with_song(image, seconds=max(calls * FRAMES // 48_000, 1), buffer_frames=FRAMES)
        report["locked"] = lock_memory(engine.memory, image.addresses())
        run.function, run.user, run.first_calls = image.address("portaudio_callback"), engine.address, 1
    elif what == "memory":
        run.function = ctypes.cast(library.asks_for_memory, ctypes.c_void_p).value
    else:
        pages = mmap.mmap(-1, (calls + 1) * 4096)
        pages.madvise(mmap.MADV_NOHUGEPAGE)
        at = ctypes.c_int64(ctypes.addressof(ctypes.c_char.from_buffer(pages)))
        run.function, run.user = (
            ctypes.cast(library.touches_new_pages, ctypes.c_void_p).value,
            ctypes.addressof(at),
        )
    library.run_guarded(ctypes.byref(run))
    report |= {name: getattr(run, name) for name in RESULTS}
    if what == "engine":
        stats = engine.record.stats
        report |= {name: int(stats[name]) for name in ("blocks", "notes", "events", "stolen", "voices_max")}
    print(json.dumps(report))


if __name__ == "__main__":
    main()
