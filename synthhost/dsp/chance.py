"""Chance that can be repeated: numbers that look random, made from a note's seed and a count.

References
----------
C. Wellons, "Prospecting for hash functions", nullprogram.com, 2018 (the function `lowbias32`).
"""

from synthhost.realtime.marks import realtime
from synthhost.realtime.operator import Parameter
from synthhost.realtime.vector import read, signed_to_float, splat_int

VARIATION = Parameter(
    "variation", 0.0, 0.0, 255.0, doc="Equal whole numbers make equal choices.", ramps=False
)


@realtime
def hashed(x):
    """Scatter uint32 numbers: those next to each other become independent ones."""
    x = (x ^ (x >> 16)) * 0x7FEB352D
    x = (x ^ (x >> 15)) * 0x846CA68B
    return x ^ (x >> 16)


@realtime
def first_count(values, voice):
    """Where a new note begins to count, far from all other notes and variations."""
    return hashed(read(voice.seed) ^ hashed(splat_int(int(values.variation)) + 1))


@realtime
def chance(count):
    """The number that belongs to a count, -1 … 1, evenly spread."""
    return signed_to_float(hashed(count)) * 2.0**-31
