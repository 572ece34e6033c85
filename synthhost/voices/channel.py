"""A channel's controllers: where the knobs of one (port, channel) stand, and what they come to.

Each moves in a straight line from the beginning of a quantum to its end; `settle` makes the end the next beginning.

References
----------
MIDI Manufacturers Association, "Recommended Practice RP-015: Response to Reset All Controllers", 1999.
MIDI Manufacturers Association, "General MIDI 2", 1999: volume and expression.
"""

import math

from synthhost.realtime.marks import realtime
from synthhost.voices.glide import AS_IT_IS, TIME
from synthhost.voices.tuning import reset_scale

BANK, WHEEL, BREATH, VOLUME, PAN, EXPRESSION = 0, 1, 2, 7, 10, 11
MACRO = 16  # the first of four
RESONANCE, RELEASE, ATTACK, BRIGHTNESS = 71, 72, 73, 74  # 64 is as the patch has it
TIMBRE = BRIGHTNESS  # of an MPE keyboard
ALL_SOUND_OFF, RESET_CONTROLLERS, ALL_NOTES_OFF = 120, 121, 123
CUTOFF_OCTAVES, Q_OCTAVES, TIME_OCTAVES = 4.0, 3.0, 4.0  # how far these four reach to either side, by ear
NRPN_LSB, RPN_LSB, RPN_MSB = 98, 100, 101
NO_PARAMETER = -1
AS_PATCHED = -1.0  # bend range: the patch says it
UNTOUCHED = -1.0  # a macro that nobody has turned: the patch says where it is

# What moves the voices of a channel: each has an array `_from` and `_to`, and a place where voices find it.
FOLLOWED = (
    *("bend", "tune", "left", "right"),  # in ranges of the program; octaves; gains
    *("cutoff", "resonance", "attack", "release"),  # octaves added: to cutoff, q and times
    *("wheel", "breath", "pressure", "timbre"),
    *("macro1", "macro2", "macro3", "macro4"),
)


@realtime
def reset_channel(engine, number):
    """Put a channel's controllers where they are when nobody has touched them."""
    channel = engine.channels[number]
    channel.program = -1
    reset_knobs(engine, number)


@realtime
def reset_knobs(engine, number):
    """The same for whatever can be turned, tuned or set; the program stays."""
    channel = engine.channels[number]
    channel.master = -1
    channel.members = 0
    for control in range(128):
        channel.control[control] = 0.0
    channel.control[VOLUME] = 100.0
    channel.control[PAN] = 64.0
    channel.control[TIME] = AS_IT_IS
    for control in range(RESONANCE, BRIGHTNESS + 1):
        channel.control[control] = 64.0
    reset_parameters(engine, number)
    reset_scale(channel)
    reset_macros(engine, number)
    reset_controllers(engine, number)


@realtime
def reset_controllers(engine, number):
    """Controller 121: what hands and feet hold goes back; volume, pan, macros and program stay."""
    channel = engine.channels[number]
    channel.control[WHEEL] = 0.0
    channel.control[BREATH] = 0.0
    channel.control[EXPRESSION] = 127.0
    forget_parameter(channel)
    channel.bend = 0.0
    channel.pressure = 0.0
    aim_channel(engine, number)


@realtime
def reset_parameters(engine, number):
    """Bend range as the patch has it, no tuning, no parameter chosen."""
    channel = engine.channels[number]
    channel.bend_semitones = AS_PATCHED
    channel.fine_cents = 0.0
    channel.coarse_semitones = 0.0
    forget_parameter(channel)


@realtime
def forget_parameter(channel):
    """No parameter is chosen: data entry changes nothing."""
    channel.parameter = NO_PARAMETER
    for control in range(NRPN_LSB, RPN_MSB + 1):
        channel.control[control] = 127.0


@realtime
def reset_macros(engine, number):
    """Another program begins: its macros stand where the patch has them; notes of the one before keep theirs."""
    for macro in range(4):
        engine.channels[number].control[MACRO + macro] = UNTOUCHED
    arrays = engine.arrays
    arrays.era[number] += 1
    arrays.macro1_from[number] = arrays.macro2_from[number] = UNTOUCHED
    arrays.macro3_from[number] = arrays.macro4_from[number] = UNTOUCHED
    aim_channel(engine, number)


@realtime
def steer_by(engine, program, number):
    """A channel struck a key of a program: its knobs move the program's effects from now on."""
    engine.slots[program].steered_by = number
    engine.slots[program].steer_era = engine.arrays.era[number]


@realtime
def norm(value):
    """A controller 0 … 127 as 0 … 1."""
    return min(value * (1.0 / 127.0), 1.0)


