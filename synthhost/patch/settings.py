"""Settings: every number of a patch that can be changed while it sounds, with its range, unit and form in memory."""

import math
from dataclasses import dataclass

from synthhost.patch.errors import PatchError, Problem, did_you_mean, show
from synthhost.patch.expression import GREATEST_GAIN
from synthhost.realtime.operator import EXPONENTIAL, LINEAR, Parameter

UNITS = ("hz", "s", "db", "cents", "semitones", "octaves", "bpm", "beats")
SPOKEN = {"hz": " Hz", "db": " dB"}

# depth of a route: key in the file -> (what one of it is in memory, greatest magnitude)
DEPTHS = {
    "octaves": (1.0, 16.0),
    "semitones": (1.0 / 12.0, 192.0),
    "cents": (1.0 / 1200.0, 19_200.0),
    "db": (1.0, 120.0),
    "amount": (1.0, GREATEST_GAIN),
}
DEPTHS_OF_UNIT = {"octaves": ("octaves", "semitones", "cents"), "db": ("db",)}
DEPTHS_OF_UNIT["octaves_added"] = DEPTHS_OF_UNIT["octaves"]


def depths_of(target):
    """The keys that may give the depth of a route into an input, or to a parameter of an effect."""
    if isinstance(target, Parameter):
        return DEPTHS_OF_UNIT.get(
            "octaves" if target.curve == EXPONENTIAL else unit_of(target.name), ("amount",)
        )
    return DEPTHS_OF_UNIT.get(target.unit, ("amount",))


def movable(operator):
    """What of an operator routes may go to, by name: inputs; of an effect, the parameters that may glide."""
    if operator.kind == "effect":
        return {item.name: item for item in operator.parameters if item.ramps and not item.choices}
    return {item.name: item for item in operator.inputs}


def unit_of(name):
    """The unit in a name's suffix: ``cutoff_hz`` is in hz."""
    suffix = name.rpartition("_")[2]
    return suffix if suffix in UNITS else ""


@dataclass(frozen=True, eq=False)
class Setting:
    """One number (or word) of a patch under its address, such as ``filter.cutoff_hz``."""

    address: str
    value: object  # as a file has it
    low: float
    high: float
    unit: str = ""
    curve: str = LINEAR
    doc: str = ""
    choices: tuple[str, ...] = ()
    ramps: bool = True
    logarithm: bool = False  # in memory: log2 of it
    factor: float = 1.0  # in memory: this times it
    whole: bool = False

    def encode(self, value):
        """The number that goes into memory for a value as a file has it. Raises PatchError if it is out of range."""
        if trouble := self.trouble(value):
            raise PatchError(self.problem(value, *trouble))
        if self.choices:
            return float(self.choices.index(value))
        return math.log2(value) if self.logarithm else value * self.factor

    def problem(self, value, message, suggestion="", place=None):
        """The Problem of a value that is not allowed."""
        file, line = (place.file, place.line) if place else ("", 0)
        low, high, unit = (None, None, "") if self.choices else (self.low, self.high, self.unit)
        return Problem(self.address + message, file, line, self.address, value, low, high, unit, suggestion)

    def trouble(self, value):
        """What is wrong with a value: a sentence and a suggestion, or None."""
        if self.choices:
            if isinstance(value, str) and value in self.choices:
                return None
            hint, close = did_you_mean(value, self.choices)
            return f" = {show(value)} must be one of {', '.join(self.choices)}.{hint}", close
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return f" = {show(value)} must be a number, {self.range()}.", ""
        if not math.isfinite(value):
            return f" = {show(value)} is not a number to play with; it must be {self.range()}.", ""
        if not self.low <= value <= self.high:
            return f" = {show(value)} is out of range; it must be {self.range()}.", ""
        if self.whole and value != int(value):
            return f" = {show(value)} must be a whole number, {self.range()}.", ""
        return None

    def range(self):
        """The allowed values in words: ``20 … 20000 Hz``."""
        return f"{self.low:g} … {self.high:g}{SPOKEN.get(self.unit, ' ' + self.unit if self.unit else '')}"


def of_parameter(address, parameter, value=None):
    """The setting behind an operator's parameter; its default if nothing is written."""
    p = parameter
    default = p.choices[int(p.default)] if p.choices and not isinstance(p.default, str) else p.default
    value = default if value is None else value
    low, high = (0, len(p.choices) - 1) if p.choices else (p.low, p.high)
    return Setting(address, value, low, high, unit_of(p.name), p.curve, p.doc, p.choices, p.ramps)


def of_input(address, target, value=None):
    """The setting behind the base value of an input."""
    value = target.default if value is None else value
    logarithm = target.unit == "octaves"
    unit = unit_of(target.name)
    return Setting(
        address, value, target.low, target.high, unit, target.curve, target.doc, logarithm=logarithm
    )


def of_route(number, route):
    """The setting behind the depth of the route with this number (from 1)."""
    factor, most = DEPTHS[route.unit]
    unit = "" if route.unit == "amount" else route.unit
    doc = f"How far {route.source} moves {route.target}.{route.input}."
    return Setting(
        f"route.{number}.{route.unit}", route.depth.value, -most, most, unit, doc=doc, factor=factor
    )


def of_term(address, term):
    """The setting behind the factor of one signal in a sum."""
    doc = f"How much of {term.name} is in the sum."
    return Setting(f"{address}.{term.name}", term.gain, -GREATEST_GAIN, GREATEST_GAIN, doc=doc)


def of_performance(parameter, value=None):
    """The setting behind a key of ``[performance]``."""
    from dataclasses import replace

    setting = of_parameter(f"performance.{parameter.name}", parameter, value)
    return replace(setting, whole=isinstance(parameter.default, int))


def lookup(settings, address):
    """The setting with this address. Raises PatchError with the closest one."""
    if address in settings:
        return settings[address]
    hint, close = did_you_mean(address, settings)
    raise PatchError(
        Problem(f"There is nothing called '{address}' to set.{hint}", key=address, suggestion=close)
    )
