"""Check the routes of a patch: from a signal, to an input, in that input's unit; from a knob, to what all voices share."""

from synthhost.engine.program import KNOBS, STEERS
from synthhost.patch.errors import did_you_mean, show
from synthhost.patch.model import Route, Written
from synthhost.patch.settings import DEPTHS, depths_of, of_route
from synthhost.patch.targets import words_of

MOST_ROUTES = 128
NO_MODULES = ("performance", "effects", "sends", "macros")  # tables that no route can go to


def read_routes(document, base, targets, report):
    """The routes in order, to what is in `targets`. One from and to the same places as an inherited one replaces it."""
    merged = {}
    for route in base.routes if base else ():
        if route.input in targets[route.target].numbers:
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
        route = read_route(document, index, table, targets, report)
        if route is None:
            continue
        ends = (route.source, route.target, route.input)
        if ends in here:
            message = (
                f": line {here[ends].place.line} has a route from and to the same places; keep one of them."
            )
            report.add(message, route.place, f"route.{index + 1}")
        here[ends] = merged[ends] = route
    if sum(route.by_knob for route in merged.values()) > STEERS:
        report.add(
            f": at most {STEERS} routes may go to effects, sends and parts.", document.place("route"), "route"
        )
    return tuple(merged.values())


def read_route(document, index, table, targets, report):
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
    target = read_target(document, index, table["to"], targets, report)
    if target is None:
        return None
    depth = read_depth(document, index, table, target, report)
    if depth is None:
        return None
    module, name = ends_of(table["to"])
    written = Written(table[depth], document.place("route", index, depth))
    route = Route(table["from"].strip(), module, name, depth, written, place)
    if route.by_knob and route.source not in KNOBS:
        hint, close = did_you_mean(route.source, KNOBS)
        message = (
            f".from = {show(route.source)}: all voices share {route.target}, so only what the whole channel has can move it: "
            f"{', '.join(KNOBS)}.{hint}"
        )
        report.add(
            message, document.place("route", index, "from"), address, value=route.source, suggestion=close
        )
        return None
    setting = of_route(index + 1, route)
    if trouble := setting.trouble(written.value):
        report.problems.append(setting.problem(written.value, *trouble, written.place))
        return None
    return route


def ends_of(text):
    """A route's target as its module and what of it is moved: ``effects.echo.level_norm`` is that of ``effects.echo``."""
    module, dot, name = text.rpartition(".")
    return (module, name) if dot else (name, "")


def is_written(document, module):
    """Whether the file has a module's table: then what is wrong with it has been said."""
    table = document.tables
    for key in module.split("."):
        table = table.get(key) if isinstance(table, dict) else None
    return isinstance(table, dict) and module not in NO_MODULES


def read_target(document, index, text, targets, report):
    """The Input or Parameter that ``module.input`` names, or None."""
    place, address = document.place("route", index, "to"), f"route.{index + 1}"
    module, name = ends_of(text)
    if text in targets or not name:
        if text in targets:
            close = (words_of({text: targets[text]}) or [text])[-1]
        else:
            close = did_you_mean(text, words_of(targets))[1] or "filter.cutoff_hz"
        message = f".to = {show(text)} must be a module and its input, such as {close}."
        report.add(message, place, address, value=text, suggestion=close)
        return None
    if module not in targets:
        if not is_written(document, module):
            hint, close = did_you_mean(module, targets)
            message = f".to = {show(text)}: there is no '{module}' in this patch.{hint}"
            report.add(message, place, address, value=text, suggestion=close and f"{close}.{name}")
        return None
    target = targets[module]
    if name in target.numbers:
        return target.numbers[name]
    known = ", ".join(words_of({module: target})) or "none"
    hint, close = did_you_mean(name, target.numbers)
    kind = "number" if "." in module else "input"
    if name in target.fixed:
        message = (
            f".to = {show(text)}: {name} is set once and cannot be modulated; only {kind}s can be: {known}."
        )
    else:
        message = (
            f".to = {show(text)}: {target.what} has no {kind} '{name}'.{hint} Only {kind}s can be: {known}."
        )
    report.add(message, place, address, value=text, suggestion=close and f"{module}.{close}")
    return None


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