@realtime
def both_ways(value):
    """A controller 0 … 127 as -1 … 1; 64 is the middle, and both ends are reached."""
    return min(max((value - 64.0) * (1.0 / 63.0), -1.0), 1.0)


@realtime
def aim_channel(engine, number):
    """Set where everything that follows the channel's controllers has to be at the end of this quantum.

    Volume and expression follow 40 * log10(v / 127) dB, the square of the controller (General MIDI 2); pan has constant
    power with 0 dB at the centre.
    """
    channel, arrays = engine.channels[number], engine.arrays
    control = channel.control
    level, pan = norm(control[VOLUME]) * norm(control[EXPRESSION]), both_ways(control[PAN])
    arrays.left_to[number] = level * level * math.sqrt(1.0 - pan)
    arrays.right_to[number] = level * level * math.sqrt(1.0 + pan)
    aim_touch(engine, number)
    arrays.resonance_to[number] = both_ways(control[RESONANCE]) * Q_OCTAVES
    arrays.attack_to[number] = both_ways(control[ATTACK]) * TIME_OCTAVES
    arrays.release_to[number] = both_ways(control[RELEASE]) * TIME_OCTAVES
    arrays.wheel_to[number] = norm(control[WHEEL])
    arrays.breath_to[number] = norm(control[BREATH])
    arrays.macro1_to[number] = norm(control[MACRO])
    arrays.macro2_to[number] = norm(control[MACRO + 1])
    arrays.macro3_to[number] = norm(control[MACRO + 2])
    arrays.macro4_to[number] = norm(control[MACRO + 3])
    if channel.moved == 0:
        channel.moved = 1
        arrays.moving += 1


@realtime
def aim_touch(engine, number):
    """The same for bend, tuning, pressure and controller 74: brightness, or timbre in an MPE zone, whose master adds."""
    channel, arrays = engine.channels[number], engine.arrays
    bend, tune = 0.0, tuned(channel)
    if channel.bend_semitones < 0.0:
        bend = channel.bend * 1.0  # of the range that each program has
    pressure, knob, timbre = channel.pressure * 1.0, both_ways(channel.control[TIMBRE]), 0.0
    if channel.master >= 0:
        knob, timbre = 0.0, knob
        master = engine.channels[channel.master]
        if channel.master != number:
            tune += tuned(master)
            pressure = max(pressure, master.pressure)
            timbre = min(max(timbre + both_ways(master.control[TIMBRE]), -1.0), 1.0)
    arrays.bend_to[number] = bend
    arrays.tune_to[number] = tune
    arrays.pressure_to[number] = pressure
    arrays.timbre_to[number] = timbre
    arrays.cutoff_to[number] = knob * CUTOFF_OCTAVES


@realtime
def tuned(channel):
    """How far a channel is tuned and bent, in octaves; without a bend whose range each program has."""
    semitones = channel.coarse_semitones + channel.fine_cents * 0.01
    if channel.bend_semitones >= 0.0:
        semitones += channel.bend * channel.bend_semitones
    return semitones * (1.0 / 12.0)


@realtime
def settle_channels(engine):
    """A quantum is over: what was aimed at is where the controllers are."""
    arrays = engine.arrays
    if arrays.moving == 0:
        return
    for number in range(len(engine.channels)):
        channel = engine.channels[number]
        if channel.moved != 0:
            channel.moved = 0
            settle_channel(arrays, number)
    arrays.moving = 0


@realtime
def settle_channel(arrays, number):
    """The same for one channel."""
    arrays.bend_from[number] = arrays.bend_to[number]
    arrays.tune_from[number] = arrays.tune_to[number]
    arrays.left_from[number] = arrays.left_to[number]
    arrays.right_from[number] = arrays.right_to[number]
    arrays.cutoff_from[number] = arrays.cutoff_to[number]
    arrays.resonance_from[number] = arrays.resonance_to[number]
    arrays.attack_from[number] = arrays.attack_to[number]
    arrays.release_from[number] = arrays.release_to[number]
    arrays.wheel_from[number] = arrays.wheel_to[number]
    arrays.breath_from[number] = arrays.breath_to[number]
    arrays.pressure_from[number] = arrays.pressure_to[number]
    arrays.timbre_from[number] = arrays.timbre_to[number]
    arrays.macro1_from[number] = arrays.macro1_to[number]
    arrays.macro2_from[number] = arrays.macro2_to[number]
    arrays.macro3_from[number] = arrays.macro3_to[number]
    arrays.macro4_from[number] = arrays.macro4_to[number]
