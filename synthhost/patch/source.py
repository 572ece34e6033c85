"""Where each key of a TOML file stands, which ``tomllib`` does not tell.

The text has been read by ``tomllib`` before, so it is known to be valid; this walks over it once more and notes the
line of every key and table, and the place of every value.
"""

import re
from bisect import bisect_right
from typing import NamedTuple

STRING = r'"""(?:[^\\]|\\.)*?"{3,5}|' r"'''.*?'{3,5}|" r'"(?:[^"\\\n]|\\.)*"|' r"'[^'\n]*'"
STRING_TOKEN = re.compile(STRING, re.S)
KEY = re.compile(r"[ \t]*(?:([A-Za-z0-9_-]+)|\"((?:[^\"\\\n]|\\.)*)\"|'([^'\n]*)')[ \t]*(\.?)")
SPACE = re.compile(r"(?:[\s,]|#[^\n]*)*")
REST_OF_LINE = re.compile(r"[^\n]*")
SCALAR = re.compile(r"[^,\]}\s#]*")


class Place(NamedTuple):
    """Where something is written: line from 1, and `start` to `end` of the value in the source."""

    file: str
    line: int
    start: int = 0
    end: int = 0


class Walk:
    """One pass over a source; `places` maps ``("filter", "q")`` and ``("route", 0, "to")`` to a Place."""

    def __init__(self, text, file):
        self.text, self.file = text, file
        self.lines = [0] + [match.end() for match in re.finditer("\n", text)]
        self.places: dict[tuple, Place] = {}
        self.lists: dict[tuple, int] = {}  # path of an array of tables -> tables so far

    def run(self):
        """Walk over the headers and the keys below them."""
        at, table = self.after(SPACE, 0), ()
        while at < len(self.text):
            begin = at
            if self.text[at] == "[":
                many = self.text.startswith("[[", at)
                key, at = self.key(at + 1 + many)
                table = self.header(key, many)
                self.note(table, begin, begin, at)
                if many:
                    self.note(table[:-1], begin, begin, at)
                at = self.after(REST_OF_LINE, at)
            else:
                at = self.pair(table, at)
                if self.text[at : at + 1] not in ("", "\n", "\r"):
                    at = self.after(REST_OF_LINE, at)
            at = self.after(SPACE, max(at, begin + 1))
        return self.places

    def after(self, pattern, at):
        """Where a pattern that always fits ends, from a place on."""
        match = pattern.match(self.text, at)
        return match.end() if match else at

    def note(self, path, key_at, start, end):
        """Remember a place, unless an earlier line has it."""
        self.places.setdefault(path, Place(self.file, bisect_right(self.lines, key_at), start, end))

    def key(self, at):
        """Read a dotted key; its parts, and where it ends."""
        parts = []
        while match := KEY.match(self.text, at):
            parts.append(match[1] or match[2] or match[3] or "")
            at = match.end()
            if not match[4]:
                break
        return tuple(parts), at

    def header(self, key, many):
        """The path that a ``[table]`` or ``[[list]]`` header stands for."""
        path: tuple[str | int, ...] = ()
        for number, part in enumerate(key):
            path += (part,)
            last = number == len(key) - 1
            if last and many:
                self.lists[path] = self.lists.get(path, 0) + 1
            if path in self.lists and (many or not last):
                path += (self.lists[path] - 1,)
        return path

    def pair(self, table, at):
        """Note ``key = value`` and what is inside the value; where it ends."""
        key, equals = self.key(at)
        path = table + key
        start = self.after(SPACE, equals + 1)
        end = self.value(path, start)
        self.note(path, at, start, end)
        for depth in range(len(table) + 1, len(path)):
            self.note(path[:depth], at, start, end)
        return end

    def value(self, path, at):
        """Walk over a value; where it ends."""
        if match := STRING_TOKEN.match(self.text, at):
            return match.end()
        opening = self.text[at : at + 1]
        if opening not in ("[", "{"):
            return self.after(SCALAR, at)
        index = 0
        at = self.after(SPACE, at + 1)
        while at < len(self.text) and self.text[at] not in "]}":
            begin = at
            if opening == "{":
                at = self.pair(path, at)
            else:
                at = self.value((*path, index), at)
                self.note((*path, index), begin, begin, at)
                index += 1
            at = self.after(SPACE, max(at, begin + 1))
        return at + 1


def places(text, file=""):
    """Map each key's path to its Place in a valid TOML source."""
    walk = Walk(text, file)
    try:
        return walk.run()
    except RecursionError:  # lists in lists in lists: what was found so far will do
        return walk.places
