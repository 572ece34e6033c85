"""The order in which a patch's modules run: each after those it listens to, and only those that are heard."""

from synthhost.patch.catalog import signals
from synthhost.patch.macros import starts_of
from synthhost.patch.model import OUT, Module
from synthhost.patch.settings import of_route, of_term
from synthhost.patch.source import Place
from synthhost.realtime.operator import OPERATORS


def wires(patch):
    """What comes into each input: ``(module, input)`` -> list of ``(source, Setting of its gain, plain)``.

    `plain` is true for a signal that was written without a factor and so may be taken as it is.
    """
    found = {}
    for module in patch.operators.values():
        for name, written in module.written.items():
            if isinstance(written.value, tuple):
                address = f"{module.name}.{name}"
                found[module.name, name] = [(t.name, of_term(address, t), t.plain) for t in written.value]
    for number, route in enumerate(patch.routes, 1):
        if route.by_knob:
            continue
        found.setdefault((route.target, route.input), []).append(
            (route.source, of_route(number, route), False)
        )
    return found


def module_of(patch, name):
    """A module of the patch, or one of the signals that every patch has."""
    if name in patch.operators:
        return patch.operators[name]
    return Module(name, signals()[name].name, starts_of(patch, name), Place(patch.file, 0))


def order(patch, wires):
    """The modules that reach the output, sources first."""
    done = {}

    def visit(name):
        if name in done:
            return
        module = module_of(patch, name)
        for target in OPERATORS[module.op].inputs:
            for source, _, _ in wires.get((name, target.name), ()):
                visit(source)
        done[name] = module

    visit(OUT)
    return list(done.values())
