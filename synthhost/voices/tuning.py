"""Where keys sound: a frequency for each key, the host's or the port's own, and up to a semitone more or less for each
note of a channel's octave.
"""

from synthhost.realtime.marks import realtime

A4_OCTAVES = 8.78135971352466  # log2 of 440 Hz
UNMAPPED = -100.0  # a key that a keyboard map leaves out: it is silent
AS_HOST = 0.0  # in place of a port's own frequency
LOWEST_OCTAVES, HIGHEST_OCTAVES = -7.0, 17.0  # log2 of hertz, 1/128 Hz … 131 kHz: no tuning leaves this


@realtime
def reset_tuning(engine):
    """Equal temperament, a' = 440 Hz."""
    for key in range(128):
        engine.key_octaves[key] = A4_OCTAVES + (key - 69.0) / 12.0


@realtime
def reset_scale(channel):
    """No note of the octave is moved."""
    for note in range(12):
        channel.scale_octaves[note] = 0.0


@realtime
def reset_notes(engine, port):
    """No key of a port has a frequency of its own."""
    for key in range(128):
        engine.note_octaves[port, key] = AS_HOST


@realtime
def is_mapped(engine, channel, key):
    """Whether a key has a frequency."""
    return tuned_octaves(engine, channel >> 4, key & 127) > UNMAPPED


@realtime
def tuned_octaves(engine, port, key):
    """log2 of the frequency in hertz of a key, 0 … 127, as its port is tuned, else as the host has tuned it."""
    own = engine.note_octaves[port, key]
    return own if own != AS_HOST else engine.key_octaves[key]


@realtime
def key_octaves(engine, channel, key):
    """log2 of the frequency in hertz of a key, 0 … 127 or beyond, as a channel is tuned."""
    inside = min(max(key, 0), 127)
    scale = engine.channels[channel].scale_octaves[(key + 1200) % 12]
    return tuned_octaves(engine, channel >> 4, inside) + (key - inside) * (1.0 / 12.0) + scale


@realtime
def tune_key(engine, key, octaves):
    """Give a key another frequency, log2 of hertz, from its next note on; out of range, it is left out of the map."""
    tuned = LOWEST_OCTAVES <= octaves <= HIGHEST_OCTAVES
    engine.key_octaves[key & 127] = octaves if tuned else UNMAPPED
