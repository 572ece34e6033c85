"""Knobs that move what all voices share, numbers of effects, sends and parts: wheel, breath, pressure, timbre and macros
of the channel that struck a key last.

Voices hear each channel's knobs for themselves; an effect is there once for all voices of a program, so the player who
struck last steers it. When that channel goes over to another program, what still rings keeps the numbers it has.
"""

from synthhost.dsp.approximations import exp2
from synthhost.engine.program import VALUES
from synthhost.realtime.machine import within
from synthhost.realtime.marks import realtime
from synthhost.realtime.vector import load, store
from synthhost.voices.parts import value_of

KNOB_GLIDE = 0.15  # of the remaining way, each quantum: a controller's steps are not heard


@realtime
def steer(engine, slot):
    """Write a program's values as its effects, sends and parts get them in this quantum."""
    for row in range(slot.value_rows):
        store(slot.steered, row, load(slot.value, row))
    turn_knobs(engine, slot)
    for number in range(slot.steers):
        slot.swing[0, number] = slot.knob[0, number] * value_of(slot, slot.steer[number].depth)
    store(slot.factor, 0, exp2(load(slot.swing, 0)))
    for number in range(slot.steers):
        route = slot.steer[number]
        at = within(route.target, VALUES)
        row, lane = at >> 4, at & 15
        moved = slot.steered[row, lane] + slot.swing[0, number]
        if route.octaves != 0:
            moved = slot.steered[row, lane] * slot.factor[0, number]
        slot.steered[row, lane] = min(moved, route.high) if moved > route.low else route.low


@realtime
def turn_knobs(engine, slot):
    """Bring each knob a step nearer to its controller, or to where it is at once if nothing sounded before."""
    channel, part = slot.steered_by & 255, KNOB_GLIDE
    if slot.steer_fresh != 0:
        part = 1.0
    slot.steer_fresh = 1 if slot.quiet > slot.tail_frames else 0
    if slot.steered_by < 0 or engine.arrays.era[channel] != slot.steer_era:
        return
    for number in range(slot.steers):
        route = slot.steer[number]
        goal = controller(engine.arrays, channel, route.source)
        if goal < 0.0 and route.start >= 0:
            goal = value_of(slot, route.start)
        slot.knob[0, number] += (goal - slot.knob[0, number]) * part


@realtime
def steered_value(slot, number):
    """One of a slot's values, as it is now, moved by knobs."""
    if slot.steers == 0:
        return value_of(slot, number)
    at = within(number, VALUES)
    return slot.steered[at >> 4, at & 15] * 1.0


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
