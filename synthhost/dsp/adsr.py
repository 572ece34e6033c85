"""Envelope of attack, decay, sustain and release with the curves of a charging capacitor.

`attack_s` is the time from silence to full level exactly: the curve aims at 1.25 of it and stops at 1, as in analogue
envelopes. `decay_s` and `release_s` are the times in which the distance to the sustain level, or to silence, falls by
60 dB. Each may be 0: no attack is full level on the note's first frame, no release is silence on the first after it.
A key struck again starts from the level that sounds. Below -100 dB the envelope is 0, and a note that nothing else
holds ends.
"""

from synthhost.dsp.approximations import fall
from synthhost.realtime.marks import realtime
from synthhost.realtime.operator import EXPONENTIAL, F32, U32, Parameter, State, operator
from synthhost.realtime.vector import (
    any_lane,
    fma,
    maximum,
    minimum,
    read,
    select,
    splat,
    splat_int,
    store,
    write,
)

SILENCE = 1e-5  # -100 dB
AIM = 1.25
ATTACK_HALVINGS = 2.321928094887362  # log2 of AIM / (AIM - 1)
FALL_HALVINGS = 9.965784284662087  # 60 dB: log2 of 1000

PARAMETERS = (
    Parameter("attack_s", 0.005, 0.0, 20.0, EXPONENTIAL, "From silence to full level."),
    Parameter("decay_s", 0.5, 0.0, 60.0, EXPONENTIAL, "To fall by 60 dB towards the sustain level."),
    Parameter("sustain_norm", 0.7, doc="Level while the key is held."),
    Parameter("release_s", 0.2, 0.0, 60.0, EXPONENTIAL, "To fall by 60 dB after the key is let go."),
    Parameter("velocity_norm", 0.0, doc="How far a soft key lowers it; 1 makes its peak the velocity."),
)


@realtime
def pace(time_s, halvings, shared):
    """By what part of itself the distance changes in one frame to be halved so many times in `time_s`; minus."""
    return -fall(halvings / maximum(time_s * shared.rate_hz, 1e-3))


@realtime
def changed(time_s, change):
    """A time as the player's knob makes it: longer, shorter, or as the patch has it."""
    return fma(splat(time_s), change, splat(time_s))


@operator("adsr", (), PARAMETERS, State(target=F32, distance=F32, attacking=U32))
def render(output, inputs, state, values, voice, shared, frames):
    """Render one tile. The level is a target plus a distance, and only the distance shrinks: it never gets stuck."""
    gate, before, distance = read(voice.gate) > 0.0, read(state.target), read(state.distance)
    level = before + distance
    full_level = 1.0 - splat(values.velocity_norm) * (1.0 - read(voice.velocity))
    sustain = splat(values.sustain_norm) * full_level
    sustain = select(sustain > SILENCE, sustain, 0.0)
    struck = (read(voice.fresh) | read(voice.strike) | read(state.attacking)) != 0
    attacking = struck & gate & (level < full_level)
    target = select(attacking, full_level * AIM, select(gate, sustain, 0.0))
    distance = select(target == before, distance, level - target)
    decay = part = pace(splat(values.decay_s), FALL_HALVINGS, shared)
    if any_lane(~gate):
        release_s = changed(values.release_s, read(voice.release_change))
        release = pace(release_s, FALL_HALVINGS, shared) * (1.0 - read(voice.lifted))
        part = select(gate, decay, release)
    if any_lane(attacking):
        attack_s = changed(values.attack_s, read(voice.attack_change))
        part = select(attacking, pace(attack_s, ATTACK_HALVINGS, shared), part)
        ceiling = select(attacking, full_level, 2.0)
        fallen = full_level - sustain
        for n in range(frames):
            distance = fma(distance, part, distance)
            level = target + distance
            full = level >= ceiling
            level = minimum(level, ceiling)
            store(output, n, select(level > SILENCE, level, 0.0))
            target, distance = select(full, sustain, target), select(full, fallen, distance)
            part = select(full, decay, part)
    elif any_lane(minimum(level, target) <= SILENCE):
        for n in range(frames):
            distance = fma(distance, part, distance)
            level = target + distance
            store(output, n, select(level > SILENCE, level, 0.0))
    else:  # between its beginning and its target it is nowhere near silence
        for n in range(frames):
            distance = fma(distance, part, distance)
            store(output, n, target + distance)
    write(state.target, target)
    write(state.distance, distance)
    write(state.attacking, select(target > full_level, splat_int(1), 0))
    alive = (target > 0.0) | (target + distance > SILENCE)
    write(voice.alive, read(voice.alive) | select(alive, splat_int(1), 0))
