"""What is known of the note itself, as signals to steer others with.

`velocity` is 0 … 1, `key` is octaves above middle C, `gate` is 1 while the note is held and then 0, and `random` is a
number from -1 to 1 that stays the same for the whole note. They change between tiles, never within one.
"""

from synthhost.realtime.marks import realtime
from synthhost.realtime.operator import operator
from synthhost.realtime.vector import read, store


@realtime
def fill(output, value, frames):
    """Hold a value for the whole tile."""
    for n in range(frames):
        store(output, n, value)


@operator("velocity")
def render_velocity(output, inputs, state, values, voice, shared, frames):
    """How hard the key was struck."""
    fill(output, read(voice.velocity), frames)


@operator("key")
def render_key(output, inputs, state, values, voice, shared, frames):
    """How high the key is."""
    fill(output, read(voice.key), frames)


@operator("gate")
def render_gate(output, inputs, state, values, voice, shared, frames):
    """Whether the note is held."""
    fill(output, read(voice.gate), frames)


@operator("random")
def render_random(output, inputs, state, values, voice, shared, frames):
    """A number drawn for the note."""
    fill(output, read(voice.random), frames)
