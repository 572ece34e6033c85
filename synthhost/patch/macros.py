"""The four macros of a patch: its own knobs, which controllers 16 … 19 turn; what they are called and where they begin."""

from synthhost.dsp.controls import MACROS, START
from synthhost.patch.errors import did_you_mean, show
from synthhost.patch.model import Written
from synthhost.patch.settings import of_parameter

LONGEST_NAME = 32
EXAMPLE = '{ name = "Bite", start_norm = 0.3 }'
KEYS = ("name", START[0].name, "doc")


def address_of(macro, key=START[0].name):
    """Under what a macro's start can be set: ``macros.macro1.start_norm``."""
    return f"macros.{macro}.{key}"


def read_macros(document, base, report):
    """The macros that are named or moved: name -> {key: Written}, on top of those that are inherited."""
    macros = dict(base.macros) if base else {}
    tables = document.tables.get("macros", {})
    if not isinstance(tables, dict):
        report.add(" must be a table: [macros]", document.place("macros"), "macros")
        return macros
    for macro, table in tables.items():
        place, address = document.place("macros", macro), f"macros.{macro}"
        if macro not in MACROS:
            hint, close = did_you_mean(macro, MACROS)
            message = f" is not known.{hint} There are: {', '.join(MACROS)}."
            report.add(message, place, address, value=macro, suggestion=close)
        elif not isinstance(table, dict):
            report.add(f" = {show(table)} must be a table: {macro} = {EXAMPLE}", place, address, value=table)
        else:
            macros[macro] = {**macros.get(macro, {}), **read_macro(document, macro, table, report)}
    return macros


def read_macro(document, macro, table, report):
    """What is written about one macro."""
    written = {}
    setting = of_parameter(address_of(macro), START[0])
    for key, value in table.items():
        place, address = document.place("macros", macro, key), address_of(macro, key)
        if key not in KEYS:
            hint, close = did_you_mean(key, KEYS)
            message = f" is not known.{hint} A macro has {', '.join(KEYS)}."
            report.add(message, place, address, value=value, suggestion=close)
        elif key == START[0].name:
            if trouble := setting.trouble(value):
                report.problems.append(setting.problem(value, *trouble, place))
            else:
                written[key] = Written(value, place)
        elif not isinstance(value, str) or (key == "name" and not is_name(value)):
            message = f" = {show(value)} must be a text of one line, 1 … {LONGEST_NAME} characters."
            report.add(message, place, address, value=value)
        else:
            written[key] = Written(value, place)
    return written


def is_name(text):
    """Whether a text can stand beside a knob."""
    return text.strip() != "" and len(text) <= LONGEST_NAME and text.isprintable()


def names_of(patch):
    """What each macro is called, by its own name: ``{"macro1": "Bite"}``; only those that have a name."""
    return {macro: keys["name"].value for macro, keys in patch.macros.items() if "name" in keys}


def starts_of(patch, macro):
    """What is written about where a macro begins, as a module has it."""
    return {key: item for key, item in patch.macros.get(macro, {}).items() if key == START[0].name}
