"""Chance that is the same each time: numbers mixed from a count."""

from synthhost.realtime.marks import realtime


@realtime
def scramble(number):
    """A well mixed 32-bit number from a count (C. Wellons, "Prospecting for hash functions", lowbias32, 2018)."""
    x = number & 0xFFFFFFFF
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & 0xFFFFFFFF
    x = ((x ^ (x >> 15)) * 0x846CA68B) & 0xFFFFFFFF
    return x ^ (x >> 16)
