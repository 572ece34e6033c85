"""Compile a patch: from modules and routes to the rows of a program."""

import hashlib

import numpy as np

from synthhost.engine.program import ROW, Program
from synthhost.patch.effects import effect_rows
from synthhost.patch.limits import refuse_too_large
from synthhost.patch.macros import names_of
from synthhost.patch.model import PERFORMANCE
from synthhost.patch.rows import build
from synthhost.patch.tiles import assign_tiles
from synthhost.patch.whole import compile_whole, settings_of_whole
from synthhost.realtime.operator import OPERATORS


def compile_patch(patch, table=None):
    """Compile a patch to a Program.

    `table` lists the names of the image's operators in its order; all that there are, sorted, if it is not given.

    Raises
    ------
    PatchError
        If the patch has more modules, numbers or signals at a time than fit, or needs an operator not in the table.
    """
    index = {name: number for number, name in enumerate(table or sorted(OPERATORS))}
    if patch.parts:
        return compile_whole(patch, index, lambda part: compile_patch(part, table))
    builder, (effects, effect_state), feed, steers = build(patch)
    numbered = assign_tiles([(number, row[1]) for number, row in enumerate(builder.rows, 1)])
    refuse_too_large(patch, builder, effects, effect_state, numbered, index)
    rows = voice_rows(builder, numbered, index)
    effects = effect_rows(effects, index)
    fields = performance_of(patch)
    fields["feed"] = feed
    fields["has_envelope"] = any(is_envelope(operator) for operator, *_ in builder.rows)
    return Program(
        patch.name,
        rows,
        effects,
        np.array(builder.values, np.float32),
        np.array(builder.ramps, bool),
        digest(rows, effects, steers, fields),
        {address: at for address, (_, at) in builder.settings.items()},
        steers=steers,
        macros=names_of(patch),
        **fields,
    )


def voice_rows(builder, numbered, index):
    """The rows as the engine has them, from the Builder's and their tiles."""
    rows = np.zeros(len(builder.rows), ROW)
    for row, (tile, inputs), (operator, _, state, values) in zip(rows, numbered, builder.rows, strict=True):
        row["operator"], row["output"] = index[operator.name], tile
        row["state"], row["values"] = state, values
        row["inputs"][: len(inputs)] = inputs
    rows[-1]["output"] = 1  # the output row writes to the mix; the engine ignores its tile
    return rows


def performance_of(patch):
    """The fields of a Program that come from ``[performance]``."""
    values = {p.name: p.default for p in PERFORMANCE}
    values.update({key: written.value for key, written in patch.performance.items()})
    return {
        p.name: p.choices.index(values[p.name]) if p.choices else type(p.default)(values[p.name])
        for p in PERFORMANCE
    }


def settings_of(patch):
    """All that can be changed while the patch sounds: address -> Setting, under the addresses of its Program."""
    if patch.parts:
        return settings_of_whole(patch)
    builder, *_ = build(patch)
    return {address: setting for address, (setting, _) in builder.settings.items()}


def is_envelope(operator):
    """Whether an operator keeps a note alive after its key was let go: it has a release."""
    return any(parameter.name == "release_s" for parameter in operator.parameters)


def digest(rows, effects, steers, fields):
    """A short name for everything but the values."""
    facts = repr(sorted(fields.items())).encode()
    whole = b"|".join((rows.tobytes(), effects.tobytes(), steers.tobytes(), facts))
    return hashlib.blake2b(whole, digest_size=16).hexdigest()
