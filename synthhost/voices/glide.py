"""Portamento: whether the next note glides, from where, and how fast.

Controller 5 scales the patch's time by ``(v / 64) ** 2``: 64 leaves it, 127 makes it four times as long, 0 takes it away.
Controller 65 switches the glide on or off against the patch. Controller 84 names the key that the next note glides from,
whatever the others say.
"""

from synthhost.realtime.marks import realtime
from synthhost.voices.parts import same_part
from synthhost.voices.tuning import is_mapped, key_octaves
from synthhost.voices.ways import FINGERED, PER_OCTAVE

TIME, SWITCH, FROM_KEY = 5, 65, 84
AS_IT_IS = 64.0  # where the time controller stands when nobody has moved it
AS_PATCHED, ON, OFF = 0, 1, 2
USUAL_S = 0.1  # where the player wants a glide and the patch has no time for one
NO_GLIDE = 100.0  # octaves a frame: at once


@realtime
def reset_glide(state):
    """As the patch has it."""
    state.glide_switch = AS_PATCHED
    state.control[TIME] = AS_IT_IS
    state.glide_from = -1


@realtime
def play_glide(state, number, value):
    """Controllers 5 and its fine part 37, 65 and 84, 0 … 127. Returns whether it was one of them."""
    if number == TIME:
        state.control[TIME] = value
    elif number == TIME + 32:
        state.control[TIME] = int(state.control[TIME]) + value * (1.0 / 128.0)
    elif number == SWITCH:
        state.glide_switch = ON if value >= 64.0 else OFF
    elif number == FROM_KEY:
        state.glide_from = int(value)
    else:
        return False
    return True


@realtime
def overlaps(engine, channel, zone, key):
    """Whether another key that plays the part of a zone is still down."""
    state = engine.channels[channel]
    whole = engine.slots[state.program]
    for place in range(state.held_count):
        other = state.held[place] * 1
        if other != key and same_part(whole, zone, other, state.struck[other]) >= 0:
            return True
    return False


@realtime
def glide_frames(engine, channel, program, overlapping):
    """Frames that the next note of a channel glides, or frames an octave; 0 when it does not glide.

    `overlapping`: another key of the channel is still down.
    """
    state, slot = engine.channels[channel], engine.slots[program]
    frames = slot.glide_frames
    wanted = frames > 0.0 if state.glide_switch == AS_PATCHED else state.glide_switch == ON
    wanted = wanted and (overlapping or slot.glide_when != FINGERED)
    if not wanted and state.glide_from < 0:
        return 0.0
    if frames <= 0.0:
        frames = USUAL_S * engine.shared.rate_hz
    scale = state.control[TIME] * (1.0 / AS_IT_IS)
    return frames * scale * scale


@realtime
def glide_speed(slot, frames, octaves):
    """Octaves a frame, for an interval, over `glide_frames`."""
    if frames <= 0.0:
        return NO_GLIDE
    return 1.0 / frames if slot.glide_mode == PER_OCTAVE else abs(octaves) / frames


@realtime
def first_octaves(engine, channel, zone, key, transpose):
    """Where a new note of a zone glides from, log2 of hertz: from a key of the same part, or the one that was named."""
    state = engine.channels[channel]
    start = state.glide_from * 1
    if start < 0:
        start = state.last_key * 1
        if start >= 0 and same_part(engine.slots[state.program], zone, start, state.struck[start]) < 0:
            start = -1
    if start < 0 or not is_mapped(engine, channel, start):
        start = key
    return key_octaves(engine, channel, min(max(start + transpose, 0), 127))


@realtime
def glide_on(state, key):
    """A key sounds: the next note glides from it."""
    state.glide_from = -1
    state.last_key = key
