"""Bring voices together: a group of 16 costs the same with one voice as with 16, so notes that end must not leave many
groups with a few voices each.

A voice is moved as it is, all it remembers with it; it goes on sounding as if nothing had been. At the beginning of a
quantum, when all groups stand on the same frame.
"""

from synthhost.dsp.context import VOICE
from synthhost.realtime.machine import address_of, record_view, within
from synthhost.realtime.marks import realtime
from synthhost.realtime.operator import record
from synthhost.realtime.vector import LANES
from synthhost.voices.lane import leave_lane
from synthhost.voices.stages import FREE

MOVES_PER_QUANTUM = 8  # as many as are stolen
MOST_ROWS = 128
ROW_BYTES = 4 * LANES
VOICE_ROWS = VOICE.itemsize // ROW_BYTES

rows_at = record_view(record([("word", "u4", (MOST_ROWS, LANES))]))


@realtime
def pack_voices(engine):
    """Move a few voices out of groups whose programs have room for them elsewhere."""
    if engine.groups_used < 2:
        return
    for _ in range(MOVES_PER_QUANTUM):
        source = emptiest_group(engine)
        if source < 0:
            return
        target = fullest_group(engine, source)
        if target < 0:
            return
        move_voice(engine, engine.groups[source], engine.groups[target])


@realtime
def emptiest_group(engine):
    """The group with the fewest voices among those that the program's other groups have room for; -1 if there is none."""
    for number in range(engine.groups_used):
        if engine.groups[number].program >= 0:
            engine.slots[engine.groups[number].program].room = 0
    for number in range(engine.groups_used):
        group = engine.groups[number]
        if group.program >= 0:
            engine.slots[group.program].room += 16 - group.used
    best, fewest = -1, 16
    for number in range(engine.groups_used):
        group = engine.groups[number]
        if group.program >= 0 and group.used < fewest and engine.slots[group.program].room >= 16:
            best, fewest = number, group.used
    return best


@realtime
def fullest_group(engine, source):
    """The group with the most voices among those of the same program that have a free lane."""
    best, most = -1, 0
    for number in range(engine.groups_used):
        group = engine.groups[number]
        fits = number != source and group.program == engine.groups[source].program
        if fits and most < group.used < 16:
            best, most = number, group.used
    return best


@realtime
def move_voice(engine, source, target):
    """Move the first voice of a group to a free lane of another group of the same program."""
    from_lane = to_lane = 0
    for lane in range(16):
        if source.stage[15 - lane] != FREE:
            from_lane = 15 - lane
        if target.stage[15 - lane] == FREE:
            to_lane = 15 - lane
    target.order[to_lane] = source.order[from_lane]
    rows = within((address_of(source.voice) - address_of(source.stage)) // ROW_BYTES + VOICE_ROWS, MOST_ROWS)
    before, after = rows_at(address_of(source.stage)), rows_at(address_of(target.stage))
    for row in range(rows):
        after.word[row, to_lane] = before.word[row, from_lane]
    for row in range(engine.slots[source.program].state_rows):
        target.state[row, to_lane] = source.state[row, from_lane]
    target.stale = max(target.stale, source.stale)
    target.used += 1
    leave_lane(engine, source, from_lane)
