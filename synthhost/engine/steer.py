"""Knobs that move numbers of effects: wheel, breath, pressure, timbre and macros of the channel that struck a key last.

Voices hear each channel's knobs for themselves; effects are there once for all voices of a program, so the player who
struck last steers them. When that channel goes over to another program, what still rings keeps the numbers it has.
"""

from synthhost.dsp.approximations import exp2
from synthhost.engine.program import VALUES
from synthhost.realtime.marks import realtime
from synthhost.realtime.vector import load, store

KNOB_GLIDE = 0.15  # of the remaining way, each quantum: a controller's steps are not heard


@realtime
def steer_effects(engine, slot):
    """Write a program's values as its effects get them in this quantum."""
    for row in range(slot.value_rows):
        store(slot.steered, row, load(slot.value, row))
    turn_knobs(engine, slot)
    for number in range(slot.steers):
        steer = slot.steer[number]
        slot.swing[0, number] = slot.knob[0, number] * value_at(slot, steer.depth)
    store(slot.factor, 0, exp2(load(slot.swing, 0)))
    for number in range(slot.steers):
        steer = slot.steer[number]
        row, lane = (steer.target & (VALUES - 1)) >> 4, steer.target & 15
        moved = slot.steered[row, lane] + slot.swing[0, number]
        if steer.octaves != 0:
            moved = slot.steered[row, lane] * slot.factor[0, number]
        slot.steered[row, lane] = min(moved, steer.high) if moved > steer.low else steer.low


@realtime
def turn_knobs(engine, slot):
    """Bring each knob a step nearer to its controller, or to where it is at once if nothing sounds yet."""
    channel = slot.steered_by & 255
    if slot.steered_by < 0 or engine.arrays.era[channel] != slot.steer_era:
        return
    part = 1.0 if slot.steer_fresh != 0 else KNOB_GLIDE
    for number in range(slot.steers):
        steer = slot.steer[number]
        goal = controller(engine.arrays, channel, steer.source)
        if goal < 0.0 and steer.start >= 0:
            goal = value_at(slot, steer.start)
        slot.knob[0, number] += (goal - slot.knob[0, number]) * part
    slot.steer_fresh = 0


@realtime
def value_at(slot, index):
    """A value of a program as a number."""
    return slot.value[(index & (VALUES - 1)) >> 4, index & 15] * 1.0


@realtime
def controller(arrays, channel, source):
    """Where one of KNOBS stands; a macro that nobody has turned is below 0."""
    at = arrays.macro4_to[channel]
    if source == 0:
        at = arrays.wheel_to[channel]
    elif source == 1:
        at = arrays.breath_to[channel]
    elif source == 2:
        at = arrays.pressure_to[channel]
    elif source == 3:
        at = arrays.timbre_to[channel]
    elif source == 4:
        at = arrays.macro1_to[channel]
    elif source == 5:
        at = arrays.macro2_to[channel]
    elif source == 6:
        at = arrays.macro3_to[channel]
    return at * 1.0
