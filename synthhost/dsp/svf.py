"""State-variable filter, 12 dB per octave: low-pass, high-pass and band-pass from one core.

Trapezoidal integration: stable while cutoff and resonance are modulated. Written so that each state is itself plus a
change, and an output the mean of old and new: low cutoffs stay exact in float32, and frames follow each other quickly.

References
----------
A. Simper, "Solving the continuous SVF equations using trapezoidal integration and equivalent currents", Cytomic, 2013.
"""

from synthhost.dsp.approximations import exp2, tangent
from synthhost.dsp.line import line
from synthhost.realtime.marks import realtime
from synthhost.realtime.operator import AUDIO, EXPONENTIAL, F32, Input, Parameter, State, operator
from synthhost.realtime.vector import fma, load, maximum, minimum, read, splat, store, write

CUTOFF = Input("cutoff_hz", 1000.0, 20.0, 20_000.0, unit="octaves", curve=EXPONENTIAL, doc="Where it begins.")
INPUTS = Input("in", rate=AUDIO, doc="The sound to filter."), CUTOFF
PARAMETERS = (Parameter("q", 0.707, 0.5, 40.0, EXPONENTIAL, "Resonance; 0.707 is flat."),)
LEAST_DAMPING = 1 / 40  # however far the player turns the resonance up
STATE = State(ic1=F32, ic2=F32, damp=F32, couple=F32, pull=F32, k=F32)


@realtime
def moving_coefficients(inputs, state, values, voice, shared, frames):
    """2 (1 - a1), 2 a2, 2 a3 and k of Simper's paper, and what each changes by in each frame of the tile."""
    cutoff = load(inputs.cutoff_hz, frames - 1) + read(voice.cutoff_octaves) - shared.rate_octaves
    g = tangent(minimum(exp2(cutoff) * 3.14159265, 1.45))
    k_end = 1.0 / splat(values.q)
    k_end = maximum(fma(k_end, read(voice.damping_change), k_end), LEAST_DAMPING)
    couple_end = g * (2.0 / fma(g, g + k_end, 1.0))
    damp_end, pull_end = couple_end * (g + k_end), g * couple_end
    fresh = read(voice.fresh) != 0
    damp, damp_change = line(read(state.damp), damp_end, fresh, frames)
    couple, couple_change = line(read(state.couple), couple_end, fresh, frames)
    pull, pull_change = line(read(state.pull), pull_end, fresh, frames)
    k, k_change = line(read(state.k), k_end, fresh, frames)
    write(state.damp, damp_end)
    write(state.couple, couple_end)
    write(state.pull, pull_end)
    write(state.k, k_end)
    return (damp, couple, pull, k), (damp_change, couple_change, pull_change, k_change)


@realtime
def next_states(x, ic1, ic2, damp, couple, pull):
    """The two states one frame later; written so that each waits for two steps of arithmetic only."""
    driven1, driven2 = fma(couple, -ic2, couple * x), fma(pull, -ic2, pull * x)
    return fma(damp, -ic1, ic1) + driven1, fma(couple, ic1, ic2) + driven2


@operator("svf_lowpass", INPUTS, PARAMETERS, STATE)
def render_lowpass(output, inputs, state, values, voice, shared, frames):
    """Low-pass: keep what is below the cutoff."""
    now, change = moving_coefficients(inputs, state, values, voice, shared, frames)
    damp, couple, pull, _k = now
    ic1, ic2 = read(state.ic1), read(state.ic2)
    for n in range(frames):
        damp, couple, pull = damp + change[0], couple + change[1], pull + change[2]
        next1, next2 = next_states(load(inputs.in_, n), ic1, ic2, damp, couple, pull)
        store(output, n, (ic2 + next2) * 0.5)
        ic1, ic2 = next1, next2
    write(state.ic1, ic1)
    write(state.ic2, ic2)


@operator("svf_highpass", INPUTS, PARAMETERS, STATE)
def render_highpass(output, inputs, state, values, voice, shared, frames):
    """High-pass: keep what is above the cutoff."""
    now, change = moving_coefficients(inputs, state, values, voice, shared, frames)
    damp, couple, pull, k = now
    ic1, ic2 = read(state.ic1), read(state.ic2)
    for n in range(frames):
        damp, couple, pull, k = damp + change[0], couple + change[1], pull + change[2], k + change[3]
        x = load(inputs.in_, n)
        next1, next2 = next_states(x, ic1, ic2, damp, couple, pull)
        store(output, n, fma(-k, (ic1 + next1) * 0.5, x - (ic2 + next2) * 0.5))
        ic1, ic2 = next1, next2
    write(state.ic1, ic1)
    write(state.ic2, ic2)


@operator("svf_bandpass", INPUTS, PARAMETERS, STATE)
def render_bandpass(output, inputs, state, values, voice, shared, frames):
    """Band-pass: keep what is near the cutoff, at 0 dB whatever the resonance."""
    now, change = moving_coefficients(inputs, state, values, voice, shared, frames)
    damp, couple, pull, k = now
    ic1, ic2 = read(state.ic1), read(state.ic2)
    for n in range(frames):
        damp, couple, pull, k = damp + change[0], couple + change[1], pull + change[2], k + change[3]
        next1, next2 = next_states(load(inputs.in_, n), ic1, ic2, damp, couple, pull)
        store(output, n, k * ((ic1 + next1) * 0.5))
        ic1, ic2 = next1, next2
    write(state.ic1, ic1)
    write(state.ic2, ic2)
