"""MIDI Tuning Standard: keys of a port or notes of a channel's octave are moved, for new notes or for those that sound too."""

from synthhost.realtime.marks import realtime
from synthhost.voices.glide import NO_GLIDE
from synthhost.voices.tuning import A4_OCTAVES, key_octaves

EVERY_KEY = -1


@realtime
def tune_scale(engine, first, mask, note, cents, at_once):
    """Move one note of the octave, on channels `first` … `first` + 15 whose bit is in `mask`.

    Sounding notes move too if the message says `at_once`.
    """
    for number in range(16):
        if mask & (1 << number):
            engine.channels[first + number].scale_octaves[note % 12] = cents * (1.0 / 1200.0)
            if at_once:
                retune(engine, first + number, first + number, EVERY_KEY)


@realtime
def tune_note(engine, port, key, semitones, at_once):
    """Let a key of a port, 0 … 127, sound at a pitch in semitones: 69 is 440 Hz, however the host is tuned."""
    engine.note_octaves[port, key] = A4_OCTAVES + (semitones - 69.0) / 12.0
    if at_once:
        retune(engine, port * 16, port * 16 + 15, key)


@realtime
def retune(engine, first, last, wanted):
    """Send the sounding notes of channels `first` … `last` to where their keys sound now, or those of one key only."""
    for number in range(engine.groups_used):
        group = engine.groups[number]
        if group.program < 0:
            continue
        for lane in range(16):
            key = group.key[lane] + group.transpose[lane]
            mine = wanted == EVERY_KEY or wanted == min(max(key, 0), 127)
            if mine and first <= group.channel[lane] <= last:
                group.pitch_target[lane] = key_octaves(engine, group.channel[lane], key)
                group.glide[lane] = NO_GLIDE
