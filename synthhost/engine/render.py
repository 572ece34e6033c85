"""Render: events in order, groups, effects, the master section; on a grid of 32 frames that nothing can move.

The sound depends on the events and their frames alone. How many frames the driver asks for at a time only decides when
quanta are rendered, never what is in them.
"""

from synthhost.dsp.master import dc_guard, limit
from synthhost.engine.commands import bring_home, move_values
from synthhost.engine.effects import begin_wash, run_effects
from synthhost.engine.govern import govern
from synthhost.engine.log import log_played
from synthhost.engine.memory import EMPTY, PORTS
from synthhost.engine.parts import add_to_parent, feed_own_sends
from synthhost.engine.play import play_event, release_port
from synthhost.engine.program import SENDS
from synthhost.engine.sensing import note_activity, silent_port
from synthhost.engine.steer import steer
from synthhost.events.ring import RING_EVENTS
from synthhost.realtime.machine import store_release
from synthhost.realtime.marks import realtime
from synthhost.realtime.vector import (
    absolute,
    any_lane,
    load,
    maximum,
    pair,
    select,
    splat,
    store,
    swap,
    total,
)
from synthhost.voices.allocate import keep_polyphony
from synthhost.voices.channel import settle_channels
from synthhost.voices.group import render_group
from synthhost.voices.pack import pack_voices

QUANTUM = 32
EVENTS_PER_QUANTUM = 256  # more than that wait for the next one: a note among 1,000 voices takes 1 µs
HEARD = 1e-6  # -120 dB
LOUDEST = 1e6  # a program's sound beyond this, or no number, is kept from the others


@realtime
def render_quantum(engine):
    """Render the next 32 frames into ``engine.bus``."""
    for number in range(engine.groups_used):
        engine.groups[number].done = 0
    engine.offset = 0
    govern(engine)
    end_silent_ports(engine)
    pack_voices(engine)
    play_events(engine)
    keep_polyphony(engine)
    for number in range(engine.groups_used):
        render_group(engine, engine.groups[number], QUANTUM)
    forget_empty_groups(engine)
    settle_channels(engine)
    for n in range(QUANTUM):
        store(engine.bus, n, pair(0.0))
    for number in range(len(engine.slots)):
        if engine.slots[number].stage != EMPTY and engine.slots[number].steers > 0:
            steer(engine, engine.slots[number])
    render_slots(engine, True)
    render_slots(engine, False)
    render_master(engine)
    engine.frame += QUANTUM


@realtime
def play_events(engine):
    """Play every event of this quantum in order of frame, then of ring."""
    end = engine.frame + QUANTUM
    for _ in range(EVENTS_PER_QUANTUM):
        ring_number = next_ring(engine, end)
        if ring_number < 0:
            return
        ring = engine.rings[ring_number]
        event = ring.events[ring.tail & (RING_EVENTS - 1)]
        engine.offset = max(event.frame - engine.frame, 0)
        what, where = event.kind, event.port
        log_played(engine, what, where, event.channel, event.key, event.value, event.a, event.b)
        play_event(engine, event)
        note_activity(engine, event, engine.frame + engine.offset)
        engine.stats.events += 1
        store_release(ring, "tail", ring.tail + 1)


@realtime
def end_silent_ports(engine):
    """Release the notes of keyboards that stopped to keep in touch; at the beginning of a quantum."""
    engine.offset = 0
    for _ in range(PORTS):
        port = silent_port(engine)
        if port < 0:
            return
        release_port(engine, port)


@realtime
def next_ring(engine, end):
    """The ring whose next event comes first, before frame `end`; -1 if there is none."""
    best, best_frame = -1, end
    for number in range(len(engine.rings)):
        ring = engine.rings[number]
        if ring.tail < ring.placed:
            frame = ring.events[ring.tail & (RING_EVENTS - 1)].frame
            if frame < best_frame:
                best, best_frame = number, frame
    return best


@realtime
def forget_empty_groups(engine):
    """Look no further than the last group that sounds."""
    while engine.groups_used > 0 and engine.groups[engine.groups_used - 1].program < 0:
        engine.groups_used -= 1
    engine.stats.voices = engine.sounding
    engine.stats.voices_max = max(engine.stats.voices_max, engine.sounding)


@realtime
def render_slots(engine, parts):
    """Render the programs that are parts of others, or those that are not."""
    for number in range(len(engine.slots)):
        slot = engine.slots[number]
        if slot.stage != EMPTY and (slot.parent >= 0) == parts:
            render_slot(engine, slot)
            bring_home(engine, number)


@realtime
def render_slot(engine, slot):
    """Bring a program's values on, run its effects on the sum of its voices or parts, add it to where it is heard."""
    move_values(slot)
    if slot.quiet > slot.tail_frames:
        slot.gains_known = 0
        return
    if slot.parts == 0:
        sum_voices(slot)
        feed_own_sends(slot)
    for n in range(QUANTUM):
        store(slot.bus, n, load(slot.dry, n))
    run_effects(engine, slot)
    for n in range(QUANTUM):
        store(slot.dry, n, pair(0.0))
    for n in range(SENDS * QUANTUM):
        store(slot.send, n, pair(0.0))
    contain(engine, slot)
    if slot.parent >= 0:
        add_to_parent(engine, slot)
    else:
        for n in range(QUANTUM):
            store(engine.bus, n, load(engine.bus, n) + load(slot.bus, n))


@realtime
def sum_voices(slot):
    """Add the 16 lanes of a program's mix up to stereo."""
    for n in range(QUANTUM):
        slot.dry[n, 0] = total(load(slot.mix, n))
        slot.dry[n, 1] = total(load(slot.mix, n + QUANTUM))
    for n in range(2 * QUANTUM):
        store(slot.mix, n, splat(0.0))


@realtime
def contain(engine, slot):
    """Keep what broke in a program from the others, and notice whether it is heard."""
    peak, worst = pair(0.0), pair(0.0)
    for n in range(QUANTUM):
        sound = load(slot.bus, n)
        worst = select(absolute(sound) <= LOUDEST, worst, 1.0)
        sound = select(absolute(sound) <= LOUDEST, sound, 0.0)
        peak = maximum(peak, absolute(sound))
        store(slot.bus, n, sound)
    slot.quiet += QUANTUM
    if any_lane(peak > HEARD):
        slot.quiet = 0
    if any_lane(worst > 0.0):
        engine.stats.broken += 1
        begin_wash(slot)


@realtime
def render_master(engine):
    """Master volume, DC guard and limiter: the last three things before the driver."""
    for n in range(QUANTUM):
        step = engine.volume_step
        engine.volume += min(max(engine.volume_target - engine.volume, -step), step)
        store(engine.bus, n, load(engine.bus, n) * engine.volume)
    dc_guard(engine.bus, engine.master, engine.shared, QUANTUM)
    limit(engine.bus, engine.master, engine.shared, QUANTUM)
    peak = pair(0.0)
    for n in range(QUANTUM):
        peak = maximum(peak, absolute(load(engine.bus, n)))
    engine.stats.peak = max(engine.stats.peak, total(maximum(peak, swap(peak))) * 0.5)
