"""From a document to a patch: check every table, and put it on top of the patch that it extends."""

from synthhost.engine.program import SENDS
from synthhost.patch import macros, modules, parts, routes, wiring
from synthhost.patch.catalog import output_operator, public
from synthhost.patch.document import read_document
from synthhost.patch.errors import PatchError, Report, did_you_mean, show
from synthhost.patch.migrate import is_version, migrated, newest_version
from synthhost.patch.model import FORMAT, OUT, PERFORMANCE, Patch, Written
from synthhost.patch.read_parts import read_parts
from synthhost.patch.settings import of_performance
from synthhost.patch.targets import targets_of

TEXTS = ("doc", "author", "license")
HEADER = ("format", "version", "name", "extends", *TEXTS)
SECTIONS = ("performance", "route", "effects", "sends", "macros", *parts.KINDS)
OF_A_WHOLE = (*HEADER, "route", "effects", "sends", "macros", *parts.KINDS)
MOST_TABLES = 256


def read(text, path=None, base_of=None):
    """Make a Patch of a source text.

    `base_of` finds and reads the patch that another extends, given its name; without it, none can be extended.

    Raises
    ------
    PatchError
        Lists all that is wrong: file, line, key, what is there and what may be there.
    """
    document = read_document(text, str(path) if path else "patch")
    report = Report()
    if read_format(document, report):
        document = migrated(document)
    base = read_header(document, report, base_of)
    if len(document.tables) > MOST_TABLES:
        report.add(
            f"There are {len(document.tables)} tables here; {MOST_TABLES} are allowed.", document.place()
        )
        report.finish()
    if base is not None and base.parts:
        what = "is a kit" if base.parts[-1].kind == "key" else "has parts"
        report.add(f" {what}, which cannot be extended.", document.place("extends"), "extends")
        report.finish()
    if any(kind in document.tables for kind in parts.KINDS):
        return read_whole(document, base, base_of, report, path)
    operators = dict(base.operators) if base else {}
    for key, value in document.tables.items():
        if key in HEADER or key in SECTIONS:
            continue
        if not isinstance(value, dict):
            hint, close = did_you_mean(key, (*HEADER, *SECTIONS))
            keys = ", ".join(HEADER)
            message = f" = {show(value)} is not known here.{hint} Above the first table, these are: {keys}."
            report.add(message, document.place(key), key, value=value, suggestion=close)
            continue
        implied = output_operator() if key == OUT else None
        modules.read_module(document, (key,), value, operators, "voice", report, implied)
    effects = read_effects(document, "effects", base.effects if base else {}, report)
    sends = read_sends(document, base.sends if base else {}, report)
    performance = read_performance(document, base, report)
    named = macros.read_macros(document, base, report)
    texts = {**(base.texts if base else {}), **{k: document.tables[k] for k in TEXTS if k in document.tables}}
    name = document.tables.get("name")
    patch_routes = routes.read_routes(document, base, targets_of(operators, effects, sends, ()), report)
    wiring.check(document, operators, patch_routes, report)
    report.finish()
    name = name or (path.stem if path else "unnamed")
    return Patch(
        name, path, text, operators, patch_routes, effects, performance, texts, named, base, sends=sends
    )


def read_whole(document, base, base_of, report, path):
    """A file with ``[[part]]`` or ``[[key]]`` tables, which has no modules."""
    kind = next(kind for kind in parts.KINDS if kind in document.tables)
    what = "a kit" if kind == "key" else "it"
    for key in document.tables:
        if key not in OF_A_WHOLE or key == "extends":
            message = (
                f" cannot stand beside [[{kind}]]: {what} plays other patches, and has no sound of its own."
            )
            report.add(message, document.place(key), key)
    effects = read_effects(document, "effects", {}, report)
    sends = read_sends(document, {}, report)
    for name, module in sends.items():
        if written := module.written.get(parts.SEND_DB.name):
            message = f": each part says how much it sends: send_db = {{ {name} = {show(written.value)} }}"
            report.add(message, written.place, f"sends.{name}.send_db")
    named = macros.read_macros(document, None, report)
    written = document.tables.get("sends")  # also those that are wrong, which has been said
    tables = read_parts(document, written if isinstance(written, dict) else {}, base_of, report)
    patch_routes = routes.read_routes(document, None, targets_of({}, effects, sends, tables), report)
    report.finish()
    texts = {key: document.tables[key] for key in TEXTS if key in document.tables}
    name = document.tables.get("name") or (path.stem if path else "unnamed")
    return Patch(name, path, document.text, {}, patch_routes, effects, {}, texts, named, base, tables, sends)


