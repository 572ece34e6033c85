"""Compile a patch: from modules and routes to the rows of a program."""

import hashlib

import numpy as np

from synthhost.engine.program import (
    DELAY_FRAMES,
    EFFECT_ROWS,
    EFFECT_STATE_ROWS,
    INPUTS,
    MONO,
    POLY,
    ROW,
    ROWS,
    STATE_ROWS,
    TILES,
    VALUES,
    Program,
)
from synthhost.patch import graph, settings
from synthhost.patch.errors import PatchError, Problem
from synthhost.patch.model import PERFORMANCE
from synthhost.patch.tiles import SILENCE, assign_tiles
from synthhost.realtime.operator import AUDIO, OPERATORS

MIX_INPUTS = 4
MIX_OF_RATE = {True: "mix", False: "control_mix"}  # is it audio?


class Builder:
    """Rows, values and settings of a program in the making."""

    def __init__(self):
        self.rows = []  # (operator, signals in, first row of state, first value)
        self.values, self.ramps = [], []
        self.settings = {}  # address -> (Setting, index into values)
        self.state = 0

    def value(self, setting, silent=False):
        """Add one number; with `silent`, one that nothing can set."""
        if not silent:
            self.settings[setting.address] = setting, len(self.values)
        self.values.append(setting.encode(setting.value))
        self.ramps.append(setting.ramps)

    def constant(self, number):
        """Add a number that nothing can set."""
        self.values.append(number)
        self.ramps.append(True)

    def row(self, operator, inputs, values):
        """Add a row, its state after those before it; the signal that it makes."""
        self.rows.append((operator, inputs, self.state, values))
        self.state += len(operator.state)
        return len(self.rows)

    def mix(self, audio, base, sources):
        """Add up signals and a base in rows of four; the signal of the sum.

        `base` is a Setting or a plain number, `sources` lists ``(signal, Setting)``.
        """
        operator = OPERATORS[MIX_OF_RATE[audio]]
        total, rest = None, list(sources)
        while total is None or rest:
            room = MIX_INPUTS - (total is not None)
            taken, rest = rest[:room], rest[room:]
            first = len(self.values)
            inputs = [signal for signal, _ in taken]
            gains = [gain for _, gain in taken]
            if total is not None:
                inputs, gains, base = [total, *inputs], [1.0, *gains], 0.0
            for gain in (*gains, *[0.0] * (MIX_INPUTS - len(gains)), base):
                self.constant(gain) if isinstance(gain, float) else self.value(gain)
            total = self.row(operator, inputs, first)
        return total


def compile_patch(patch, table=None):
    """Compile a patch to a Program.

    `table` lists the names of the image's operators in its order; all that there are, sorted, if it is not given.

    Raises
    ------
    PatchError
        If the patch has more modules, numbers or signals at a time than fit, or needs an operator not in the table.
    """
    builder, wires = Builder(), graph.wires(patch)
    made = {}  # module -> signal
    for module in graph.order(patch, wires):
        made[module.name] = add_module(builder, module, wires, made)
    effects, effect_state = add_effects(builder, patch)
    index = {name: number for number, name in enumerate(table or sorted(OPERATORS))}
    numbered = assign_tiles([(number, row[1]) for number, row in enumerate(builder.rows, 1)])
    refuse_too_large(patch, builder, effects, effect_state, numbered, index)
    rows = np.zeros(len(builder.rows), ROW)
    for row, (tile, inputs), (operator, _, state, values) in zip(rows, numbered, builder.rows, strict=True):
        row["operator"], row["output"], row["state"], row["values"] = (
            index[operator.name],
            tile,
            state,
            values,
        )
        row["inputs"][: len(inputs)] = inputs
    rows[-1]["output"] = 1  # the output row writes to the mix; the engine ignores its tile
    performance = {p.name: p.default for p in PERFORMANCE}
    performance.update({key: written.value for key, written in patch.performance.items()})
    fields = {
        "mode": MONO if performance["mode"] == "mono" else POLY,
        "polyphony": int(performance["polyphony"]),
        "glide_s": float(performance["glide_s"]),
        "bend_semitones": float(performance["bend_semitones"]),
        "has_envelope": any(is_envelope(operator) for operator, *_ in builder.rows),
    }
    effects = effect_rows(effects, index)
    return Program(
        patch.name,
        rows,
        effects,
        np.array(builder.values, np.float32),
        np.array(builder.ramps, bool),
        digest(rows, effects, fields),
        {address: at for address, (_, at) in builder.settings.items()},
        **fields,
    )


