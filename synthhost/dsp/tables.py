"""Band-limited saw tables: one period each, for notes of one octave (or half an octave at 44.1 kHz).

Table i holds the harmonics that fold back above 18 kHz even for the highest note it serves, and that reach 15 kHz even
for the lowest. Its length makes the error of linear interpolation smaller than -97 dB: N >= sqrt(K / 1.2e-5) for K
harmonics. Entries are (value, slope to the next entry).
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
    length = 1 << max(8, int(np.ceil(np.log2(np.sqrt(harmonics / INTERPOLATION)))))
    number = np.arange(1, harmonics + 1)
    spectrum = np.zeros(length // 2 + 1, complex)
    spectrum[1 : harmonics + 1] = 1j / number * (length / np.pi) * (-1.0) ** number
    period = np.fft.irfft(spectrum, length)
    return np.stack([period, np.roll(period, -1) - period], axis=1).astype(np.float32)


def saw_tables(rate_hz):
    """The tables for a sample rate, lowest notes first."""
    step = 2.0 ** (1.0 / tables_per_octave(rate_hz))
    lowest, tables = LOWEST_HZ, []
    while lowest < HIGHEST_HZ:
        highest = lowest * step
        audible = int(np.ceil(CLEAN_BELOW_HZ * 1.2 / lowest))
        tables.append(saw_table(max(1, min(int((rate_hz - CLEAN_BELOW_HZ) / highest), audible))))
        lowest = highest
    return tables


def fill_saw_tables(shared):
    """Write the tables and where each begins into the shared record."""
    tables, start = saw_tables(float(shared.rate_hz)), 0
    shared.tables_per_octave = tables_per_octave(float(shared.rate_hz))
    shared.saw_base_octaves = np.log2(LOWEST_HZ)
    shared.saw_tables = len(tables)
    for index, table in enumerate(tables):
        shared.saw_pairs[start : start + len(table)] = table
        shared.saw_start[index] = start
        shared.saw_shift[index] = len(table).bit_length() - 1
        start += len(table)
