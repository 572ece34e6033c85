"""What routes may go to: inputs of modules; by knobs also numbers of effects, sends and parts, which all voices share."""

from typing import Any, NamedTuple

from synthhost.patch.parts import LEVEL_DB, PAN, SEND_DB
from synthhost.patch.settings import movable
from synthhost.realtime.operator import OPERATORS


class Target(NamedTuple):
    """A table that routes may go to."""

    what: str  # its operator, or what it is
    numbers: dict[str, Any]  # name -> Input or Parameter that can be moved
    fixed: frozenset[str]  # names of those that are set once


def targets_of(operators, effects, sends, tables):
    """All tables that routes may go to, by the first part of what a route says: ``filter``, ``effects.echo``.

    `tables` are the parts of a patch that has parts; there each part says how much it sends, else each send.
    """
    found = {name: target_of(module) for name, module in operators.items()}
    found |= {f"effects.{name}": target_of(module) for name, module in effects.items()}
    found |= {
        f"sends.{name}": target_of(module, () if tables else (SEND_DB,)) for name, module in sends.items()
    }
    for table in tables:
        if table.kind == "part":
            found[table.address] = Target("a part", {"level_db": LEVEL_DB, "pan": PAN}, frozenset())
            found[f"{table.address}.send_db"] = Target("a part", dict.fromkeys(sends, SEND_DB), frozenset())
    return found


def target_of(module, more=()):
    """What of a module's operator routes may go to."""
    operator = OPERATORS[module.op]
    numbers = movable(operator) | {parameter.name: parameter for parameter in more}
    return Target(operator.name, numbers, frozenset(p.name for p in operator.parameters) - set(numbers))


def words_of(targets):
    """All that a route may go to, as a route names it."""
    return [f"{table}.{name}" for table, target in targets.items() for name in target.numbers]
