"""The operators that a patch may use."""

import re

import synthhost.dsp  # noqa: F401 (registers them)
from synthhost.dsp.controls import MACROS
from synthhost.realtime.operator import OPERATORS

SOURCE_FILE = re.compile(r" \(``[^)]*\)")  # where the code is, in a description


def public(kind):
    """Operators of a kind by name, without those that only the compiler inserts."""
    return {
        name: operator
        for name, operator in OPERATORS.items()
        if operator.kind == kind and not operator.hidden
    }


def output_operator():
    """The operator behind the table ``[out]``."""
    return next((operator for operator in OPERATORS.values() if operator.kind == "output"), None)


def signals():
    """Operators that need no table, as they have nothing to set: ``velocity``, ``wheel``, ``macro1`` …"""
    given = {name: o for name, o in public("voice").items() if not o.inputs and not o.parameters}
    return given | {name: OPERATORS[name] for name in MACROS}


def summary(operator):
    """One line that says what an operator does: of its own, where it shares its file with others."""
    shared = sum(other.doc == operator.doc and not other.hidden for other in OPERATORS.values()) > 1
    doc = operator.render.__doc__ if shared else operator.doc
    return SOURCE_FILE.sub("", (doc or "").strip().partition("\n")[0])
