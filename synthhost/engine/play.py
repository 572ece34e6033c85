"""Play one event: what each kind does."""

from synthhost.engine.commands import hand_in, map_program, program_change, set_value, update
from synthhost.engine.effects import hush_effects
from synthhost.engine.govern import allow_voices
from synthhost.engine.memory import CHANNELS
from synthhost.engine.mpe import (
    aim_zone,
    configures_zone,
    is_passed_on,
    join_zone,
    set_zone,
    share_bend_range,
    zone_of,
)
from synthhost.events.event import (
    ALL,
    BEND,
    CONTROL,
    GOVERN,
    HAND_IN,
    KEY_PRESSURE,
    MACRO,
    MAP_PROGRAM,
    MASTER_VOLUME,
    NOTE_OFF,
    NOTE_ON,
    NOTE_TUNING,
    PANIC,
    POLYPHONY,
    PRESSURE,
    PROGRAM_CHANGE,
    RELEASE_PORT,
    RESET_SYSTEM,
    SCALE_TUNING,
    SET_VALUE,
    TUNE_KEY,
    UPDATE,
    VOLUME,
)
from synthhost.realtime.marks import realtime
from synthhost.voices.channel import (
    ALL_NOTES_OFF,
    ALL_SOUND_OFF,
    RESET_CONTROLLERS,
    TIMBRE,
    aim_channel,
    reset_controllers,
    reset_knobs,
)
from synthhost.voices.channel import MACRO as FIRST_MACRO
from synthhost.voices.glide import play_glide, reset_glide
from synthhost.voices.keys import (
    forget_keys,
    mode_message,
    note_off,
    note_on,
    release_channels,
    silence_channels,
)
from synthhost.voices.mono import AS_PATCHED
from synthhost.voices.parameters import set_control
from synthhost.voices.pedals import DOWN, SUSTAIN, lift_pedals, play_pedal
from synthhost.voices.retune import tune_note, tune_scale
from synthhost.voices.touch import note_release, press_key, unpress_keys
from synthhost.voices.tuning import is_mapped, reset_notes, tune_key

LOUDEST_VOLUME = 16.0  # +24 dB
HIGHEST_SEMITONES = 128.0
VOLUME_S = 0.02  # for a change by SysEx


@realtime
def play_event(engine, event):
    """Do what an event says. It was checked before it entered its ring; indices are checked again here."""
    if event.kind < HAND_IN:
        play_performance(engine, event)
    else:
        play_command(engine, event)


@realtime
def play_performance(engine, event):
    """What a player does: keys, controllers, bend, program changes."""
    channel = (event.port & 15) * 16 + (event.channel & 15)
    kind, key = event.kind, event.key & 127
    if kind == NOTE_ON and event.value > 0.0:
        if not is_mapped(engine, channel, key):
            return
        note_on(engine, channel, key, min(event.value, 1.0))
    elif kind in (NOTE_OFF, NOTE_ON):
        note_release(engine, channel, key, limited(event.value, 0.0, 1.0))
        note_off(engine, channel, key)
    elif kind == CONTROL:
        play_zone_controller(engine, channel, key, limited(event.value, 0.0, 127.0))
    elif kind == BEND:
        engine.channels[channel].bend = limited(event.value, -1.0, 1.0)
        aim_zone(engine, channel)
    elif kind == PRESSURE:
        engine.channels[channel].pressure = limited(event.value, 0.0, 1.0)
        aim_zone(engine, channel)
    elif kind == KEY_PRESSURE:
        press_key(engine, channel, key, limited(event.value, 0.0, 1.0))
    elif kind == MASTER_VOLUME:
        set_master_volume(engine, limited(event.value, 0.0, 1.0))
    elif kind == RESET_SYSTEM:
        reset_system(engine, channel - (channel & 15))
    elif kind == SCALE_TUNING:
        cents = limited(event.value, -100.0, 100.0)
        tune_scale(engine, channel - (channel & 15), event.a, key, cents, event.b != 0)
    elif kind == NOTE_TUNING:
        tune_note(engine, channel >> 4, key, limited(event.value, 0.0, HIGHEST_SEMITONES), event.b != 0)
    elif kind == PROGRAM_CHANGE:
        program_change(engine, channel >> 4, channel & 15, key)


@realtime
def limited(value, low, high):
    """A number kept between two others; what is no number is the lower one."""
    return min(value, high) if value > low else low


@realtime
def play_zone_controller(engine, channel, number, value):
    """A controller of a channel, and of the members if it is the master of an MPE zone."""
    if configures_zone(engine, channel, number):
        change_zone(engine, channel, min(int(value), 15))
        return
    first, last = zone_of(engine, channel)
    if is_passed_on(number):
        for each in range(first, last + 1):
            play_controller(engine, each, number, value)
        return
    play_controller(engine, channel, number, value)
    share_bend_range(engine, channel)
    aim_zone(engine, channel)


