"""From a key to the steps of a phase: what every oscillator does with its pitch once a tile."""

from synthhost.dsp.approximations import exp2
from synthhost.dsp.context import MIDDLE_C_OCTAVES
from synthhost.realtime.marks import realtime
from synthhost.realtime.operator import Input, Parameter
from synthhost.realtime.vector import float_to_int, minimum, read, signed_to_float, splat

HALF_CYCLE = 2147483520.0  # the greatest float32 below 2**31: no phase steps further

PITCH = Input(
    "pitch_octaves", 0.0, -10.0, 10.0, unit="octaves_added", doc="Added to the key: vibrato, sweeps."
)
PITCH_PARAMETERS = (
    Parameter("semitones", 0.0, -60.0, 60.0, doc="Interval from the key.", ramps=False),
    Parameter("detune_cents", 0.0, -100.0, 100.0, doc="Fine tuning."),
    Parameter("key_follow_norm", 1.0, 0.0, 1.0, doc="1 follows the keys, 0 stays at middle C.", ramps=False),
    Parameter("phase_norm", 0.0, 0.0, 1.0, doc="Where in its cycle a new note starts.", ramps=False),
)


@realtime
def pitch_octaves(offset, values, voice):
    """log2 of the frequency in hertz: key, interval, detuning and `offset` (octaves) together."""
    interval = splat(values.semitones) * (1.0 / 12.0) + splat(values.detune_cents) * (1.0 / 1200.0)
    key = MIDDLE_C_OCTAVES + (read(voice.pitch) - MIDDLE_C_OCTAVES) * splat(values.key_follow_norm)
    return key + (interval + offset)


@realtime
def phase_step(octaves, ratio, shared):
    """Phase increment, uint32 with 2**32 = one cycle, of `ratio` times a pitch in log2 of hertz; below half a cycle."""
    return float_to_int(minimum(exp2(octaves - shared.rate_octaves + 32.0) * ratio, HALF_CYCLE))


@realtime
def step_change(step, target, frames):
    """What a phase increment changes by from frame to frame, to get from one value to another over a tile."""
    return float_to_int(signed_to_float(target - step) * (1.0 / frames))


@realtime
def start_phase(values):
    """Where in its cycle a new note starts, uint32."""
    return float_to_int(splat(values.phase_norm) * 2.0**30) << 2
