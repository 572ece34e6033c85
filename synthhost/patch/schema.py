"""JSON Schema (draft 2020-12) of the patch format, made from the operators' tables.

Editors complete and check patch files with it. It says the same thing twice where a table is a module: `allOf` with
`if`/`then` checks it, with a message about the key that is wrong; `anyOf` is there for editors, such as those built on
taplo, that only look there for what to offer. It always holds, since its last branch allows anything.
"""

import json
import os

from synthhost.dsp.controls import MACROS, START
from synthhost.engine.program import SENDS
from synthhost.patch import parts, settings
from synthhost.patch.catalog import output_operator, public, summary
from synthhost.patch.macros import LONGEST_NAME
from synthhost.patch.migrate import newest_version
from synthhost.patch.model import FORMAT, OUT, PERFORMANCE
from synthhost.realtime.operator import AUDIO

FILE_NAME = "synthhost-patch.schema.json"
NAME = "^[A-Za-z_][A-Za-z0-9_]{0,63}$"
TEXT = {"type": "string"}
SUM = 'A sum of signals, such as "osc1 + 0.5 * osc2".'


def schema():
    """The schema as plain data."""
    operators = {f"operator.{name}": table(o, implied=False) for name, o in public("voice").items()}
    effects = {f"operator.{name}": table(o, implied=False) for name, o in public("effect").items()}
    sends = {
        f"send.{name}": table(o, implied=False, more=(parts.SEND_DB,)) for name, o in public("effect").items()
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "synthhost patch",
        "type": "object",
        "required": ["format", "version"],
        "properties": {
            "format": {"const": FORMAT, "description": "Says that this is a patch."},
            "version": {
                "type": "integer",
                "minimum": 1,
                "maximum": newest_version(),
                "description": "Version of the format.",
            },
            "name": {"type": "string", "minLength": 1, "maxLength": 100, "description": "The sound's name."},
            "extends": {
                "type": "string",
                "minLength": 1,
                "description": "Another patch that this one changes.",
            },
            "doc": {"type": "string", "description": "What it is, what it is good for."},
            "author": {"type": "string", "description": "Who made it."},
            "license": {"type": "string", "description": "What others may do with it."},
            "performance": {
                "type": "object",
                "description": "How it is played.",
                "properties": {p.name: number(settings.of_performance(p)) for p in PERFORMANCE}
                | {"doc": TEXT, "author": TEXT},
                "additionalProperties": False,
            },
            "route": {
                "type": "array",
                "description": "A signal moves a number while notes sound.",
                "items": {"$ref": "#/$defs/route"},
            },
            "effects": {
                "type": "object",
                "description": "Run one after the other on all voices together.",
                "propertyNames": {"pattern": NAME},
                "additionalProperties": {"$ref": "#/$defs/effect"},
            },
            "sends": {
                "type": "object",
                "description": "Effects that hear only what is sent to them; only what they add is heard of them.",
                "propertyNames": {"pattern": NAME},
                "additionalProperties": {"$ref": "#/$defs/send"},
                "maxProperties": SENDS,
            },
            "macros": {
                "type": "object",
                "description": "The patch's own knobs, turned by controllers 16 … 19.",
                "properties": dict.fromkeys(MACROS, macro()),
                "additionalProperties": False,
            },
            "key": {
                "type": "array",
                "description": "A kit: which patch each key plays.",
                "items": keys() | {"oneOf": [{"required": ["key"]}, {"required": ["low", "high"]}]},
            },
            "part": {
                "type": "array",
                "description": "Patches that are played together, or each on its keys.",
                "items": keys(),
            },
            OUT: {"$ref": "#/$defs/out"},
        },
        "additionalProperties": {"$ref": "#/$defs/module"},
        "propertyNames": {"pattern": NAME},
        "$defs": {
            "route": route(),
            OUT: table(output_operator(), implied=True),
            "module": choice(public("voice"), "operator"),
            "effect": choice(public("effect"), "operator"),
            "send": choice(public("effect"), "send"),
            **operators,
            **effects,
            **sends,
        },
    }


