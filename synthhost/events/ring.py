"""The ring: how events get from one thread to another without a lock. One writer, one reader.

`head` counts what was ever written, `tail` what was ever read; the difference is what waits. The writer publishes an
event by a release-store of `head`, the reader frees its place by a release-store of `tail`.
L. Lamport, "Specifying concurrent program modules", ACM TOPLAS 5(2), 1983.
"""

from synthhost.events.event import EVENT
from synthhost.realtime.machine import load_acquire, record_view, store_release
from synthhost.realtime.marks import entry, realtime
from synthhost.realtime.operator import record

RING_EVENTS = 1024  # a power of two

RING = record(
    [
        ("head", "i8"),
        ("dropped", "i8"),  # events that found the ring full (writer's count)
        ("apart1", "i8", (6,)),  # writer and reader on cache lines of their own
        ("tail", "i8"),
        ("placed", "i8"),  # reader: events before this one carry frames
        ("apart2", "i8", (6,)),
        ("events", EVENT, (RING_EVENTS,)),
    ]
)

ring_at = record_view(RING)


@realtime
def push(ring, frame, clocked, kind, port, channel, key, value, a, b):
    """Write one event; when the ring is full it is counted as dropped. Returns 1 if it was written."""
    head = ring.head
    if head - load_acquire(ring, "tail") >= RING_EVENTS:
        ring.dropped += 1
        return 0
    event = ring.events[head & (RING_EVENTS - 1)]
    event.frame = frame
    event.clocked = clocked
    event.kind = kind
    event.port = port
    event.channel = channel
    event.key = key
    event.value = value
    event.a = a
    event.b = b
    store_release(ring, "head", head + 1)
    return 1


@entry("int32", "address", "int64", "int32", "int32", "int32", "int32", "int32", "float32", "int32", "int32")
def push_event(ring_address, frame, clocked, kind, port, channel, key, value, a, b):
    """Write one event into the ring at an address: the way in for control threads."""
    return push(ring_at(ring_address), frame, clocked, kind, port, channel, key, value, a, b)