def read_format(document, report):
    """Check format and version; whether the version is one that we know."""
    form = document.tables.get("format")
    if form != FORMAT:
        found = (
            f"format = {show(form)} is not known" if "format" in document.tables else "The format is missing"
        )
        report.add(f'{found}; a patch begins with: format = "{FORMAT}"', document.place("format"), value=form)
    newest, version = newest_version(), document.tables.get("version")
    if is_version(version) and version <= newest:
        return True
    if is_version(version):
        message = (
            f"version = {version} needs a newer synthhost: update it. "
            f"This one reads patches up to version {newest}."
        )
        report.add(message, document.place("version"), value=version, high=newest)
        report.finish()  # nothing else can be judged
    found = (
        f"version = {show(version)} is not a version"
        if "version" in document.tables
        else "The version is missing"
    )
    message = f"{found}; this synthhost writes: version = {newest}"
    report.add(message, document.place("version"), value=version)
    return False


def read_header(document, report, base_of):
    """Check the texts; the patch that this one extends, or None."""
    tables = document.tables
    for key in ("name", *TEXTS, "extends"):
        value = tables.get(key, "-")
        if not isinstance(value, str) or not value.strip():
            report.add(f" = {show(value)} must be a text.", document.place(key), key, value=value)
        elif key == "name" and (len(value) > 100 or not value.isprintable()):
            report.add(
                " must be one line of at most 100 characters.", document.place(key), key, value=value[:100]
            )
    extends = tables.get("extends")
    if not isinstance(extends, str) or not extends.strip():
        return None
    if tables.get("format") != FORMAT:
        report.finish()
    try:
        if base_of is None:
            raise PatchError(f'extends = "{extends}": a text without a file cannot extend another patch.')
        return base_of(extends)
    except PatchError as error:
        for problem in error.problems:
            if problem.file:
                report.problems.append(problem)
            else:
                report.add(
                    problem.message, document.place("extends"), value=extends, suggestion=problem.suggestion
                )
        report.finish()  # without the base, everything would be missing


def read_effects(document, where, inherited, report, more=()):
    """The effects (or sends) by name, in the order in which the sound runs through them."""
    effects = dict(inherited)
    tables = document.tables.get(where, {})
    if not isinstance(tables, dict):
        report.add(f" must be tables: [{where}.delay1], with op = …", document.place(where), where)
        return effects
    for name, value in tables.items():
        if isinstance(value, dict):
            modules.read_module(document, (where, name), value, effects, "effect", report, more=more)
        else:
            known = ", ".join(public("effect"))
            message = (
                f" = {show(value)} must be a table, such as [{where}.{name}1], with op = one of {known}."
            )
            report.add(message, document.place(where, name), f"{where}.{name}", value=value)
    return effects


def read_sends(document, inherited, report):
    """The sends by name: effects that hear only what is sent to them."""
    sends = read_effects(document, "sends", inherited, report, (parts.SEND_DB,))
    if len(sends) > SENDS:
        report.add(f": there are {len(sends)} sends; {SENDS} fit.", document.place("sends"), "sends")
    return sends


def read_performance(document, base, report):
    """Mode, glide, bend and polyphony."""
    performance = dict(base.performance) if base else {}
    tables = document.tables.get("performance", {})
    if not isinstance(tables, dict):
        report.add(" must be a table: [performance]", document.place("performance"), "performance")
        return performance
    known = {parameter.name: parameter for parameter in PERFORMANCE}
    for key, value in tables.items():
        place, address = document.place("performance", key), f"performance.{key}"
        if key in ("doc", "author"):
            if not isinstance(value, str):
                report.add(f" = {show(value)} must be a text.", place, address, value=value)
        elif key not in known:
            hint, close = did_you_mean(key, known)
            message = f" is not known.{hint} There are: {', '.join(known)}."
            report.add(message, place, address, value=value, suggestion=close)
        elif trouble := of_performance(known[key]).trouble(value):
            report.problems.append(of_performance(known[key]).problem(value, *trouble, place))
        else:
            performance[key] = Written(value, place)
    return performance
