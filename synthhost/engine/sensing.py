"""Active sensing: a keyboard that said it would keep in touch, and falls silent, was unplugged: its notes end.

A port that never sent active sensing (FE) is never released. Time is counted in the frames of the port's events, so a
session that is rendered again does the same on the same frame.

Reference: MIDI Manufacturers Association, "MIDI 1.0 Detailed Specification", 4.2.1: active sensing; a message each 300
ms at most, with a tenth of it for both sides' clocks.
"""

from synthhost.events.event import HAND_IN, RELEASE_PORT, SENSING
from synthhost.realtime.marks import realtime

SILENCE_S = 0.33


@realtime
def note_activity(engine, event, frame):
    """Something came from a port on a frame; its first FE begins the watch, and only a release ends it."""
    port = event.port & 15
    if event.kind == RELEASE_PORT:
        engine.sensed[port] = 0
        return
    begins = event.kind == SENSING and event.a != 0
    if begins or (engine.sensed[port] != 0 and event.kind < HAND_IN):
        engine.sensed[port] = frame + 1


@realtime
def silent_port(engine):
    """A port that has been silent for too long, or -1; it is watched no longer."""
    for port in range(16):
        since = engine.sensed[port]
        if since != 0 and engine.frame + 1 - since > SILENCE_S * engine.shared.rate_hz:
            engine.sensed[port] = 0
            engine.stats.active_sensing += 1
            return port
    return -1
