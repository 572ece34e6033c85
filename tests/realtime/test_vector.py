"""The vector functions: what the build makes of them gives the bits of their NumPy bodies."""

import operator
from functools import cache

import numpy as np
import pytest

from synthhost.realtime import vector
from synthhost.realtime.machine import record_view, rows_view
from synthhost.realtime.vector import LANES, VECTOR_FUNCTIONS
from tests.dsp.rig import compiled_source

RNG = np.random.default_rng(1)
ROWS = 64
ANY = RNG.integers(0, 2**32, (ROWS, LANES), np.uint32)
EDGES = np.array([0.0, -0.0, 1.0, -1.0, 1e-45, -1e-45, 1.2e-38, 3.4e38, np.inf, -np.inf], np.float32)
FLOATS = (RNG.standard_normal((ROWS, LANES)) * 10.0 ** RNG.integers(-6, 6, (ROWS, LANES))).astype(np.float32)
FLOATS[0, : len(EDGES)], FLOATS[1, : len(EDGES)] = EDGES, EDGES[::-1]
TABLE = RNG.standard_normal((256, 2)).astype(np.float32)
WHOLE = RNG.integers(0, 256, (ROWS, LANES), np.uint32)
TABLES = np.dtype((np.record, [("pairs", "f4", (256, 2)), ("plain", "f4", (256,)), ("ints", "u4", (256,))]))

# name -> (expression over float vectors a, b, c, whole numbers i, j and the table t, result is whole)
CASES = {
    "splat": ("splat(1.0 / 3.0) + a", False),
    "splat_int": ("splat_int(7) + i", True),
    "select": ("select(a < b, a, b * 2.0)", False),
    "minimum": ("minimum(a, b)", False),
    "maximum": ("maximum(a, 0.25)", False),
    "absolute": ("absolute(a)", False),
    "copysign": ("copysign(a, b)", False),
    "square_root": ("square_root(absolute(a))", False),
    "nearest": ("nearest(a)", False),
    "fma": ("fma(a, b, c)", False),
    "signed_to_float": ("signed_to_float(i)", False),
    "float_to_int": ("float_to_int(minimum(maximum(a, -2147483520.0), 2147483520.0))", True),
    "float_bits": ("float_bits(a)", True),
    "bits_float": ("bits_float((i >> 9) | 0x3F800000)", False),
    "any_lane": ("splat(1.0) if any_lane(a > 100.0) else splat(0.0)", False),
    "total": ("splat(total(minimum(maximum(a, -1e6), 1e6)))", False),
    "gather": ("gather(t.plain, j)", False),
    "gather_int": ("gather_int(t.ints, j)", True),
    "gather_pair": ("gather_pair(t.pairs, j)[0] - gather_pair(t.pairs, j)[1]", False),
    "swap": ("swap(a)", False),
    "hadamard": ("hadamard(minimum(maximum(a, -1e6), 1e6))", False),
    "only_left": ("only_left(a)", False),
    "arithmetic": ("(a + b) * 0.1 - (c - a) / 3.0 + -b", False),
    "whole numbers": ("((i + j * 5 - 3) ^ (i << 3)) & ~(j >> 1) | 9", True),
    "whole minimum": ("minimum(i, j * 77) + maximum(i, 1 << 30)", True),
    "comparisons": (
        "select((a <= b) & (a != c) | ~(b >= c), a, select(i > j, b, select(a == b, c, 0.5)))",
        False,
    ),
}


@cache
def plain(expression):
    names = {function.__name__: function for function in VECTOR_FUNCTIONS}
    return eval(f"lambda a, b, c, i, j, t: {expression}", names)


def plain_rows(expression):
    t = tables()[0]
    return np.array(
        [plain(expression)(*x, t) for x in zip(FLOATS, FLOATS[::-1], np.roll(FLOATS, 3, 1), ANY, WHOLE)]
    )


def tables():
    made = np.zeros(1, TABLES).view(np.recarray)
    made["pairs"], made["plain"], made["ints"] = TABLE, TABLE[:, 0], ANY.reshape(-1)[:256]
    return made


def compiled_rows(expression, whole):
    """The same by machine code, row by row; whole numbers travel as the bits of floats."""
    result = f"bits_float({expression})" if whole else expression
    source = f"""def run(out, a_rows, b_rows, c_rows, i_rows, j_rows, tables):
    t = table_at(tables)
    for n in range({ROWS}):
        a, b, c = load(rows(a_rows), n), load(rows(b_rows), n), load(rows(c_rows), n)
        i, j = float_bits(load(rows(i_rows), n)), float_bits(load(rows(j_rows), n))
        store(rows(out), n, {result})
"""
    names = {function.__name__: function for function in VECTOR_FUNCTIONS}
    names |= {"rows": rows_view(ROWS, LANES), "table_at": record_view(TABLES)}
    made = np.zeros((ROWS, LANES), np.float32)
    arrays = [
        np.ascontiguousarray(x) for x in (FLOATS, FLOATS[::-1], np.roll(FLOATS, 3, 1), ANY, WHOLE, tables())
    ]
    compiled_source(source, names, 7)(*(x.ctypes.data for x in (made, *arrays)))
    return made


@pytest.mark.parametrize("name", CASES)
def test_machine_code_gives_the_bits_of_the_numpy_body(name):
    expression, whole = CASES[name]
    with np.errstate(all="ignore"):
        wanted = plain_rows(expression)
    made = compiled_rows(expression, whole)
    assert wanted.dtype == (np.uint32 if whole else np.float32)
    unknown = np.isnan(wanted)  # one not-a-number is as good as another
    assert np.array_equal(np.isnan(made) & (not whole), unknown)
    assert np.array_equal(made.view(np.uint32)[~unknown], wanted.view(np.uint32)[~unknown])


def test_every_vector_function_is_compared():
    elsewhere = {"load", "store", "store_wide", "read", "write", "pair"}  # operators and effects use them
    assert {function.__name__ for function in VECTOR_FUNCTIONS} <= elsewhere | set(CASES)


def test_fma_rounds_once():
    from fractions import Fraction

    a, b, c = (RNG.standard_normal(2000).astype(np.float32) for _ in range(3))
    c = np.where(RNG.integers(0, 2, 2000) == 1, -(a * b), c).astype(np.float32)
    for x, y, z, got in zip(a, b, c, vector.fma(a, b, c)):
        exact = Fraction(float(x)) * Fraction(float(y)) + Fraction(float(z))
        off = abs(Fraction(float(got)) - exact)
        for other in (np.nextafter(got, np.float32(-np.inf)), np.nextafter(got, np.float32(np.inf))):
            assert off <= abs(Fraction(float(other)) - exact)


@pytest.mark.parametrize("function", (operator.add, operator.mul, operator.truediv))
def test_python_numbers_are_taken_as_float32(function):
    assert function(FLOATS[2], 0.1).dtype == np.float32
