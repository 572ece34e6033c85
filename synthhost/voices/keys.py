"""Keys and pedals: what note on, note off and the sustain pedal do to the voices.

A note belongs to its (port, channel): two keyboards on channel 1 never cut each other, and a note-off ends what its
note-on began, whatever program the channel plays by then.
"""

from synthhost.realtime.marks import realtime
from synthhost.voices.allocate import start_note
from synthhost.voices.group import render_group
from synthhost.voices.lane import aim_lane, fade_lane, release_lane, strike_lane
from synthhost.voices.stages import FADING, FREE, HELD, PEDALLED

MONO = 1
LEAST_FRAMES = 1  # drum pads send note on and note off together


@realtime
def note_on(engine, channel, key, velocity):
    """Strike a key. A voice that the same key holds already is let go first."""
    state = engine.channels[channel]
    engine.notes += 1
    engine.stats.notes += 1
    remember_key(state, key, velocity)
    if state.program < 0:
        engine.stats.dropped_notes += 1
        return
    if engine.slots[state.program].mode == MONO:
        place = sounding_voice(engine, channel, state.program)
        if place >= 0:
            group = engine.groups[place >> 4]
            render_group(engine, group, engine.offset)
            if group.stage[place & 15] != FREE and group.stage[place & 15] != FADING:
                strike_lane(engine, group, place & 15, key, velocity)
                return
    release_key(engine, channel, key, False, 0)
    start_note(engine, channel, key, velocity)


@realtime
def note_off(engine, channel, key):
    """Let a key go. The pedal keeps its note; a mono patch goes back to the key that is still down."""
    state = engine.channels[channel]
    forget_key(state, key)
    if state.program >= 0 and state.held_count > 0 and engine.slots[state.program].mode == MONO:
        place = sounding_voice(engine, channel, state.program)
        if place >= 0 and engine.groups[place >> 4].key[place & 15] == key:
            group = engine.groups[place >> 4]
            render_group(engine, group, engine.offset)
            if group.stage[place & 15] != FREE:
                aim_lane(engine, group, place & 15, state.held[state.held_count - 1])
            return
    release_key(engine, channel, key, state.pedal != 0, LEAST_FRAMES)


@realtime
def release_key(engine, channel, key, pedalled, least_frames):
    """End every voice that this key of this channel holds, or leave it to the pedal.

    One that began on this very frame sounds for `least_frames` first.
    """
    for number in range(engine.groups_used):
        group = engine.groups[number]
        if group.program < 0:
            continue
        for lane in range(16):
            stage = group.stage[lane]
            held = stage == HELD or (stage == PEDALLED and not pedalled)
            if held and group.channel[lane] == channel and group.key[lane] == key:
                if pedalled:
                    group.stage[lane] = PEDALLED
                else:
                    render_group(engine, group, engine.offset)
                    if group.voice.fresh[lane] != 0:
                        render_group(engine, group, engine.offset + least_frames)
                    if group.stage[lane] == stage:
                        release_lane(engine, group, lane)


@realtime
def set_pedal(engine, channel, down):
    """The sustain pedal: when it comes up, every note that only it held is let go."""
    state = engine.channels[channel]
    if state.pedal != 0 and not down:
        state.pedal = 0
        release_channels(engine, channel, channel, PEDALLED, PEDALLED)
    state.pedal = 1 if down else 0


@realtime
def release_channels(engine, first, last, from_stage, to_stage):
    """Let go every voice of channels `first` … `last` whose stage lies in a range."""
    for number in range(engine.groups_used):
        group = engine.groups[number]
        if group.program < 0:
            continue
        for lane in range(16):
            stage = group.stage[lane]
            if from_stage <= stage <= to_stage and first <= group.channel[lane] <= last:
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


@realtime
def sounding_voice(engine, channel, program):
    """The newest voice of a channel that does not fade, as ``group * 16 + lane``, or -1."""
    best, order = -1, -1
    for number in range(engine.groups_used):
        group = engine.groups[number]
        if group.program != program:
            continue
        for lane in range(16):
            alive = group.stage[lane] != FREE and group.stage[lane] != FADING
            if alive and group.channel[lane] == channel and group.order[lane] > order:
                best, order = number * 16 + lane, group.order[lane]
    return best


@realtime
def remember_key(state, key, velocity):
    """Put a key on top of those that are down."""
    forget_key(state, key)
    if state.held_count < 128:
        state.held[state.held_count] = key
        state.held_velocity[key] = velocity
        state.held_count += 1


@realtime
def forget_key(state, key):
    """Take a key out of those that are down."""
    kept = 0
    for place in range(state.held_count):
        if state.held[place] != key:
            state.held[kept] = state.held[place]
            kept += 1
    state.held_count = kept
