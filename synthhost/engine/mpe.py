"""MPE: a zone of channels plays one sound, with bend, pressure and timbre for each note.

The lowest channel of a port (or the highest) is the master of a zone, the channels beside it are its members: each note
has a member of its own. What is said on the master holds for all members: controllers, pedals and programs are passed
on; bend and timbre are added, pressure is the greater (`voices/channel.py`).

References
----------
MIDI Manufacturers Association, "MIDI Polyphonic Expression", M1-100-UM, version 1.1, 2022.
"""

from synthhost.engine.commands import choose_program
from synthhost.realtime.marks import realtime
from synthhost.voices.channel import AS_PATCHED, NRPN_LSB, RPN_MSB, TIMBRE, aim_channel
from synthhost.voices.parameters import BEND_RANGE, DATA, DECREMENT, INCREMENT, ZONE

MASTER_BEND, MEMBER_BEND = 2.0, 48.0  # semitones, until something else is set


@realtime
def zone_of(engine, channel):
    """First and last channel that hear what is said on one: a master's zone, or the channel alone."""
    members = engine.channels[channel].members
    if channel & 15 == 0:
        return channel, channel + members
    return channel - members, channel  # members is 0 but for masters


@realtime
def is_passed_on(number):
    """Whether members do what a controller of their master says. Timbre is added; parameters are each channel's own."""
    own = number in (TIMBRE, DATA, DATA + 32)
    return not (own or INCREMENT <= number <= DECREMENT or NRPN_LSB <= number <= RPN_MSB)


@realtime
def aim_zone(engine, channel):
    """Set anew what follows a master's bend, pressure, timbre and tuning."""
    first, last = zone_of(engine, channel)
    for number in range(first, last + 1):
        aim_channel(engine, number)


@realtime
def configures_zone(engine, channel, number):
    """Whether a controller is an MPE configuration message: registered parameter 6 on the first or last channel."""
    at_the_end = channel & 15 == 0 or channel & 15 == 15
    return number == DATA and at_the_end and engine.channels[channel].parameter == ZONE


@realtime
def set_zone(engine, channel, members):
    """Give a master so many members, 0 … 15; 0 ends its zone. The other zone of the port gives way.

    Sets `changed` of each channel whose zone is another now. Notes that ring are ended by their own note-off.
    """
    base = channel - (channel & 15)
    lower, upper = engine.channels[base], engine.channels[base + 15]
    if channel == base:
        lower.members = members
        upper.members = min(upper.members, max(14 - members, 0))
    else:
        upper.members = members
        lower.members = min(lower.members, max(14 - members, 0))
    for number in range(base, base + 16):
        state = engine.channels[number]
        master = -1
        if lower.members > 0 and number <= base + lower.members:
            master = base
        elif upper.members > 0 and number >= base + 15 - upper.members:
            master = base + 15
        state.changed = 1 if state.master != master else 0
        state.master = master
        if master >= 0 and (master == channel or state.changed != 0):
            state.bend_semitones = MASTER_BEND if number == master else MEMBER_BEND
        elif master < 0 and state.changed != 0:
            state.bend_semitones = AS_PATCHED


@realtime
def join_zone(engine, number):
    """A channel begins as a member: it has its master's program, and its controllers stand where the master's are."""
    state = engine.channels[number]
    if state.master < 0 or state.master == number:
        return
    master = engine.channels[state.master]
    if master.program >= 0:
        choose_program(engine, number, master.program)
    for control in range(128):
        if is_passed_on(control):
            state.control[control] = master.control[control]
    aim_channel(engine, number)


@realtime
def share_bend_range(engine, channel):
    """A bend range that was set on one member holds for all of its zone."""
    state = engine.channels[channel]
    if state.parameter != BEND_RANGE or state.master < 0 or state.master == channel:
        return
    first, last = zone_of(engine, state.master)
    for number in range(first, last + 1):
        if number != state.master:
            engine.channels[number].bend_semitones = state.bend_semitones
            aim_channel(engine, number)
