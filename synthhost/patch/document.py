"""From the bytes of a patch file to its tables, with the line of every key; refuses what is no TOML, or too much."""

import re
import tomllib
from dataclasses import dataclass

from synthhost.patch.errors import PatchError, Problem
from synthhost.patch.source import Place, places
from synthhost.patch.syntax import explain

MOST_BYTES = 256 * 1024
LONGEST_LINE = 2000  # tomllib takes time that grows with the square of a dotted key's length
TOML_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


@dataclass(frozen=True, eq=False)
class Document:
    """A TOML file: its text, its tables and where everything stands."""

    file: str
    text: str
    tables: dict
    places: dict[tuple, Place]

    def place(self, *path):
        """Where a key is written; its table's place, or line 1, if that is not known."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path) or Place(self.file, 1)


def decode(data, file):
    """The text of a file's bytes. Raises PatchError if it is too large or not UTF-8."""
    if len(data) > MOST_BYTES:
        raise PatchError(
            Problem(f"This file is too large for a patch: more than {MOST_BYTES // 1024} kB.", file)
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = (
            f"This is not UTF-8 text (byte {data[error.start]:#04x}); save the patch as plain text in UTF-8."
        )
        raise PatchError(Problem(message, file, line)) from None


def read_document(text, file):
    """Parse a source. Raises PatchError, with the line where the syntax breaks."""
    if len(text) > MOST_BYTES:
        raise PatchError(
            Problem(f"This text is too large for a patch: more than {MOST_BYTES // 1024} kB.", file)
        )
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE:
            message = (
                f'This line has {len(line)} characters, {LONGEST_LINE} fit; for a long text use """ … """.'
            )
            raise PatchError(Problem(message, file, number))
    if text.startswith("\ufeff"):  # Quirk: editors on Windows put a byte order mark first
        text = " " + text[1:]
    try:
        tables = tomllib.loads(text)
    except RecursionError:
        raise PatchError(Problem("Lists or tables are nested too deeply for a patch.", file)) from None
    except ValueError as error:
        place = TOML_PLACE.search(str(error))
        line = int(place[1]) if place and place[1] else len(lines) if place else 0
        message, wrong = TOML_PLACE.sub("", str(error)), lines[line - 1].strip() if line else ""
        said = explain(message, wrong) if wrong else f"This is not TOML: {message}."
        raise PatchError(Problem(said, file, line)) from None
    return Document(file, text, tables, places(text, file))
