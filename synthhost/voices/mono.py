"""One note at a time: a part's note on a channel goes from key to key, struck anew (mono) or not (legato)."""

from synthhost.realtime.marks import realtime
from synthhost.voices.glide import first_octaves, glide_frames, glide_on
from synthhost.voices.group import render_group
from synthhost.voices.held import first_in_line
from synthhost.voices.lane import aim_lane, strike_lane
from synthhost.voices.parts import choke_of, next_layer, program_in, same_part, transposed
from synthhost.voices.stages import FADING, FREE, HELD, PEDALLED
from synthhost.voices.ways import LAYERS, LEGATO, MONO, POLY

LATER = 1 << 48  # than any note
AS_PATCHED, ONE_NOTE, CHORDS = 0, 1, 2  # what controllers 126 and 127 made of a channel
NOTHING, WAITS, MOVED = 0, 1, 2  # what became of a stroke


@realtime
def mode_of(engine, channel, program):
    """How a channel plays a part: POLY, MONO or LEGATO. The player's mode messages go before the patch's."""
    state = engine.channels[channel]
    mode = engine.slots[program].mode
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
def take_over(engine, channel, zone, key, velocity):
    """Let the note that sounds in a zone's part go on at another key, or the key wait its turn.

    Returns NOTHING if there is no note that could, WAITS or MOVED.
    """
    state = engine.channels[channel]
    program = program_in(engine, state.program, zone)
    place = newest_voice(engine, channel, program)
    if place < 0:
        return NOTHING
    group, lane = engine.groups[place >> 4], place & 15
    order = group.order[lane] * 1
    down = group.stage[lane] == HELD
    line = first_in_line(state, engine.slots[state.program], zone, engine.slots[program].priority)
    if down and line != key and group.key[lane] != key:
        return WAITS
    stroke = not down or mode_of(engine, channel, program) != LEGATO
    if move_note(engine, channel, zone, order, engine.notes, key, velocity, stroke, down):
        return MOVED
    return NOTHING


@realtime
def hand_back(engine, channel, key):
    """A key comes up while others are down: the note of each part that plays one at a time goes on at one of them."""
    state = engine.channels[channel]
    whole, struck, zone = engine.slots[state.program], state.struck[key] * 1, -1
    for _ in range(LAYERS):
        zone = next_layer(whole, key, struck, zone)
        if zone < 0:
            return
        program = program_in(engine, state.program, zone)
        place = newest_voice(engine, channel, program)
        if place < 0 or mode_of(engine, channel, program) == POLY:
            continue
        group, lane = engine.groups[place >> 4], place & 15
        winner = first_in_line(state, whole, zone, engine.slots[program].priority)
        if group.stage[lane] == HELD and group.key[lane] == key and winner >= 0:
            there = same_part(whole, zone, winner, state.struck[winner])
            order = group.order[lane] * 1
            move_note(engine, channel, there, order, order, winner, 0.0, False, True)
            glide_on(state, winner)


@realtime
def move_note(engine, channel, zone, order, new_order, key, velocity, stroke, overlapping):
    """Send all voices of a note to a key in a zone of the same part. Returns whether any was still there."""
    state = engine.channels[channel]
    program = program_in(engine, state.program, zone)
    frames = glide_frames(engine, channel, program, overlapping)
    jump = state.glide_from >= 0
    transpose = transposed(engine.slots[state.program], zone, key)
    start = first_octaves(engine, channel, zone, key, transpose)
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
                    group.order[lane] = new_order
                    group.transpose[lane] = transpose
                    group.choke[lane] = choke_of(engine, state.program, zone)
                    aim_lane(engine, group, lane, key, frames)
                    moved = True
    return moved
