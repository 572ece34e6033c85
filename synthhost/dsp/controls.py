"""What hands, breath and knobs do while the note sounds, as signals to steer others with.

`wheel` (controller 1), `breath` (controller 2), `pressure` (of the channel or the key, the greater) and
`release_velocity` (how fast the key came up; before that 0) are 0 … 1, `timbre` (controller 74 of an MPE keyboard) is
-1 … 1. `macro1` … `macro4` (controllers 16 … 19) are the patch's own four knobs, 0 … 1: `[macros]` names them and says
where they stand until somebody turns them.
"""

from synthhost.dsp.line import line
from synthhost.realtime.marks import realtime
from synthhost.realtime.operator import F32, Parameter, State, operator
from synthhost.realtime.vector import read, select, splat, store, write

MACROS = ("macro1", "macro2", "macro3", "macro4")
AT = State(at=F32)
START = (Parameter("start_norm", 0.0, doc="Where it stands until somebody turns it."),)


@realtime
def move(output, state, goal, voice, frames):
    """Go to a value in a straight line."""
    at, change = line(read(state.at), goal, read(voice.fresh) != 0, frames)
    for n in range(frames):
        at = at + change
        store(output, n, at)
    write(state.at, goal)


@realtime
def move_macro(output, state, turned, values, voice, frames):
    """Go to where the macro was turned to, or stay where the patch has it."""
    move(output, state, select(turned < 0.0, splat(values.start_norm), turned), voice, frames)


@operator("wheel", state=AT)
def render_wheel(output, inputs, state, values, voice, shared, frames):
    """How far the modulation wheel is turned."""
    move(output, state, read(voice.wheel), voice, frames)


@operator("breath", state=AT)
def render_breath(output, inputs, state, values, voice, shared, frames):
    """How hard the player blows."""
    move(output, state, read(voice.breath), voice, frames)


@operator("pressure", state=AT)
def render_pressure(output, inputs, state, values, voice, shared, frames):
    """How hard the key is pressed while it is down."""
    move(output, state, read(voice.pressure), voice, frames)


@operator("timbre", state=AT)
def render_timbre(output, inputs, state, values, voice, shared, frames):
    """Where the finger is on an MPE key."""
    move(output, state, read(voice.timbre), voice, frames)


@operator("release_velocity", state=AT)
def render_release_velocity(output, inputs, state, values, voice, shared, frames):
    """How fast the key came up."""
    move(output, state, read(voice.release_velocity), voice, frames)


@operator("macro1", (), START, AT, hidden=True)
def render_macro1(output, inputs, state, values, voice, shared, frames):
    """The first of the patch's own four knobs."""
    move_macro(output, state, read(voice.macro1), values, voice, frames)


@operator("macro2", (), START, AT, hidden=True)
def render_macro2(output, inputs, state, values, voice, shared, frames):
    """The second."""
    move_macro(output, state, read(voice.macro2), values, voice, frames)


@operator("macro3", (), START, AT, hidden=True)
def render_macro3(output, inputs, state, values, voice, shared, frames):
    """The third."""
    move_macro(output, state, read(voice.macro3), values, voice, frames)


@operator("macro4", (), START, AT, hidden=True)
def render_macro4(output, inputs, state, values, voice, shared, frames):
    """The fourth."""
    move_macro(output, state, read(voice.macro4), values, voice, frames)
