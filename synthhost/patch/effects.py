"""The effects of a program: a chain on the stereo sum of its voices."""

import numpy as np

from synthhost.engine.program import DELAY_FRAMES, ROW
from synthhost.patch import settings
from synthhost.realtime.operator import OPERATORS


def add_effects(builder, patch):
    """Add the values of the effects; ``(operator, first row of state, first value)`` of each, and all rows of state."""
    rows, state = [], 0
    for module in patch.effects.values():
        operator = OPERATORS[module.op]
        rows.append((operator, state, len(builder.values)))
        state += len(operator.state)
        for parameter in operator.parameters:
            written = module.written.get(parameter.name)
            address = f"effects.{module.name}.{parameter.name}"
            builder.value(settings.of_parameter(address, parameter, written.value if written else None))
    return rows, state


def memory_of(operators):
    """How many frames of memory each effect gets, a power of two: what it wants, or where that is too much together,
    the greatest wishes halved until all fit."""
    sizes = [operator.memory_frames for operator in operators]
    while sum(sizes) > DELAY_FRAMES:
        sizes = [size // 2 if size == max(sizes) else size for size in sizes]
    return sizes


def effect_rows(effects, index):
    """The rows of the effects, each with its part of the memory."""
    rows, memory = np.zeros(len(effects), ROW), 0
    sizes = memory_of([operator for operator, _, _ in effects])
    for row, frames, (operator, state, values) in zip(rows, sizes, effects, strict=True):
        row["operator"], row["output"], row["state"], row["values"] = index[operator.name], 1, state, values
        row["memory"], row["memory_frames"], memory = memory, frames, memory + frames
    return rows
