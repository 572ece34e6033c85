"""Reverb: a room by sixteen delays that feed each other, with a time of its own for lows and highs.

Each pass mixes all delays with all others (a Hadamard matrix, which loses nothing), so echoes are as dense as noise
within a fifth of a second; sixteen short delays before them spread the sound on its way in. Between passes each delay is
lowered by what its length costs: lows fall by 60 dB in `decay_s`, what is well above `tone_hz` in `bright_norm` of it. At
size 1 the delays add up to 0.9 s, which makes 0.9 resonances per hertz; a small room with a long decay rings.

References
----------
J.-M. Jot and A. Chaigne, "Digital delay networks for designing artificial reverberators", 90th AES convention, 1991.
S. Schlecht and E. Habets, "On lossless feedback delay networks", IEEE Trans. Signal Processing 65(6), 2017.
"""

import numpy as np

from synthhost.dsp.approximations import exp2, fall
from synthhost.realtime.marks import realtime
from synthhost.realtime.operator import EXPONENTIAL, F32, U32, Parameter, State, operator
from synthhost.realtime.vector import (
    any_lane,
    float_to_int,
    fma,
    gather,
    hadamard,
    load,
    maximum,
    minimum,
    nearest,
    only_left,
    pair,
    read,
    select,
    signed_to_float,
    splat,
    splat_int,
    square_root,
    store,
    store_wide,
    swap,
    total,
    write,
)

MEMORY_FRAMES = 1 << 17  # two rings of 8192 rows of 16: 85 ms at 96 kHz; at 192 kHz large rooms are cut
SHORTEST_S, LONGEST_S = 0.031, 0.083
DIFFUSION_S = 0.027
FALL_HALVINGS = 9.965784284662087  # 60 dB: log2 of 1000
HALVINGS_PER_CYCLE = 9.064720283654388  # 2 pi log2 of e
ENTRANCE = 0.11  # measured: at a level of 1 a bright room is as loud as the sound, for noise
SMALLEST = 0.2  # size of the smallest room
PARAMETERS = (
    Parameter("decay_s", 1.8, 0.1, 20.0, EXPONENTIAL, "In which lows fall by 60 dB."),
    Parameter("bright_norm", 0.4, 0.05, 1.0, doc="How long highs last, as a part of that."),
    Parameter("tone_hz", 4000.0, 500.0, 16_000.0, EXPONENTIAL, "Where highs begin."),
    Parameter("size_norm", 0.6, doc="From a cupboard to a hall.", ramps=False),
    Parameter("level_norm", 0.25, doc="Level of the room beside the sound."),
)
STATE = State(row=U32, delay=U32, spread=U32, open=F32, low=F32, low_gain=F32, high_gain=F32, level=F32)


def fill_reverb(shared):
    """Write the delays of the largest room: spread over their range in equal ratios, in an order that mixes sides."""
    order = np.arange(16) * 7 % 16
    ratios = (order + 0.5 + 0.3 * np.sin(5.0 * np.arange(16))) / 16  # no two have a simple ratio
    shared.reverb_s = SHORTEST_S * (LONGEST_S / SHORTEST_S) ** ratios
    shared.diffuser_s = DIFFUSION_S * (np.arange(16) * 5 % 16 + 0.5 + 0.4 * np.sin(3.0 * np.arange(16))) / 16


@realtime
def frames_of(times_s, values, shared, most):
    """A room's delays in frames; all are shortened alike where the memory is too short."""
    scale = splat(values.size_norm) * (1.0 - SMALLEST) + SMALLEST
    scale = minimum(scale * shared.rate_hz, most / LONGEST_S)
    return float_to_int(maximum(nearest(times_s * scale), 1.0))


@realtime
def gain_in(delay, time_s, shared):
    """What a pass through each delay leaves of a sound that falls by 60 dB in a time."""
    return exp2(signed_to_float(delay) * shared.period_s * -FALL_HALVINGS / time_s)


@operator("reverb", (), PARAMETERS, STATE, kind="effect", memory_frames=MEMORY_FRAMES)
def render(bus, memory, memory_frames, state, values, shared, frames):
    """Add the room to one tile of the bus. Lane i of a row of memory is what went into delay i.

    The first half of the rows are the delays that feed each other, the second those before them. When the size changes,
    the delays are closed in one tile, and open with their new lengths in the next.
    """
    rows, lanes, part = memory_frames >> 4, read(shared.lanes), 1.0 / frames
    mask, row = rows - 1, int(state.row[0])
    wanted = frames_of(read(shared.reverb_s), values, shared, rows - 1.0)
    before = read(state.delay)
    delay = select(before == 0, wanted, before)
    spread_wanted = frames_of(read(shared.diffuser_s), values, shared, rows - 1.0)
    spread = select(before == 0, spread_wanted, read(state.spread))
    open_end = splat(0.0) if any_lane(delay != wanted) else splat(1.0)
    low_end = gain_in(delay, splat(values.decay_s), shared)
    high_end = gain_in(delay, splat(values.decay_s) * splat(values.bright_norm), shared)
    opened, level = read(state.open), pair(state.level[0])
    low_gain = select(before == 0, low_end, read(state.low_gain))
    high_gain = select(before == 0, high_end, read(state.high_gain))
    low_change, high_change = (low_end - low_gain) * part, (high_end - high_gain) * part
    open_change, level_change = (open_end - opened) * part, (pair(values.level_norm) - level) * part
    tone = fall(splat(values.tone_hz) * shared.period_s * HALVINGS_PER_CYCLE)
    entrance = square_root(1.0 - low_end * low_end) * ENTRANCE  # long decays are not louder
    is_left, low = (lanes & 1) == 0, read(state.low)
    for n in range(frames):
        opened, level = opened + open_change, level + level_change
        low_gain, high_gain = low_gain + low_change, high_gain + high_change
        dry = load(bus, n)
        left, right = splat(total(only_left(dry))), splat(total(only_left(swap(dry))))
        store_wide(memory, rows + row, select(is_left, left, right))
        early = gather(memory, ((((splat_int(row) - spread) & mask) + rows) << 4) + lanes)
        heard = gather(memory, (((splat_int(row) - delay) & mask) << 4) + lanes)
        low = fma(tone, heard - low, low)
        kept = fma(high_gain, heard - low, low * low_gain) * opened
        store_wide(memory, row, fma(hadamard(early), entrance * opened, hadamard(kept) * 0.25))
        wet_left, wet_right = total(only_left(kept)), total(only_left(swap(kept)))
        store(bus, n, fma(only_left(pair(wet_left)) + swap(only_left(pair(wet_right))), level, dry))
        row = (row + 1) & mask
    state.row[0], state.level[0] = row, values.level_norm
    write(state.delay, select(open_end == 0.0, wanted, delay))
    write(state.spread, select(open_end == 0.0, spread_wanted, spread))
    write(state.open, open_end)
    write(state.low, low)
    write(state.low_gain, low_end)
    write(state.high_gain, high_end)
