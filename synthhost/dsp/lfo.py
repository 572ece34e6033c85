"""Low-frequency oscillator, -1 … 1, one cycle for each note: it starts at `phase_norm` when the key is struck.

The shape is looked up once a tile, at its last frame, and the tile is the straight line there: even a square moves
without a click. Sine and triangle start at 0 and rise, the square starts high, the saw starts at 0, rises and falls
back half-way, and random is a new level each cycle.
"""

from synthhost.dsp.approximations import sine_of_phase, triangle_of_phase
from synthhost.dsp.chance import VARIATION, chance, first_count
from synthhost.dsp.pitch import start_phase
from synthhost.realtime.marks import realtime
from synthhost.realtime.operator import EXPONENTIAL, F32, U32, Parameter, State, operator
from synthhost.realtime.vector import (
    float_to_int,
    maximum,
    minimum,
    nearest,
    read,
    select,
    signed_to_float,
    splat,
    splat_int,
    store,
    write,
)

SHAPES = ("sine", "triangle", "square", "saw", "random")
PARAMETERS = (
    Parameter("rate_hz", 5.0, 0.01, 40.0, EXPONENTIAL, "Cycles per second."),
    Parameter("shape", 0.0, 0.0, 4.0, doc="Form of the cycle.", choices=SHAPES, ramps=False),
    Parameter("phase_norm", 0.0, doc="Where in its cycle a new note starts.", ramps=False),
    Parameter("delay_s", 0.0, 0.0, 10.0, doc="Time before it begins to be heard."),
    Parameter("fade_s", 0.0, 0.0, 10.0, doc="Time to come in fully after that."),
    VARIATION,
)
INSTANT_S = 1e-9
OLDEST_FRAMES = 1 << 30


@realtime
def shaped(phase, count, values):
    """Value of the chosen shape at a phase."""
    form = splat(values["shape"])  # values.shape would be NumPy's own
    curve = select(form == 0.0, sine_of_phase(phase), triangle_of_phase(phase))
    square = select(phase < 0x80000000, splat(1.0), -1.0)
    saw = signed_to_float(phase) * 2.0**-31
    stepped = select(form == 2.0, square, select(form == 3.0, saw, chance(count)))
    return select(form < 2.0, curve, stepped)


@realtime
def faded(age_frames, values, shared):
    """How far the oscillator has come in, 0 … 1."""
    since_s = signed_to_float(age_frames) * shared.period_s - splat(values.delay_s)
    return minimum(maximum((since_s + INSTANT_S) / maximum(splat(values.fade_s), INSTANT_S), 0.0), 1.0)


@operator("lfo", (), PARAMETERS, State(phase=U32, count=U32, age=U32, value=F32))
def render(output, inputs, state, values, voice, shared, frames):
    """Render one tile: the line from the value at its beginning to the one at its end."""
    fresh = read(voice.fresh) != 0
    struck = fresh | (read(voice.strike) != 0)
    phase = select(struck, start_phase(values), read(state.phase))
    count = select(fresh, first_count(values, voice), read(state.count))
    age = select(struck, splat_int(0), read(state.age))
    value = select(fresh, shaped(phase, count, values) * faded(age, values, shared), read(state.value))
    step = float_to_int(nearest(splat(values.rate_hz) * shared.period_s * 2.0**32))
    phase_end = phase + step * frames
    count = select(phase_end < phase, count + 1, count)
    age = minimum(age + frames, OLDEST_FRAMES)
    value_end = shaped(phase_end, count, values) * faded(age, values, shared)
    change = (value_end - value) * (1.0 / frames)
    for n in range(frames):
        value = value + change
        store(output, n, value)
    write(state.phase, phase_end)
    write(state.count, count)
    write(state.age, age)
    write(state.value, value_end)