def choice(operators, kind):
    """A table whose ``op`` says which keys it has; without, it changes an inherited one, whose keys are not known."""
    rules = [
        {
            "if": {"properties": {"op": {"const": name}}, "required": ["op"]},
            "then": {"$ref": f"#/$defs/{kind}.{name}"},
        }
        for name in operators
    ]
    return {
        "type": "object",
        "properties": {"op": {"enum": list(operators), "description": "What this module does."}},
        "allOf": rules,
        "anyOf": [*({"$ref": f"#/$defs/{kind}.{name}"} for name in operators), {}],
    }


def table(operator, implied, more=()):
    """The keys of one operator's table, and more parameters."""
    properties = {
        "op": {"const": operator.name, "description": summary(operator)},
        "doc": {"type": "string", "description": "A note for whoever reads the file."},
    }
    for item in operator.inputs:
        properties[item.name] = number(settings.of_input(item.name, item))
        if item.rate == AUDIO:
            properties[item.name] = {
                "anyOf": [TEXT, properties[item.name]],
                "description": f"{item.doc} {SUM}",
            }
    for parameter in (*operator.parameters, *more):
        properties[parameter.name] = number(settings.of_parameter(parameter.name, parameter))
    return {
        "type": "object",
        "description": summary(operator),
        "properties": properties,
        "additionalProperties": False,
        **({} if implied else {"required": ["op"]}),
    }


def number(setting):
    """One number, or word."""
    if setting.choices:
        return {"enum": list(setting.choices), "default": setting.value, "description": setting.doc}
    return {
        "type": "integer" if setting.whole else "number",
        "minimum": setting.low,
        "maximum": setting.high,
        "default": setting.value,
        "description": f"{setting.doc} {setting.range()}.".strip(),
    }


def keys():
    """One ``[[key]]`` or ``[[part]]``."""
    key = {"anyOf": [{"type": "integer", "minimum": 0, "maximum": 127}, TEXT]}
    numbers = {
        p.name: {
            "type": "integer" if isinstance(p.default, int) else "number",
            "minimum": p.low,
            "maximum": p.high,
            "default": p.default,
            "description": p.doc,
        }
        for p in parts.NUMBERS
    }
    return {
        "type": "object",
        "properties": {name: key | {"description": doc} for name, doc in parts.PLACES.items()}
        | {name: TEXT | {"description": doc} for name, doc in parts.TEXTS.items()}
        | numbers
        | {
            "send_db": {
                "type": "object",
                "description": "How much of it each send hears, as { hall = -12 }.",
                "additionalProperties": number(settings.of_parameter(parts.SEND_DB.name, parts.SEND_DB)),
            }
        },
        "required": ["patch"],
        "additionalProperties": False,
    }


def macro():
    """One macro."""
    name = {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME, "description": "What it does."}
    start = {parameter.name: number(settings.of_parameter(parameter.name, parameter)) for parameter in START}
    return {
        "type": "object",
        "properties": {"name": name, **start, "doc": TEXT},
        "additionalProperties": False,
    }


def route():
    """One ``[[route]]``: from, to and one depth."""
    depths = {
        key: {"type": "number", "minimum": -most, "maximum": most, "description": f"How far, in {key}."}
        for key, (_, most) in settings.DEPTHS.items()
    }
    return {
        "type": "object",
        "required": ["from", "to"],
        "properties": {
            "from": {"type": "string", "description": "A signal: a module, velocity, key, gate or random."},
            "to": {
                "type": "string",
                "pattern": r"^\w+(\.\w+){1,3}$",
                "description": 'What is moved, such as "filter.cutoff_hz", or "effects.echo.level_norm" by a knob.',
            },
            "doc": TEXT,
            **depths,
        },
        "additionalProperties": False,
        "oneOf": [{"required": [key]} for key in depths],
    }


def write_schema(folder):
    """Write the schema's file into a folder, if it is not there as it should be. Returns its path."""
    path, text = folder / FILE_NAME, json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"
    if not path.is_file() or path.read_bytes() != text.encode():
        folder.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{FILE_NAME}.{os.getpid()}.part")
        try:
            beside.write_bytes(text.encode())
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)
    return path
