"""Envelope of five stages that may loop: for sounds that swell, pulse or change their mind while a key is held.

Each stage goes to its level with the curve of a discharging capacitor: in its time the distance falls by 60 dB, then the
next begins. A held key waits in `sustain_stage`, or goes on from there to `loop_stage` and round. When it is let go the
level falls to silence in `release_s`, from wherever it is. A key struck again starts from the level that sounds. Below
-100 dB the envelope is 0, and a note that nothing else holds ends.
"""

from synthhost.dsp.adsr import FALL_HALVINGS, SILENCE, changed, pace
from synthhost.realtime.marks import realtime
from synthhost.realtime.operator import EXPONENTIAL, F32, U32, Parameter, State, operator
from synthhost.realtime.vector import (
    any_lane,
    float_to_int,
    fma,
    maximum,
    minimum,
    nearest,
    read,
    select,
    signed_to_float,
    splat,
    splat_int,
    store,
    write,
)

FOREVER = 1e9  # frames: a held key waits
DEFAULTS = ((0.01, 1.0), (0.3, 0.6), (1.0, 0.8), (1.0, 0.8), (1.0, 0.8))


def stage_parameters():
    """Time and level of each stage."""
    for number, (time_s, level) in enumerate(DEFAULTS, 1):
        yield Parameter(
            f"time_{number}_s", time_s, 0.0, 60.0, EXPONENTIAL, "To fall by 60 dB towards its level."
        )
        yield Parameter(f"level_{number}_norm", level, doc="Where it goes.")


PARAMETERS = (
    *stage_parameters(),
    Parameter("sustain_stage", 3.0, 1.0, 5.0, doc="Where a held key waits; a whole number.", ramps=False),
    Parameter("loop_stage", 0.0, 0.0, 5.0, doc="Where it goes on after that; 0: it waits.", ramps=False),
    Parameter("release_s", 0.3, 0.0, 60.0, EXPONENTIAL, "To fall by 60 dB after the key is let go."),
    Parameter("velocity_norm", 0.0, doc="How far a soft key lowers it; 1 makes its peak the velocity."),
)


@realtime
def times_of(values, voice):
    """The five times in seconds; the player's attack knob turns the first."""
    attack_s = changed(values.time_1_s, read(voice.attack_change))
    late = splat(values.time_3_s), splat(values.time_4_s), splat(values.time_5_s)
    return attack_s, splat(values.time_2_s), late[0], late[1], late[2]


@realtime
def levels_of(values):
    """The five levels."""
    late = splat(values.level_3_norm), splat(values.level_4_norm), splat(values.level_5_norm)
    return splat(values.level_1_norm), splat(values.level_2_norm), late[0], late[1], late[2]


@realtime
def at_stage(stage, five):
    """That of five numbers which belongs to each voice's stage."""
    late = select(stage < 5, five[3], five[4])
    return select(stage < 3, select(stage < 2, five[0], five[1]), select(stage < 4, five[2], late))


@realtime
def length_of(time_s, shared):
    """Frames that a stage lasts, one at least."""
    return maximum(nearest(time_s * shared.rate_hz), 1.0)


@realtime
def aim(stage, held, full_level, levels):
    """The level that each voice goes to."""
    level = at_stage(stage, levels) * full_level
    return select(held & (level > SILENCE), level, 0.0)


@operator("stages", (), PARAMETERS, State(target=F32, distance=F32, stage=U32, left=F32))
def render(output, inputs, state, values, voice, shared, frames):
    """Render one tile. The level is a target plus a distance that shrinks; `left` counts the frames of the stage."""
    held, before, distance = read(voice.gate) > 0.0, read(state.target), read(state.distance)
    level, left = before + distance, read(state.left)
    full_level = 1.0 - splat(values.velocity_norm) * (1.0 - read(voice.velocity))
    times, levels = times_of(values, voice), levels_of(values)
    struck = held & ((read(voice.fresh) | read(voice.strike)) != 0)
    stage = select(struck, splat_int(1), read(state.stage))
    left = select(struck, length_of(times[0], shared), left)
    release = pace(changed(values.release_s, read(voice.release_change)), FALL_HALVINGS, shared)
    release = release * (1.0 - read(voice.lifted))
    part = select(held, pace(at_stage(stage, times), FALL_HALVINGS, shared), release)
    target = aim(stage, held, full_level, levels)
    distance = select(target == before, distance, level - target)
    if any_lane(held & (left <= frames * 1.0)):
        last = minimum(maximum(splat(values.sustain_stage), 1.0), 5.0)
        again = minimum(splat(values.loop_stage), last)
        for n in range(frames):
            distance = fma(distance, part, distance)
            level = target + distance
            store(output, n, select(level > SILENCE, level, 0.0))
            left = left - 1.0
            over = held & (left <= 0.0)
            number = signed_to_float(stage)
            waits = over & (number >= last) & (again < 1.0)
            following = float_to_int(select(number >= last, maximum(again, 1.0), number + 1.0))
            stage = select(over & ~waits, following, stage)
            time_s = at_stage(stage, times)
            left = select(waits, FOREVER, select(over, length_of(time_s, shared), left))
            part = select(over, pace(time_s, FALL_HALVINGS, shared), part)
            target = select(over, aim(stage, held, full_level, levels), target)
            distance = select(over, level - target, distance)
    else:
        for n in range(frames):
            distance = fma(distance, part, distance)
            level = target + distance
            store(output, n, select(level > SILENCE, level, 0.0))
        left = select(left < FOREVER, left - frames * 1.0, left)
    write(state.target, target)
    write(state.distance, distance)
    write(state.stage, stage)
    write(state.left, left)
    on_its_way = held & (left < FOREVER)
    alive = on_its_way | (target > 0.0) | (target + distance > SILENCE)
    write(voice.alive, read(voice.alive) | select(alive, splat_int(1), 0))
