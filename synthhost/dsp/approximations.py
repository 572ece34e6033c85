"""Own polynomials instead of the C library's functions: the same bits on every machine, and no call.

The coefficients are least-squares fits on Chebyshev points; ``tests/dsp/test_approximations.py`` measures the
stated errors again over the whole range.
"""

import numpy as np

from synthhost.realtime.marks import realtime
from synthhost.realtime.vector import (
    bits_float,
    float_to_int,
    fma,
    maximum,
    minimum,
    nearest,
    signed_to_float,
)


def _fit(function, low, high, degree):
    points = (low + high) / 2 + (high - low) / 2 * np.cos(np.pi * (np.arange(400) + 0.5) / 400)
    return [float(c) for c in np.polynomial.polynomial.polyfit(points, function(points), degree)]


E1, E2, E3, E4, E5, E6 = _fit(lambda x: np.expm1(x * np.log(2.0)) / x, -0.5, 0.5, 5)
S0, S1, S2, S3, S4 = _fit(lambda u: np.sin(0.5 * np.pi * np.sqrt(u)) / np.sqrt(u), 1e-9, 1.0, 4)
T0, T1, T2, T3, T4 = _fit(lambda u: np.tan(np.sqrt(u)) / np.sqrt(u) * (np.pi**2 / 4 - u), 1e-9, 2.3, 4)


@realtime
def exp2_parts(x):
    """2 to the power of x in two parts, for -126 <= x <= 127 (clamped): ``scale * (1 + rest)``."""
    x = minimum(maximum(x, -126.0), 127.0)
    whole = nearest(x)
    f = x - whole
    rest = f * fma(f, fma(f, fma(f, fma(f, fma(f, E6, E5), E4), E3), E2), E1)
    return bits_float((float_to_int(whole) + 127) << 23), rest


@realtime
def exp2(x):
    """2 to the power of x, for -126 <= x <= 127 (clamped). Greatest relative error 2e-7."""
    scale, rest = exp2_parts(x)
    return fma(scale, rest, scale)


@realtime
def fall(x):
    """What is lost by halving x times, ``1 - 2**-x``, exact also for tiny x >= 0. Greatest relative error 3e-7."""
    scale, rest = exp2_parts(-x)
    return fma(-scale, rest, 1.0 - scale)


@realtime
def triangle_of_phase(phase):
    """Triangle of a uint32 phase, -1 … 1: it starts at 0 and rises. Exact."""
    t = signed_to_float(phase) * 2.0**-30
    return minimum(maximum(t, -1.0), 1.0) * 2.0 - t


@realtime
def sine_of_phase(phase):
    """Sine of a uint32 phase, 2**32 = one cycle. Greatest error 1e-6."""
    # The triangle folds the cycle to -1 … 1, a quarter each side; then an odd polynomial.
    folded = triangle_of_phase(phase)
    u = folded * folded
    return folded * fma(u, fma(u, fma(u, fma(u, S4, S3), S2), S1), S0)


@realtime
def tangent(x):
    """Tangent of an angle in radians, 0 <= x <= 1.5 (clamped). Greatest relative error 2e-6."""
    x = minimum(maximum(x, 0.0), 1.5)
    u = x * x
    return x * fma(u, fma(u, fma(u, fma(u, T4, T3), T2), T1), T0) / (2.4674011002723395 - u)


@realtime
def soft_clip(x):
    """Hyperbolic tangent, never beyond 1: Lambert's continued fraction cut short. Greatest error 1e-4."""
    x = minimum(maximum(x, -4.95), 4.95)
    u = x * x
    above = fma(u, fma(u, u + 378.0, 17325.0), 135135.0)
    return x * above / fma(u, fma(u, fma(u, 28.0, 3150.0), 62370.0), 135135.0)


@realtime
def gain_of_db(db):
    """Linear factor of decibels. Greatest relative error 1e-6."""
    return exp2(db * 0.16609640474436813)
