"""Parts: which programs a stroke plays.

A program of parts has zones: keys and velocities that play a part. A stroke plays each zone that it falls into: a layer.
A program without parts is heard here as one that has one layer, zone 0, on all keys.
"""

import math

from synthhost.dsp.approximations import gain_of_db
from synthhost.realtime.machine import within
from synthhost.realtime.marks import realtime
from synthhost.realtime.vector import LANES, splat, total
from synthhost.voices.ways import LAYERS

LOWEST_DB, HIGHEST_DB = -96.0, 12.0  # the lowest is silence
CHOKES = 256  # more than a program has


@realtime
def velocity_number(velocity):
    """A velocity, above 0 … 1, as MIDI counts it: 1 … 127."""
    return min(max(int(velocity * 127.0 + 0.5), 1), 127)


@realtime
def in_zone(whole, zone, key, struck):
    """Whether a key that was struck with a velocity, 1 … 127, plays a zone."""
    if whole.parts == 0:
        return True
    keys = whole.zone[zone]
    return keys.low <= key <= keys.high and keys.low_velocity <= struck <= keys.high_velocity


@realtime
def next_layer(whole, key, struck, after):
    """The first zone behind zone `after` that a key plays; -1 when there are no more."""
    for zone in range(after + 1, max(whole.zones, 1)):
        if in_zone(whole, zone, key, struck):
            return zone
    return -1


@realtime
def same_part(whole, zone, key, struck):
    """The zone in which a key plays the same part as in another zone; -1 if it does not play that part."""
    found = -1
    for _ in range(LAYERS):
        found = next_layer(whole, key, struck, found)
        if found < 0 or whole.parts == 0 or whole.zone[found].part == whole.zone[zone].part:
            return found
    return -1


@realtime
def program_in(engine, program, zone):
    """The slot that a program plays a zone with: its own, or a part's."""
    whole = engine.slots[program]
    if whole.parts == 0:
        return program
    return whole.part[min(max(whole.zone[zone].part, 0), whole.parts - 1)]


@realtime
def transposed(whole, zone, key):
    """Semitones from a key to the one that sounds."""
    if whole.parts == 0:
        return 0
    keys = whole.zone[zone]
    return keys.transpose + (0 if keys.pitch_key < 0 else keys.pitch_key - key)


@realtime
def value_of(slot, number):
    """One of a slot's values, as it is now."""
    at = within(number, len(slot.value) * LANES)
    return slot.value[at >> 4, at & 15] * 1.0


@realtime
def sides_of(level_db, pan):
    """Gains to the left and to the right: 0 dB on both sides in the middle, constant power, as controller 10."""
    if not -1.0 <= pan <= 1.0:
        pan = 0.0
    gain = 0.0
    if level_db > LOWEST_DB:
        gain = total(gain_of_db(splat(min(level_db, HIGHEST_DB)))) * (1.0 / LANES)
    return gain * math.sqrt(1.0 - pan), gain * math.sqrt(1.0 + pan)


@realtime
def struck_sides(whole, zone):
    """The gains that a note of a zone is struck with."""
    if whole.parts == 0 or whole.zone[zone].values < 0:
        return sides_of(0.0, 0.0)
    first = whole.zone[zone].values
    return sides_of(value_of(whole, first), value_of(whole, first + 1))


@realtime
def choke_of(engine, program, zone):
    """A number that all zones have in common that end each other; 0 for one that ends no other."""
    whole = engine.slots[program]
    if whole.parts == 0 or whole.zone[zone].choke == 0:
        return 0
    return program * CHOKES + whole.zone[zone].choke
