"""One note at a time: the channel's note goes from key to key, struck anew (mono) or not (legato)."""

from synthhost.realtime.marks import realtime
from synthhost.voices.glide import first_octaves, glide_frames
from synthhost.voices.group import render_group
from synthhost.voices.held import first_in_line
from synthhost.voices.lane import aim_lane, strike_lane
from synthhost.voices.stages import FADING, FREE, HELD, PEDALLED
from synthhost.voices.ways import LEGATO, MONO, POLY

LATER = 1 << 48  # than any note
AS_PATCHED, ONE_NOTE, CHORDS = 0, 1, 2  # what controllers 126 and 127 made of a channel


@realtime
def mode_of(engine, channel):
    """How a channel plays: POLY, MONO or LEGATO. The player's mode messages go before the patch's."""
    state = engine.channels[channel]
    mode = engine.slots[state.program].mode
    if state.mode == CHORDS:
        return POLY
    return MONO if state.mode == ONE_NOTE and mode == POLY else mode


@realtime
def is_alive(stage):
    """Whether a voice sounds and is not being taken away."""
    return stage != FREE and stage != FADING


@realtime
def newest_voice(engine, channel, program):
    """A voice of a channel's newest note, as ``group * 16 + lane``, or -1; one that is held or kept goes before others."""
    best, best_order = -1, -1
    for number in range(engine.groups_used):
        group = engine.groups[number]
        if group.program != program:
            continue
        for lane in range(16):
            order = group.order[lane] + (LATER if group.stage[lane] in (HELD, PEDALLED) else 0)
            if is_alive(group.stage[lane]) and group.channel[lane] == channel and order > best_order:
                best, best_order = number * 16 + lane, order
    return best


@realtime
def take_over(engine, channel, key, velocity):
    """Let the note that sounds go on at another key, or the key wait its turn. Returns the note's order; -1 without one."""
    state = engine.channels[channel]
    slot = engine.slots[state.program]
    place = newest_voice(engine, channel, state.program)
    if place < 0:
        return -1
    group, lane = engine.groups[place >> 4], place & 15
    order = group.order[lane]
    down = group.stage[lane] == HELD
    if down and first_in_line(state, slot.priority) != key:
        return order
    stroke = not down or mode_of(engine, channel) != LEGATO
    if not move_note(engine, channel, order, key, velocity, stroke, down):
        return -1
    return engine.notes if stroke else order


@realtime
def hand_back(engine, channel, key):
    """A key comes up while others are down: its note goes on at one of them."""
    state = engine.channels[channel]
    place = newest_voice(engine, channel, state.program)
    if place < 0:
        return
    group, lane = engine.groups[place >> 4], place & 15
    if group.stage[lane] == HELD and group.key[lane] == key:
        winner = first_in_line(state, engine.slots[state.program].priority)
        move_note(engine, channel, group.order[lane], winner, 0.0, False, True)


@realtime
def move_note(engine, channel, order, key, velocity, stroke, overlapping):
    """Send all voices of a note to a key. Returns whether any was still there."""
    state = engine.channels[channel]
    program = state.program
    frames = glide_frames(engine, channel, engine.slots[program], overlapping)
    jump = state.glide_from >= 0
    start = first_octaves(engine, channel, key, 0)
    moved = False
    for number in range(engine.groups_used):
        group = engine.groups[number]
        if group.program != program:
            continue
        for lane in range(16):
            if is_alive(group.stage[lane]) and group.channel[lane] == channel and group.order[lane] == order:
                render_group(engine, group, engine.offset)
                if is_alive(group.stage[lane]):
                    if jump:
                        group.pitch[lane] = start
                    if stroke:
                        strike_lane(engine, group, lane, velocity)
                    aim_lane(engine, group, lane, key, frames)
                    moved = True
    return moved
