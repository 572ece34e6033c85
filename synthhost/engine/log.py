"""The log: what is played and on which frame, so that a session can be rendered again."""

from synthhost.engine.memory import LOG_EVENTS
from synthhost.realtime.machine import load_acquire, store_release
from synthhost.realtime.marks import realtime


@realtime
def log_played(engine, kind, port, channel, key, value, a, b):
    """Write down what happens on the frame that the engine is at."""
    if engine.log_on == 0:
        return
    head = engine.log_head
    if head - load_acquire(engine, "log_tail") >= LOG_EVENTS:
        engine.stats.log_dropped += 1
        return
    entry = engine.log[head & (LOG_EVENTS - 1)]
    entry.frame = engine.frame + engine.offset
    entry.kind, entry.port, entry.channel, entry.key = kind, port, channel, key
    entry.value, entry.a, entry.b, entry.clocked = value, a, b, 0
    store_release(engine, "log_head", head + 1)
