"""Play one event: what each kind does."""

from synthhost.engine.commands import hand_in, map_program, program_change, set_value, update
from synthhost.engine.effects import hush_effects
from synthhost.engine.govern import allow_voices
from synthhost.engine.memory import CHANNELS
from synthhost.events.event import (
    BEND,
    CONTROL,
    GOVERN,
    HAND_IN,
    MAP_PROGRAM,
    NOTE_OFF,
    NOTE_ON,
    PANIC,
    POLYPHONY,
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
    EXPRESSION,
    PAN,
    RESET_CONTROLLERS,
    aim_channel,
    reset_controllers,
)
from synthhost.voices.channel import VOLUME as CHANNEL_VOLUME
from synthhost.voices.glide import FROM_KEY as GLIDE_FROM
from synthhost.voices.glide import OFF as GLIDE_OFF
from synthhost.voices.glide import ON as GLIDE_ON
from synthhost.voices.glide import SWITCH as GLIDE_SWITCH
from synthhost.voices.glide import TIME as GLIDE_TIME
from synthhost.voices.glide import reset_glide, set_glide_time
from synthhost.voices.keys import (
    forget_keys,
    mode_message,
    note_off,
    note_on,
    release_channels,
    silence_channels,
)
from synthhost.voices.pedals import SOFT, SOSTENUTO, SUSTAIN, lift_pedals, set_sostenuto, set_sustain

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
        note_off(engine, channel, key)
    elif kind == CONTROL:
        play_controller(engine, channel, key, limited(event.value, 0.0, 127.0))
    elif kind == BEND:
        engine.channels[channel].bend = limited(event.value, -1.0, 1.0)
        aim_channel(engine, channel)
    elif kind == PROGRAM_CHANGE:
        program_change(engine, channel >> 4, channel & 15, key)


@realtime
def limited(value, low, high):
    """A number kept between two others; what is no number is the lower one."""
    return min(value, high) if value > low else low


@realtime
def play_controller(engine, channel, number, value):
    """Pedals and portamento; 7, 10, 11, 120, 121, and 123 … 127, which all let go; `value` is 0 … 127."""
    state = engine.channels[channel]
    if play_pedal(engine, channel, number, value):
        return
    if number == CHANNEL_VOLUME:
        state.volume = value / 127.0
        aim_channel(engine, channel)
    elif number == PAN:
        state.pan = min(max((value - 64.0) / 63.0, -1.0), 1.0)
        aim_channel(engine, channel)
    elif number == EXPRESSION:
        state.expression = value / 127.0
        aim_channel(engine, channel)
    elif number == ALL_SOUND_OFF:
        state.held_count = 0
        silence_channels(engine, channel, channel)
    elif number == RESET_CONTROLLERS:
        lift_pedals(engine, channel)
        reset_glide(state)
        reset_controllers(engine, channel)
    elif number >= ALL_NOTES_OFF:
        mode_message(engine, channel, number)


@realtime
def play_pedal(engine, channel, number, value):
    """Pedals and portamento: controllers 5, 64 … 67 and 84. Returns whether it was one of them."""
    state = engine.channels[channel]
    if number == SUSTAIN:
        set_sustain(engine, channel, value)
    elif number == SOSTENUTO:
        set_sostenuto(engine, channel, value >= 64.0)
    elif number == SOFT:
        state.soft = 1 if value >= 64.0 else 0
    elif number == GLIDE_TIME:
        set_glide_time(state, value)
    elif number == GLIDE_SWITCH:
        state.glide_switch = GLIDE_ON if value >= 64.0 else GLIDE_OFF
    elif number == GLIDE_FROM:
        state.glide_from = int(value)
    else:
        return False
    return True


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
    elif kind == POLYPHONY:
        engine.polyphony = max(event.a, 1)
    elif kind == GOVERN:
        allow_voices(engine, max(event.a, 1))
    elif kind == PANIC:
        reset_ports(engine, 0, CHANNELS - 1)
        silence_channels(engine, 0, CHANNELS - 1)
        hush_effects(engine)
    elif kind == RELEASE_PORT:
        first = (event.port & 15) * 16
        reset_ports(engine, first, first + 15)
        release_channels(engine, first, first + 15)


@realtime
def reset_ports(engine, first, last):
    """No key and no pedal is down any more on some channels."""
    for number in range(first, last + 1):
        forget_keys(engine, number)
