"""Controllers in pairs, and what is set through them: bend range and tuning by registered parameter numbers (RPN). An MPE zone
is set by one too (`engine/mpe.py`).

A parameter is chosen by controllers 101 and 100 and set by 6 and 38, or 96 and 97. Those that nothing knows, and all
non-registered ones (99, 98), are counted and change nothing.

References
----------
MIDI Manufacturers Association, "MIDI 1.0 Detailed Specification", 4.2.1: control change; registered parameters.
MIDI Manufacturers Association, "Recommended Practice RP-018: Response to Data Increment/Decrement Controllers", 1999.
"""

from synthhost.realtime.marks import realtime
from synthhost.voices.channel import NO_PARAMETER, NRPN_LSB, RPN_LSB, RPN_MSB, aim_channel

DATA, INCREMENT, DECREMENT = 6, 96, 97
BEND_RANGE, FINE_TUNING, COARSE_TUNING, ZONE = 0, 1, 2, 6
UNKNOWN = -2  # `parameter` of a channel: neither none nor one of these
WIDEST_BEND = 96.0


@realtime
def set_control(engine, number, control, value):
    """Put a controller where it was moved, 0 … 127. From 32 on they are the fine part of the one 32 below."""
    channel = engine.channels[number]
    if 32 <= control < 64:
        coarse = max(int(channel.control[control - 32]), 0)
        channel.control[control - 32] = coarse + value * (1.0 / 128.0)
    else:
        channel.control[control] = value
    if control == DATA or control == DATA + 32:
        enter_data(engine, number)
    elif control == INCREMENT:
        step_parameter(engine, number, 1)
    elif control == DECREMENT:
        step_parameter(engine, number, -1)
    elif NRPN_LSB <= control <= RPN_MSB:
        choose_parameter(engine, number, control >= RPN_LSB)
    aim_channel(engine, number)


@realtime
def choose_parameter(engine, number, registered):
    """Choose what data entry sets from now on. Its two bytes begin at the value that holds now."""
    channel = engine.channels[number]
    channel.parameter = UNKNOWN
    if not registered:
        return
    chosen = int(channel.control[RPN_MSB]) * 128 + int(channel.control[RPN_LSB])
    if chosen == 127 * 128 + 127:
        channel.parameter = NO_PARAMETER
        return
    coarse, fine = 0.0, 0.0
    if chosen == BEND_RANGE:
        semitones = bend_range(engine, number)
        coarse = int(semitones + 0.001) * 1.0
        fine = (semitones - coarse) * 100.0
    elif chosen == FINE_TUNING:
        position = channel.fine_cents * 81.92 + 8192.0
        coarse = int(position / 128.0 + 1e-4) * 1.0
        fine = position - coarse * 128.0
    elif chosen == COARSE_TUNING:
        coarse = channel.coarse_semitones + 64.0
    elif chosen != ZONE:
        return
    channel.parameter = chosen
    channel.control[DATA] = coarse + int(max(fine, 0.0) + 0.5) * (1.0 / 128.0)


@realtime
def bend_range(engine, number):
    """How far the pitch wheel of a channel reaches to either side, in semitones."""
    channel = engine.channels[number]
    if channel.bend_semitones >= 0.0:
        return channel.bend_semitones * 1.0
    if channel.program < 0:
        return 2.0
    return engine.slots[channel.program].bend_octaves * 12.0


@realtime
def enter_data(engine, number):
    """Set the chosen parameter to what data entry says."""
    channel = engine.channels[number]
    chosen = channel.parameter
    if chosen == UNKNOWN:
        engine.stats.unknown_parameters += 1
    if chosen < 0:
        return
    coarse = int(channel.control[DATA]) * 1.0
    fine = int((channel.control[DATA] - coarse) * 128.0 + 0.5) * 1.0
    if chosen == BEND_RANGE:
        channel.bend_semitones = min(coarse + min(fine, 99.0) * 0.01, WIDEST_BEND)
    elif chosen == FINE_TUNING:
        channel.fine_cents = (coarse * 128.0 + fine - 8192.0) * (100.0 / 8192.0)
    elif chosen == COARSE_TUNING:
        channel.coarse_semitones = coarse - 64.0


@realtime
def step_parameter(engine, number, step):
    """Controllers 96 and 97: one cent of bend range, one step of fine, one semitone of coarse tuning (RP-018)."""
    channel = engine.channels[number]
    carry = 100.0 if channel.parameter == BEND_RANGE else 128.0  # so many fine steps are a coarse one
    data = channel.control[DATA]
    coarse = int(data) * 1.0
    fine = int((data - coarse) * 128.0 + 0.5) + step * 1.0
    if channel.parameter == COARSE_TUNING:
        coarse, fine = coarse + step, 0.0
    elif fine < 0.0:
        coarse, fine = coarse - 1.0, carry - 1.0
    elif fine >= carry:
        coarse, fine = coarse + 1.0, 0.0
    if 0.0 <= coarse <= 127.0:
        channel.control[DATA] = coarse + fine * (1.0 / 128.0)
        enter_data(engine, number)
