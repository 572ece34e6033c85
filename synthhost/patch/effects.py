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


def needs_memory(operator):
    """Whether an effect remembers sound: it has a time."""
    return any(parameter.name == "time_s" for parameter in operator.parameters)


def effect_rows(effects, index):
    """The rows of the effects; those that remember sound share the memory in equal parts, powers of two."""
    sharers = sum(needs_memory(operator) for operator, _, _ in effects)
    frames = 1 << (DELAY_FRAMES // max(sharers, 1)).bit_length() - 1
    rows, memory = np.zeros(len(effects), ROW), 0
    for row, (operator, state, values) in zip(rows, effects, strict=True):
        row["operator"], row["output"], row["state"], row["values"] = index[operator.name], 1, state, values
        if needs_memory(operator):
            row["memory"], row["memory_frames"], memory = memory, frames, memory + frames
    return rows
