"""A program's effects: those of its sends, and those that its bus runs through; taken away by a panic; emptied when they broke.

Emptying a delay memory takes longer than a callback may: it is done in pieces, and until then the sound passes dry.
"""

from synthhost.engine.memory import EMPTY
from synthhost.engine.program import EFFECT_STATE_ROWS, INSERT
from synthhost.realtime.machine import address_of, call_operator, within
from synthhost.realtime.marks import realtime
from synthhost.realtime.vector import LANES, QUANTUM, load, pair, splat, store

HUSH_QUANTA = 4  # a panic fades the effects out within 3 ms
WASH_FRAMES = 2048  # of delay memory are emptied in a quantum


@realtime
def run_effects(engine, slot):
    """Run a program's effects: those of its sends, whose wet sound is added to its bus, then those of its bus."""
    if slot.washed < slot.tail_frames:
        wash(engine, slot)
        return
    values = address_of(slot.steered if slot.steers > 0 else slot.value)
    delays = address_of(engine.delays) + within(slot.delay_start, len(engine.delays)) * 8
    for number in range(slot.effects):
        row = slot.effect[number]
        send = row.output - INSERT - 1
        bus = address_of(slot.bus)
        if send >= 0:
            bus = begin_send(engine, slot, send)
        call_operator(
            row.operator,
            bus,
            delays + within(row.memory, slot.delay_frames + 1 - row.memory_frames) * 8,
            row.memory_frames,
            address_of(slot.effect_state) + within(row.state, len(slot.effect_state)) * 64,
            values + within(row.values, len(slot.value) * LANES) * 4,
            0,
            address_of(engine.shared),
            QUANTUM,
        )
        if send >= 0:
            return_send(engine, slot, send)
    if slot.hush > 0:
        fade_to_dry(slot)


@realtime
def begin_send(engine, slot, send):
    """Remember what a send hears. Returns the address of its bus."""
    first = within(send * QUANTUM, len(slot.send))
    for n in range(QUANTUM):
        store(engine.sent, n, load(slot.send, first + n))
    return address_of(slot.send) + first * 8


@realtime
def return_send(engine, slot, send):
    """Add what a send's effect has made of what it heard."""
    for n in range(QUANTUM):
        wet = load(slot.send, send * QUANTUM + n) - load(engine.sent, n)
        store(slot.bus, n, load(slot.bus, n) + wet)


@realtime
def hush_effects(engine):
    """Panic: what rings in the effects of all programs is taken away."""
    for number in range(len(engine.slots)):
        slot = engine.slots[number]
        if slot.stage != EMPTY and slot.effects > 0 and slot.quiet <= slot.tail_frames and slot.hush == 0:
            slot.hush = HUSH_QUANTA


@realtime
def fade_to_dry(slot):
    """One step on the way from the effects' sound to the sound without them, which is still there."""
    for n in range(QUANTUM):
        part = (slot.hush - (n + 1) / QUANTUM) / HUSH_QUANTA
        dry = load(slot.dry, n)
        store(slot.bus, n, dry + (load(slot.bus, n) - dry) * pair(part))
    slot.hush -= 1
    if slot.hush == 0:
        begin_wash(slot)


@realtime
def begin_wash(slot):
    """Let the effects forget everything: their state now, their memory bit by bit."""
    for row in range(EFFECT_STATE_ROWS):
        store(slot.effect_state, row, splat(0.0))
    slot.washed = 0


@realtime
def wash(engine, slot):
    """Empty the next piece of the delay memory."""
    end = min(slot.washed + WASH_FRAMES, slot.tail_frames)
    for n in range(slot.washed, end):
        store(engine.delays, slot.delay_start + n, pair(0.0))
    slot.washed = end
