"""Find voices for a note; take a note away when there are too many.

The order of stealing: the same key of the same channel, then released before held, then the quietest. A stolen note
fades within 3 ms in its own lanes while the new one has already begun in others. All voices of a unison go together, and
so do all layers of a stroke, but for those that a part has too many of.
"""

from synthhost.realtime.marks import realtime
from synthhost.realtime.vector import splat, store
from synthhost.voices.channel import steer_by
from synthhost.voices.choke import choke
from synthhost.voices.glide import first_octaves, glide_frames, overlaps
from synthhost.voices.group import render_group
from synthhost.voices.lane import aim_lane, fade_lane, start_lane
from synthhost.voices.parts import choke_of, next_layer, program_in, struck_sides, transposed
from synthhost.voices.stages import FADING, FREE, HELD
from synthhost.voices.unison import place_voice
from synthhost.voices.ways import LAYERS, MOST_UNISON

STEALS_PER_QUANTUM = 8


@realtime
def free_place(engine, program):
    """A free lane for a program as ``group * 16 + lane``, or -1: first in its own groups, then in an empty group."""
    empty = engine.groups_used if engine.groups_used < len(engine.groups) else -1
    for number in range(engine.groups_used):
        group = engine.groups[number]
        if group.program == program and group.used < 16:
            for lane in range(16):
                if group.stage[lane] == FREE:
                    return number * 16 + lane
        if group.program < 0 and (empty < 0 or empty > number):
            empty = number
    return empty * 16 if empty >= 0 else -1


@realtime
def open_group(engine, number, program):
    """Give an empty group to a program: clean, as lanes without a voice are rendered too and must not see what was there."""
    group = engine.groups[number]
    for row in range(engine.slots[program].state_rows):
        store(group.state, row, splat(0.0))
    group.program = program
    group.done = engine.offset
    engine.slots[program].groups += 1
    if number >= engine.groups_used:
        engine.groups_used = number + 1


@realtime
def steal(engine, program, channel, key, spared):
    """Fade out the note that will be missed least, but for note `spared`. `program` limits it to one slot; -1 is all."""
    best, best_cost = -1, 1e9
    for number in range(engine.groups_used):
        group = engine.groups[number]
        if group.program < 0 or (program >= 0 and group.program != program):
            continue
        for lane in range(16):
            if group.stage[lane] == FREE or group.stage[lane] == FADING or group.order[lane] == spared:
                continue
            voice = group.voice
            cost = voice.peak[lane] * (voice.gain_left[lane] + voice.gain_right[lane])
            if group.stage[lane] == HELD:
                cost += 1e3
            if group.channel[lane] == channel and group.key[lane] == key:
                cost -= 1e6
            if cost < best_cost:
                best, best_cost = number * 16 + lane, cost
    if best >= 0:
        group = engine.groups[best >> 4]
        fade_note(engine, program, group.channel[best & 15], group.order[best & 15])
        engine.stats.stolen += 1


@realtime
def fade_note(engine, program, channel, order):
    """Take all voices of a note away within 3 ms; of one program, or of all of them (-1)."""
    for number in range(engine.groups_used):
        group = engine.groups[number]
        if program >= 0 and group.program != program:
            continue
        for lane in range(16):
            if group.stage[lane] != FREE and group.channel[lane] == channel and group.order[lane] == order:
                render_group(engine, group, engine.offset)
                fade_lane(engine, group, lane)


@realtime
def allowed_voices(engine):
    """How many voices may sound: what was asked for, and what the processor can do."""
    return max(min(engine.polyphony, engine.governed), 1)


@realtime
def keep_polyphony(engine):
    """Come down to a polyphony that was lowered while more voices sound, a few of them in each quantum."""
    for _ in range(STEALS_PER_QUANTUM):
        if engine.sounding <= allowed_voices(engine):
            return
        steal(engine, -1, -1, -1, -1)


@realtime
def make_room_in(engine, program, channel, key):
    """Steal until one more note fits into a program, which counts notes."""
    slot = engine.slots[program]
    for _ in range(MOST_UNISON):
        if slot.sounding <= (slot.polyphony - 1) * slot.unison:
            return
        steal(engine, program, channel, key, engine.notes)


@realtime
def make_room(engine, voices, channel, key):
    """Steal until a stroke of so many voices fits into the engine, which counts voices."""
    for _ in range(MOST_UNISON * LAYERS):
        if engine.sounding + voices <= allowed_voices(engine):
            return
        steal(engine, -1, channel, key, engine.notes)


@realtime
def start_layers(engine, channel, key, struck, velocity, taken):
    """Begin a note in each layer of a stroke, but for those whose bit is in `taken`. Returns whether there was any."""
    program = engine.channels[channel].program
    whole = engine.slots[program]
    zone, wanted, busy = -1, 0, 0
    for layer in range(LAYERS):
        zone = next_layer(whole, key, struck, zone)
        if zone < 0:
            break
        played = program_in(engine, program, zone)
        if taken & (1 << layer) != 0:
            busy += engine.slots[played].unison
        else:
            wanted += engine.slots[played].unison
            choke(engine, channel, zone)
            make_room_in(engine, played, channel, key)
    left = min(wanted, max(allowed_voices(engine) - busy, 0))
    make_room(engine, left, channel, key)
    zone = -1
    for layer in range(LAYERS):
        zone = next_layer(whole, key, struck, zone)
        if zone < 0:
            break
        if taken & (1 << layer) == 0:
            voices = min(engine.slots[program_in(engine, program, zone)].unison, left)
            left -= voices
            start_note(engine, channel, zone, key, velocity, voices)
    return wanted > 0


@realtime
def start_note(engine, channel, zone, key, velocity, voices):
    """Begin a note of so many voices in one zone of the channel's program, on lanes of its own."""
    whole = engine.channels[channel].program
    program = program_in(engine, whole, zone)
    steer_by(engine, program, channel)
    frames = glide_frames(engine, channel, program, overlaps(engine, channel, zone, key))
    transpose = transposed(engine.slots[whole], zone, key)
    start = first_octaves(engine, channel, zone, key, transpose)
    left, right = struck_sides(engine.slots[whole], zone)
    for number in range(voices):
        place = free_place(engine, program)
        if place < 0:
            engine.stats.dropped_notes += number == 0
            return
        group, lane = engine.groups[place >> 4], place & 15
        render_group(engine, group, engine.offset)
        if group.program < 0:  # it was empty, or its last voice has just ended
            open_group(engine, place >> 4, program)
        start_lane(engine, group, lane, channel, velocity, number)
        place_voice(engine, group, lane, number, voices, left, right)
        group.transpose[lane] = transpose
        group.choke[lane] = choke_of(engine, whole, zone)
        group.pitch[lane] = start
        aim_lane(engine, group, lane, key, frames)
