"""An example for every operator: a small patch on top of a template, with each number of it that can be set."""

from synthhost.patch import settings
from synthhost.patch.catalog import signals
from synthhost.patch.compile import is_envelope
from synthhost.patch.migrate import newest_version
from synthhost.patch.model import FORMAT, OUT
from synthhost.patch.save import format_value
from synthhost.realtime.operator import AUDIO

BASE = "template/subtractive"  # has osc1, osc2, filter, amp
MODULATORS = ("lfo",)  # signals that move something rather than being heard
ROUTE = '[[route]]\nfrom = "{}"\nto = "filter.cutoff_hz"\noctaves = 1'


def example(operator):
    """A patch in which an operator is heard: a text that loads."""
    head = f'format = "{FORMAT}"\nversion = {newest_version()}\nextends = "{BASE}"'
    name = "my_" + operator.name
    parts = [head]
    if operator.name in signals():
        parts += [ROUTE.format(operator.name)]
    elif operator.kind == "output":
        parts += [f"[{OUT}]\n" + "\n".join(lines(operator, ("amp",)))]
    elif operator.kind == "effect":
        parts += [table(f"effects.{name}", operator)]
    elif is_envelope(operator):
        parts += [table(name, operator), f'[amp]\nb = "{name}"']
    elif operator.name in MODULATORS:
        parts += [table(name, operator), ROUTE.format(name)]
    elif operator.inputs and operator.inputs[0].name in ("in", "a"):
        parts += [table(name, operator, ("filter", "osc2")), f'[amp]\na = "{name}"']
    else:
        parts += [table(name, operator, ("0.2 * osc1",)), f'[filter]\nin = "0.5 * osc2 + 0.5 * {name}"']
    return "\n\n".join(parts) + "\n"


def table(name, operator, sources=()):
    """A table of the example."""
    return "\n".join([f"[{name}]", f'op = "{operator.name}"', *lines(operator, sources)])


def lines(operator, sources):
    """Each key with a signal or its default, and what it may be."""
    sources = iter(sources)
    for item in operator.inputs:
        source = next(sources, None) if item.rate == AUDIO else None
        value = format_value(item.default if source is None else source)
        setting = settings.of_input(item.name, item)
        yield explained(item.name, value, "a sum of signals" if item.rate == AUDIO else setting.range())
    for item in operator.parameters:
        setting = settings.of_parameter(item.name, item)
        allowed = ", ".join(setting.choices) or setting.range()
        yield explained(item.name, format_value(setting.value), allowed)


def explained(key, value, allowed):
    """A line with a comment."""
    return f"{f'{key} = {value}':27} # {allowed}"
