"""Sine whose phase another sound may move: one alone is a pure tone, two make an FM pair.

As in the DX7, "FM" is phase modulation: `phase_mod` is added to the phase, in cycles, so the pitch stays.

References
----------
J. Chowning, "The synthesis of complex audio spectra by means of frequency modulation", J. AES 21(7), 1973.
"""

from synthhost.dsp.approximations import sine_of_phase
from synthhost.dsp.pitch import PITCH, PITCH_PARAMETERS, phase_step, pitch_octaves, start_phase, step_change
from synthhost.realtime.operator import AUDIO, EXPONENTIAL, U32, Input, Parameter, State, operator
from synthhost.realtime.vector import float_to_int, load, nearest, read, select, splat, store, write

INPUTS = (
    Input("phase_mod", 0.0, -64.0, 64.0, rate=AUDIO, doc="Added to the phase, in cycles; a sine makes FM."),
    PITCH,
)
RATIO = Parameter("ratio", 1.0, 0.125, 32.0, EXPONENTIAL, "Multiple of the frequency, for FM.", ramps=False)


@operator("sine", INPUTS, (*PITCH_PARAMETERS, RATIO), State(phase=U32, step=U32))
def render(output, inputs, state, values, voice, shared, frames):
    """Render one tile; pitch moves in a straight line from where it was."""
    octaves = pitch_octaves(load(inputs.pitch_octaves, frames - 1), values, voice)
    fresh = read(voice.fresh) != 0
    target = phase_step(octaves, splat(values.ratio), shared)
    step = select(fresh, target, read(state.step))
    bend = step_change(step, target, frames)
    phase = select(fresh, start_phase(values) + read(voice.phase), read(state.phase))
    for n in range(frames):
        cycles = load(inputs.phase_mod, n)
        moved = float_to_int((cycles - nearest(cycles)) * 2.0**31) << 1
        store(output, n, sine_of_phase(phase + moved))
        step = step + bend
        phase = phase + step
    write(state.phase, phase)
    write(state.step, target)
