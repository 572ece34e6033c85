"""A program: a patch's graph as rows that the engine runs one after the other over tiles.

Everything is an index or an offset, so a program can be copied anywhere; it is checked once, when it is handed in
(`check_program`).
"""

from dataclasses import dataclass, field

import numpy as np

from synthhost.realtime.operator import record
from synthhost.realtime.vector import LANES, QUANTUM  # noqa: F401 (part of a program's shape)
from synthhost.voices.ways import ALWAYS, LAST, POLY, WHOLE_WAY

TILES = 64  # tile 0 is silence and never written
ROWS = 64
INPUTS = 8
EFFECT_ROWS = 8
STATE_ROWS = 128  # 64 bytes each, for one group of 16 voices
EFFECT_STATE_ROWS = 32
VALUES = 512
# Stereo frames of memory that a program's effects share: room for an echo, a reverb and two choruses.
DELAY_FRAMES = (1 << 18) + (1 << 14)
DELAY_POOL_FRAMES = 1 << 22  # stereo frames of delay memory for the effects of all programs

KIT_PARTS = 12
STEERS = LANES  # knobs that move numbers of effects
KNOBS = ("wheel", "breath", "pressure", "timbre", "macro1", "macro2", "macro3", "macro4")

KEY = record(
    [
        ("part", "i4"),  # of a kit, or -1: the key is silent
        ("transpose", "i4"),  # semitones from the key that is struck to the one that sounds
        ("gain", "f4"),
        ("choke", "i4"),  # keys of one number end each other; 0 is none
    ]
)

ROW = record(
    [
        ("operator", "i4"),  # index into the image's table
        ("output", "i4"),  # tile that is written
        ("inputs", "i4", (INPUTS,)),  # tiles that are read
        ("state", "i4"),  # first row of 64 bytes in the group's state (effects: in the program's)
        ("values", "i4"),  # first float32 in the program's values
        ("memory", "i4"),  # effects: first stereo frame in the program's delay memory
        ("memory_frames", "i4"),  # and how many, a power of two
    ]
)


STEER = record(
    [
        ("source", "i4"),  # which of KNOBS
        ("start", "i4"),  # where it stands untouched: index of the float32 in the program's values; -1: at 0
        ("depth", "i4"),  # how far it moves: index of the float32
        ("target", "i4"),  # what it moves: index of the float32
        ("octaves", "i4"),  # 1: the depth is in octaves; 0: it is added
        ("low", "f4"),
        ("high", "f4"),
    ]
)


@dataclass
class Program:
    """What the patch compiler makes of a patch: plain arrays, ready to be copied into a slot of the engine."""

    name: str
    rows: np.ndarray  # ROW[count]; the last one is the output
    effects: np.ndarray  # ROW[count], run on the program's stereo bus
    values: np.ndarray  # float32[count]
    ramps: np.ndarray  # bool[count]: whether a change glides or jumps
    graph: str  # digest of everything but the values: equal graphs can take each other's values
    steers: np.ndarray = field(default_factory=lambda: np.zeros(0, STEER))  # knobs that move the effects
    addresses: dict[str, int] = field(default_factory=dict)  # "filter.cutoff_hz" -> index into values
    mode: int = POLY
    priority: int = LAST
    polyphony: int = 64
    unison: int = 1
    unison_detune_cents: float = 10.0
    unison_spread_norm: float = 0.5
    glide_s: float = 0.0
    glide_mode: int = WHOLE_WAY
    glide: int = ALWAYS
    bend_semitones: float = 2.0
    has_envelope: bool = True
    parts: "tuple[Program, ...]" = ()  # a kit: what its keys play; it has no rows of its own
    keys: np.ndarray | None = None  # KEY[128]
    macros: dict[str, str] = field(default_factory=dict)  # "macro1" -> what the patch calls it


def check_program(program, operators):
    """Refuse a program whose indices leave their arrays.

    `operators` is the image's list of Operator in table order. Raises ValueError, naming the row.
    """
    if program.parts:
        check_kit(program, operators)
        return
    if len(program.rows) > ROWS or len(program.effects) > EFFECT_ROWS or len(program.values) > VALUES:
        raise ValueError(f"patch '{program.name}' is too large: {len(program.rows)} operators, {ROWS} fit")
    for kind, rows, state_rows in (
        ("row", program.rows, STATE_ROWS),
        ("effect", program.effects, EFFECT_STATE_ROWS),
    ):
        for number, row in enumerate(rows):
            if not 0 <= row.operator < len(operators):
                raise ValueError(f"{kind} {number}: no operator {row.operator}")
            operator = operators[row.operator]
            outside = (
                not 0 < row.output < TILES
                or any(not 0 <= tile < TILES for tile in row.inputs)
                or not 0 <= row.state <= state_rows - len(operator.state)
                or not 0 <= row.values <= len(program.values) - len(operator.parameters)
                or not 0 <= row.memory <= DELAY_FRAMES - row.memory_frames
                or row.memory_frames < 0
                or row.memory_frames & (row.memory_frames - 1)
            )
            if outside or (kind == "effect") != (operator.kind == "effect"):
                raise ValueError(f"{kind} {number} ({operator.name}): an index leaves its memory")
            if operator.kind == "output" and number != len(rows) - 1:
                raise ValueError(f"{kind} {number}: the output is not last")
    check_steers(program)
    if not len(program.rows) or operators[program.rows[-1].operator].kind != "output":
        raise ValueError(f"patch '{program.name}' has no output")


def check_steers(program):
    """Refuse knobs that move what is not there."""
    steers, values = program.steers, len(program.values)
    inside = (steers["source"] >= 0) & (steers["source"] < len(KNOBS))
    inside &= (steers["start"] >= -1) & (steers["start"] < values)
    for name in ("depth", "target"):
        inside &= (steers[name] >= 0) & (steers[name] < values)
    if len(steers) > STEERS or not inside.all() or not (steers["low"] <= steers["high"]).all():
        raise ValueError(f"patch '{program.name}': a route to an effect leaves its memory")


def check_kit(program, operators):
    """The same for a kit and all its parts."""
    keys = program.keys
    if len(program.parts) > KIT_PARTS or len(program.rows) or len(program.effects) or len(program.values):
        raise ValueError(f"kit '{program.name}' has more than keys and {KIT_PARTS} patches")
    sounding = np.arange(128) + keys["transpose"]
    used = keys["part"] >= 0
    inside = (keys["part"] < len(program.parts)) & (keys["choke"] >= 0) & (keys["choke"] < 128)
    if not (inside & (~used | ((sounding >= 0) & (sounding < 128))) & np.isfinite(keys["gain"])).all():
        raise ValueError(f"kit '{program.name}': a key leaves what there is")
    for part in program.parts:
        if part.parts:
            raise ValueError(f"kit '{program.name}' has a kit in it")
        check_program(part, operators)
