"""When a device's blocks were due, from when they came: the machine wakes threads late, never early."""

import numpy as np

NEIGHBOURS = 200


def due_times_ns(frames, begun_ns, rate_hz):
    """The nominal time of each block on the device's own clock.

    The time a block came, less its frames at the nominal rate, is the device's beginning plus how late we were woken: the
    least of it among the neighbours is the beginning. Looking back and ahead apart keeps a gap (the device stopped and
    began anew) where it was.
    """
    offset = begun_ns - frames * (1e9 / rate_hz)
    padded = np.pad(offset, NEIGHBOURS, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, NEIGHBOURS + 1)
    back, ahead = windows[: len(offset)].min(axis=1), windows[NEIGHBOURS:].min(axis=1)
    half_a_block = 0.5e9 / rate_hz * np.median(np.diff(frames))
    gap = ahead - back > half_a_block
    return np.where(gap, ahead, np.minimum(back, ahead)) + frames * (1e9 / rate_hz)
