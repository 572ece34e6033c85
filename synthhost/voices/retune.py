"""MIDI Tuning Standard: the notes of a channel's octave are moved, for new notes or for those that sound too."""

from synthhost.realtime.marks import realtime
from synthhost.voices.glide import NO_GLIDE
from synthhost.voices.tuning import key_octaves


@realtime
def tune_scale(engine, first, mask, note, cents, at_once):
    """Move one note of the octave, on channels `first` … `first` + 15 whose bit is in `mask`.

    Sounding notes move too if the message says `at_once`.
    """
    for number in range(16):
        if mask & (1 << number):
            engine.channels[first + number].scale_octaves[note % 12] = cents * (1.0 / 1200.0)
            if at_once:
                retune(engine, first + number)


@realtime
def retune(engine, channel):
    """Send the sounding notes of a channel to where their keys sound now."""
    for number in range(engine.groups_used):
        group = engine.groups[number]
        if group.program < 0:
            continue
        for lane in range(16):
            if group.channel[lane] == channel:
                key = group.key[lane] + group.transpose[lane]
                group.pitch_target[lane] = key_octaves(engine, channel, key)
                group.glide[lane] = NO_GLIDE
