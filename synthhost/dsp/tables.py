"""Band-limited tables of saw and triangle: one period each, for notes of one octave (or half an octave at 44.1 kHz).

Table i holds the harmonics that fold back above 18 kHz even for the highest note it serves, and that reach 15 kHz even
for the lowest. Its length makes the error of linear interpolation smaller than -97 dB: N >= sqrt(K / 1.2e-5) for the K
harmonics of a saw. Those of a triangle fall twice as fast: each errs by 1 / N² of the first, and N >= 512 and 4 K do.
Entries are (value, slope to the next entry).
"""

import numpy as np

LOWEST_HZ = 20.0
HIGHEST_HZ = 14_000.0
CLEAN_BELOW_HZ = 18_000.0
FULL_BELOW_HZ = 15_000.0
INTERPOLATION = 1.2e-5


def tables_per_octave(rate_hz):
    """One table an octave where that reaches 15 kHz without an alias below 18 kHz, else two."""
    return 1 if (rate_hz - CLEAN_BELOW_HZ) / 2 >= FULL_BELOW_HZ else 2


def saw_table(harmonics):
    """One period of a rising saw, -1 … 1 with its jump in the middle, as ``float32[N, 2]`` of (value, slope)."""
    number = np.arange(1, harmonics + 1)
    length = power_of_two(max(256, np.sqrt(harmonics / INTERPOLATION)))
    return table(number, -2 / np.pi / number * (-1.0) ** number, length)


def triangle_table(harmonics):
    """One period of a triangle, -1 … 1, that starts at 0 and rises, as ``float32[N, 2]`` of (value, slope)."""
    number = np.arange(1, harmonics + 1, 2)
    signs = (-1.0) ** (number // 2)
    return table(number, 8 / np.pi**2 / number**2 * signs, power_of_two(max(512, 4 * harmonics)))


def power_of_two(least):
    """The next power of two."""
    return 1 << int(np.ceil(np.log2(least)))


def table(number, amplitudes, length):
    """One period of a sum of sines: the harmonics of these numbers."""
    spectrum = np.zeros(length // 2 + 1, complex)
    spectrum[number] = -0.5j * length * amplitudes
    period = np.fft.irfft(spectrum, length)
    return np.stack([period, np.roll(period, -1) - period], axis=1).astype(np.float32)


def harmonics_of_tables(rate_hz):
    """How many harmonics each table has at a sample rate, lowest notes first."""
    step = 2.0 ** (1.0 / tables_per_octave(rate_hz))
    lowest, counts = LOWEST_HZ, []
    while lowest < HIGHEST_HZ:
        highest = lowest * step
        audible = int(np.ceil(CLEAN_BELOW_HZ * 1.2 / lowest))
        counts.append(max(1, min(int((rate_hz - CLEAN_BELOW_HZ) / highest), audible)))
        lowest = highest
    return counts


def fill_tables(shared):
    """Write the tables and where each begins into the shared record."""
    counts = harmonics_of_tables(float(shared.rate_hz))
    shared.tables_per_octave = tables_per_octave(float(shared.rate_hz))
    shared.saw_base_octaves = np.log2(LOWEST_HZ)
    shared.saw_tables = len(counts)
    lay_out([saw_table(count) for count in counts], shared.saw_pairs, shared.saw_start, shared.saw_shift)
    triangles = [triangle_table(count) for count in counts]
    lay_out(triangles, shared.triangle_pairs, shared.triangle_start, shared.triangle_shift)


def lay_out(tables, pairs, starts, shifts):
    """Write tables one after the other, where each begins, and log2 of its length."""
    start = 0
    for index, each in enumerate(tables):
        pairs[start : start + len(each)] = each
        starts[index], shifts[index] = start, len(each).bit_length() - 1
        start += len(each)
