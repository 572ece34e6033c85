"""Chorus: copies of the sound whose delays swing, as if several players had the same part.

Up to eight copies a side; their swings are spread evenly over the cycle, and left and right stand between each other's.
One copy is the chorus of the classic string machines, eight a crowd. Delays between frames are read by a cubic through
four frames (Catmull-Rom): 0.2 dB is lost at 8 kHz at worst.

References
----------
J. Dattorro, "Effect design, part 2: delay-line modulation and chorus", J. AES 45(10), 1997.
"""

from synthhost.dsp.approximations import sine_of_phase
from synthhost.realtime.marks import realtime
from synthhost.realtime.operator import EXPONENTIAL, F32, U32, Parameter, State, operator
from synthhost.realtime.vector import (
    float_to_int,
    fma,
    gather,
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
    swap,
    total,
    write,
)

MEMORY_FRAMES = 1 << 13  # 42 ms at 192 kHz
NEAREST_FRAMES = 3.0  # the cubic needs one frame after the place it reads
PARAMETERS = (
    Parameter("rate_hz", 0.6, 0.02, 10.0, EXPONENTIAL, "Swings per second."),
    Parameter("depth_s", 0.002, 0.0, 0.01, doc="How far the delay swings to either side."),
    Parameter("delay_s", 0.012, 0.001, 0.03, EXPONENTIAL, "Delay in the middle of the swing."),
    Parameter("copies", 2.0, 1.0, 8.0, doc="On each side; a whole number.", ramps=False),
    Parameter("level_norm", 0.5, doc="Level of the copies beside the sound."),
)


@realtime
def swings(phase, values, shared):
    """Where each of 16 copies is in its swing, -1 … 1, and how loud it is: even lanes are left, odd ones right."""
    copies = minimum(maximum(nearest(splat(values.copies)), 1.0), 8.0)
    number, side = signed_to_float(read(shared.lanes) >> 1), signed_to_float(read(shared.lanes) & 1)
    cycles = fma(side, 0.5, number) / copies
    place = float_to_int((cycles - nearest(cycles)) * 2.0**31) << 1
    return sine_of_phase(phase + place), select(number < copies, 1.0 / square_root(copies), 0.0)


@realtime
def copied(memory, mask, position, delay, side):
    """What 16 copies read at delays between frames."""
    whole = float_to_int(delay)
    x = delay - signed_to_float(whole)
    row = splat_int(position) - whole
    after = gather(memory, (((row + 1) & mask) << 1) + side)
    here = gather(memory, ((row & mask) << 1) + side)
    before = gather(memory, (((row - 1) & mask) << 1) + side)
    earlier = gather(memory, (((row - 2) & mask) << 1) + side)
    curve = fma(3.0, here - before, earlier - after)
    bend = fma(2.0, after, fma(-5.0, here, fma(4.0, before, -earlier)))
    return fma(x * 0.5, fma(x, fma(x, curve, bend), before - after), here)


@operator(
    "chorus",
    (),
    PARAMETERS,
    State(position=U32, phase=U32, delay=F32, loud=F32, level=F32),
    kind="effect",
    memory_frames=MEMORY_FRAMES,
)
def render(bus, memory, memory_frames, state, values, shared, frames):
    """Add the copies to one tile of the bus; their delays move in straight lines across it."""
    mask, position, part = memory_frames - 1, int(state.position[0]), 1.0 / frames
    phase = (
        read(state.phase) + float_to_int(nearest(splat(values.rate_hz) * shared.period_s * 2.0**32)) * frames
    )
    swing, loud_end = swings(phase, values, shared)
    delay_end = fma(swing, splat(values.depth_s), splat(values.delay_s)) * shared.rate_hz
    delay_end = minimum(maximum(delay_end, NEAREST_FRAMES), memory_frames - 4.0)
    delay, loud = read(state.delay), read(state.loud)
    delay = select(delay < NEAREST_FRAMES, delay_end, delay)  # the first tile of all
    delay_change, loud_change = (delay_end - delay) * part, (loud_end - loud) * part
    level, side = pair(state.level[0]), read(shared.lanes) & 1
    level_change = (pair(values.level_norm) - level) * part
    for n in range(frames):
        delay, loud, level = delay + delay_change, loud + loud_change, level + level_change
        dry = load(bus, n)
        store(memory, position, dry)
        heard = copied(memory, mask, position, delay, side) * loud
        left, right = total(only_left(heard)), total(only_left(swap(heard)))
        store(bus, n, fma(only_left(pair(left)) + swap(only_left(pair(right))), level, dry))
        position = (position + 1) & mask
    state.position[0], state.level[0] = position, values.level_norm
    write(state.phase, phase)
    write(state.delay, delay_end)
    write(state.loud, loud_end)
