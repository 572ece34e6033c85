"""From the clock to frames: when an event arrived decides the frame it sounds on.

Steady: arrival + one buffer, so the delay is constant. Immediate: the start of the next buffer. The time at which blocks
begin is filtered by a delay-locked loop (F. Adriaensen, "Using a DLL to filter time", Linux Audio Conference 2005); a
block that comes late says little of the device's clock, since the machine woke us late, so lateness counts only up to a
quarter of a block.
"""

from synthhost.events.ring import RING_EVENTS
from synthhost.realtime.machine import load_acquire
from synthhost.realtime.marks import realtime

LOOP_HZ = 0.5  # bandwidth of the loop


@realtime
def note_block_time(timing, now, frames):
    """Tell the loop that a block of `frames` began at `now` (nanoseconds)."""
    block_ns = frames * timing.nominal_frame_ns
    if timing.nominal_ns != 0:  # a virtual device knows when its blocks are due
        timing.block_ns = timing.nominal_ns
        timing.next_ns = timing.nominal_ns + block_ns
        timing.frame_ns = timing.nominal_frame_ns
        return
    if timing.started == 0 or abs(now - timing.next_ns) > 1e9:
        timing.started = 1
        timing.frame_ns = timing.nominal_frame_ns
        timing.block_ns = now
        timing.next_ns = now + block_ns
        return
    error = min(now - timing.next_ns, 0.25 * block_ns)
    turn = 6.283185307179586 * LOOP_HZ * block_ns * 1e-9
    timing.block_ns = timing.next_ns
    timing.next_ns += 1.4142135623730951 * turn * error + frames * timing.frame_ns
    frame_ns = timing.frame_ns + turn * turn * error / frames
    slow, fast = 1.002 * timing.nominal_frame_ns, 0.998 * timing.nominal_frame_ns
    timing.frame_ns = min(max(frame_ns, fast), slow)


@realtime
def frame_of(timing, time_ns):
    """The engine frame on which an event that arrived at `time_ns` is played."""
    if timing.steady == 0:
        return timing.block_frame
    since_block = (time_ns - timing.block_ns) / timing.frame_ns
    return timing.block_frame + timing.buffer_frames + int(round(since_block))


@realtime
def place_events(engine):
    """Give every event that came since the last block its frame; never before what is rendered, never out of order."""
    for number in range(len(engine.rings)):
        place_ring(engine, engine.rings[number])


@realtime
def place_ring(engine, ring):
    """The same for one ring."""
    head = load_acquire(ring, "head")
    earliest = engine.frame
    if ring.placed > ring.tail:
        earliest = max(earliest, ring.events[(ring.placed - 1) & (RING_EVENTS - 1)].frame)
    while ring.placed < head:
        event = ring.events[ring.placed & (RING_EVENTS - 1)]
        if event.clocked != 0:
            event.frame = frame_of(engine.timing, event.frame)
            event.clocked = 0
            if event.frame < engine.frame:
                engine.stats.late_events += 1
        earliest = max(earliest, event.frame)
        event.frame = earliest
        ring.placed += 1
