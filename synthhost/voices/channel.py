"""A channel's controllers: volume, expression, pan and bend of one (port, channel).

Each moves in a straight line from the beginning of a quantum to its end; `settle` makes the end the next beginning.
"""

import math

from synthhost.realtime.marks import realtime

VOLUME, PAN, EXPRESSION = 7, 10, 11
ALL_SOUND_OFF, RESET_CONTROLLERS, ALL_NOTES_OFF = 120, 121, 123
DEFAULT_VOLUME = 100.0 / 127.0  # controller 7 before anybody moves it (MIDI recommended practice RP-015)


@realtime
def reset_channel(engine, number):
    """Put a channel's controllers where they are when nobody has touched them."""
    channel = engine.channels[number]
    channel.program = -1
    channel.volume = DEFAULT_VOLUME
    channel.pan = 0.0
    reset_controllers(engine, number)


@realtime
def reset_controllers(engine, number):
    """Controller 121: expression and bend go back; volume and pan stay (MIDI recommended practice RP-015)."""
    channel = engine.channels[number]
    channel.expression = 1.0
    channel.bend = 0.0
    aim_channel(engine, number)


@realtime
def aim_channel(engine, number):
    """Set where the channel's gains and bend have to be at the end of this quantum.

    Volume and expression follow 40 * log10(v / 127) dB, the square of the controller (General MIDI 2); pan has constant
    power with 0 dB at the centre.
    """
    channel, arrays = engine.channels[number], engine.arrays
    gain = channel.volume * channel.volume * channel.expression * channel.expression
    arrays.left_to[number] = gain * math.sqrt(1.0 - channel.pan)
    arrays.right_to[number] = gain * math.sqrt(1.0 + channel.pan)
    arrays.bend_to[number] = channel.bend
    if channel.moved == 0:
        channel.moved = 1
        arrays.moving += 1


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
            arrays.bend_from[number] = arrays.bend_to[number]
            arrays.left_from[number] = arrays.left_to[number]
            arrays.right_from[number] = arrays.right_to[number]
    arrays.moving = 0
