"""Play one event: what each kind does."""

from synthhost.engine.commands import hand_in, map_program, program_change, set_value, update
from synthhost.engine.effects import hush_effects
from synthhost.engine.memory import CHANNELS
from synthhost.events.event import (
    ALL,
    BEND,
    CONTROL,
    HAND_IN,
    KEY_PRESSURE,
    MACRO,
    MAP_PROGRAM,
    NOTE_OFF,
    NOTE_ON,
    PANIC,
    POLYPHONY,
    PRESSURE,
    PROGRAM_CHANGE,
    RELEASE_PORT,
    SET_VALUE,
    UPDATE,
    VOLUME,
)
from synthhost.realtime.marks import realtime
from synthhost.voices.channel import (
    ALL_NOTES_OFF,
    ALL_SOUND_OFF,
    RESET_CONTROLLERS,
    SUSTAIN,
    aim_channel,
    reset_controllers,
)
from synthhost.voices.channel import MACRO as FIRST_MACRO
from synthhost.voices.keys import note_off, note_on, release_channels, set_pedal, silence_channels
from synthhost.voices.parameters import set_control
from synthhost.voices.stages import HELD, PEDALLED
from synthhost.voices.touch import note_release, press_key, unpress_keys

LOUDEST_VOLUME = 16.0  # +24 dB


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
        note_on(engine, channel, key, min(event.value, 1.0))
    elif kind in (NOTE_OFF, NOTE_ON):
        note_release(engine, channel, key, limited(event.value, 0.0, 1.0))
        note_off(engine, channel, key)
    elif kind == CONTROL:
        play_controller(engine, channel, key, limited(event.value, 0.0, 127.0))
    elif kind == BEND:
        engine.channels[channel].bend = limited(event.value, -1.0, 1.0)
        aim_channel(engine, channel)
    elif kind == PRESSURE:
        engine.channels[channel].pressure = limited(event.value, 0.0, 1.0)
        aim_channel(engine, channel)
    elif kind == KEY_PRESSURE:
        press_key(engine, channel, key, limited(event.value, 0.0, 1.0))
    elif kind == PROGRAM_CHANGE:
        program_change(engine, channel >> 4, channel & 15, key)


@realtime
def limited(value, low, high):
    """A number kept between two others; what is no number is the lower one."""
    return min(value, high) if value > low else low


@realtime
def play_controller(engine, channel, number, value):
    """Controller 64, 120, 121, and 123 … 127, which all let go; any other stands where it is put. `value` is 0 … 127."""
    state = engine.channels[channel]
    if number == SUSTAIN:
        set_pedal(engine, channel, value >= 64.0)
    elif number == ALL_SOUND_OFF:
        state.held_count = 0
        silence_channels(engine, channel, channel)
    elif number == RESET_CONTROLLERS:
        set_pedal(engine, channel, False)
        unpress_keys(engine, channel)
        reset_controllers(engine, channel)
    elif number >= ALL_NOTES_OFF:
        state.held_count = 0
        end_notes(engine, channel, channel)
    else:
        set_control(engine, channel, number, value)


@realtime
def end_notes(engine, first, last):
    """Let go all keys of some channels. A pedal that is down keeps their notes (MIDI 1.0: all notes off)."""
    for number in range(first, last + 1):
        if engine.channels[number].pedal == 0:
            release_channels(engine, number, number, HELD, PEDALLED)
        else:
            leave_to_pedal(engine, number)


@realtime
def leave_to_pedal(engine, channel):
    """Held notes of a channel become notes that only the pedal holds."""
    for number in range(engine.groups_used):
        group = engine.groups[number]
        for lane in range(16):
            if group.stage[lane] == HELD and group.channel[lane] == channel:
                group.stage[lane] = PEDALLED


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
        engine.volume_target = limited(event.value, 0.0, LOUDEST_VOLUME)
        engine.volume_step = abs(engine.volume_target - engine.volume) / max(event.a, 32)
    elif kind == MACRO:
        turn_macro(engine, event.a, event.port, event.channel, limited(event.value, 0.0, 1.0))
    elif kind == POLYPHONY:
        engine.polyphony = max(event.a, 1)
    elif kind == PANIC:
        reset_ports(engine, 0, CHANNELS - 1)
        silence_channels(engine, 0, CHANNELS - 1)
        hush_effects(engine)
    elif kind == RELEASE_PORT:
        first = (event.port & 15) * 16
        reset_ports(engine, first, first + 15)
        release_channels(engine, first, first + 15, HELD, PEDALLED)


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
        engine.channels[number].held_count = 0
        engine.channels[number].pedal = 0
