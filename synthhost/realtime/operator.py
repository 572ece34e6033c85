"""What an operator says of itself: inputs, parameters, state; and the table of all operators.

The tables drive validation, memory layout, command line, schema and manual: nothing about a parameter is
written twice.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from synthhost.realtime.vector import LANES

LINEAR, EXPONENTIAL = "linear", "exponential"
AUDIO, CONTROL = "audio", "control"
F32, U32 = "f4", "u4"

OPERATORS = {}  # name -> Operator


@dataclass(frozen=True)
class Parameter:
    """A number that a patch may set.

    `unit` is the suffix of the name (``hz``, ``s``, ``db``, ``cents``, ``semitones``, ``norm`` …), `curve` says how a
    knob moves over the range. `choices` makes it a word in the patch file and its index in memory.
    `ramps` is false for what must not be interpolated: then a change jumps.
    """

    name: str
    default: Any
    low: float = 0.0
    high: float = 1.0
    curve: str = LINEAR
    doc: str = ""
    choices: tuple[str, ...] = ()
    ramps: bool = True


@dataclass(frozen=True)
class Input:
    """A place where signals come in.

    An audio input is read frame by frame; a control input is read once a tile, at its last frame, and the
    operator moves there in a straight line. `unit` says what the tile holds: ``octaves`` means log2 of the
    quantity (for ``cutoff_hz``: log2 of hertz), so that routes add up as musical intervals; ``db`` and plain
    numbers (``""``) are held as they are. `default`, `low` and `high` are in the unit of the name.
    """

    name: str
    default: float = 0.0
    low: float = -1.0
    high: float = 1.0
    rate: str = CONTROL
    unit: str = ""
    curve: str = LINEAR
    doc: str = ""


@dataclass(frozen=True)
class Operator:
    """A module of synthesis: its tables and the function that renders one tile for 16 voices."""

    name: str
    render: Any
    inputs: tuple[Input, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    state: tuple[tuple[str, str], ...] = ()
    kind: str = "voice"  # "voice": a tile of 16 voices; "output": adds to the mix; "effect": the stereo bus
    doc: str = ""
    hidden: bool = False  # inserted by the patch compiler, not written in a patch
    memory_frames: int = 0  # of sound that an effect remembers, at most; a power of two

    @property
    def state_type(self):
        """Memory of one group's state: each field is one value for each of 16 voices (effects: one vector each)."""
        return record([(name, kind, (LANES,)) for name, kind in self.state])

    @property
    def values_type(self):
        """Memory of the parameters, one float32 each; an unused one where there are none."""
        return record([(p.name, F32) for p in self.parameters] or [("unused", F32)])


def record(fields):
    """A structured type whose items allow ``item.name``, in NumPy as in compiled code."""
    return (
        np.dtype((np.record, fields), align=True)
        if fields
        else np.dtype((np.record, [("unused", "f4", (LANES,))]))
    )


def State(**fields):  # noqa: N802 (reads as a declaration)
    """The state of an operator: ``State(phase=U32, ic1=F32)``."""
    return tuple(fields.items())


def operator(name, inputs=(), parameters=(), state=(), kind="voice", hidden=False, memory_frames=0):
    """Register a render function as an operator under the name that patches use."""

    def mark(render):
        import sys

        doc = (sys.modules[render.__module__].__doc__ or render.__doc__ or "").strip()
        OPERATORS[name] = Operator(
            name, render, tuple(inputs), tuple(parameters), tuple(state), kind, doc, hidden, memory_frames
        )
        return render

    return mark
