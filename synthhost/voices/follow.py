"""How voices follow the controllers of their channel and the pressure of their own key.

Looked up only while something moves, and for voices that have just begun: a controller at rest costs nothing.
"""

from synthhost.dsp.approximations import exp2
from synthhost.realtime.marks import realtime
from synthhost.realtime.vector import QUANTUM, gather, gather_int, maximum, read, select, write


@realtime
def begin_following(engine, group, lane, channel):
    """A note begins: it takes the controllers as they stand."""
    group.era[lane] = engine.arrays.era[channel]
    group.touch_from[lane] = 0.0


@realtime
def begin_touch(group, lane):
    """A voice belongs to another key now: nothing presses that yet, and it has not come up."""
    group.stale = 1
    group.touch_to[lane] = 0.0
    group.voice.release_velocity[lane] = 0.0


@realtime
def on_the_way(start, end, channel, rest):
    """A controller of each voice's channel; `rest` is the part of the quantum that is still to come."""
    goal = gather(end, channel)
    return goal - (goal - gather(start, channel)) * rest


@realtime
def turned(start, end, channel, rest, mine, before):
    """The same for a macro. One that was not turned before jumps; notes of another program keep what they have."""
    goal, origin = gather(end, channel), gather(start, channel)
    now = select(origin < 0.0, goal, goal - (goal - origin) * rest)
    return select(mine, now, before)


@realtime
def follow(engine, group, end):
    """Bring the voices of a group to where the controllers are at frame `end` of the quantum, 1 … 32."""
    arrays, voice, channel = engine.arrays, group.voice, read(group.channel)
    rest = 1.0 - end * (1.0 / QUANTUM)
    write(group.bend, on_the_way(arrays.bend_from, arrays.bend_to, channel, rest))
    write(group.tune, on_the_way(arrays.tune_from, arrays.tune_to, channel, rest))
    write(group.left, on_the_way(arrays.left_from, arrays.left_to, channel, rest))
    write(group.right, on_the_way(arrays.right_from, arrays.right_to, channel, rest))
    write(voice.cutoff_octaves, on_the_way(arrays.cutoff_from, arrays.cutoff_to, channel, rest))
    q_octaves = on_the_way(arrays.resonance_from, arrays.resonance_to, channel, rest)
    attack_octaves = on_the_way(arrays.attack_from, arrays.attack_to, channel, rest)
    release_octaves = on_the_way(arrays.release_from, arrays.release_to, channel, rest)
    write(voice.damping_change, exp2(-q_octaves) - 1.0)
    write(voice.attack_change, exp2(attack_octaves) - 1.0)
    write(voice.release_change, exp2(release_octaves) - 1.0)
    write(voice.wheel, on_the_way(arrays.wheel_from, arrays.wheel_to, channel, rest))
    write(voice.breath, on_the_way(arrays.breath_from, arrays.breath_to, channel, rest))
    write(voice.timbre, on_the_way(arrays.timbre_from, arrays.timbre_to, channel, rest))
    touch = read(group.touch_to)
    touch = touch - (touch - read(group.touch_from)) * rest
    pressure = on_the_way(arrays.pressure_from, arrays.pressure_to, channel, rest)
    write(voice.pressure, maximum(pressure, touch))
    mine = gather_int(arrays.era, channel) == read(group.era)
    write(voice.macro1, turned(arrays.macro1_from, arrays.macro1_to, channel, rest, mine, read(voice.macro1)))
    write(voice.macro2, turned(arrays.macro2_from, arrays.macro2_to, channel, rest, mine, read(voice.macro2)))
    write(voice.macro3, turned(arrays.macro3_from, arrays.macro3_to, channel, rest, mine, read(voice.macro3)))
    write(voice.macro4, turned(arrays.macro4_from, arrays.macro4_to, channel, rest, mine, read(voice.macro4)))
    if end == QUANTUM:
        write(group.touch_from, read(group.touch_to))
        group.stale = 0
