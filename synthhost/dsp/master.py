"""Last in line, for the sake of ears and loudspeakers: a guard against DC and a limiter without latency."""

from synthhost.realtime.marks import realtime
from synthhost.realtime.operator import record
from synthhost.realtime.vector import absolute, fma, load, maximum, minimum, pair, select, store, swap

MASTER = record(
    [
        ("before", "f4", (1, 2)),  # last frame that came into the DC guard
        ("guarded", "f4", (1, 2)),  # and that went out
        ("reduction", "f4", (1, 2)),  # 1 minus the limiter's gain
    ]
)

GUARD_HZ = 4.0
CEILING = 0.98
RELEASE_S = 0.1
LOUDEST = 1e6  # what is beyond, or no number, is silenced
LEAST_RELEASE = 1e-7  # so that the limiter gets back to a gain of exactly 1


@realtime
def dc_guard(bus, state, shared, frames):
    """Take away what is slower than about 4 Hz; 20 Hz loses 0.2 dB."""
    kept = 1.0 - pair(shared.period_s) * (6.283185307179586 * GUARD_HZ)
    before, guarded = load(state.before, 0), load(state.guarded, 0)
    for n in range(frames):
        x = load(bus, n)
        x = select(absolute(x) <= LOUDEST, x, 0.0)
        guarded = fma(kept, guarded, x - before)
        before = x
        store(bus, n, guarded)
    store(state.before, 0, before)
    store(state.guarded, 0, guarded)


@realtime
def limit(bus, state, shared, frames):
    """Keep both channels within ±0.98. Gain falls at once and returns with a time constant of 0.1 s, the same for both.

    What is below the ceiling passes untouched, bit for bit, once the gain is back.
    """
    part = pair(shared.period_s) * (1.0 / RELEASE_S)
    reduction = load(state.reduction, 0)
    for n in range(frames):
        x = load(bus, n)
        x = select(absolute(x) <= LOUDEST, x, 0.0)
        peak = maximum(absolute(x), swap(absolute(x)))
        needed = 1.0 - CEILING / maximum(peak, CEILING)
        reduction = maximum(needed, maximum(fma(-part, reduction, reduction) - LEAST_RELEASE, 0.0))
        store(bus, n, minimum(maximum(x * (1.0 - reduction), -CEILING), CEILING))
    store(state.reduction, 0, reduction)
