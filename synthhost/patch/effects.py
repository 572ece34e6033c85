"""The effects of a program: a chain on the stereo sum of its voices or parts, sends beside it, and the knobs that move them."""

import numpy as np

from synthhost.dsp.controls import MACROS, START
from synthhost.engine.program import DELAY_FRAMES, INSERT, KNOBS, ROW, SENDS, STEER
from synthhost.patch import settings
from synthhost.patch.macros import address_of, starts_of
from synthhost.patch.parts import SEND_DB
from synthhost.realtime.operator import OPERATORS


def add_effects(builder, patch):
    """Add the values of the effects, those of sends first, as their sound comes back to the chain.

    Returns ``(operator, first row of state, first value, bus)`` of each, and the number of all rows of state.
    """
    rows, state = [], 0
    found = [("sends", module, INSERT + number) for number, module in enumerate(patch.sends.values(), 1)]
    found += [("effects", module, INSERT) for module in patch.effects.values()]
    for where, module, bus in found:
        operator = OPERATORS[module.op]
        rows.append((operator, state, len(builder.values), bus))
        state += len(operator.state)
        for parameter in operator.parameters:
            builder.value(setting_of(where, module, parameter))
    return rows, state


def setting_of(where, module, parameter):
    """The setting behind a parameter of an effect."""
    written = module.written.get(parameter.name)
    address = f"{where}.{module.name}.{parameter.name}"
    return settings.of_parameter(address, parameter, written.value if written else None)


def add_feed(builder, patch):
    """Add how much of the sound of a patch without parts its sends hear; the first of these values, or -1."""
    if not patch.sends:
        return -1
    first = len(builder.values)
    for module in patch.sends.values():
        builder.value(setting_of("sends", module, SEND_DB))
    for _ in range(SENDS - len(patch.sends)):
        builder.constant(SEND_DB.low)
    return first


def add_steers(builder, patch):
    """Add the depths of the routes from knobs, and the starts of their macros; their records."""
    found = []
    for number, route in enumerate(patch.routes, 1):
        if not route.by_knob:
            continue
        depth, start = settings.of_route(number, route), -1
        builder.value(depth)
        if route.source in MACROS:
            start = start_of(builder, patch, route.source)
        target, at = builder.settings[f"{route.target}.{route.input}"]
        octaves = route.unit in settings.DEPTHS_OF_UNIT["octaves"]
        depth_at = builder.settings[depth.address][1]
        found.append((KNOBS.index(route.source), start, depth_at, at, octaves, target.low, target.high))
    return np.array(found, STEER)


def start_of(builder, patch, macro):
    """The value that says where a macro begins: the one that voices have, or a new one. Parts have their own."""
    address, at = address_of(macro), len(builder.values)
    if address in builder.settings:
        return builder.settings[address][1]
    written = starts_of(patch, macro).get(START[0].name)
    setting = settings.of_parameter(address, START[0], written and written.value)
    builder.constant(setting.value) if patch.parts else builder.value(setting)
    return at


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
    sizes = memory_of([operator for operator, *_ in effects])
    for row, frames, (operator, state, values, bus) in zip(rows, sizes, effects, strict=True):
        row["operator"], row["output"], row["state"], row["values"] = index[operator.name], bus, state, values
        row["memory"], row["memory_frames"], memory = memory, frames, memory + frames
    return rows
