"""JSON Schema (draft 2020-12) of the patch format, made from the operators' tables.

Editors complete and check patch files with it.
"""

from synthhost.dsp.controls import MACROS, START
from synthhost.patch import settings
from synthhost.patch.catalog import output_operator, public
from synthhost.patch.macros import LONGEST_NAME
from synthhost.patch.model import FORMAT, OUT, PERFORMANCE, VERSION
from synthhost.realtime.operator import AUDIO

NAME = "^[A-Za-z_][A-Za-z0-9_]{0,63}$"
TEXT = {"type": "string"}


def schema():
    """The schema as plain data."""
    operators = {f"operator.{name}": table(o, implied=False) for name, o in public("voice").items()}
    effects = {f"operator.{name}": table(o, implied=False) for name, o in public("effect").items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "synthhost patch",
        "type": "object",
        "required": ["format", "version"],
        "properties": {
            "format": {"const": FORMAT},
            "version": {"type": "integer", "minimum": 1, "maximum": VERSION},
            "name": {"type": "string", "minLength": 1, "maxLength": 100},
            "extends": {
                "type": "string",
                "minLength": 1,
                "description": "Another patch that this one changes.",
            },
            **dict.fromkeys(("doc", "author", "license"), TEXT),
            "performance": {
                "type": "object",
                "properties": {p.name: number(settings.of_performance(p)) for p in PERFORMANCE}
                | {"doc": TEXT, "author": TEXT},
                "additionalProperties": False,
            },
            "route": {"type": "array", "items": {"$ref": "#/$defs/route"}},
            "effects": {
                "type": "object",
                "propertyNames": {"pattern": NAME},
                "additionalProperties": {"$ref": "#/$defs/effect"},
            },
            "macros": {
                "type": "object",
                "description": "The patch's own knobs, turned by controllers 16 … 19.",
                "properties": dict.fromkeys(MACROS, macro()),
                "additionalProperties": False,
            },
            OUT: {"$ref": "#/$defs/out"},
        },
        "patternProperties": {
            f"^(?!(format|version|name|extends|doc|author|license|performance|route|effects|macros|{OUT})$)": {
                "$ref": "#/$defs/module"
            }
        },
        "propertyNames": {"pattern": NAME},
        "$defs": {
            "route": route(),
            OUT: table(output_operator(), implied=True),
            "module": choice(public("voice")),
            "effect": choice(public("effect")),
            **operators,
            **effects,
        },
    }


def choice(operators):
    """A table whose ``op`` says which keys it has; without, it changes an inherited one, whose keys are not known."""
    rules = [
        {
            "if": {"properties": {"op": {"const": name}}, "required": ["op"]},
            "then": {"$ref": f"#/$defs/operator.{name}"},
        }
        for name in operators
    ]
    return {"type": "object", "properties": {"op": {"enum": list(operators)}}, "allOf": rules}


def table(operator, implied):
    """The keys of one operator's table."""
    properties = {"op": {"const": operator.name}, "doc": TEXT}
    for item in operator.inputs:
        properties[item.name] = number(settings.of_input(item.name, item))
        if item.rate == AUDIO:
            properties[item.name] = {"anyOf": [TEXT, properties[item.name]], "description": item.doc}
    for parameter in operator.parameters:
        properties[parameter.name] = number(settings.of_parameter(parameter.name, parameter))
    return {
        "type": "object",
        "description": operator.doc.partition("\n")[0],
        "properties": properties,
        "additionalProperties": False,
        **({} if implied else {"required": ["op"]}),
    }


def number(setting):
    """One number, or word."""
    unit = f" In {setting.unit}." if setting.unit else ""
    facts = {"default": setting.value, "description": setting.doc + unit}
    if setting.choices:
        return {"enum": list(setting.choices), **facts}
    return {
        "type": "integer" if setting.whole else "number",
        "minimum": setting.low,
        "maximum": setting.high,
        **facts,
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
            "from": TEXT,
            "to": {"type": "string", "pattern": r"^\w+\.\w+$"},
            "doc": TEXT,
            **depths,
        },
        "additionalProperties": False,
        "oneOf": [{"required": [key]} for key in depths],
    }
