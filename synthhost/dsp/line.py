"""Straight lines: how everything that is set once a tile moves across it; and a curve for crossfades."""

from synthhost.realtime.marks import realtime
from synthhost.realtime.vector import select


@realtime
def line(before, end, fresh, frames):
    """Where a line to `end` begins, and what it changes by in each frame. A new note begins at its end."""
    start = select(fresh, end, before)
    return start, (end - start) * (1.0 / frames)


@realtime
def ease(x):
    """From 0 to 1 like `x`, but without a corner at either end: a crossfade then spreads less over the spectrum."""
    return x * x * (3.0 - 2.0 * x)
