"""Play a program in plain NumPy: slow, but without engine, image or compiler. Sixteen notes at once."""

import numpy as np

from synthhost.dsp.context import VOICE, shared_context
from synthhost.dsp.controls import MACROS
from synthhost.patch import compile_patch
from synthhost.realtime.operator import OPERATORS

FRAMES = 32
RATE_HZ = 48_000


class Inputs:
    """The tiles that an operator reads, by name."""


def attribute(name):
    """An input's name as Python can have it: ``in`` is ``in_``."""
    return name + "_" if name == "in" else name


def bind(program, row, tiles):
    """What a row's operator is called with: operator, output, inputs, state, values."""
    operator = OPERATORS[sorted(OPERATORS)[row["operator"]]]
    inputs = Inputs()
    for tile, item in zip(row["inputs"], operator.inputs, strict=False):
        setattr(inputs, attribute(item.name), tiles[tile])
    values = np.zeros(1, operator.values_type)[0]
    for at, parameter in enumerate(operator.parameters, int(row["values"])):
        values[parameter.name] = program.values[at]
    return operator, tiles[row["output"]], inputs, np.zeros(1, operator.state_type)[0], values


def strike(keys, velocities):
    """The record of 16 voices whose keys are struck."""
    voice = np.zeros(1, VOICE)[0]
    keys = np.resize(np.asarray(keys, float), 16)
    voice.pitch[:] = np.log2(440.0 * 2.0 ** ((keys - 69) / 12))
    voice.key[:] = (keys - 60) / 12
    voice.velocity[:] = np.resize(np.asarray(velocities, float), 16) / 127
    for macro in MACROS:
        voice[macro][:] = -1.0  # nobody has turned it
    for field in (voice.gate, voice.gain_left, voice.gain_right, voice.fresh, voice.strike):
        field[:] = 1
    return voice


def play(patch, keys=(60,), velocities=(100,), tiles=1):
    """Left channel of the first tiles after a stroke: ``float32[frames, 16]``."""
    program, shared, voice = compile_patch(patch), shared_context(RATE_HZ), strike(keys, velocities)
    memory = np.zeros((64, FRAMES, 16), np.float32)
    rows = [bind(program, row, memory) for row in program.rows]
    sound = []
    for _ in range(tiles):
        mix = np.zeros((2 * FRAMES, 16), np.float32)
        for operator, output, inputs, state, values in rows:
            to = mix if operator.kind == "output" else output
            operator.render(to, inputs, state, values, voice, shared, FRAMES)
        voice.fresh[:] = voice.strike[:] = 0
        sound.append(mix[:FRAMES])
    return np.concatenate(sound)