@realtime
def change_zone(engine, channel, members):
    """Another MPE zone: channels that come or go begin with controllers at rest and pedals up, but for their master's."""
    set_zone(engine, channel, members)
    base = channel - (channel & 15)
    for number in range(base, base + 16):
        state = engine.channels[number]
        if state.changed != 0 and state.master != number:
            play_controller(engine, number, RESET_CONTROLLERS, 0.0)
            play_controller(engine, number, TIMBRE, 64.0)
            join_zone(engine, number)
            if state.master >= 0 and engine.channels[state.master].pedal == DOWN:
                play_controller(engine, number, SUSTAIN, 127.0)
        aim_channel(engine, number)


@realtime
def play_controller(engine, channel, number, value):
    """Pedals and portamento; 120, 121, and 123 … 127, which all let go; any other stands where it is put. 0 … 127."""
    state = engine.channels[channel]
    if play_pedal(engine, channel, number, value) or play_glide(state, number, value):
        return
    if number == ALL_SOUND_OFF:
        state.held_count = 0
        silence_channels(engine, channel, channel)
    elif number == RESET_CONTROLLERS:
        lift_pedals(engine, channel)
        reset_glide(state)
        unpress_keys(engine, channel)
        reset_controllers(engine, channel)
    elif number >= ALL_NOTES_OFF:
        mode_message(engine, channel, number)
    else:
        set_control(engine, channel, number, value)


@realtime
def play_command(engine, event):
    """What the host does: programs, values, volume, panic."""
    kind = event.kind
    if kind == HAND_IN:
        hand_in(engine, event.a, event.port, event.channel)
    elif kind == UPDATE:
        update(engine, event.a, event.b)
    elif kind == SET_VALUE:
        set_value(engine, event.a, event.b, event.value)
    elif kind == MAP_PROGRAM:
        map_program(engine, event.b, event.a)
    elif kind == VOLUME:
        engine.volume_set = limited(event.value, 0.0, LOUDEST_VOLUME)
        aim_volume(engine, max(event.a, 32) * 1.0)
    elif kind == TUNE_KEY:
        tune_key(engine, event.key & 127, event.value)
    elif kind == MACRO:
        turn_macro(engine, event.a, event.port, event.channel, limited(event.value, 0.0, 1.0))
    elif kind == POLYPHONY:
        engine.polyphony = max(event.a, 1)
    elif kind == GOVERN:
        allow_voices(engine, max(event.a, 1))
    elif kind == PANIC:
        reset_ports(engine, 0, CHANNELS - 1)
        silence_channels(engine, 0, CHANNELS - 1)
        hush_effects(engine)
    elif kind == RELEASE_PORT:
        release_port(engine, event.port & 15)


@realtime
def release_port(engine, port):
    """Nobody plays on a port any more: its notes end."""
    first = port * 16
    reset_ports(engine, first, first + 15)
    release_channels(engine, first, first + 15)


@realtime
def aim_volume(engine, frames):
    """Move the master volume to what the host and the keyboard have set, together."""
    engine.volume_target = engine.volume_set * engine.volume_midi
    engine.volume_step = abs(engine.volume_target - engine.volume) / frames


@realtime
def set_master_volume(engine, value):
    """Master volume by SysEx, 0 … 1, like controller 7; beside what the host has set."""
    engine.volume_midi = value * value
    aim_volume(engine, VOLUME_S * engine.shared.rate_hz)


@realtime
def reset_system(engine, first):
    """General MIDI, GS or XG reset: a port's channels are as if nobody had touched them; programs stay."""
    for number in range(first, first + 16):
        engine.channels[number].master = -1
        engine.channels[number].members = 0
    for number in range(first, first + 16):
        play_controller(engine, number, RESET_CONTROLLERS, 0.0)
        play_controller(engine, number, ALL_NOTES_OFF, 0.0)
        engine.channels[number].mode = AS_PATCHED
        reset_knobs(engine, number)
    reset_notes(engine, first >> 4)
    engine.volume_midi = 1.0
    aim_volume(engine, VOLUME_S * engine.shared.rate_hz)


@realtime
def turn_macro(engine, macro, port, channel, value):
    """Turn a macro of some channels, as controllers 16 … 19 do."""
    for number in range(len(engine.channels)):
        if (port == ALL or port == number >> 4) and (channel == ALL or channel == number & 15):
            engine.channels[number].control[FIRST_MACRO + (macro & 3)] = value * 127.0
            aim_channel(engine, number)


@realtime
def reset_ports(engine, first, last):
    """No key and no pedal is down any more on some channels."""
    for number in range(first, last + 1):
        forget_keys(engine, number)
