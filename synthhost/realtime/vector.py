"""Sixteen voices at once: the vector functions that operators are written with.

Each function has a NumPy body here, so an operator runs as plain Python and can be read, plotted and
tested as such. The build process replaces every one of them by packed machine instructions that give
the same bits; ``tests/realtime/test_vector.py`` holds the two together.

A *vector* is ``float32[16]`` or ``uint32[16]``, one lane a voice; a *mask* is ``bool[16]``; a *tile* is
``float32[N, 16]``, one row a frame; a *bus* is ``float32[N, 2]``. Vectors take part in ``+ - * /``,
comparisons, ``& | ^ ~`` and shifts like NumPy arrays; Python numbers are taken as float32 (or uint32).
Every arithmetic step rounds to float32 once: nothing is fused or reordered but what `fma` fuses.
"""

import numpy as np

LANES = 16  # voices of a group
QUANTUM = 32  # frames of the engine's grid; no tile is longer
VECTOR_FUNCTIONS = []


def vector_function(function):
    """Mark a function of this module as one the build knows instructions for."""
    VECTOR_FUNCTIONS.append(function)
    return function


@vector_function
def load(tile, row):
    """Take one row of a tile: the 16 voices (or the 2 channels of a bus) at one frame."""
    return np.array(tile[row])


@vector_function
def store(tile, row, value):
    """Write one row of a tile or bus."""
    tile[row] = value


@vector_function
def store_wide(memory, row, value):
    """Write 16 numbers into an effect's memory, taken as rows of 16: eight stereo frames."""
    memory.reshape(-1, LANES)[row] = value


@vector_function
def read(field):
    """Take a per-voice value out of a record (a state, the voice)."""
    return np.array(field)


@vector_function
def write(field, value):
    """Put a per-voice value into a record."""
    field[:] = value


@vector_function
def splat(value):
    """Give every voice the same number: ``float32[16]``."""
    return np.full(LANES, value, np.float32)


@vector_function
def splat_int(value):
    """Give every voice the same whole number: ``uint32[16]``."""
    return np.full(LANES, value, np.uint32)


@vector_function
def select(mask, yes, no):
    """Choose lane by lane: `yes` where the mask is set, else `no`. At least one of them is a vector."""
    like = yes if isinstance(yes, np.ndarray) else no
    return np.where(mask, np.asarray(yes, like.dtype), np.asarray(no, like.dtype))


@vector_function
def minimum(a, b):
    """The smaller of two, lane by lane; `b` where they cannot be compared."""
    return select(a < b, a, b)


@vector_function
def maximum(a, b):
    """The greater of two, lane by lane; `b` where they cannot be compared."""
    return select(a > b, a, b)


@vector_function
def absolute(x):
    """Magnitude of each lane."""
    return np.abs(x)


@vector_function
def copysign(magnitude, sign):
    """Magnitude of the one with the sign of the other."""
    return np.copysign(magnitude, sign).astype(np.float32)


@vector_function
def square_root(x):
    """Correctly rounded square root."""
    return np.sqrt(x)


@vector_function
def nearest(x):
    """Round to the nearest whole number, ties to even, as float32."""
    return np.rint(x)


@vector_function
def fma(a, b, c):
    """``a * b + c`` rounded once. The sum is made in float64 and rounded to odd first, which makes it exact
    (S. Boldo and G. Melquiond, "Emulation of a FMA and correctly rounded sums", IEEE Trans. Comp. 57, 2008)."""
    a, b, term = (np.asarray(x, np.float32).astype(np.float64) for x in (a, b, c))
    product = a * b
    total = product + term
    virtual = total - product
    error = (product - (total - virtual)) + (term - virtual)
    even = (total.view(np.int64) & 1) == 0
    odd = np.nextafter(total, np.where(error > 0.0, np.inf, -np.inf))
    return np.where((error != 0.0) & even & np.isfinite(total), odd, total).astype(np.float32)


@vector_function
def signed_to_float(bits):
    """A uint32 lane read as a signed number, -2**31 … 2**31 - 1, as float32."""
    return bits.view(np.int32).astype(np.float32)


@vector_function
def float_to_int(x):
    """Cut a float32 lane (within ±2**31) to a whole number; negative ones wrap into uint32."""
    return x.astype(np.int32).view(np.uint32)


@vector_function
def float_bits(x):
    """The bits of a float32 lane as uint32."""
    return x.view(np.uint32)


@vector_function
def bits_float(bits):
    """A uint32 lane read as the bits of a float32."""
    return bits.view(np.float32)


@vector_function
def any_lane(mask):
    """Whether any lane of a mask is set."""
    return bool(np.any(mask))


@vector_function
def total(x):
    """Sum of the 16 lanes, added in halves: 8 + 8, 4 + 4, 2 + 2, 1 + 1. Returns a float32 number."""
    while len(x) > 1:
        half = len(x) // 2
        x = x[:half] + x[half:]
    return x[0]


@vector_function
def gather(table, index):
    """Look up ``float32[...]`` at 16 places; an effect's memory is one row of numbers here, left and right in turn."""
    return table.reshape(-1)[index.astype(np.int64)]


@vector_function
def gather_int(table, index):
    """Look up ``uint32[...]`` at 16 places."""
    return table[index.astype(np.int64)]


@vector_function
def gather_pair(table, index):
    """Look up ``float32[..., 2]`` at 16 places: two vectors, the first and the second of each pair."""
    pairs = table[index.astype(np.int64)]
    return np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])


@vector_function
def pair(value):
    """Give both channels of a bus the same number: ``float32[2]``."""
    return np.full(2, value, np.float32)


@vector_function
def swap(x):
    """Exchange neighbouring lanes: left and right of a bus row."""
    return np.ascontiguousarray(x.reshape(-1, 2)[:, ::-1]).reshape(-1)


@vector_function
def only_left(x):
    """Keep the left channel of a bus row and silence the right."""
    return np.where(np.arange(len(x)) % 2 == 0, x, np.float32(0.0))


@vector_function
def hadamard(x):
    """Mix 16 lanes so that each is heard alike in all: a Hadamard matrix of ±1, by four stages of sum and difference."""
    for distance in (1, 2, 4, 8):
        low, high = np.moveaxis(x.reshape(-1, 2, distance), 1, 0)
        x = np.stack([low + high, low - high], axis=1).reshape(-1)
    return x
