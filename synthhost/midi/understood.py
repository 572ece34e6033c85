"""What is understood of MIDI: the tables behind `synthhost midi` and docs/midi.md.

The numbers are the ones that the engine listens to; `tests/midi/test_understood.py` plays every message and holds each
line to it, those that are missing too.
"""

from synthhost.midi.sysex import UNDERSTOOD as SYSEX
from synthhost.voices import channel, glide, parameters, pedals
from synthhost.voices.keys import MONO_ON, POLY_ON

MESSAGES = (
    ("note on", "velocity in level and brightness, as the patch answers to it; velocity 0 is note off"),
    ("note off", "with release velocity (signal `release_velocity`)"),
    ("key pressure", "signal `pressure`, of that key's notes"),
    ("channel pressure", "signal `pressure`, of all notes; the greater of both counts"),
    ("pitch bend", "14 bits; as far as the patch says, or registered parameter 0"),
    ("program change", "with bank select: the patch that `programs.toml` has for it, from the next note on"),
    ("active sensing", "after a first one, 0.33 s of silence release that port's notes"),
    ("clock, start, stop, song position", "taken, nothing listens to them yet"),
    ("system reset", "taken, changes nothing: line noise sends it"),
)

FINE = " (and {0} for its fine part)"
CONTROLLERS = {
    channel.BANK: "bank select, for the next program change" + FINE.format(32),
    channel.WHEEL: "modulation wheel: signal `wheel`" + FINE.format(33),
    channel.BREATH: "breath: signal `breath`" + FINE.format(34),
    glide.TIME: "portamento time: 64 is as the patch has it, 127 four times as long" + FINE.format(37),
    parameters.DATA: "data entry for the chosen parameter" + FINE.format(38),
    channel.VOLUME: "volume, 40·log10(v/127) dB" + FINE.format(39),
    channel.PAN: "pan" + FINE.format(42),
    channel.EXPRESSION: "expression, 40·log10(v/127) dB" + FINE.format(43),
    **{
        channel.MACRO + n: f"macro {n + 1}: signal `macro{n + 1}`, what the patch makes of it"
        + FINE.format(channel.MACRO + n + 32)
        for n in range(4)
    },
    pedals.SUSTAIN: "sustain pedal, with its half way",
    glide.SWITCH: "portamento on and off",
    pedals.SOSTENUTO: "sostenuto pedal",
    pedals.SOFT: "soft pedal",
    channel.RESONANCE: "resonance of all filters, 64 is as the patch has it",
    channel.RELEASE: "release time, 64 is as the patch has it",
    channel.ATTACK: "attack time, 64 is as the patch has it",
    channel.BRIGHTNESS: "brightness: cutoff of all filters, 64 is as the patch has it; in MPE signal `timbre`",
    glide.FROM_KEY: "portamento control: the key that the next note glides from",
    parameters.INCREMENT: "data increment",
    parameters.DECREMENT: "data decrement",
    channel.NRPN_LSB: "non-registered parameter, fine: counted, changes nothing",
    channel.NRPN_LSB + 1: "non-registered parameter: counted, changes nothing",
    channel.RPN_LSB: "registered parameter, fine",
    channel.RPN_MSB: "registered parameter",
    channel.ALL_SOUND_OFF: "all sound off, within 3 ms",
    channel.RESET_CONTROLLERS: "reset all controllers but 7, 10, 16 … 19, 71 … 74, bank, program and parameters",
    channel.ALL_NOTES_OFF: "all notes off; pedals keep theirs",
    channel.ALL_NOTES_OFF + 1: "omni off: all notes off",
    channel.ALL_NOTES_OFF + 2: "omni on: all notes off",
    MONO_ON: "mono: all notes off, then one note at a time",
    POLY_ON: "poly: all notes off, then chords",
}

PARAMETERS = {
    parameters.BEND_RANGE: "bend range, semitones and cents, until a system reset",
    parameters.FINE_TUNING: "fine tuning, ±100 cents in 14 bits",
    parameters.COARSE_TUNING: "coarse tuning, ±64 semitones",
    parameters.ZONE: "MPE: members of the zone whose master is channel 1 or 16; 0 ends it",
    16383: "none: data entry changes nothing",
}

MPE = (
    "Zones are set by registered parameter 6 on channel 1 (lower) or 16 (upper). Each member has its own bend (48 semitones "
    "until something else is set), pressure and timbre (controller 74). What is said on the master holds for all its "
    "members: bend (2 semitones) and timbre are added, the greater pressure counts, controllers, pedals and programs are "
    "passed on. Another zone while notes ring leaves none behind."
)


def table():
    """All of it as Markdown."""
    controllers = [(f"{number}", text) for number, text in sorted(CONTROLLERS.items())]
    parts = [
        rows("Message", MESSAGES),
        "### Controllers\n\nA fine part counts until the coarse one is moved again.\n",
        rows("Number", controllers),
        "### Registered parameters\n",
        rows("Number", [(f"{number}", text) for number, text in PARAMETERS.items()]),
        f"### MPE\n\n{MPE}\n",
        "### System exclusive\n\n`id` is any device. Longer messages, sound dumps of other instruments, are passed over.\n",
        rows("Between F0 and F7", [(f"`{data}`", text) for data, text in SYSEX]),
    ]
    return "\n".join(parts)


def rows(title, lines):
    """One table of two columns."""
    return "\n".join([f"| {title} | |", "|---|---|", *(f"| {left} | {right} |" for left, right in lines), ""])
