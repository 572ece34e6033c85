"""What each operator costs: a program in which it stands many times, less the same program with it once.

All copies read the same signals (a sound where sound is read, their defaults elsewhere) and each has its own state, so
the figure is the operator's own time with its call, without the engine round it.
"""

import dataclasses
import math

import numpy as np

from synthhost.bench.timing import Cost, measure_in_turn
from synthhost.bench.voices import BLOCK_FRAMES, Player, with_all_voices
from synthhost.engine.program import ROW, STATE_ROWS, Program
from synthhost.realtime.operator import AUDIO, OPERATORS

COPIES = 12
VOICES = 256
SOUND_TILE, FREE_TILE, FIRST_CONTROL_TILE = 1, 2, 4


def voice_operators(image):
    """Names of the operators that work on voices."""
    return [name for name in image.operators if OPERATORS[name].kind == "voice"]


def operator_costs(image, rounds, names=None, voices=VOICES):
    """Nanoseconds per voice and frame: ``{operator: Cost}``."""
    found = {}
    for name in names or voice_operators(image):
        copies = copies_that_fit(OPERATORS[name])
        once, often = (Player(image, repeated(image, name, n), voices) for n in (1, copies))
        times = measure_in_turn({"once": once.render, "often": often.render}, rounds)
        parts = (copies - 1) * voices * BLOCK_FRAMES
        found[name] = Cost(
            (times["often"].least_ns - times["once"].least_ns) / parts,
            (times["often"].median_ns - times["once"].median_ns) / parts,
        )
    return found


def effect_costs(image, rounds):
    """Nanoseconds per stereo frame of each effect: ``{effect: Cost}``; an effect does the same work for any sound."""
    found = {}
    for name in [name for name in image.operators if OPERATORS[name].kind == "effect"]:
        without, with_one = (Player(image, with_effect(image, name, count), 1) for count in (0, 1))
        times = measure_in_turn({"without": without.render, "with": with_one.render}, rounds)
        found[name] = Cost(
            (times["with"].least_ns - times["without"].least_ns) / BLOCK_FRAMES,
            (times["with"].median_ns - times["without"].median_ns) / BLOCK_FRAMES,
        )
    return found


def with_effect(image, name, count):
    """A program of one voice that runs an effect so many times."""
    program, operator = repeated(image, "sine", 1), OPERATORS[name]
    first = len(program.values)
    row = (image.operators.index(name), 1, (0,) * 8, 0, first, 0, operator.memory_frames)
    defaults = [float(parameter.default) for parameter in operator.parameters]
    return dataclasses.replace(
        program,
        effects=np.array([row] * count, ROW),
        values=np.append(program.values, np.array(defaults, np.float32)),
        ramps=np.append(program.ramps, np.ones(len(defaults), bool)),
    )


def copies_that_fit(operator):
    """As many copies as the state of a group has room for."""
    return min(COPIES, (STATE_ROWS - 16) // max(len(operator.state), 1))


def repeated(image, name, copies):
    """A program of a sound, an envelope that keeps the note alive, the operator some times, and the output."""
    operator, rows, values = OPERATORS[name], Rows(image), []
    rows.add("saw_polyblep", SOUND_TILE, [0], values)
    rows.add("adsr", FREE_TILE, [], values)
    inputs = []
    for number, item in enumerate(operator.inputs):
        if item.rate == AUDIO:
            inputs.append(SOUND_TILE)
        else:
            inputs.append(FIRST_CONTROL_TILE + number)
            default = math.log2(item.default) if item.unit == "octaves" else item.default
            rows.add("control_mix", inputs[-1], [0, 0, 0, 0], values, [0.0, 0.0, 0.0, 0.0, default])
    for _ in range(copies):
        rows.add(name, FREE_TILE, inputs, values)
    rows.add("out", 3, [SOUND_TILE, 0, 0], values)
    made = np.array(rows.rows, ROW)
    program = Program(
        f"{name} x {copies}",
        made.view(np.recarray) if made.dtype.type is not np.record else made,
        np.zeros(0, ROW),
        np.array(values, np.float32),
        np.ones(len(values), bool),
        f"{name} {copies}",
    )
    return with_all_voices(program)


class Rows:
    """Rows of a program in the making."""

    def __init__(self, image):
        self.rows, self._state, self._table = [], 0, image.operators

    def add(self, name, output, inputs, values, given=None):
        """Add an operator, with its defaults unless values are given."""
        operator = OPERATORS[name]
        inputs = tuple(inputs) + (0,) * (8 - len(inputs))
        self.rows.append((self._table.index(name), output, inputs, self._state, len(values), 0, 0))
        self._state += len(operator.state)
        values += given or [float(parameter.default) for parameter in operator.parameters]
