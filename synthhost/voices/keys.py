"""Keys: what note on, note off and their like do to the voices. `docs/keys.md` has the rules.

A note belongs to its (port, channel): two keyboards on channel 1 never cut each other, and a note-off ends what its
note-on began, whatever program the channel plays by then.
"""

from synthhost.realtime.marks import realtime
from synthhost.voices.allocate import start_layers
from synthhost.voices.channel import steer_by
from synthhost.voices.glide import glide_on, reset_glide
from synthhost.voices.group import render_group
from synthhost.voices.held import forget_key, remember_key
from synthhost.voices.lane import fade_lane, release_lane
from synthhost.voices.mono import (
    AS_PATCHED,
    CHORDS,
    MOVED,
    NOTHING,
    ONE_NOTE,
    hand_back,
    mode_of,
    take_over,
)
from synthhost.voices.parts import next_layer, program_in, velocity_number
from synthhost.voices.pedals import SOFT_VELOCITY, is_kept, lift_dampers, reset_pedals
from synthhost.voices.stages import FREE, HELD, PEDALLED
from synthhost.voices.ways import LAYERS, POLY

MONO_ON, POLY_ON = 126, 127
LEAST_FRAMES = 1  # drum pads send note on and note off together


@realtime
def forget_keys(engine, channel):
    """No key and no pedal of a channel is down any more; what they held is somebody else's to end."""
    engine.channels[channel].held_count = 0
    lift_dampers(engine, channel, 0.0)
    reset_pedals(engine.channels[channel])


@realtime
def reset_playing(state):
    """A channel that nobody has played on: the patch says how."""
    state.held_count = 0
    reset_pedals(state)
    reset_glide(state)
    state.mode = AS_PATCHED
    state.last_key = -1


@realtime
def note_on(engine, channel, key, velocity):
    """Strike a key. A voice that the same key holds already is let go first."""
    state = engine.channels[channel]
    engine.notes += 1
    engine.stats.notes += 1
    remember_key(state, key)
    if state.program < 0:
        engine.stats.dropped_notes += 1
        return
    steer_by(engine, state.program, channel)
    if state.soft != 0:
        velocity = velocity * SOFT_VELOCITY
    struck = velocity_number(velocity)
    state.struck[key] = struck
    whole, zone, taken, moved = engine.slots[state.program], -1, 0, False
    for layer in range(LAYERS):
        zone = next_layer(whole, key, struck, zone)
        if zone < 0:
            break
        if mode_of(engine, channel, program_in(engine, state.program, zone)) != POLY:
            became = take_over(engine, channel, zone, key, velocity)
            moved = moved or became == MOVED
            taken |= (became != NOTHING) << layer
    strike_again(engine, channel, key, engine.notes)
    if start_layers(engine, channel, key, struck, velocity, taken) or moved:
        glide_on(state, key)


@realtime
def note_off(engine, channel, key):
    """Let a key go. A pedal may keep its note; where only one sounds, it goes back to a key that is still down."""
    state = engine.channels[channel]
    forget_key(state, key)
    if state.program >= 0 and state.held_count > 0:
        hand_back(engine, channel, key)
    release_key(engine, channel, key, is_kept(state, key), -1, LEAST_FRAMES)


@realtime
def strike_again(engine, channel, key, order):
    """Let go what a key sounds besides note `order`, at the patch's pace: a half pedal is for what is struck now."""
    for number in range(engine.groups_used):
        group = engine.groups[number]
        for lane in range(16):
            mine = group.stage[lane] != FREE and group.channel[lane] == channel and group.key[lane] == key
            if mine and group.order[lane] != order:
                group.voice.lifted[lane] = 0.0
    release_key(engine, channel, key, False, order, 0)


@realtime
def release_key(engine, channel, key, kept, order, least_frames):
    """End every voice that this key of this channel holds, but for note `order`, or leave it to the pedals.

    One that began on this very frame sounds for `least_frames` first.
    """
    for number in range(engine.groups_used):
        group = engine.groups[number]
        if group.program < 0:
            continue
        for lane in range(16):
            stage = group.stage[lane]
            held = stage == HELD or (stage == PEDALLED and not kept)
            held = held and group.order[lane] != order
            if held and group.channel[lane] == channel and group.key[lane] == key:
                if kept:
                    group.stage[lane] = PEDALLED
                else:
                    render_group(engine, group, engine.offset)
                    if group.voice.fresh[lane] != 0:
                        render_group(engine, group, engine.offset + least_frames)
                    if group.stage[lane] == stage:
                        release_lane(engine, group, lane)


@realtime
def all_notes_off(engine, channel):
    """Let go all keys of a channel, as if the player did. The pedals keep what they keep (MIDI 1.0: all notes off)."""
    state = engine.channels[channel]
    state.held_count = 0
    for number in range(engine.groups_used):
        group = engine.groups[number]
        if group.program < 0:
            continue
        for lane in range(16):
            if group.stage[lane] == HELD and group.channel[lane] == channel:
                if is_kept(state, group.key[lane]):
                    group.stage[lane] = PEDALLED
                else:
                    render_group(engine, group, engine.offset)
                    if group.stage[lane] == HELD:
                        release_lane(engine, group, lane)


@realtime
def mode_message(engine, channel, number):
    """Controllers 123 … 127: all let go; 126 and 127 make the channel mono or poly, until it plays another program."""
    if number == MONO_ON:
        engine.channels[channel].mode = ONE_NOTE
    elif number == POLY_ON:
        engine.channels[channel].mode = CHORDS
    all_notes_off(engine, channel)


@realtime
def release_channels(engine, first, last):
    """Let go every voice of channels `first` … `last` that a key or a pedal keeps."""
    for number in range(engine.groups_used):
        group = engine.groups[number]
        if group.program < 0:
            continue
        for lane in range(16):
            stage = group.stage[lane]
            if stage in (HELD, PEDALLED) and first <= group.channel[lane] <= last:
                render_group(engine, group, engine.offset)
                if group.stage[lane] == stage:
                    release_lane(engine, group, lane)


@realtime
def silence_channels(engine, first, last):
    """Take every voice of channels `first` … `last` away within 3 ms."""
    for number in range(engine.groups_used):
        group = engine.groups[number]
        if group.program < 0:
            continue
        render_group(engine, group, engine.offset)
        if group.program < 0:
            continue
        for lane in range(16):
            if group.stage[lane] != FREE and first <= group.channel[lane] <= last:
                fade_lane(engine, group, lane)
