"""Where keys sound: a frequency for each key, and up to a semitone more or less for each note of a channel's octave."""

from synthhost.realtime.marks import realtime

A4_OCTAVES = 8.78135971352466  # log2 of 440 Hz
UNMAPPED = -100.0  # a key that a keyboard map leaves out: it is silent
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
def is_mapped(engine, key):
    """Whether a key has a frequency."""
    return engine.key_octaves[key & 127] > UNMAPPED


@realtime
def key_octaves(engine, channel, key):
    """log2 of the frequency in hertz of a MIDI key as a channel is tuned."""
    return engine.key_octaves[key & 127] + engine.channels[channel].scale_octaves[(key & 127) % 12]


@realtime
def tune_key(engine, key, octaves):
    """Give a key another frequency, log2 of hertz, from its next note on; out of range, it is left out of the map."""
    tuned = LOWEST_OCTAVES <= octaves <= HIGHEST_OCTAVES
    engine.key_octaves[key & 127] = octaves if tuned else UNMAPPED


@realtime
def tune_scale(engine, first, mask, note, cents, at_once):
    """MIDI Tuning Standard: move one note of the octave, on channels `first` … `first` + 15 whose bit is in `mask`.

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
                group.pitch_target[lane] = key_octaves(
                    engine, channel, group.key[lane] + group.transpose[lane]
                )
