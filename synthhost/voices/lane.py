"""One voice: a lane of a group. It is struck, released, faded out, freed."""

from synthhost.realtime.marks import realtime
from synthhost.voices.follow import begin_following, begin_touch
from synthhost.voices.glide import glide_speed
from synthhost.voices.scramble import scramble
from synthhost.voices.stages import FADING, FREE, HELD, RELEASED
from synthhost.voices.tuning import key_octaves


@realtime
def start_lane(engine, group, lane, channel, velocity, number):
    """Begin voice `number` of a note on a free lane: its state is cleared, so nothing of the last note is left."""
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
    begin_following(engine, group, lane, channel)
    voice = group.voice
    voice.fresh[lane] = 1
    voice.peak[lane] = 1.0  # not yet heard: never the quietest
    voice.gain_left[lane] = voice.gain_right[lane] = 1.0
    voice.lifted[lane] = engine.channels[channel].lifted
    chance = scramble(engine.notes + engine.seed)
    if number > 0:
        chance = scramble(chance + number)
    voice.seed[lane] = chance
    voice.random[lane] = chance * (2.0 / 4294967295.0) - 1.0
    strike_lane(engine, group, lane, velocity)


@realtime
def strike_lane(engine, group, lane, velocity):
    """Strike a lane; it may sound already (mono): then only gate and velocity are new."""
    voice = group.voice
    group.stage[lane] = HELD
    group.order[lane] = engine.notes
    voice.velocity[lane] = velocity
    voice.gate[lane] = 1.0
    voice.strike[lane] = 1


@realtime
def aim_lane(engine, group, lane, key, frames):
    """Send a lane's pitch from where it is to a key, gliding over `frames` (or frames an octave); 0 is at once."""
    begin_touch(group, lane)
    group.key[lane] = key
    sounding = key + group.transpose[lane]
    group.voice.key[lane] = (sounding - 60.0) / 12.0
    target = key_octaves(engine, group.channel[lane], sounding)
    group.pitch_target[lane] = target
    group.glide[lane] = glide_speed(engine.slots[group.program], frames, target - group.pitch[lane])


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
    """A voice is over."""
    if group.stage[lane] != FADING:
        engine.slots[group.program].sounding -= 1
        engine.sounding -= 1
    leave_lane(engine, group, lane)


@realtime
def leave_lane(engine, group, lane):
    """A lane has no voice any more; an empty group goes back to all programs."""
    group.stage[lane] = FREE
    group.fade[lane] = 0.0  # whatever its operators still do, a free lane is silent
    group.fade_step[lane] = 0.0
    group.voice.gate[lane] = 0.0
    group.voice.fresh[lane] = 0
    group.voice.strike[lane] = 0
    group.used -= 1
    if group.used == 0:
        engine.slots[group.program].groups -= 1
        group.program = -1
