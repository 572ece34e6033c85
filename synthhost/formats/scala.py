"""Scala tunings: a scale (.scl) and, if wanted, a keyboard map (.kbm) say at which frequency each key sounds.

References
----------
M. Op de Coul, "Scala scale file format" and "Mappings" (Scala's help), Huygens-Fokker Foundation.
"""

import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FILE_BYTES = 1 << 18
MOST_NOTES = 4096
MOST_DIGITS = 60
KEYS = 128
A4_KEY, A4_HZ = 69, 440.0
MIDDLE_C_HZ = A4_HZ * 2 ** (-9 / 12)
MOST_OCTAVES = 64.0

CENTS = re.compile(r"[-+]?(?:\d+\.\d*|\.\d+)")
RATIO = re.compile(r"([-+]?\d+)(?:\s*/\s*([-+]?\d+))?")
WHOLE = re.compile(r"[-+]?\d{1,6}(?![\d.])")
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?")


class ScalaError(ValueError):
    """A file that gives no tuning; the message names the file, the line and what is wrong."""


@dataclass(frozen=True)
class Scale:
    """A scale: octaves above its first note (log2 of the ratio) of each degree from 0, and of the note that repeats it."""

    description: str
    degrees: tuple[float, ...]
    period: float

    def octaves(self, degree):
        """How far a degree, of any repetition, lies above degree 0."""
        turns, place = divmod(degree, len(self.degrees))
        return turns * self.period + self.degrees[place]


@dataclass(frozen=True)
class KeyboardMap:
    """Which degree each key plays. An empty `degrees` maps the keys one after the other; None in it is a silent key."""

    first: int = 0
    last: int = KEYS - 1
    middle: int = 60
    reference_key: int = 60
    reference_hz: float = MIDDLE_C_HZ
    octave_degree: int = 0  # 0: the note that repeats the scale
    degrees: tuple[int | None, ...] = ()

    def octaves(self, scale, key):
        """How far a key lies above the middle one, or None if it is silent."""
        if not self.degrees:
            return scale.octaves(key - self.middle)
        turns, place = divmod(key - self.middle, len(self.degrees))
        degree = self.degrees[place]
        octave = scale.octaves(self.octave_degree) if self.octave_degree else scale.period
        return None if degree is None else turns * octave + scale.octaves(degree)


def key_octaves(scale=None, keys=None, a4_hz=A4_HZ):
    """log2 of the frequency in hertz of each key: ``float64[128]``, minus infinity for keys that the map leaves out.

    Without a scale it is equal temperament. Keys outside the map's range keep it. `a4_hz` moves everything: 440 leaves a
    map's own reference as it is. Raises ScalaError.
    """
    equal = math.log2(a4_hz) + (np.arange(KEYS) - A4_KEY) / 12
    if scale is None:
        return equal
    keys = keys or KeyboardMap()
    reference = keys.octaves(scale, keys.reference_key)
    if reference is None:
        raise ScalaError(
            f"the keyboard map leaves its own reference, key {keys.reference_key}, without a degree"
        )
    base = math.log2(keys.reference_hz) - reference + math.log2(a4_hz / A4_HZ)
    for key in range(max(keys.first, 0), min(keys.last, KEYS - 1) + 1):
        octaves = keys.octaves(scale, key)
        equal[key] = -math.inf if octaves is None else base + octaves
    return equal


def read_scale(path):
    """Read a .scl file. Raises ScalaError."""
    lines = Lines(path)
    description = lines.next("a description", empty=True).strip()
    count = lines.whole("the number of notes", 0, MOST_NOTES)
    pitches = [0.0, *(pitch(lines) for _ in range(count))]
    return Scale(description, tuple(pitches[:-1]) or (0.0,), pitches[-1])


