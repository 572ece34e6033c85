"""FM pair: a sine whose phase another sine moves, with feedback on the other; one module for a whole timbre.

As in the DX7, "FM" is phase modulation. `index` is its depth in radians, frame by frame: an envelope belongs there. The
modulator may move its own phase too, by the mean of its last two values, which keeps it from hunting: it goes from sine
to saw. Sidebands reach about (index + 1) modulator frequencies beyond the carrier; what passes half the sample rate
folds back.

References
----------
J. Chowning, "The synthesis of complex audio spectra by means of frequency modulation", J. AES 21(7), 1973.
N. Tomisawa, "Tone production method for an electronic musical instrument", US patent 4,249,447, 1981 (the feedback).
"""

from synthhost.dsp.approximations import sine_of_phase
from synthhost.dsp.pitch import PITCH, PITCH_PARAMETERS, phase_step, pitch_octaves, start_phase, step_change
from synthhost.realtime.marks import realtime
from synthhost.realtime.operator import AUDIO, EXPONENTIAL, F32, U32, Input, Parameter, State, operator
from synthhost.realtime.vector import float_to_int, load, nearest, read, select, splat, store, write

CYCLES_PER_RADIAN = 0.15915494309189535
MOST_FEEDBACK_CYCLES = 0.25  # by ear: a saw, just before it turns to noise
INPUTS = (
    Input("index", 1.0, -40.0, 40.0, rate=AUDIO, doc="Depth in radians; 0 leaves a pure sine."),
    PITCH,
)
PARAMETERS = (
    *PITCH_PARAMETERS,
    Parameter(
        "ratio", 1.0, 0.125, 32.0, EXPONENTIAL, "The carrier's multiple of the frequency.", ramps=False
    ),
    Parameter(
        "modulator_ratio",
        1.0,
        0.125,
        32.0,
        EXPONENTIAL,
        "The modulator's: whole numbers sound in tune.",
        ramps=False,
    ),
    Parameter("feedback_norm", 0.0, doc="How far the modulator moves its own phase: from sine to saw."),
)


@realtime
def cycles_to_phase(cycles):
    """A phase, uint32, of any number of cycles."""
    return float_to_int((cycles - nearest(cycles)) * 2.0**31) << 1


@operator(
    "fm_pair",
    INPUTS,
    PARAMETERS,
    State(phase=U32, step=U32, bend_phase=U32, bend_step=U32, before=F32, last=F32),
)
def render(output, inputs, state, values, voice, shared, frames):
    """Render one tile; both pitches move in straight lines from where they were."""
    octaves = pitch_octaves(load(inputs.pitch_octaves, frames - 1), values, voice)
    fresh = read(voice.fresh) != 0
    target = phase_step(octaves, splat(values.ratio), shared)
    bend_target = phase_step(octaves, splat(values.modulator_ratio), shared)
    step, bend_step = (
        select(fresh, target, read(state.step)),
        select(fresh, bend_target, read(state.bend_step)),
    )
    change, bend_change = step_change(step, target, frames), step_change(bend_step, bend_target, frames)
    phase = select(fresh, start_phase(values) + read(voice.phase), read(state.phase))
    bend_phase = select(fresh, start_phase(values) + read(voice.phase), read(state.bend_phase))
    before, last = read(state.before), read(state.last)
    feedback = splat(values.feedback_norm) * (0.5 * MOST_FEEDBACK_CYCLES)
    for n in range(frames):
        before, last = last, sine_of_phase(bend_phase + cycles_to_phase((before + last) * feedback))
        moved = cycles_to_phase(load(inputs.index, n) * last * CYCLES_PER_RADIAN)
        store(output, n, sine_of_phase(phase + moved))
        step, bend_step = step + change, bend_step + bend_change
        phase, bend_phase = phase + step, bend_phase + bend_step
    write(state.phase, phase)
    write(state.step, target)
    write(state.bend_phase, bend_phase)
    write(state.bend_step, bend_target)
    write(state.before, before)
    write(state.last, last)
