"""What sounds are made of, on the command line: ``synthhost patch ops``."""

import textwrap

import click

from synthhost.control.options import print_json
from synthhost.patch import settings
from synthhost.patch.catalog import output_operator, public, signals, summary
from synthhost.patch.errors import PatchError, Problem, did_you_mean
from synthhost.patch.examples import example
from synthhost.patch.reference import SIGNAL, words
from synthhost.patch.save import format_value
from synthhost.realtime.operator import AUDIO


def groups():
    """All operators by what they are for: heading -> {name: operator}."""
    given = signals()
    modules = {name: o for name, o in public("voice").items() if name not in given}
    output = output_operator()
    return {
        'Modules: [any_name] with op = "…"': modules,
        "Signals that every patch has": given,
        "The output: [out]": {output.name: output},
        'Effects: [effects.any_name] with op = "…"': public("effect"),
    }


def print_list(as_json):
    """All operators, one line each."""
    if as_json:
        print_json([facts_of(operator) for group in groups().values() for operator in group.values()])
        return
    for heading, group in groups().items():
        click.echo(heading)
        for name, operator in group.items():
            click.echo(f"  {name:16} {summary(operator)}")
        click.echo()
    click.echo("synthhost patch ops NAME says what one takes, with an example.")


def print_one(name, as_json):
    """One operator: what it is, what it takes, an example. Raises PatchError if there is none of this name."""
    known = {key: operator for group in groups().values() for key, operator in group.items()}
    exact = [operator for key, operator in known.items() if plain(key) == plain(name)]
    operator = only(exact or [o for key, o in known.items() if plain(name) in plain(key)])
    if operator is None:
        hint, close = did_you_mean(name, known)
        about = [key for key, o in known.items() if plain(name) in plain(f"{key} {o.doc}")]
        found = f" These have to do with it: {', '.join(about)}." if about else ""
        message = f"There is no operator '{name}'.{hint or found or ' There are: ' + ', '.join(known) + '.'}"
        raise PatchError(Problem(message, value=name, suggestion=close))
    facts = facts_of(operator)
    if as_json:
        print_json(facts)
        return
    click.echo(f"{operator.name}: {facts['summary']}\n")
    if rest := words(operator.doc).removeprefix(facts["summary"]).strip():
        click.echo(rest + "\n")
    for key, takes in facts["takes"].items():
        default = "" if takes["default"] is None else f"  (default {format_value(takes['default'])})"
        click.echo(f"  {key:18} {takes['allowed']}{default}")
        click.echo(f"  {'':18} {takes['doc']}" + (" Routes may move it." if takes["routes"] else ""))
    click.echo("\nAn example, whole as it is:\n\n" + textwrap.indent(example(operator), "  ").rstrip())


def plain(name):
    """A name without what people vary."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


def only(found):
    """The only one of what was found, or None."""
    return found[0] if len(found) == 1 else None


def facts_of(operator):
    """An operator as plain data."""
    takes = {}
    for item in operator.inputs:
        setting = settings.of_input(item.name, item)
        takes[item.name] = facts_of_setting(setting, routes=item.rate != AUDIO)
        if item.rate == AUDIO:
            takes[item.name] |= {"allowed": SIGNAL, "signals": True, "default": item.default or None}
    for item in operator.parameters:
        setting = settings.of_parameter(item.name, item)
        takes[item.name] = facts_of_setting(setting, routes=item.name in settings.movable(operator))
    return {
        "name": operator.name,
        "kind": operator.kind,
        "summary": summary(operator),
        "doc": words(operator.doc),
        "takes": takes,
        "example": example(operator),
    }


def facts_of_setting(setting, routes):
    """One input or number as plain data."""
    return {
        "default": setting.value,
        "low": setting.low,
        "high": setting.high,
        "unit": setting.unit,
        "choices": list(setting.choices),
        "allowed": ", ".join(setting.choices) or setting.range(),
        "signals": False,
        "routes": routes,
        "doc": setting.doc,
    }