def settings_of(patch):
    """All that can be changed while the patch sounds: address -> Setting, under the addresses of its Program."""
    builder, wires = Builder(), graph.wires(patch)
    made = {}
    for module in graph.order(patch, wires):
        made[module.name] = add_module(builder, module, wires, made)
    add_effects(builder, patch)
    return {address: setting for address, (setting, _) in builder.settings.items()}


def is_envelope(operator):
    """Whether an operator keeps a note alive after its key was let go: it has a release."""
    return any(parameter.name == "release_s" for parameter in operator.parameters)


def add_module(builder, module, wires, made):
    """Add the sums that a module listens to, then its own row; the signal that it makes."""
    operator = OPERATORS[module.op]
    inputs = [add_input(builder, module, operator, item, wires, made) for item in operator.inputs]
    first = len(builder.values)
    for parameter in operator.parameters:
        written = module.written.get(parameter.name)
        address = f"{module.name}.{parameter.name}"
        builder.value(settings.of_parameter(address, parameter, written.value if written else None))
    return builder.row(operator, inputs, first)


def add_input(builder, module, operator, target, wires, made):
    """Add what comes into one input: nothing, one signal as it is, or a sum; its signal."""
    written, audio = module.written.get(target.name), target.rate == AUDIO
    sources = [
        (made[source], gain, plain) for source, gain, plain in wires.get((module.name, target.name), ())
    ]
    is_sum = written is not None and isinstance(written.value, tuple)
    if audio and is_sum and len(sources) == 1 and sources[0][2]:
        return sources[0][0]
    address = f"{module.name}.{target.name}"
    base = 0.0 if is_sum else settings.of_input(address, target, written.value if written else None)
    silent = not written and not sources and base.encode(base.value) == 0.0
    if silent and (audio or operator.kind != "output"):  # pan and level of the output can always be set
        return SILENCE
    return builder.mix(audio, base, [(signal, gain) for signal, gain, _ in sources])


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


def digest(rows, effects, fields):
    """A short name for everything but the values."""
    facts = repr(sorted(fields.items())).encode()
    return hashlib.blake2b(
        rows.tobytes() + b"|" + effects.tobytes() + b"|" + facts, digest_size=16
    ).hexdigest()


def refuse_too_large(patch, builder, effects, effect_state, numbered, index):
    """Raise PatchError if the program would not fit into a slot of the engine."""
    used = {operator.name for operator, *_ in (*builder.rows, *effects)}
    counts = (
        (
            "modules and sums that are heard",
            len(builder.rows),
            ROWS,
            "Take some modules or modulated inputs away.",
        ),
        ("effects", len(effects), EFFECT_ROWS, "Take some effects away."),
        ("numbers", len(builder.values), VALUES, "Take some modules away."),
        ("rows of memory", builder.state, STATE_ROWS, "Take some modules away."),
        ("rows of effect memory", effect_state, EFFECT_STATE_ROWS, "Take some effects away."),
        ("signals at a time", max(tile for tile, _ in numbered), TILES - 1, "Take some modules away."),
        ("inputs of one module", max(len(inputs) for _, inputs in numbered), INPUTS, "Use another operator."),
    )
    problems = [
        Problem(
            f"This patch is too large: {count} {what}, {most} fit. {remedy}",
            patch.file,
            value=count,
            high=most,
        )
        for what, count, most, remedy in counts
        if count > most
    ]
    problems += [
        Problem(
            f"This patch needs '{name}', which is not in the engine's image; build the image again.",
            patch.file,
        )
        for name in sorted(used - set(index))
    ]
    if problems:
        raise PatchError(*problems)
