"""What is played on one key besides striking it: key pressure, and how fast it comes up."""

from synthhost.realtime.marks import realtime
from synthhost.voices.group import render_group
from synthhost.voices.stages import FADING, FREE, HELD


@realtime
def press_key(engine, channel, key, pressure):
    """Key pressure: press the notes of one key harder or softer, 0 … 1."""
    for number in range(engine.groups_used):
        group = engine.groups[number]
        if group.program < 0:
            continue
        for lane in range(16):
            alive = group.stage[lane] != FREE and group.stage[lane] != FADING
            if alive and group.channel[lane] == channel and group.key[lane] == key:
                group.touch_to[lane] = pressure
                group.stale = 1


@realtime
def unpress_keys(engine, channel):
    """Take the key pressure off all notes of a channel."""
    for number in range(engine.groups_used):
        group = engine.groups[number]
        for lane in range(16):
            if group.stage[lane] != FREE and group.channel[lane] == channel:
                group.touch_to[lane] = 0.0
                group.stale = 1


@realtime
def note_release(engine, channel, key, velocity):
    """A key comes up: its notes learn how fast, before they are let go."""
    for number in range(engine.groups_used):
        group = engine.groups[number]
        if group.program < 0:
            continue
        for lane in range(16):
            if group.stage[lane] == HELD and group.channel[lane] == channel and group.key[lane] == key:
                render_group(engine, group, engine.offset)
                group.voice.release_velocity[lane] = velocity
