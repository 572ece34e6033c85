"""The patch reference in the manual: every module, input and number, from the operators' own tables."""

from synthhost.patch import settings
from synthhost.patch.catalog import output_operator, public, signals
from synthhost.patch.model import PERFORMANCE
from synthhost.patch.parts import NUMBERS, PLACES, SEND_DB, TEXTS
from synthhost.realtime.operator import AUDIO, CONTROL

SIGNAL = "a sum of signals"
SENT = f"| `send_db` |  | `{{ hall = -12 }}` | For each send {SEND_DB.low:g} … {SEND_DB.high:g} dB; the lowest is nothing. |"


def reference():
    """The reference as Markdown."""
    given = signals()
    parts = ["### Modules\n"]
    parts += [section(operator) for name, operator in public("voice").items() if name not in given]
    parts += ["### The output\n", section(output_operator(), "[out]")]
    parts += ["### Signals that every patch has\n"]
    parts += [words(doc) + "\n" for doc in dict.fromkeys(o.doc for o in given.values())]
    parts += ["### Effects\n"]
    parts += [section(operator) for operator in public("effect").values()]
    sent = f"Besides their own numbers, effects under `sends` of a patch without parts have:\n\n{table([number(SEND_DB)])}"
    parts += ["### Sends\n", sent]
    parts += ["### Performance\n", table([row(settings.of_performance(p), p.name) for p in PERFORMANCE])]
    parts += ["### Parts and keys\n", table([*places(), *map(number, NUMBERS), SENT])]
    return "\n".join(parts).rstrip() + "\n"


def places():
    """Lines for what a ``[[part]]`` or ``[[key]]`` has besides numbers."""
    yield from (f"| `{name}` |  | a key | {doc} |" for name, doc in PLACES.items())
    yield from (f"| `{name}` |  | a text | {doc} |" for name, doc in TEXTS.items() if name != "doc")


def number(parameter):
    """One line for a parameter that is no operator's."""
    return row(settings.of_parameter(parameter.name, parameter), parameter.name)


def section(operator, title=""):
    """One operator: what it is, and what may be set."""
    rows = [row(settings.of_input(item.name, item), item.name, item.rate) for item in operator.inputs]
    moved = settings.movable(operator)
    for p in operator.parameters:
        rows.append(row(settings.of_parameter(p.name, p), p.name, CONTROL if p.name in moved else ""))
    return f"#### {title or operator.name}\n\n{words(operator.doc)}\n\n{table(rows)}"


def words(doc):
    """A description without its list of sources."""
    return doc.partition("\nReferences\n")[0].strip()


def row(setting, name, rate=""):
    """One line of a table."""
    if setting.choices:
        allowed, default = ", ".join(setting.choices), setting.value
    else:
        allowed, default = setting.range(), f"{setting.value:g}"
    if rate == AUDIO:
        allowed, default = SIGNAL, default if setting.value else ""
    elif rate:
        allowed += "; routes"
    return f"| `{name}` | {default} | {allowed} | {setting.doc} |"


def table(rows):
    """A Markdown table."""
    return "\n".join(["| Key | Default | Allowed | |", "|---|---|---|---|", *rows, ""]) if rows else ""
