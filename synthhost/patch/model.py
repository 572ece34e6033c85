"""A patch as it was read: modules, routes, effects, and where each number is written. Checked, but not yet compiled."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from synthhost.patch.source import Place
from synthhost.realtime.operator import EXPONENTIAL, Parameter

FORMAT = "synthhost/patch"
OUT = "out"

PERFORMANCE = (
    Parameter(
        *("mode", "poly"),
        choices=("poly", "mono", "legato"),
        doc="Chords; one note at a time; or one that is not struck again while keys overlap.",
    ),
    Parameter(
        *("priority", "last"),
        choices=("last", "low", "high"),
        doc="Which key sounds when several are down and one can.",
    ),
    Parameter("glide_s", 0.0, 0.0, 10.0, doc="Time from one pitch to the next, or for each octave."),
    Parameter("glide_mode", "time", choices=("time", "rate"), doc="Whether wide intervals take longer."),
    Parameter("glide", "always", choices=("always", "fingered"), doc="Whether only overlapping keys glide."),
    Parameter("unison", 1, 1, 8, doc="Voices that one key sounds; a whole number."),
    Parameter("unison_detune_cents", 10.0, 0.0, 100.0, doc="How far the outermost of them are from the key."),
    Parameter("unison_spread_norm", 0.5, doc="How far apart they stand, left and right."),
    Parameter("bend_semitones", 2.0, 0.0, 48.0, doc="Reach of the pitch wheel to either side."),
    Parameter("polyphony", 64, 1, 256, EXPONENTIAL, doc="Most notes that sound at once; a whole number."),
)


class Written(NamedTuple):
    """A value of a file and where it stands. A sum of signals is a tuple of `expression.Term`."""

    value: Any
    place: Place


@dataclass(frozen=True, eq=False)
class Module:
    """One use of an operator: a table of the file."""

    name: str
    op: str
    written: dict[str, Written]  # what was written; the rest has its default
    place: Place


@dataclass(frozen=True, eq=False)
class Route:
    """A modulation: so much of a signal is added to an input."""

    source: str
    target: str  # module, or as effects.NAME, part.1
    input: str
    unit: str  # key of the depth: octaves, semitones, cents, db or amount
    depth: Written
    place: Place

    @property
    def by_knob(self):
        """Whether it moves what all voices share, a number of an effect, a send or a part: only knobs can."""
        return "." in self.target


@dataclass(frozen=True, eq=False)
class Patch:
    """A sound."""

    name: str
    path: Path | None
    source: str  # the text of the file, as it was
    operators: dict[str, Module]  # with those of the patches it extends
    routes: tuple[Route, ...]
    effects: dict[str, Module]
    performance: dict[str, Written]
    texts: dict[str, str] = field(default_factory=dict)  # doc, author
    macros: dict[str, dict[str, Written]] = field(default_factory=dict)  # macro1 -> name, start_norm
    base: "Patch | None" = None  # what it extends
    parts: tuple[
        Any, ...
    ] = ()  # which patches its keys play, as `parts.Table`; it has no sound of its own then
    sends: dict[str, Module] = field(default_factory=dict)  # effects that hear what is sent to them

    @property
    def file(self):
        """The file's name as error messages give it."""
        return str(self.path) if self.path else "patch"
