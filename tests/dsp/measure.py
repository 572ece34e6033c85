"""Look at a sound: spectra, responses, clicks."""

import numpy as np
from scipy.signal import lfilter, resample_poly

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

TRUE_PEAK = 10 ** (-0.1 / 20)  # -0.1 dBTP
# ITU-R BS.1770-5, annex 2: two of the four phases of its filter; the others are these in reverse.
STANDARD_PHASES = (
    (
        0.0017089843750,
        0.0109863281250,
        -0.0196533203125,
        0.0332031250000,
        -0.0594482421875,
        0.1373291015625,
        0.9721679687500,
        -0.1022949218750,
        0.0476074218750,
        -0.0266113281250,
        0.0148925781250,
        -0.0083007812500,
    ),
    (
        -0.0291748046875,
        0.0292968750000,
        -0.0517578125000,
        0.0891113281250,
        -0.1665039062500,
        0.4650878906250,
        0.7797851562500,
        -0.2003173828125,
        0.1015625000000,
        -0.0582275390625,
        0.0330810546875,
        -0.0189208984375,
    ),
)
STANDARD_FILTER = np.array([phase[::way] for phase in STANDARD_PHASES for way in (1, -1)])


def true_peak(sound):
    """The greatest level between the samples as well: by the standard's filter, and by finer ones of 4 and 16 points.

    The first and the last 64 frames are left out: beyond them lies more sound than is given here.
    """
    inner = [lfilter(phase, 1.0, sound, axis=0)[64:-64] for phase in STANDARD_FILTER]
    inner += [resample_poly(sound, finer, 1)[64 * finer : -64 * finer] for finer in (4, 16)]
    return max(float(np.abs(each).max()) for each in inner)


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
