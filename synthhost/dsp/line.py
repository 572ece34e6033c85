"""Straight lines: how everything that is set once a tile moves across it."""

from synthhost.realtime.marks import realtime
from synthhost.realtime.vector import select


@realtime
def line(before, end, fresh, frames):
    """Where a line to `end` begins, and what it changes by in each frame. A new note begins at its end."""
    start = select(fresh, end, before)
    return start, (end - start) * (1.0 / frames)
