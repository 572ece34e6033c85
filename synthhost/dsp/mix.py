"""Sums of signals, which the patch compiler inserts wherever an input is written as a sum or has routes."""

from synthhost.realtime.operator import AUDIO, Input, Parameter, operator
from synthhost.realtime.vector import fma, load, splat, store

INPUTS = tuple(Input(name, rate=AUDIO) for name in ("a", "b", "c", "d"))
GAIN = tuple(Parameter(f"gain_{name}", 0.0, -1e6, 1e6) for name in ("a", "b", "c", "d"))
BASE = Parameter(
    "base", 0.0, -1e6, 1e6, doc="What is there without any signal."
)  # values.base is NumPy's own
PARAMETERS = *GAIN, BASE


@operator("mix", INPUTS, PARAMETERS, hidden=True)
def render(output, inputs, state, values, voice, shared, frames):
    """Add four signals, each times its gain, frame by frame."""
    gain_a, gain_b = splat(values.gain_a), splat(values.gain_b)
    gain_c, gain_d, base = splat(values.gain_c), splat(values.gain_d), splat(values["base"])
    for n in range(frames):
        low = fma(load(inputs.a, n), gain_a, fma(load(inputs.b, n), gain_b, base))
        store(output, n, fma(load(inputs.c, n), gain_c, fma(load(inputs.d, n), gain_d, low)))


@operator("control_mix", INPUTS, PARAMETERS, hidden=True)
def render_control(output, inputs, state, values, voice, shared, frames):
    """The same for a control input: only the last frame of the tile is made, as only it is read."""
    n = frames - 1
    sum_b = fma(load(inputs.b, n), splat(values.gain_b), splat(values["base"]))
    sum_ab = fma(load(inputs.a, n), splat(values.gain_a), sum_b)
    sum_abd = fma(load(inputs.d, n), splat(values.gain_d), sum_ab)
    store(output, n, fma(load(inputs.c, n), splat(values.gain_c), sum_abd))
