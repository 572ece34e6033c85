"""Parts: a patch file whose ``[[part]]`` and ``[[key]]`` tables say which patches its keys play, and through which strip.

A ``[[part]]`` is a part of its own, on all keys or some, and may lie over others. ``[[key]]`` tables are a kit's: each
key has one patch, and the tables of one patch share a part where they send alike.
"""

import re
from typing import Any, NamedTuple

from synthhost.patch.errors import show
from synthhost.patch.model import PERFORMANCE
from synthhost.patch.source import Place
from synthhost.realtime.operator import Parameter

SEND_DB = Parameter(
    "send_db", -12.0, -96.0, 12.0, doc="How much of the sound is sent; the lowest is nothing."
)
LEVEL_DB = Parameter("level_db", 0.0, -60.0, 12.0, doc="Louder or softer than the patch is.")
PAN = Parameter("pan", 0.0, -1.0, 1.0, doc="-1 is left, 1 is right.")
NUMBERS = (
    Parameter("low_velocity", 1, 1, 127, doc="The softest stroke that plays it."),
    Parameter("high_velocity", 127, 1, 127, doc="The hardest."),
    Parameter("pitch_key", 60, 0, 127, doc="The key at which the patch sounds, whichever is struck."),
    Parameter("transpose_semitones", 0, -60, 60, doc="From the keys that are struck to those that sound."),
    LEVEL_DB,
    PAN,
    next(parameter for parameter in PERFORMANCE if parameter.name == "polyphony"),
)
TEXTS = {
    "patch": "What the keys play: a patch of the patch folders.",
    "choke": "Keys with the same word here end each other, as an open and a closed hi-hat.",
    "doc": "A remark.",
}
PLACES = {
    "key": "One key: 0 … 127, or a name as C2; C4 is 60. It sounds at pitch_key.",
    "low": "The lowest of several keys, which sound as high as they are.",
    "high": "The highest of them.",
}
KEYS = (*PLACES, *TEXTS, *(p.name for p in NUMBERS), SEND_DB.name)
KINDS = ("key", "part")
PLAYS = {"key": 'patch = "drums/kick"', "part": 'patch = "keys/electric-piano"'}
EXAMPLES = {"key": f"[[key]] with key = 36 and {PLAYS['key']}", "part": f"[[part]] with {PLAYS['part']}"}
NOTE_NAME = re.compile(r"([A-Ga-g])(#|b|♯|♭)?(-?\d)")
SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
SHIFTS = {None: 0, "#": 1, "♯": 1, "b": -1, "♭": -1}


class Table(NamedTuple):
    """One ``[[key]]`` or ``[[part]]``: keys `low` … `high` at some velocities, and what they play."""

    kind: str
    number: int  # of its kind, from 1
    low: int
    high: int
    low_velocity: int
    high_velocity: int
    patch: Any
    pitch_key: int | None  # None: as high as the key
    transpose: int
    level_db: float
    pan: float
    send_db: dict[str, float]
    polyphony: int | None  # None: the patch's own
    choke: str
    place: Place

    @property
    def address(self):
        """Under what its numbers can be set: ``part.1``."""
        return f"{self.kind}.{self.number}"

    def sounding(self, key):
        """The key that sounds when one is struck."""
        return (key if self.pitch_key is None else self.pitch_key) + self.transpose

    def plays(self, key, velocity):
        """Whether a stroke is heard in it."""
        return self.low <= key <= self.high and self.low_velocity <= velocity <= self.high_velocity

    def strip(self):
        """What tables have in common that share a part."""
        if self.kind == "part":
            return self.address
        return self.patch.path, self.polyphony, tuple(sorted(self.send_db.items()))


def trouble_of(parameter, value):
    """What is wrong with a number, or nothing."""
    whole = isinstance(parameter.default, int)
    kind = "a whole number" if whole else "a number"
    right = isinstance(value, int) or (isinstance(value, float) and not whole)
    if isinstance(value, bool) or not right or not parameter.low <= value <= parameter.high:
        return f" = {show(value)} must be {kind}, {parameter.low:g} … {parameter.high:g}."
    return ""


def key_number(value):
    """A key's number 0 … 127, from itself or its name; None if it is neither."""
    if isinstance(value, str) and (match := NOTE_NAME.fullmatch(value.strip())):
        letter, shift, octave = match.groups()
        value = SEMITONES[letter.upper()] + SHIFTS[shift] + 12 * (int(octave) + 1)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 127:
        return value
    return None
