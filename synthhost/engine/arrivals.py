"""What comes in through the rings, seen over their shoulder: for the eye, never for the sound."""

import numpy as np

from synthhost.engine.memory import CONTROL_RING
from synthhost.events.ring import RING_EVENTS

WATCHED = CONTROL_RING + 1  # keyboards', JACK's and the host's own ring
MARGIN = 64  # events that may be overwritten while they are copied


class Arrivals:
    """The events that were pushed since it was last asked. It takes nothing: the audio thread still plays them all.

    An event that is overwritten just then may be seen wrong; what is shown is a moment's picture.
    """

    def __init__(self, engine):
        self._rings = engine.record["rings"][:WATCHED]
        self._seen = self._rings["head"].copy()

    def new(self):
        """EVENT records, ring by ring."""
        heads = self._rings["head"].copy()
        if (heads == self._seen).all():
            return []
        found = []
        for number in np.flatnonzero(heads != self._seen):
            start = max(self._seen[number], heads[number] - RING_EVENTS + MARGIN)
            places = np.arange(start, heads[number]) & (RING_EVENTS - 1)
            found += list(self._rings["events"][number][places])
        self._seen = heads
        return found
