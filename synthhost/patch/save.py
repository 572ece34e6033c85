"""Write patches: what was read is written byte for byte, and setting a number changes the text of that number only."""

import math
import os
from pathlib import Path

from synthhost.patch.compile import settings_of
from synthhost.patch.errors import PatchError, Problem
from synthhost.patch.expression import ExpressionError, parse
from synthhost.patch.files import loads
from synthhost.patch.model import PERFORMANCE
from synthhost.patch.parts import KINDS
from synthhost.patch.settings import lookup, of_performance
from synthhost.patch.source import places
from synthhost.patch.whole import starts_of_whole


def save(patch, path=None):
    """Write a patch's text to its file, or another, all at once: a reader never sees half of it."""
    path = Path(path or patch.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(patch.source.encode())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    return path


def with_value(patch, address, value, folders=None):
    """The patch with one setting changed, in its text too; comments and everything else stay as they are.

    A number that the file does not have, as it is a default or inherited, is added to it. Raises PatchError if there is
    no such setting, the value is out of range, or the file is written in a way that only a person can edit.
    """
    setting = lookup(all_settings(patch), address)
    setting.encode(value)
    edited = edit(patch, address.split("."), value)
    changed = loads(edited, patch.path, folders)
    if all_settings(changed)[address].encode(all_settings(changed)[address].value) != setting.encode(value):
        message = f"{address} cannot be changed in this file automatically; edit it by hand."
        raise PatchError(Problem(message, patch.file, key=address, value=value))
    return changed


def all_settings(patch):
    """Everything that can be set, ``performance`` included."""
    if patch.parts:
        return settings_of(patch) | starts_of_whole(patch)
    written = {key: item.value for key, item in patch.performance.items()}
    performance = [of_performance(p, written.get(p.name)) for p in PERFORMANCE]
    return settings_of(patch) | {setting.address: setting for setting in performance}


def edit(patch, path, value):
    """The text with the value at a path of keys changed or added."""
    text = patch.source
    known = places(" " + text[1:] if text.startswith("\ufeff") else text)
    if path[0] == "route":
        return edit_route(patch, known, int(path[1]) - 1, path[2], value)
    if path[0] in KINDS:
        return edit_table(text, known, (path[0], int(path[1]) - 1, *path[2:]), value)
    if path[0] not in ("effects", "sends", "performance", "macros") and len(path) == 3:
        return edit_factor(patch, known, path, value)
    if place := known.get(tuple(path)):
        return text[: place.start] + format_value(value) + text[place.end :]
    return add_key(text, known, tuple(path), format_value(value))


def edit_route(patch, known, index, unit, value):
    """Change the depth of a route, or add a route in place of an inherited one."""
    text, route = patch.source, patch.routes[index]
    number = 0
    while ("route", number) in known:
        at = known["route", number].line
        if (
            at == route.place.line
            and route.place.file == patch.file
            and (place := known.get(("route", number, unit)))
        ):
            return text[: place.start] + format_value(value) + text[place.end :]
        number += 1
    target = f"{route.target}.{route.input}"
    lines = ["[[route]]", f'from = "{route.source}"', f'to = "{target}"', f"{unit} = {format_value(value)}"]
    return append(text, lines)


def edit_table(text, known, path, value):
    """Change a number of a ``[[part]]`` or ``[[key]]``."""
    written = format_value(value)
    if place := known.get(path):
        return text[: place.start] + written + text[place.end :]
    if len(path) == 4 and path[:3] not in known:  # its first send
        path, written = path[:3], f"{{ {path[3]} = {written} }}"
    return add_key(text, known, path, written)


def edit_factor(patch, known, path, value):
    """Change the factor of one signal in a sum."""
    text, (module, key, source) = patch.source, path
    terms = patch.operators[module].written[key].value
    place = known.get((module, key))
    if place is None:  # inherited: say the whole sum again
        parts = [(value if term.name == source else term.gain, term.name) for term in terms]
        total = " ".join(
            f"{'-' if gain < 0 else '+'} {format_value(abs(gain))} * {name}" for gain, name in parts
        )
        return add_key(text, known, (module, key), f'"{total.removeprefix("+ ")}"')
    begin = place.start + 1
    try:
        here = {term.name: term for term in parse(text[begin : place.end - 1])}
        start, end = (begin + at for at in here[source].number)
    except (ExpressionError, KeyError):
        message = "this sum is written in a way that only a person can edit"
        raise PatchError(Problem(message, patch.file, place.line, ".".join(path), value)) from None
    sign, times = here[source].sign, "" if end > start else " * "
    if sign < 0:
        return text[:start] + format_value(value) + times + text[end:]
    sign += begin
    word = "-" if value < 0 else "+"
    return text[:sign] + word + text[sign + 1 : start] + format_value(abs(value)) + times + text[end:]


def add_key(text, known, path, written):
    """Add ``key = value`` at the end of its table, or a new table at the end of the text."""
    table, key = path[:-1], path[-1]
    place = known.get(table)
    if place is None:
        return append(text, [f"[{'.'.join(table)}]", f"{key} = {written}"])
    if text[place.start] == "{":  # an inline table
        comma = ", " if any(len(p) > len(table) and p[: len(table)] == table for p in known) else " "
        return text[: place.end - 1].rstrip() + f"{comma}{key} = {written} " + text[place.end - 1 :]
    last = max(
        p.end for where, p in known.items() if where[: len(table)] == table and len(where) <= len(path)
    )
    end = text.find("\n", last)
    newline = "\r\n" if "\r\n" in text else "\n"
    if end < 0:
        return f"{text}{newline}{key} = {written}{newline}"
    return f"{text[: end + 1]}{key} = {written}{newline}{text[end + 1 :]}"


def append(text, lines):
    """Add lines at the end, after an empty one."""
    newline = "\r\n" if "\r\n" in text else "\n"
    gap = "" if text.endswith("\n") or not text else newline
    return text + gap + newline + newline.join(lines) + newline


def format_value(value):
    """A number or word as TOML writes it, as short as it can be read back."""
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, int) or (math.isfinite(value) and value == int(value) and abs(value) < 1e15):
        return str(int(value))
    return repr(float(value))
