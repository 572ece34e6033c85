"""Check how a patch is connected: every signal is there, something is heard, and nothing runs in a loop."""

from synthhost.patch.catalog import signals
from synthhost.patch.errors import did_you_mean
from synthhost.patch.model import OUT
from synthhost.patch.source import Place
from synthhost.realtime.operator import AUDIO, OPERATORS


def sources(operators, routes):
    """What each module listens to: name -> list of (name of the source, place where that is written)."""
    found = {name: [] for name in operators}
    for module in operators.values():
        for written in module.written.values():
            if isinstance(written.value, tuple):
                found[module.name] += [(term.name, written.place) for term in written.value]
    for route in routes:
        if not route.by_knob:
            found[route.target].append((route.source, route.place))
    return found


def check(document, operators, routes, report):
    """Report unknown signals, loops, and an output to which nothing is connected."""
    known = {name: None for name in (*operators, *signals()) if name != OUT}
    wires = sources(operators, routes)
    tables = document.tables
    for name, listened in wires.items():
        for source, place in listened:
            if source == OUT:
                report.add("'out' is the end of the patch; nothing can listen to it.", place, value=source)
            elif source not in known and not isinstance(tables.get(source), dict):
                hint, close = did_you_mean(source, known)
                hint = hint or f" Its modules are: {', '.join([n for n in operators if n != OUT][:12])}."
                message = f"'{name}' listens to '{source}', which is not in this patch.{hint}"
                report.add(message, place, value=source, suggestion=close)
    check_output(document, operators, routes, report)
    if loop := find_loop(wires):
        place = next(place for source, place in wires[loop[1]] if source == loop[0])
        message = f"The signal runs in a loop: {' → '.join(loop)}. Take one of these connections away."
        report.add(message, place, value=" → ".join(loop))


def check_output(document, operators, routes, report):
    """Something must reach ``[out]``."""
    if OUT not in operators:
        if not isinstance(document.tables.get(OUT), dict):
            report.add(
                'Nothing would be heard: add [out] with in = "…".',
                Place(document.file, document.text.count("\n") + 1),
            )
        return
    module = operators[OUT]
    heard = {item.name for item in OPERATORS[module.op].inputs if item.rate == AUDIO}
    connected = heard & set(module.written) or any(r.target == OUT and r.input in heard for r in routes)
    if heard and not connected and "in" not in document.tables.get(OUT, {}):
        report.add('Nothing would be heard: [out] needs in = "…", a sum of signals.', module.place)


def find_loop(wires):
    """The first loop as a path that ends where it begins, in the direction of the sound; or None."""
    done, path = set(), []

    def visit(name):
        if name in path:
            return [*path[path.index(name) :], name][::-1]
        if name in done or name not in wires:
            return None
        path.append(name)
        for source, _ in wires[name]:
            if loop := visit(source):
                return loop
        done.add(path.pop())
        return None

    return next((loop for name in wires if (loop := visit(name))), None)