def pitch(lines):
    """One pitch, in octaves: cents if there is a period in it, else a ratio. What follows it says nothing."""
    text = lines.next("another pitch").strip()
    if match := CENTS.match(text):
        octaves = float(match[0]) / 1200
    elif match := RATIO.match(text):
        if len(match[0]) > MOST_DIGITS:
            raise lines.fault(f"'{text[:20]}…' has too many digits")
        above, below = int(match[1]), int(match[2] or 1)
        if above <= 0 or below <= 0:
            raise lines.fault(f"'{match[0]}' is no pitch: a ratio is above 0")
        octaves = math.log2(above) - math.log2(below)
    else:
        raise lines.fault(f"'{text[:40]}' is no pitch; write cents (701.955) or a ratio (3/2)")
    if abs(octaves) > MOST_OCTAVES:
        raise lines.fault(f"'{text[:40]}' is more than {MOST_OCTAVES:g} octaves away")
    return octaves


def read_map(path):
    """Read a .kbm file. Raises ScalaError."""
    lines = Lines(path)
    size = lines.whole("the size of the map", 0, MOST_NOTES)
    first = lines.whole("the first key", 0, KEYS - 1)
    last = lines.whole("the last key", 0, KEYS - 1)
    middle = lines.whole("the middle key", -MOST_NOTES, MOST_NOTES)
    reference = lines.whole("the reference key", -MOST_NOTES, MOST_NOTES)
    hertz = lines.hertz()
    octave = lines.whole("the degree of the formal octave", -MOST_NOTES, MOST_NOTES)
    degrees = [lines.degree() for _ in range(size)]
    return KeyboardMap(first, last, middle, reference, hertz, octave, tuple(degrees))


class Lines:
    """The lines of a Scala file that are no comments, one after the other. Raises ScalaError."""

    def __init__(self, path):
        self.path, self.number = Path(path), 0
        try:
            if self.path.exists() and not self.path.is_file():
                raise ScalaError(f"{path}: is not a file")
            with open(self.path, "rb") as file:
                data = file.read(FILE_BYTES + 1)
        except OSError as error:
            raise ScalaError(f"{path}: cannot be read: {error.strerror or error}") from None
        if len(data) > FILE_BYTES:
            raise ScalaError(f"{path}: is larger than {FILE_BYTES >> 10} kB, which no scale is")
        if b"\0" in data:
            raise ScalaError(f"{path}: is not a text")
        self.lines = data.decode("latin-1").replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def fault(self, sentence):
        """The error of the line that was read last."""
        return ScalaError(f"{self.path}:{self.number}: {sentence}")

    def next(self, what, empty=False):
        """The next line that is no comment, and not empty unless it may be."""
        while self.number < len(self.lines):
            line = self.lines[self.number]
            self.number += 1
            if not line.startswith("!") and (line.strip() or (empty and self.number < len(self.lines))):
                return line
        raise self.fault(f"it ends where {what} should be")

    def whole(self, what, low, high):
        """A whole number; text after it says nothing."""
        text = self.next(what).strip()
        match = WHOLE.match(text)
        if not match or not low <= int(match[0]) <= high:
            raise self.fault(f"'{text[:40]}' must be {what}, a whole number, {low} … {high}")
        return int(match[0])

    def hertz(self):
        """The frequency of the reference key."""
        text = self.next("the reference frequency").strip()
        match = NUMBER.match(text)
        value = float(match[0]) if match and len(match[0]) <= MOST_DIGITS else 0.0
        if not 0.01 <= value <= 100_000:
            raise self.fault(f"'{text[:40]}' must be the frequency of the reference key, 0.01 … 100000 Hz")
        return value

    def degree(self):
        """A degree of the map, or None: an x, or the file has ended, which leaves out the rest."""
        rest = [line for line in self.lines[self.number :] if not line.startswith("!")]
        if not any(line.strip() for line in rest):
            return None
        text = self.next("a degree").strip()
        if text[:1] in ("x", "X"):
            return None
        match = WHOLE.match(text)
        if not match or abs(int(match[0])) > MOST_NOTES:
            raise self.fault(f"'{text[:40]}' must be a degree of the scale, or x for a key without one")
        return int(match[0])
