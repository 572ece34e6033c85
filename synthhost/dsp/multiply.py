"""Product of two signals: an amplifier steered by an envelope, or a ring modulator."""

from synthhost.realtime.operator import AUDIO, Input, operator
from synthhost.realtime.vector import load, store

INPUTS = (
    Input("a", rate=AUDIO, doc="A sound."),
    Input("b", 1.0, -1e6, 1e6, rate=AUDIO, doc="What it is multiplied by: an envelope, another sound."),
)


@operator("multiply", INPUTS)
def render(output, inputs, state, values, voice, shared, frames):
    """Multiply one tile, frame by frame."""
    for n in range(frames):
        store(output, n, load(inputs.a, n) * load(inputs.b, n))
