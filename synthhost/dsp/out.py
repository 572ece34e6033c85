"""Where a voice leaves the patch: level and place between left and right, added to the sum of all voices.

Constant power: the two gains are cosine and sine, so the centre is -3 dB on both sides and a side alone is 0 dB. A
voice whose sound is no number, infinite or absurdly loud (beyond +80 dB) adds nothing while it is so, and is reported.
"""

from synthhost.dsp.approximations import gain_of_db, sine_of_phase
from synthhost.dsp.line import line
from synthhost.realtime.marks import realtime
from synthhost.realtime.operator import AUDIO, F32, Input, State, operator
from synthhost.realtime.vector import (
    bits_float,
    float_bits,
    float_to_int,
    fma,
    load,
    maximum,
    minimum,
    read,
    select,
    splat_int,
    store,
    write,
)

OFF_DB = -96.0
QUARTER_CYCLE = 1 << 30
LOUDEST_BITS = 0x461C4000  # float32 bits of 1e4; those of infinity and what is no number are greater
INPUTS = (
    Input("in", rate=AUDIO, doc="The sound of the voice."),
    Input("pan", 0.0, -1.0, 1.0, doc="-1 is left, 1 is right."),
    Input("level_db", 0.0, OFF_DB, 12.0, unit="db", doc="Level; the lowest is silence."),
)


@realtime
def side_gains(pan, level_db):
    """Gains to the left and to the right."""
    level = select(level_db > OFF_DB, gain_of_db(minimum(level_db, 12.0)), 0.0)
    place = float_to_int((minimum(maximum(pan, -1.0), 1.0) + 1.0) * 2.0**29)
    return sine_of_phase(place + QUARTER_CYCLE) * level, sine_of_phase(place) * level


@operator("out", INPUTS, (), State(left=F32, right=F32), kind="output")
def render(output, inputs, state, values, voice, shared, frames):
    """Add one tile to the sum: left to rows 0 … 31, right to rows 32 … 63; gains move in straight lines."""
    left_end, right_end = side_gains(load(inputs.pan, frames - 1), load(inputs.level_db, frames - 1))
    left_end, right_end = left_end * read(voice.gain_left), right_end * read(voice.gain_right)
    fresh = read(voice.fresh) != 0
    left, left_change = line(read(state.left), left_end, fresh, frames)
    right, right_change = line(read(state.right), right_end, fresh, frames)
    peak = splat_int(0)
    for n in range(frames):
        left, right = left + left_change, right + right_change
        x = load(inputs.in_, n)
        magnitude = float_bits(x) & 0x7FFFFFFF
        peak = maximum(peak, magnitude)
        x = select(magnitude <= LOUDEST_BITS, x, 0.0)
        store(output, n, fma(x, left, load(output, n)))
        store(output, n + 32, fma(x, right, load(output, n + 32)))
    broken = peak > LOUDEST_BITS
    write(state.left, left_end)
    write(state.right, right_end)
    write(voice.peak, select(broken, 0.0, bits_float(peak)))
    write(voice.broken, read(voice.broken) | select(broken, splat_int(1), 0))
