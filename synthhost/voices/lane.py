"""One voice: a lane of a group. It is struck, released, faded out, freed."""

from synthhost.realtime.marks import realtime
from synthhost.voices.follow import begin_following
from synthhost.voices.stages import FADING, FREE, HELD, RELEASED
from synthhost.voices.tuning import key_octaves

NO_GLIDE = 100.0  # octaves a frame: at once


@realtime
def scramble(number):
    """A well mixed 32-bit number from a count (C. Wellons, "Prospecting for hash functions", lowbias32, 2018)."""
    x = number & 0xFFFFFFFF
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & 0xFFFFFFFF
    x = ((x ^ (x >> 15)) * 0x846CA68B) & 0xFFFFFFFF
    return x ^ (x >> 16)


@realtime
def start_lane(engine, group, lane, channel, key, velocity):
    """Begin a note on a free lane: its state is cleared, so nothing of the last note is left."""
    slot = engine.slots[group.program]
    for row in range(slot.state_rows):
        group.state[row, lane] = 0.0
    group.used += 1
    slot.sounding += 1
    engine.sounding += 1
    group.channel[lane] = channel
    group.fade[lane] = 1.0
    group.fade_step[lane] = 0.0
    group.silent[lane] = 0
    group.pitch[lane] = key_octaves(engine, channel, key)
    begin_following(engine, group, lane, channel)
    voice = group.voice
    voice.fresh[lane] = 1
    voice.peak[lane] = 1.0  # not yet heard: never the quietest
    voice.gain_left[lane] = voice.gain_right[lane] = 1.0
    number = scramble(engine.notes + engine.seed)
    voice.seed[lane] = number
    voice.random[lane] = number * (2.0 / 4294967295.0) - 1.0
    strike_lane(engine, group, lane, key, velocity)


@realtime
def strike_lane(engine, group, lane, key, velocity):
    """Strike a key on a lane; it may sound already (mono): then only gate, velocity and pitch are new."""
    voice = group.voice
    group.stage[lane] = HELD
    group.order[lane] = engine.notes
    voice.velocity[lane] = velocity
    voice.gate[lane] = 1.0
    voice.strike[lane] = 1
    aim_lane(engine, group, lane, key)


@realtime
def aim_lane(engine, group, lane, key):
    """Send a lane's pitch to a key, gliding if its program glides."""
    slot = engine.slots[group.program]
    group.key[lane] = key
    group.voice.key[lane] = (key - 60.0) / 12.0
    target = key_octaves(engine, group.channel[lane], key)
    group.pitch_target[lane] = target
    glide = NO_GLIDE
    if slot.glide_frames > 0.0:
        glide = abs(target - group.pitch[lane]) / slot.glide_frames
    group.glide[lane] = glide


@realtime
def release_lane(engine, group, lane):
    """Let a note go: its envelopes end it, or a short fade where the patch has none."""
    group.stage[lane] = RELEASED
    group.voice.gate[lane] = 0.0
    if engine.slots[group.program].has_envelope == 0:
        fade_lane(engine, group, lane)


@realtime
def fade_lane(engine, group, lane):
    """Take a voice away within 3 ms, without a click."""
    if group.stage[lane] != FADING and group.stage[lane] != FREE:
        group.stage[lane] = FADING
        group.voice.gate[lane] = 0.0
        frames = engine.fade_frames - (group.done & 31)  # gone where a quantum ends: tiles there are whole
        group.fade_step[lane] = -1.00001 / frames
        engine.slots[group.program].sounding -= 1
        engine.sounding -= 1


@realtime
def free_lane(engine, group, lane):
    """A voice is over; an empty group goes back to all programs."""
    slot = engine.slots[group.program]
    if group.stage[lane] != FADING:
        slot.sounding -= 1
        engine.sounding -= 1
    group.stage[lane] = FREE
    group.fade[lane] = 0.0  # whatever its operators still do, a free lane is silent
    group.fade_step[lane] = 0.0
    group.voice.gate[lane] = 0.0
    group.voice.fresh[lane] = 0
    group.voice.strike[lane] = 0
    group.used -= 1
    if group.used == 0:
        group.program = -1
        slot.groups -= 1
