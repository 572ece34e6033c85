"""Refuse what does not fit into a slot of the engine."""

from synthhost.engine.program import (
    EFFECT_ROWS,
    EFFECT_STATE_ROWS,
    INPUTS,
    ROWS,
    STATE_ROWS,
    TILES,
    VALUES,
)
from synthhost.patch.errors import PatchError, Problem


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
        (
            "signals at a time",
            max((tile for tile, _ in numbered), default=0),
            TILES - 1,
            "Take some modules away.",
        ),
        (
            "inputs of one module",
            max((len(inputs) for _, inputs in numbered), default=0),
            INPUTS,
            "Use another operator.",
        ),
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
