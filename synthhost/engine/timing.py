"""From the clock to frames: when an event arrived decides the frame it sounds on.

Steady: arrival + one buffer, so the delay is constant. Immediate: the start of the next buffer. A block may come late,
since the machine wakes us late, but never early: so the most punctual of many blocks tells when they are due, as the
sample with the least delay does in a network clock (D. Mills et al., RFC 5905, "Network Time Protocol Version 4",
section 10, 2010). An event is then never placed on a frame that is already rendered, and a late block, or a burst of
them, moves nothing.
"""

from synthhost.events.event import NOTE_OFF, NOTE_ON
from synthhost.events.ring import RING_EVENTS
from synthhost.realtime.machine import load_acquire
from synthhost.realtime.marks import realtime

WATCH_NS = 250_000_000  # lateness is watched for so long …
WATCH_BLOCKS = 16  # … and so many blocks; a drift of 1,000 ppm is 0.25 ms in it
FOLLOWED = 0.25  # of the least lateness in that time: the device's clock is slower than the machine's
OFF_BLOCKS = 12  # so many in a row that are evenly late: the device stood still (a drop-out)
RESTART_NS = 1e9  # a block that is later begins a new count
MOST_AHEAD_FRAMES = 1 << 14  # no arrival lies so far in the future, whatever its clock says


@realtime
def note_block_time(timing, now, frames):
    """Find when the block of `frames` that begins at `now` (nanoseconds) was due."""
    timing.frame_ns = timing.nominal_frame_ns
    block_ns = frames * timing.nominal_frame_ns
    if timing.nominal_ns != 0:  # a virtual device knows when its blocks are due
        timing.next_ns = timing.nominal_ns
    elif timing.started == 0 or now - timing.next_ns > RESTART_NS:
        timing.started = 1
        timing.next_ns = now
        begin_watch(timing, now)
    else:
        watch(timing, now, block_ns)
        timing.next_ns = min(timing.next_ns, now)
    timing.block_ns = timing.next_ns
    timing.next_ns += block_ns


@realtime
def watch(timing, now, block_ns):
    """Notice that blocks are due later than we think: not even the most punctual of many was on time.

    A little of it is the drift of a clock; more than half a block, and the device stood still for a while.
    """
    timing.next_ns += stood_still(timing, now - timing.next_ns, block_ns)
    timing.least_late_ns = min(timing.least_late_ns, now - timing.next_ns)
    timing.watch_blocks += 1
    if now - timing.watch_ns < WATCH_NS or timing.watch_blocks < WATCH_BLOCKS:
        return
    late = max(timing.least_late_ns, 0.0)
    timing.next_ns += late if late > 0.5 * block_ns else late * FOLLOWED
    begin_watch(timing, now)


@realtime
def stood_still(timing, late, block_ns):
    """By how much the device has lost time, else 0: then blocks are evenly late. A machine that wakes us late does it
    unevenly, and catches up.

    Without it every note would wait for the lost time as well, until the watch is over.
    """
    uneven = abs(late - timing.last_late_ns) > 0.25 * block_ns
    timing.last_late_ns = late
    if late < 0.5 * block_ns or uneven:
        timing.off_blocks = 0
        return 0.0
    timing.off_ns = min(timing.off_ns, late) if timing.off_blocks > 0 else late
    timing.off_blocks += 1
    if timing.off_blocks < OFF_BLOCKS:
        return 0.0
    timing.off_blocks = 0
    timing.last_late_ns -= timing.off_ns
    return timing.off_ns


@realtime
def begin_watch(timing, now):
    """Watch the lateness of blocks anew."""
    timing.watch_ns = now
    timing.watch_blocks = 0
    timing.least_late_ns = 1e18


@realtime
def frame_of(timing, time_ns):
    """The engine frame on which an event that arrived at `time_ns` is played."""
    if timing.steady == 0:
        return timing.block_frame
    since_block = min((time_ns - timing.block_ns) / timing.frame_ns, 1.0 * MOST_AHEAD_FRAMES)
    return timing.block_frame + timing.buffer_frames + int(round(since_block))


@realtime
def place_events(engine):
    """Give every event that came since the last block its frame; never before what is rendered, never out of order.

    Keys that were struck before the device's first block would sound all at once: they are let go instead. Controllers
    count as ever, so that knobs and pedals are where they stand.
    """
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
            if engine.timing.fresh != 0 and event.kind == NOTE_ON:
                event.kind = NOTE_OFF
                engine.stats.early_notes += 1
        earliest = max(earliest, event.frame)
        event.frame = earliest
        ring.placed += 1
