"""Where a sound begins."""

import numpy as np

QUIET = 1e-3  # -60 dBFS: below that nobody hears an onset
RISE = 3.0  # an onset is so many times louder than what rang before it
BEFORE_S = 0.01


def find_onset(sound, start, end, rate_hz, before=0):
    """The first frame of ``sound[N]`` in [start - before, end) that is louder than all that rang before, or None."""
    first = max(start - before, 0)
    rest = np.abs(sound[max(first - int(BEFORE_S * rate_hz), 0) : first])
    level = max(QUIET, RISE * float(rest.max(initial=0.0)))
    loud = np.flatnonzero(np.abs(sound[first:end]) > level)
    return first + int(loud[0]) if len(loud) else None
