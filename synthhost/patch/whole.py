"""Compile a patch that has parts: its strips, its sends and effects, and which keys play which part."""

import hashlib
from dataclasses import replace

import numpy as np

from synthhost.dsp.controls import START
from synthhost.engine.program import ROW, SENDS, ZONE, Program
from synthhost.patch.effects import add_effects, add_steers, effect_rows
from synthhost.patch.limits import refuse_too_large
from synthhost.patch.macros import address_of, names_of, starts_of
from synthhost.patch.parts import LEVEL_DB, PAN, SEND_DB
from synthhost.patch.rows import Builder
from synthhost.patch.settings import of_parameter


def strips_of(patch):
    """The tables of each part, in the order in which the file has them."""
    strips = {}
    for table in patch.parts:
        strips.setdefault(table.strip(), []).append(table)
    return list(strips.values())


def build_whole(patch):
    """Lay out the values: the strips, then what keys are struck with, then the effects.

    Returns the Builder, what `add_effects` and `add_steers` return, and the first value of each ``[[key]]``.
    """
    builder, struck = Builder(), {}
    for tables in strips_of(patch):
        add_strip(builder, patch, tables)
    for table in patch.parts:
        if table.kind == "key":
            struck[table.address] = len(builder.values)
            add_level(builder, table)
    return builder, add_effects(builder, patch), add_steers(builder, patch), struck


def add_level(builder, table):
    """Add level and pan of a table."""
    builder.value(of_parameter(f"{table.address}.level_db", LEVEL_DB, table.level_db))
    builder.value(of_parameter(f"{table.address}.pan", PAN, table.pan))


def add_strip(builder, patch, tables):
    """Add the strip of a part. Level and pan of keys are struck with their notes; their sends are one for all of them."""
    if tables[0].kind == "part":
        add_level(builder, tables[0])
    else:
        builder.constant(LEVEL_DB.default)
        builder.constant(PAN.default)
    for name in patch.sends:
        at = len(builder.values)
        for table in tables:
            setting = of_parameter(f"{table.address}.send_db.{name}", SEND_DB, sent(table, name))
            builder.settings[setting.address] = setting, at
        builder.constant(sent(tables[0], name))
    for _ in range(SENDS - len(patch.sends)):
        builder.constant(SEND_DB.low)


def sent(table, name):
    """How much of a table's sound a send hears, in dB."""
    return table.send_db.get(name, SEND_DB.low)


def compile_whole(patch, index, compile_part):
    """Compile a patch with parts to a Program, each part made by `compile_part`."""
    builder, (effects, effect_state), steers, struck = build_whole(patch)
    refuse_too_large(patch, builder, effects, effect_state, (), index)
    strips, effects = strips_of(patch), effect_rows(effects, index)
    parts = tuple(made_part(patch, tables[0], compile_part(tables[0].patch)) for tables in strips)
    numbers = {table.address: number for number, tables in enumerate(strips) for table in tables}
    words = {word: number for number, word in enumerate(sorted({t.choke for t in patch.parts} - {""}), 1)}
    zones = np.zeros(len(patch.parts), ZONE)
    for zone, table in zip(zones, patch.parts, strict=True):
        for name in ("low", "high", "low_velocity", "high_velocity", "transpose"):
            zone[name] = getattr(table, name)
        zone["part"], zone["choke"] = numbers[table.address], words.get(table.choke, 0)
        zone["pitch_key"] = -1 if table.pitch_key is None else table.pitch_key
        zone["values"] = struck.get(table.address, -1)
    return Program(
        patch.name,
        np.zeros(0, ROW),
        effects,
        np.array(builder.values, np.float32),
        np.array(builder.ramps, bool),
        digest(zones, effects, steers, parts),
        {address: at for address, (_, at) in builder.settings.items()},
        polyphony=max(part.polyphony for part in parts),
        parts=parts,
        zones=zones,
        steers=steers,
        macros=names_of(patch),
    )


def made_part(patch, table, program):
    """A part's program with what the whole says of it: where macros begin, and how many notes it has."""
    values, graph = program.values.copy(), program.graph
    for macro in patch.macros:
        for start in starts_of(patch, macro).values():
            if (address := address_of(macro)) in program.addresses:
                values[program.addresses[address]] = start.value
    if table.polyphony is None:
        return replace(program, values=values)
    return replace(program, values=values, polyphony=table.polyphony, graph=f"{graph} x {table.polyphony}")


def digest(zones, effects, steers, parts):
    """A short name for everything but the values; those of the parts count, as only strips and effects glide."""
    facts = [zones.tobytes(), effects.tobytes(), steers.tobytes()]
    facts += [fact for part in parts for fact in (part.graph.encode(), part.values.tobytes())]
    return hashlib.blake2b(b"|".join(facts), digest_size=16).hexdigest()


def settings_of_whole(patch):
    """All that can be changed while it sounds: address -> Setting."""
    return {address: setting for address, (setting, _) in build_whole(patch)[0].settings.items()}


def starts_of_whole(patch):
    """Where its macros begin, as far as it says so: from the next note on."""
    found = {}
    for macro in patch.macros:
        for written in starts_of(patch, macro).values():
            found[address_of(macro)] = of_parameter(address_of(macro), START[0], written.value)
    return found
