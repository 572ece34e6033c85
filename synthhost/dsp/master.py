"""Last in line, for the sake of ears and loudspeakers: a guard against DC and a limiter without latency.

The limiter holds true peaks, too, those between the samples, though it cannot know what comes: a frame gets as much gain
as keeps every point that it has a part in within the ceiling if silence followed. Silence can always follow, so there is
always such a gain, and the points stay within whatever comes. The price: a sound is held as if it stopped at any moment.
A slow wave passes untouched up to 0.82 and is held there, a wave with its peaks between the samples is held lower, any
sound below 0.41 passes.

What is certain (``tests/dsp/test_master.py``): neither a sample nor one of the 7 points between two of them is beyond
0.93; so the filter of ITU-R BS.1770-5 finds at most 0.986, -0.1 dBTP, and this one with 16 points at most 0.944. What
other filters find is measured.
"""

from synthhost.dsp.true_peak import TAPS, add_frame, change_frame, share_within
from synthhost.realtime.marks import realtime
from synthhost.realtime.operator import record
from synthhost.realtime.vector import (
    LANES,
    absolute,
    any_lane,
    fma,
    load,
    maximum,
    minimum,
    only_left,
    pair,
    read,
    select,
    splat,
    store,
    swap,
    total,
    write,
)

MASTER = record(
    [
        ("before", "f4", (1, 2)),  # last frame that came into the DC guard
        ("guarded", "f4", (1, 2)),  # and that went out
        ("reduction", "f4", (1, 2)),  # 1 minus the limiter's gain
        ("points", "f4", (TAPS + 1, LANES)),  # between its frames, under way; the last row is zero
        ("lane", "f4", (LANES,)),  # to look at lanes one by one
    ]
)

GUARD_HZ = 4.0
CEILING = 0.93  # the filter of BS.1770-5 finds at most 1.06 times as much: -0.1 dBTP
AIM = CEILING - 0.001  # what was too loud ends here: the next frame may add a little
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
    """Keep both channels, and 7 points between every two frames, within ±0.93. Gain falls at once and returns with a time
    constant of 0.1 s, the same for both. What is within passes untouched, bit for bit, once the gain is back.

    Gain falls by as much as a point is too loud. If what came before leaves less room, one frame alone is softer still.
    """
    part = pair(shared.period_s) * (1.0 / RELEASE_S)
    is_left = (read(shared.lanes) & 1) == 0
    reduction = load(state.reduction, 0)
    for n in range(frames):
        x = load(bus, n)
        x = select(absolute(x) <= LOUDEST, x, 0.0)
        peak = maximum(absolute(x), swap(absolute(x)))
        needed = select(peak > CEILING, 1.0 - AIM / maximum(peak, AIM), 0.0)
        reduction = maximum(needed, maximum(fma(-part, reduction, reduction) - LEAST_RELEASE, 0.0))
        x = x * (1.0 - reduction)
        frame = select(is_left, splat(total(only_left(x))), splat(total(only_left(swap(x)))))
        worst = add_frame(state.points, shared.peak_taps, frame)
        if any_lane(worst > CEILING):
            share = least(share_within(state.points, shared.peak_taps, frame, CEILING, AIM), state.lane)
            change_frame(state.points, shared.peak_taps, frame * (splat(share) - 1.0))
            x = x * share
            fall = maximum(pair(share), pair(least(AIM / maximum(worst, AIM), state.lane)))
            reduction = 1.0 - (1.0 - reduction) * fall
        store(bus, n, minimum(maximum(x, -CEILING), CEILING))
    store(state.reduction, 0, reduction)


@realtime
def least(x, lane):
    """The least of 16 lanes; `lane` is a place to write them to."""
    write(lane, x)
    found = lane[0]
    for number in range(LANES):
        found = min(found, lane[number])
    return found
