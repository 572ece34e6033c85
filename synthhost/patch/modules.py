"""Check one table of a patch against the tables of its operator."""

import re

from synthhost.patch import settings
from synthhost.patch.catalog import public, signals
from synthhost.patch.errors import did_you_mean, show
from synthhost.patch.expression import ExpressionError, parse
from synthhost.patch.model import OUT, Module, Written
from synthhost.realtime.operator import AUDIO

NAME = re.compile(r"[A-Za-z_]\w{0,63}", re.A)
DIGIT = re.compile(r"-?\d+(\.\d+)?")
TABLES = (OUT, "performance", "effects", "sends", "macros")  # that need no op


def read_module(document, path, table, modules, kind, report, implied=None, more=()):
    """Check a table and put its Module into `modules`, on top of one of the same name that is inherited.

    `more` are parameters that it may have besides those of its operator.
    """
    place, name, address = document.place(*path), path[-1], ".".join(path)
    inherited = modules.get(name)
    if not NAME.fullmatch(name):
        message = ": a name is made of letters, digits and _, and begins with a letter."
        report.add(message, place, address, value=name)
        return
    operator = read_operator(document, path, table, inherited, modules, kind, report, implied)
    if operator is None:
        return
    takes = {item.name: item for item in (*operator.inputs, *operator.parameters, *more)}
    written = {k: v for k, v in inherited.written.items() if k in takes} if inherited else {}
    for key, value in table.items():
        if key in ("op", "doc"):
            continue
        where, key_address = document.place(*path, key), f"{address}.{key}"
        if key not in takes:
            hint, close = did_you_mean(key, takes)
            message = f": {operator.name} has no '{key}'.{hint} It takes {', '.join(takes) or 'nothing'}."
            report.add(message, where, key_address, value=value, suggestion=close)
        elif takes[key] in operator.inputs:
            read_input(takes[key], key_address, value, where, written, report)
        else:
            keep(settings.of_parameter(key_address, takes[key]), value, where, key, written, report)
    modules[name] = Module(name, operator.name, written, place)


def read_operator(document, path, table, inherited, modules, kind, report, implied):
    """The operator that a table stands for, or None if there is none."""
    name, address = path[-1], ".".join(path)
    known = {implied.name: implied} if implied else public(kind)
    op = table.get("op", implied.name if implied else inherited.op if inherited else None)
    if op is None:
        hint, close = did_you_mean(name, (*modules, *TABLES))
        message = f': the line that says what it is, is missing: op = "…".{hint} There are: {choices(known)}.'
        report.add(message, document.place(*path), address, suggestion=close)
    elif not isinstance(op, str) or op not in known:
        other = "effect" if kind == "voice" else "voice"
        hint, close = did_you_mean(op, known)
        message = f".op = {show(op)} is not known.{hint} There are: {choices(known)}."
        if isinstance(op, str) and op in public(other):
            message = f'.op = "{op}" is an effect: write [effects.{name}], below the modules.'
            if other == "voice":
                message = f'.op = "{op}" works on voices: write [{name}]. Effects are: {choices(known)}.'
        report.add(message, document.place(*path, "op"), address, value=op, suggestion=close)
    elif kind == "voice" and name in signals() and op != name:
        message = f": '{name}' is a signal that every patch has; choose another name for this {op}."
        report.add(message, document.place(*path), address, value=name)
    else:
        return known[op]
    return None


def choices(known):
    """The operators that a table may choose from, in words."""
    return ", ".join(key for key in known if key not in signals())


def read_input(target, address, value, place, written, report):
    """An input takes a number; an audio input also a sum of signals."""
    if not isinstance(value, str):
        setting = settings.of_input(address, target)
        if target.rate == AUDIO and not isinstance(value, (int, float)):
            message = f' = {show(value)} must be a sum of signals, such as "osc1 + 0.5 * osc2".'
            report.add(message, place, address, value=value)
        else:
            keep(setting, value, place, target.name, written, report)
    elif target.rate != AUDIO:
        depth = settings.depths_of(target)[0]
        remedy = f'To move it by a signal, add [[route]] with from = "…", to = "{address}" and {depth} = …'
        if number := DIGIT.match(value):
            remedy = f"Write it without quotation marks and unit: {target.name} = {number[0]}"
        message = f" = {show(value)} must be a number, {settings.of_input('', target).range()}. {remedy}"
        report.add(message, place, address, value=value)
    else:
        try:
            written[target.name] = Written(parse(value), place)
        except ExpressionError as error:
            report.add(f" = {show(value)}: {error}.", place, address, value=value)


def keep(setting, value, place, key, written, report):
    """Keep a value that is in its range; report one that is not."""
    if trouble := setting.trouble(value):
        report.problems.append(setting.problem(value, *trouble, place))
    else:
        written[key] = Written(value, place)
