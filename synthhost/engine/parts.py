"""What a part sends, through its strip, to the program that it is a part of, and to that program's sends."""

from synthhost.dsp.approximations import gain_of_db
from synthhost.engine.program import SENDS
from synthhost.engine.steer import steered_value
from synthhost.realtime.marks import realtime
from synthhost.realtime.vector import (
    QUANTUM,
    load,
    minimum,
    only_left,
    pair,
    read,
    select,
    store,
    swap,
    write,
)
from synthhost.voices.parts import HIGHEST_DB, LOWEST_DB, sides_of

FIRST_SEND = 2  # where a strip has its sends: behind level and pan


@realtime
def aim_gains(slot, left, right, source, sends):
    """Let a slot's gains move to two sides and to what values `sends` of another slot say; in this quantum.

    One that was not heard before begins where it goes to.
    """
    for number in range(SENDS):
        slot.dials[FIRST_SEND + number] = steered_value(source, sends + number)
    db = read(slot.dials)
    write(slot.gain_steps, select(db > LOWEST_DB, gain_of_db(minimum(db, HIGHEST_DB)), 0.0))
    slot.gain_steps[0], slot.gain_steps[1] = left, right
    goal = read(slot.gain_steps)
    before = read(slot.gains) if slot.gains_known != 0 else goal
    write(slot.gains, before)
    write(slot.gain_steps, (goal - before) * (1.0 / QUANTUM))
    slot.gains_known = 1


@realtime
def settle_gains(slot):
    """A quantum is over: the gains are where they were aimed at."""
    write(slot.gains, read(slot.gains) + read(slot.gain_steps) * (QUANTUM * 1.0))


@realtime
def both(left, right):
    """Two numbers as left and right."""
    return only_left(pair(left)) + swap(only_left(pair(right)))


@realtime
def feed_sends(slot, sound, target):
    """Add a slot's sound to what the sends of a program hear."""
    for number in range(SENDS):
        gain, step = slot.gains[FIRST_SEND + number] * 1.0, slot.gain_steps[FIRST_SEND + number] * 1.0
        if gain != 0.0 or step != 0.0:
            for n in range(QUANTUM):
                gain += step
                place = number * QUANTUM + n
                store(target.send, place, load(target.send, place) + load(sound, n) * pair(gain))


@realtime
def feed_own_sends(slot):
    """A program without parts: its own sound goes to its sends."""
    if slot.feed >= 0:
        aim_gains(slot, 1.0, 1.0, slot, slot.feed)
        feed_sends(slot, slot.dry, slot)
        settle_gains(slot)


@realtime
def add_to_parent(engine, slot):
    """Add a part's sound to that of the program that it is a part of."""
    parent = engine.slots[slot.parent]
    left, right = sides_of(steered_value(parent, slot.strip), steered_value(parent, slot.strip + 1))
    aim_gains(slot, left, right, parent, slot.strip + FIRST_SEND)
    sides, step = both(slot.gains[0], slot.gains[1]), both(slot.gain_steps[0], slot.gain_steps[1])
    for n in range(QUANTUM):
        sides = sides + step
        sound = load(slot.bus, n) * sides
        store(slot.bus, n, sound)
        store(parent.dry, n, load(parent.dry, n) + sound)
    feed_sends(slot, slot.bus, parent)
    settle_gains(slot)
    parent.quiet = -QUANTUM  # there is something in its sum
