"""Stereo echo: each repeat is lower and, by a one-pole low-pass in the loop, darker than the one before.

Its time is in seconds, or in beats at a tempo: `beats = 0.75` is a dotted eighth, and `time_s` does not count then. With
ping-pong the sound enters left as a mono sum, and the repeats change sides. A new time is crossfaded to over one tile:
repeats do not click, nor change pitch as on tape.
"""

from synthhost.dsp.approximations import fall
from synthhost.dsp.line import ease
from synthhost.realtime.operator import EXPONENTIAL, F32, U32, Parameter, State, operator
from synthhost.realtime.vector import fma, load, only_left, pair, select, store, swap, total

PARAMETERS = (
    Parameter("time_s", 0.375, 0.01, 2.0, EXPONENTIAL, "From repeat to repeat.", ramps=False),
    Parameter(
        "beats",
        0.0,
        0.0,
        16.0,
        doc="The same as a note value: 1 is a quarter; 0: seconds count.",
        ramps=False,
    ),
    Parameter("tempo_bpm", 120.0, 20.0, 400.0, doc="Quarters a minute.", ramps=False),
    Parameter("feedback_norm", 0.35, 0.0, 0.95, doc="How much of a repeat is repeated again."),
    Parameter("tone_hz", 5000.0, 200.0, 20_000.0, EXPONENTIAL, "Repeats lose what is above."),
    Parameter("level_norm", 0.3, doc="Level of the repeats beside the sound."),
    Parameter("ping_pong", 0.0, doc="Repeats change sides.", choices=("off", "on"), ramps=False),
)
STATE = State(position=U32, delay_frames=U32, level=F32, feedback=F32)
MEMORY_FRAMES = 1 << 17  # 2 s at 48 kHz
HALVINGS_PER_RADIAN = 1.4426950408889634  # log2 of e


@operator("delay", (), PARAMETERS, STATE, kind="effect", memory_frames=MEMORY_FRAMES)
def render(bus, memory, memory_frames, state, values, shared, frames):
    """Add the repeats to one tile of the bus; memory holds what went into the loop, low-passed on its way in."""
    mask, position = memory_frames - 1, int(state.position[0])
    in_beats = pair(values.beats) * 60.0 / pair(values.tempo_bpm)
    time_s = select(pair(values.beats) > 0.0, in_beats, pair(values.time_s))
    wanted = min(max(int(total(only_left(time_s * shared.rate_hz))), 1), mask)
    before = min(int(state.delay_frames[0]), mask)
    if before == 0:
        before = wanted
    part = 1.0 / frames
    level, feedback, fade = pair(state.level[0]), pair(state.feedback[0]), pair(0.0)
    level_change = (pair(values.level_norm) - level) * part
    feedback_change = (pair(values.feedback_norm) - feedback) * part
    open_part = fall(pair(values.tone_hz) * shared.period_s * (6.283185307179586 * HALVINGS_PER_RADIAN))
    ping_pong = pair(values.ping_pong) > 0.5
    kept = load(memory, (position - 1) & mask)
    for n in range(frames):
        level, feedback, fade = level + level_change, feedback + feedback_change, fade + part
        dry, old = load(bus, n), load(memory, (position - before) & mask)
        echo = fma(ease(fade), load(memory, (position - wanted) & mask) - old, old)
        entering = select(ping_pong, only_left((dry + swap(dry)) * 0.5), dry)
        entering = fma(select(ping_pong, swap(echo), echo), feedback, entering)
        kept = fma(open_part, entering - kept, kept)
        store(memory, position, kept)
        store(bus, n, fma(echo, level, dry))
        position = (position + 1) & mask
    state.position[0], state.delay_frames[0] = position, wanted
    state.level[0], state.feedback[0] = values.level_norm, values.feedback_norm
