"""Soft clipping: a sound is amplified and bent by a hyperbolic tangent, so it never leaves -1 … 1.

Quiet sounds pass clean at the chosen gain, loud ones gain odd harmonics. It is not oversampled: very hard drive of high
notes aliases.
"""

from synthhost.dsp.approximations import gain_of_db, soft_clip
from synthhost.dsp.line import line
from synthhost.realtime.operator import AUDIO, F32, Input, State, operator
from synthhost.realtime.vector import load, maximum, minimum, read, store, write

INPUTS = (
    Input("in", rate=AUDIO, doc="The sound to bend."),
    Input("drive_db", 0.0, 0.0, 48.0, unit="db", doc="Gain before the bend."),
)


@operator("drive", INPUTS, (), State(gain=F32))
def render(output, inputs, state, values, voice, shared, frames):
    """Bend one tile; the gain moves in a straight line across it."""
    gain_end = gain_of_db(minimum(maximum(load(inputs.drive_db, frames - 1), 0.0), 48.0))
    gain, change = line(read(state.gain), gain_end, read(voice.fresh) != 0, frames)
    for n in range(frames):
        gain = gain + change
        store(output, n, soft_clip(load(inputs.in_, n) * gain))
    write(state.gain, gain_end)
