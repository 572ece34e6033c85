"""The pedals of a channel: sustain with its half way, sostenuto, soft.

`docs/keys.md` has the rules. A note is kept when its key comes up if the sustain pedal is down, or if the sostenuto
pedal caught its key. Half-way the dampers touch the strings: what is let go dies away slowly.

References
----------
MIDI Manufacturers Association, "MIDI 1.0 Detailed Specification", 4.2.1: controllers 64, 66, 67.
"""

from synthhost.realtime.marks import realtime
from synthhost.voices.group import render_group
from synthhost.voices.lane import release_lane
from synthhost.voices.stages import FREE, HELD, PEDALLED

SUSTAIN, SOSTENUTO, SOFT = 64, 66, 67
UP, HALF, DOWN = 0, 1, 2
HALF_FROM, DOWN_FROM = (
    16.0,
    64.0,
)  # switches send 0 and 127, and 64 is on; the way below is a piano's half pedal
MOST_LIFTED = 0.95  # half-way notes die at least a twentieth as fast as without a pedal: none hangs
SOFT_VELOCITY = 0.6  # a velocity, so that it is softer and darker as the patch answers to touch; by ear


@realtime
def reset_pedals(state):
    """No pedal is down."""
    state.pedal = UP
    state.lifted = 0.0
    state.sostenuto = 0
    state.soft = 0
    forget_caught(state)


@realtime
def forget_caught(state):
    """The sostenuto pedal holds no key."""
    for key in range(128):
        state.caught[key] = 0


@realtime
def play_pedal(engine, channel, number, value):
    """Controllers 64, 66 and 67, 0 … 127. Returns whether it was one of them."""
    if number == SUSTAIN:
        set_sustain(engine, channel, value)
    elif number == SOSTENUTO:
        set_sostenuto(engine, channel, value >= 64.0)
    elif number == SOFT:
        engine.channels[channel].soft = 1 if value >= 64.0 else 0
    else:
        return False
    return True


@realtime
def is_kept(state, key):
    """Whether a pedal keeps the note of a key that comes up."""
    return state.pedal == DOWN or (state.sostenuto != 0 and state.caught[key] != 0)


@realtime
def set_sustain(engine, channel, value):
    """The sustain pedal moves to 0 … 127. On its way up it lets go of what only it kept."""
    state = engine.channels[channel]
    before = state.pedal
    if value >= DOWN_FROM:  # what is dying goes on as it is: a switch does not bring it back
        state.pedal = DOWN
        return
    state.pedal = UP if value < HALF_FROM else HALF
    part = max(DOWN_FROM - value, 0.0) / (DOWN_FROM - HALF_FROM)
    lifted = 0.0 if state.pedal == UP else min(1.0 - part * part, MOST_LIFTED)
    lift_dampers(engine, channel, lifted)
    if before == DOWN:
        release_kept(engine, channel)


@realtime
def lift_dampers(engine, channel, lifted):
    """Set how far the dampers are off the strings of a channel, 0 … 1."""
    state = engine.channels[channel]
    if lifted == state.lifted:
        return
    state.lifted = lifted
    for number in range(engine.groups_used):
        group = engine.groups[number]
        for lane in range(16):
            if group.stage[lane] != FREE and group.channel[lane] == channel:
                group.voice.lifted[lane] = lifted


@realtime
def set_sostenuto(engine, channel, down):
    """The sostenuto pedal: going down it catches the keys that are down; going up it lets go of what only it kept."""
    state = engine.channels[channel]
    if down and state.sostenuto == 0:
        state.sostenuto = 1
        for number in range(engine.groups_used):
            group = engine.groups[number]
            for lane in range(16):
                if group.stage[lane] == HELD and group.channel[lane] == channel:
                    state.caught[group.key[lane]] = 1
    elif not down and state.sostenuto != 0:
        state.sostenuto = 0
        forget_caught(state)
        release_kept(engine, channel)


@realtime
def lift_pedals(engine, channel):
    """All pedals of a channel come up."""
    set_sostenuto(engine, channel, False)
    set_sustain(engine, channel, 0.0)
    engine.channels[channel].soft = 0


@realtime
def release_kept(engine, channel):
    """Let go of the notes whose keys are up and that no pedal keeps any more."""
    state = engine.channels[channel]
    for number in range(engine.groups_used):
        group = engine.groups[number]
        if group.program < 0:
            continue
        for lane in range(16):
            pedalled = group.stage[lane] == PEDALLED and group.channel[lane] == channel
            if pedalled and not is_kept(state, group.key[lane]):
                render_group(engine, group, engine.offset)
                if group.stage[lane] == PEDALLED:
                    release_lane(engine, group, lane)
