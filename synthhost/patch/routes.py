"""Check the routes of a patch: from a signal, to an input, in that input's unit."""

from synthhost.patch.errors import did_you_mean, show
from synthhost.patch.model import Route, Written
from synthhost.patch.settings import DEPTHS, depths_of, of_route
from synthhost.realtime.operator import OPERATORS

MOST_ROUTES = 128


def read_routes(document, base, operators, report):
    """The routes in order. One from and to the same places as an inherited one replaces it."""
    merged = {}
    for route in base.routes if base else ():
        if any(item.name == route.input for item in OPERATORS[operators[route.target].op].inputs):
            merged[route.source, route.target, route.input] = route
    tables = document.tables.get("route", [])
    if (
        not isinstance(tables, list)
        or len(tables) > MOST_ROUTES
        or not all(isinstance(t, dict) for t in tables)
    ):
        report.add(
            f": write at most {MOST_ROUTES} routes, each under [[route]].", document.place("route"), "route"
        )
        return ()
    here = {}
    for index, table in enumerate(tables):
        route = read_route(document, index, table, operators, report)
        if route is None:
            continue
        ends = (route.source, route.target, route.input)
        if ends in here:
            message = (
                f": line {here[ends].place.line} has a route from and to the same places; keep one of them."
            )
            report.add(message, route.place, f"route.{index + 1}")
        here[ends] = merged[ends] = route
    return tuple(merged.values())


def read_route(document, index, table, operators, report):
    """One route, or None if it is wrong."""
    place, address = document.place("route", index), f"route.{index + 1}"
    before = len(report.problems)
    for key in table:
        if key not in ("from", "to", "doc", *DEPTHS):
            hint, close = did_you_mean(key, ("from", "to", *DEPTHS))
            message = f".{key} is not known.{hint} A route has from, to and one of {', '.join(DEPTHS)}."
            report.add(
                message, document.place("route", index, key), address, value=table[key], suggestion=close
            )
    for key, example in (("from", "lfo1"), ("to", "filter.cutoff_hz")):
        if not isinstance(table.get(key), str):
            found = f".{key} = {show(table[key])} must be a text" if key in table else f" has no {key}"
            report.add(f'{found}; write {key} = "{example}"', document.place("route", index, key), address)
    if len(report.problems) > before:
        return None
    target = read_target(document, index, table["to"], operators, report)
    if target is None:
        return None
    depth = read_depth(document, index, table, target, report)
    if depth is None:
        return None
    module, _, name = table["to"].partition(".")
    written = Written(table[depth], document.place("route", index, depth))
    route = Route(table["from"].strip(), module, name, depth, written, place)
    setting = of_route(index + 1, route)
    if trouble := setting.trouble(written.value):
        report.problems.append(setting.problem(written.value, *trouble, written.place))
        return None
    return route


def read_target(document, index, text, operators, report):
    """The Input that ``module.input`` names, or None."""
    place, address = document.place("route", index, "to"), f"route.{index + 1}"
    module, _, name = text.partition(".")
    if module not in operators:
        if isinstance(document.tables.get(module), dict):
            return None  # it is there, and what is wrong with it has been said
        hint, close = did_you_mean(module, operators)
        close = close and f"{close}.{name}"
        message = f".to = {show(text)}: there is no '{module}' in this patch.{hint}"
        if not name:
            _, close = did_you_mean(text, inputs_of(operators))
            message = (
                f".to = {show(text)} must be a module and its input, such as {close or 'filter.cutoff_hz'}."
            )
        report.add(message, place, address, value=text, suggestion=close)
        return None
    operator = OPERATORS[operators[module].op]
    inputs = {item.name: item for item in operator.inputs}
    if name in inputs:
        return inputs[name]
    known = ", ".join(f"{module}.{item}" for item in inputs) or "none"
    hint, close = did_you_mean(name, inputs)
    if name in {item.name for item in operator.parameters}:
        message = (
            f".to = {show(text)}: {name} is set once and cannot be modulated; only inputs can be: {known}."
        )
    else:
        message = (
            f".to = {show(text)}: {operator.name} has no input '{name}'.{hint} Only inputs can be: {known}."
        )
    report.add(message, place, address, value=text, suggestion=close and f"{module}.{close}")
    return None


def inputs_of(operators):
    """All inputs that a route may go to, as a route names them."""
    return [f"{name}.{item.name}" for name, m in operators.items() for item in OPERATORS[m.op].inputs]


def read_depth(document, index, table, target, report):
    """The key of the depth, or None if it is missing, there twice, or in the wrong unit."""
    address, given = f"route.{index + 1}", [key for key in table if key in DEPTHS]
    right = depths_of(target)
    place = document.place("route", index, *given[:1])
    if len(given) == 1 and given[0] in right:
        return given[0]
    if not given:
        message = f" does not say how far; {target.name} takes {' or '.join(right)}, such as {right[0]} = 1.0"
    elif len(given) > 1:
        message = f" has {' and '.join(given)}; one depth is enough, for {target.name}: {' or '.join(right)}."
    else:
        message = f".{given[0]} does not fit; the depth into {target.name} is in {' or '.join(right)}."
    report.add(message, place, address, value=table.get(given[0]) if given else None, suggestion=right[0])
    return None
