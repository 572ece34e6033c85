"""Look at a sound: spectra, responses, clicks."""

import numpy as np

# The seven-term Blackman-Harris window: side lobes below -180 dB.
SEVEN_TERMS = (
    0.27105140069342,
    -0.43329793923448,
    0.21812299954311,
    -0.06592544638803,
    0.01081174209837,
    -0.00077658482522,
    0.00001388721735,
)
LINE_BINS = 8  # half the width of a line under this window


def seven_term_window(length):
    angle = 2 * np.pi * np.arange(length) / length
    return sum(term * np.cos(number * angle) for number, term in enumerate(SEVEN_TERMS))


def spectrum(sound):
    """Magnitudes such that a sine of amplitude 1 on a bin is 1, through a seven-term Blackman-Harris window."""
    window = seven_term_window(len(sound))
    return np.abs(np.fft.rfft(sound * window)) * 2 / window.sum()


def harmonics_and_rest(sound, hz, rate_hz, below_hz):
    """Amplitudes of the harmonics up to `below_hz`, and of the greatest thing between them."""
    window = seven_term_window(len(sound))
    levels, bin_hz = spectrum(sound), rate_hz / len(sound)
    spread = np.sqrt(len(sound) * np.square(window).sum()) / window.sum()
    bins = np.arange(len(levels)) * bin_hz
    between, harmonics = (bins < below_hz) & (bins > 20.0), []
    for number in range(1, int(rate_hz / 2 / hz) + 1):
        line = np.abs(bins - number * hz) < LINE_BINS * bin_hz
        between &= ~line
        if number * hz < below_hz:
            harmonics.append(np.sqrt(np.square(levels[line]).sum()) / spread)
    return np.array(harmonics), levels[between].max()


def db(factor):
    return 20 * np.log10(np.maximum(np.abs(factor), 1e-30))


def note_of(hz):
    return 69 + 12 * np.log2(np.asarray(hz) / 440.0)


def exact_pitch(note):
    """What of a note number is left in float32 log2 of hertz, in hertz: where a spectrum's lines are."""
    return 2.0 ** np.float64(np.float32(np.log2(440.0) + (np.asarray(note) - 69.0) / 12.0))
