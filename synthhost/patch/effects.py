"""The effects of a program: a chain on the stereo sum of its voices, and the knobs that move their numbers."""

import numpy as np

from synthhost.dsp.controls import MACROS, START
from synthhost.engine.program import DELAY_FRAMES, KNOBS, ROW, STEER
from synthhost.patch import settings
from synthhost.patch.macros import address_of, starts_of
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


def add_steers(builder, patch):
    """Add the depths of the routes that move effects, and the starts of their macros; their records."""
    found = []
    for number, route in enumerate(patch.routes, 1):
        if not route.moves_effect:
            continue
        depth, start = settings.of_route(number, route), -1
        builder.value(depth)
        if route.source in MACROS:
            address = address_of(route.source)
            if address not in builder.settings:
                written = starts_of(patch, route.source).get(START[0].name)
                builder.value(settings.of_parameter(address, START[0], written and written.value))
            start = builder.settings[address][1]
        target, at = builder.settings[f"{route.target}.{route.input}"]
        octaves = route.unit in settings.DEPTHS_OF_UNIT["octaves"]
        depth_at = builder.settings[depth.address][1]
        found.append((KNOBS.index(route.source), start, depth_at, at, octaves, target.low, target.high))
    return np.array(found, STEER)


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
