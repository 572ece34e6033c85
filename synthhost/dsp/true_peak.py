"""The sound between the samples: what a converter will make of them, as far as it can be known by now.

A point between two frames is a sum over the ten frames before it and the ten after it, each times a *tap*. Each of 8
points a frame, the frame itself among them, is summed up as its frames come: 20 rows of points are under way, and what is
in a row is what the point would be if nothing but silence followed. Lanes are left and right in turn, of one point after
the other.

References
----------
ITU-R BS.1770-5, annex 2, "Guidelines for accurate measurement of true-peak level", 2023. Its filter has 4 points a frame
of 12 taps; these are closer to an ideal converter. The window is that of J. F. Kaiser, "Nonrecursive digital filter design
using the I0-sinh window function", ISCAS 1974.
"""

import numpy as np

from synthhost.realtime.marks import realtime
from synthhost.realtime.vector import LANES, absolute, fma, load, maximum, minimum, select, splat, store

TAPS = 20
POINTS = LANES // 2
LEAST_PART = 1e-9  # so that nothing is divided by zero
KAISER = 5.0  # of the window: 54 dB down from 0.58 of the sample rate on


def fill_true_peak(shared):
    """Write the taps into a shared record: row k is what a frame is worth to points that await k more after it.

    Such a point lies ``after`` frames after the frame: -10 … 9.875.
    """
    after = np.arange(TAPS)[:, None] - TAPS // 2 + np.arange(POINTS) / POINTS
    inside = np.sqrt(np.maximum(1.0 - (2.0 * after / TAPS) ** 2, 0.0))
    window = np.i0(KAISER * inside) / np.i0(KAISER)
    shared.peak_taps[:] = np.repeat(np.sinc(after) * window, 2, axis=1)


@realtime
def add_frame(points, taps, frame):
    """Add a frame, left and right in turn in 16 lanes, to all points under way; the greatest magnitude in each lane."""
    worst = splat(0.0)
    for k in range(TAPS):
        point = fma(load(taps, k), frame, load(points, k + 1))
        store(points, k, point)
        worst = maximum(worst, absolute(point))
    return worst


@realtime
def share_within(points, taps, frame, ceiling, aim):
    """How much of a frame just added may stay: no point beyond `ceiling`, those that were end at `aim`; lane by lane."""
    share = splat(1.0)
    for k in range(TAPS):
        point, part = absolute(load(points, k)), absolute(load(taps, k) * frame)
        share = minimum(share, select(point > ceiling, 1.0 - (point - aim) / maximum(part, LEAST_PART), 1.0))
    return maximum(share, 0.0)


@realtime
def change_frame(points, taps, change):
    """Add to a frame that was added before."""
    for k in range(TAPS):
        store(points, k, fma(load(taps, k), change, load(points, k)))
