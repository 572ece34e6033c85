"""Older versions of the patch format: what was written once, plays for ever.

`STEPS[n]` brings the tables of a file from version n + 1 to the next. A step edits a dictionary in place, be it that of
``tomllib``, when a file is played, or that of ``tomlkit``, which keeps comments, when it is rewritten. It meets files that
nobody has checked yet: what is not as it expects, it leaves to the reader to complain about. The format has its first
version, so there are none yet; each that comes brings along a file in ``tests/patch/frozen``, with its sound.
"""

import copy
import tomllib
from collections.abc import Callable
from dataclasses import replace

from synthhost.patch.errors import PatchError, Problem

STEPS: list[Callable[[dict], None]] = []


def newest_version():
    """The version of the format that this synthhost writes."""
    return len(STEPS) + 1


def is_version(value):
    """Whether a value says a version, known or not."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def advance(tables):
    """Bring tables of a known version to the newest, in place."""
    for step in STEPS[int(tables["version"]) - 1 :]:
        step(tables)
    tables["version"] = newest_version()


def migrated(document):
    """A document in the newest version; the same one if it is. Its version must be known."""
    if document.tables["version"] == newest_version():
        return document
    tables = copy.deepcopy(document.tables)
    advance(tables)
    return replace(document, tables=tables)


def upgraded_text(text, document):
    """The text of a file in the newest version, with its comments. Raises PatchError if that is not safe."""
    import tomlkit

    mark = "\ufeff" if text.startswith("\ufeff") else ""
    tables = tomlkit.parse(text.removeprefix(mark))
    advance(tables)
    new = tomlkit.dumps(tables)
    if tomllib.loads(new) != migrated(document).tables:
        message = "This file is written in a way that only a person can edit; it plays all the same."
        raise PatchError(Problem(message, document.file))
    return mark + new
