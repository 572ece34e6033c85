"""Convert between musical and technical units: note and hertz, decibels and gain, seconds and frames."""

import math

A4_NOTE = 69
A4_HZ = 440.0
NAMES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")


def hz_from_note(note, a4_hz=A4_HZ):
    """Frequency in hertz of a MIDI note number in equal temperament."""
    return a4_hz * 2.0 ** ((note - A4_NOTE) / 12.0)


def note_from_hz(hz, a4_hz=A4_HZ):
    """MIDI note number (with fraction) of a frequency in hertz."""
    return A4_NOTE + 12.0 * math.log2(hz / a4_hz)


def gain_from_db(db):
    """Linear factor of a level in decibels."""
    return 10.0 ** (db / 20.0)


def db_from_gain(gain):
    """Level in decibels of a linear factor; minus infinity for silence."""
    return 20.0 * math.log10(gain) if gain > 0.0 else -math.inf


def frames_from_s(seconds, rate_hz):
    """Number of frames, rounded, that a time in seconds lasts."""
    return round(seconds * rate_hz)


def s_from_frames(frames, rate_hz):
    """Time in seconds that a number of frames lasts."""
    return frames / rate_hz


def note_name(key):
    """Name of a MIDI key, where C4 is 60, the middle of a piano."""
    return f"{NAMES[key % 12]}{key // 12 - 1}"
