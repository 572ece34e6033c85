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

STEERS = LANES  # routes from knobs to what all voices share
KNOBS = ("wheel", "breath", "pressure", "timbre", "macro1", "macro2", "macro3", "macro4")

PARTS = 16  # programs that a program of parts plays
ZONES = 128  # tables that say which keys play which
SENDS = 4
STRIP = 2 + SENDS  # numbers of a part's strip: level_db, pan, and how much of it each send hears, in dB
INSERT = 1  # the bus of an effect that all the sound goes through; each send has one of the next

ZONE = record(
    [
        ("low", "i4"),  # keys
        ("high", "i4"),
        ("low_velocity", "i4"),  # 1 … 127
        ("high_velocity", "i4"),
        ("part", "i4"),
        ("pitch_key", "i4"),  # the key that sounds, or -1: the one that is struck
        ("transpose", "i4"),  # semitones from there
        ("choke", "i4"),  # zones of one number end each other; 0 is none
        ("values", "i4"),  # first of two, level_db and pan that a note is struck with; -1: the patch's own
    ]
)

ROW = record(
    [
        ("operator", "i4"),  # index into the image's table
        ("output", "i4"),  # tile that is written (effects: the bus that they hear)
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
    parts: "tuple[Program, ...]" = ()  # of a program of parts, which has no rows of its own
    zones: np.ndarray | None = (
        None  # ZONE[count]: which keys play them; values begin with STRIP for each part
    )
    feed: int = -1  # without parts: first of SENDS values, how much of the sound each send hears, in dB
    steers: np.ndarray = field(default_factory=lambda: np.zeros(0, STEER))  # knobs that move its values
    macros: dict[str, str] = field(default_factory=dict)  # "macro1" -> what the patch calls it


def check_program(program, operators):
    """Refuse a program whose indices leave their arrays.

    `operators` is the image's list of Operator in table order. Raises ValueError, naming the row.
    """
    if len(program.rows) > ROWS or len(program.effects) > EFFECT_ROWS or len(program.values) > VALUES:
        raise ValueError(f"patch '{program.name}' is too large: {len(program.rows)} operators, {ROWS} fit")
    check_rows("row", program.rows, STATE_ROWS, TILES, program, operators)
    check_rows("effect", program.effects, EFFECT_STATE_ROWS, INSERT + 1 + SENDS, program, operators)
    check_steers(program)
    if program.zones is not None:
        check_parts(program, operators)
    elif not len(program.rows) or operators[program.rows[-1].operator].kind != "output":
        raise ValueError(f"patch '{program.name}' has no output")
    elif not -1 <= program.feed <= len(program.values) - SENDS:
        raise ValueError(f"patch '{program.name}': its sends leave its values")


def check_rows(kind, rows, state_rows, outputs, program, operators):
    """The same for its rows, or for those of its effects."""
    for number, row in enumerate(rows):
        if not 0 <= row.operator < len(operators):
            raise ValueError(f"{kind} {number}: no operator {row.operator}")
        operator = operators[row.operator]
        outside = (
            not 0 < row.output < outputs
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


def check_steers(program):
    """Refuse knobs that move what is not there."""
    steers, values = program.steers, len(program.values)
    inside = (steers["source"] >= 0) & (steers["source"] < len(KNOBS))
    inside &= (steers["start"] >= -1) & (steers["start"] < values)
    for name in ("depth", "target"):
        inside &= (steers[name] >= 0) & (steers[name] < values)
    if len(steers) > STEERS or not inside.all() or not (steers["low"] <= steers["high"]).all():
        raise ValueError(f"patch '{program.name}': a route from a knob leaves its memory")


def check_parts(program, operators):
    """The same for a program of parts, and for each of them."""
    zones, count = program.zones, len(program.parts)
    if count > PARTS or len(zones) > ZONES or len(program.rows) or program.feed != -1:
        raise ValueError(f"'{program.name}' has more than {PARTS} parts and {ZONES} tables")
    if len(program.values) < STRIP * count:
        raise ValueError(f"'{program.name}': a part has no strip")
    inside = (
        (zones["part"] >= 0) & (zones["part"] < count) & (zones["choke"] >= 0) & (zones["choke"] <= ZONES)
    )
    inside &= (zones["low"] >= 0) & (zones["low"] <= zones["high"]) & (zones["high"] < 128)
    inside &= (zones["values"] >= -1) & (zones["values"] <= len(program.values) - 2)
    for end in ("low", "high"):
        sounding = np.where(zones["pitch_key"] < 0, zones[end], zones["pitch_key"]) + zones["transpose"]
        inside &= (sounding >= 0) & (sounding < 128)
    if not inside.all():
        raise ValueError(f"'{program.name}': a zone leaves what there is")
    for part in program.parts:
        if part.zones is not None:
            raise ValueError(f"'{program.name}' has parts in its parts")
        check_program(part, operators)
