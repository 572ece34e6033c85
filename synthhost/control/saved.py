"""What the player wants to find again next time, by keyboard and by device, in one TOML file.

`synthhost play --save` writes it, an editor may change it, `--forget` takes it away.
"""

import difflib
import os
import tomllib
from pathlib import Path

from synthhost.audio.speakers import parse_speakers
from synthhost.midi.touch import MOST_SEMITONES
from synthhost.midi.velocity import velocity_curve
from synthhost.patch.folders import user_folder

FILE = "play.toml"
COMMENT = "What `synthhost play --save` kept. Change it as you like; `synthhost play --forget` takes it away."


class SavedError(ValueError):
    """The file cannot be used; the message names it, the place and the remedy."""


def whole(low, high):
    """A check: a whole number in a range."""

    def check(value):
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"must be a whole number, {low} … {high}")

    return check


def number(low, high, unit):
    """A check: a number in a range."""

    def check(value):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            raise ValueError(f"must be a number of {unit}, {low} … {high}")

    return check


def yes_or_no(value):
    """A check: true or false."""
    if not isinstance(value, bool):
        raise ValueError("must be true or false")


def words(parse):
    """A check: text that another function understands."""

    def check(value):
        if not isinstance(value, str):
            raise ValueError("must be text in quotes")
        parse(value)

    return check


KINDS = {  # table -> (whether it has one part for each name, its keys and their checks)
    "keyboard": (
        True,
        {
            "transpose": whole(-MOST_SEMITONES, MOST_SEMITONES),
            "velocity": words(velocity_curve),
            "pedal_invert": yes_or_no,
        },
    ),
    "output": (True, {"volume_db": number(-96, 12, "decibels"), "out": words(parse_speakers)}),
    "play": (False, {"channel": whole(1, 16), "tuning": words(str), "a4_hz": number(200, 900, "hertz")}),
}


def saved_path():
    """Where the file is, or would be."""
    return user_folder().parent / FILE


class Saved:
    """The file's contents, checked. Raises SavedError."""

    def __init__(self, path=None):
        self.path = Path(path or saved_path())
        self.tables = {}
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            raise self._error(
                f"cannot be read: {getattr(error, 'strerror', None) or 'is not text'}"
            ) from None
        try:
            self.tables = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise self._error(str(error) or "is nested too deeply") from None
        self._check()

    def _error(self, what):
        return SavedError(f"{self.path}: {what} (mend it, or 'synthhost play --forget' takes it away)")

    def _check(self):
        for table, content in self.tables.items():
            self._known(table, KINDS, "table")
            by_name, checks = KINDS[table]
            for name, values in content.items() if by_name and isinstance(content, dict) else [("", content)]:
                place = f'{table}."{name}"' if by_name else table
                if not isinstance(values, dict):
                    raise self._error(f"{place} must be a table, such as [{place}]")
                for key, value in values.items():
                    self._known(key, checks, f"setting of [{place}]")
                    try:
                        checks[key](value)
                    except ValueError as error:
                        raise self._error(f"{key} = {value!r} in [{place}]: {error}") from None

    def _known(self, word, known, what):
        if word not in known:
            close = difflib.get_close_matches(word, known, 1)
            hint = f"Did you mean '{close[0]}'?" if close else f"There are: {', '.join(known)}."
            raise self._error(f"'{word}' is no {what}. {hint}")

    def of(self, table, name=None):
        """The settings of a keyboard, a device, or of all playing."""
        found = self.tables.get(table, {})
        return found if name is None else found.get(name, {})

    def save(self, table, name, values):
        """Keep settings, those apart that are None; the rest of the file stays as it is written."""
        values = {key: value for key, value in values.items() if value is not None}
        if not values:
            return
        import tomlkit

        document = tomlkit.document()
        if self.path.exists():
            document = tomlkit.parse(self.path.read_text(encoding="utf-8"))
        else:
            document.add(tomlkit.comment(COMMENT))
        for target in (document, self.tables):
            place = target.setdefault(table, {})
            if name is not None:
                place = place.setdefault(name, {})
            place.update(values)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        new.write_text(tomlkit.dumps(document), encoding="utf-8")
        os.replace(new, self.path)


def forget():
    """Take the file away. Returns whether there was one."""
    try:
        saved_path().unlink()
    except FileNotFoundError:
        return False
    return True
