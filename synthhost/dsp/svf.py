"""State-variable low-pass, 12 dB per octave.

Trapezoidal integration: stable while cutoff and resonance are modulated.

References
----------
A. Simper, "Solving the continuous SVF equations using trapezoidal integration and equivalent currents", Cytomic, 2013.
"""

from synthhost.dsp.approximations import exp2, tangent
from synthhost.realtime.operator import AUDIO, EXPONENTIAL, F32, Input, Parameter, State, operator
from synthhost.realtime.vector import fma, load, minimum, read, select, splat, store, write

INPUTS = (
    Input("in", rate=AUDIO, doc="The sound to filter."),
    Input("cutoff_hz", 1000.0, 20.0, 20_000.0, unit="octaves", curve=EXPONENTIAL, doc="Where the slope begins."),
)
PARAMETERS = (Parameter("q", 0.707, 0.5, 40.0, EXPONENTIAL, "Resonance; 0.707 is flat."),)


@operator("svf_lowpass", INPUTS, PARAMETERS, State(ic1=F32, ic2=F32, a1=F32, a2=F32, a3=F32))
def render(output, inputs, state, values, voice, shared, frames):
    """Filter one tile; the three coefficients move in straight lines across it."""
    angle = exp2(load(inputs.cutoff_hz, frames - 1) - shared.rate_octaves) * 3.14159265
    g = tangent(minimum(angle, 1.45))
    a1_end = 1.0 / fma(g, g + 1.0 / splat(values.q), 1.0)
    a2_end = g * a1_end
    a3_end = g * a2_end
    fresh = read(voice.fresh) != 0
    a1 = select(fresh, a1_end, read(state.a1))
    a2 = select(fresh, a2_end, read(state.a2))
    a3 = select(fresh, a3_end, read(state.a3))
    part = 1.0 / frames
    a1_step, a2_step, a3_step = (a1_end - a1) * part, (a2_end - a2) * part, (a3_end - a3) * part
    ic1, ic2 = read(state.ic1), read(state.ic2)
    for n in range(frames):
        a1, a2, a3 = a1 + a1_step, a2 + a2_step, a3 + a3_step
        v3 = load(inputs.in_, n) - ic2
        v1 = fma(a1, ic1, a2 * v3)
        v2 = ic2 + fma(a2, ic1, a3 * v3)
        ic1, ic2 = fma(v1, 2.0, -ic1), fma(v2, 2.0, -ic2)
        store(output, n, v2)
    write(state.ic1, ic1)
    write(state.ic2, ic2)
    write(state.a1, a1_end)
    write(state.a2, a2_end)
    write(state.a3, a3_end)
