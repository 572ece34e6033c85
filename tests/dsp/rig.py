"""Run one operator alone, compiled or as plain Python, and keep what it says."""

import ctypes
from collections import namedtuple
from functools import cache

import numpy as np

import synthhost.dsp  # noqa: F401
from synthhost.dsp.context import SHARED, VOICE, shared_context
from synthhost.dsp.master import MASTER
from synthhost.realtime.machine import record_view, rows_view
from synthhost.realtime.operator import AUDIO, OPERATORS

LANES, TILE, MEMORY_FRAMES = 16, 32, 1 << 17
TILE_NUMBERS = np.arange(8, dtype=np.int32)
shared_at = cache(lambda rate_hz: np.asarray(shared_context(float(rate_hz))).view(np.recarray).reshape(()))


def attribute(name):
    """Name of an input in the tuple that operators read."""
    return "in_" if name == "in" else name


class Unit:
    """An operator with memory of its own, 16 voices of it. `inputs` and `values` are set, `run` renders a tile."""

    def __init__(self, name, rate_hz=48000, compiled=True):
        self.operator, self.shared = OPERATORS[name], shared_at(rate_hz)
        operator = self.operator
        self.state = np.zeros(1, operator.state_type)
        self.values = np.zeros(1, operator.values_type)
        for parameter in operator.parameters:
            self.values[parameter.name] = parameter.default
        self.voice = np.zeros(1, VOICE)
        self.voice["pitch"], self.voice["velocity"] = np.log2(440.0), 1.0
        self.voice["gate"], self.voice["gain_left"], self.voice["gain_right"] = 1.0, 1.0, 1.0
        self.voice["fresh"] = self.voice["strike"] = 1
        self.voice["seed"] = np.arange(LANES) + 1
        self.tiles = np.zeros((len(operator.inputs), TILE, LANES), np.float32)
        for tile, each in zip(self.tiles, operator.inputs, strict=True):
            tile[:] = np.log2(each.default) if each.unit == "octaves" else each.default
        self.output = np.zeros((64 if operator.kind == "output" else TILE, LANES), np.float32)
        self.bus = np.zeros((TILE, 2), np.float32)
        self.memory = np.zeros((MEMORY_FRAMES, 2), np.float32)
        self.machine = machine_code(name) if compiled else None

    def run(self, frames=TILE):
        """Render one tile; the voice is no longer fresh then."""
        effect = self.operator.kind == "effect"
        (self.run_compiled if self.machine else self.run_plain)(frames, effect)
        self.voice["fresh"] = self.voice["strike"] = 0
        return (
            self.bus[:frames] if effect else self.output[: 64 if self.operator.kind == "output" else frames]
        )

    def run_compiled(self, frames, effect):
        state, values, voice, shared = (
            x.ctypes.data for x in (self.state, self.values, self.voice, self.shared)
        )
        if effect:
            where = self.bus.ctypes.data, self.memory.ctypes.data, MEMORY_FRAMES
        else:
            where = self.output.ctypes.data, self.tiles.ctypes.data, TILE_NUMBERS.ctypes.data
        self.machine(*where, state, values, voice, shared, frames)

    def run_plain(self, frames, effect):
        records = self.state.view(np.recarray)[0], self.values.view(np.recarray)[0]
        shared = self.shared[()]
        if effect:
            self.operator.render(self.bus, self.memory, MEMORY_FRAMES, *records, shared, frames)
        else:
            inputs = inputs_type(self.operator.name)(*self.tiles)
            self.operator.render(
                self.output, inputs, *records, self.voice.view(np.recarray)[0], shared, frames
            )

    def memory_bytes(self):
        """All it has written, to compare."""
        return b"".join(x.tobytes() for x in (self.state, self.voice, self.output, self.bus, self.memory))


def play(name, seconds, rate_hz=48000, note=69.0, values=(), inputs=(), frames=TILE, compiled=True, voice=()):
    """Let an operator sound: float32[N, 16].

    `note` may be 16 of them. An input is a number, or an array float32[N] or [N, 16], in the unit of its tile; `frames`
    is the length of the tiles, or a list that is repeated. `voice` sets fields of the voice's record.
    """
    unit, length = Unit(name, rate_hz, compiled), round(seconds * rate_hz)
    unit.voice["pitch"] = np.log2(440.0) + (np.asarray(note, float) - 69.0) / 12.0
    for key, value in dict(voice).items():
        unit.voice[key] = value
    for key, value in dict(values).items():
        unit.values[key] = value
    given = {key: as_signal(value, length) for key, value in dict(inputs).items()}
    cuts, at, sound = np.atleast_1d(frames), 0, []
    while at < length:
        count = int(min(cuts[len(sound) % len(cuts)], length - at))
        for tile, each in zip(unit.tiles, unit.operator.inputs, strict=True):
            if each.name in given:
                tile[:count] = given[each.name][at : at + count]
        sound.append(unit.run(count).copy())
        at += count
    return np.concatenate(sound)


def through(name, bus, rate_hz=48000, /, changes=(), frames=TILE, **values):
    """Send a stereo sound float32[N, 2] through an effect; `changes` are (frame, name, value)."""
    unit, bus = Unit(name, rate_hz), np.array(bus, np.float32)
    for key, value in values.items():
        unit.values[key] = value
    for at in range(0, len(bus), frames):
        for when, key, value in changes:
            if at <= when < at + frames:
                unit.values[key] = value
        part = bus[at : at + frames]
        unit.bus[: len(part)] = part
        unit.run(len(part))
        bus[at : at + frames] = unit.bus[: len(part)]
    return bus.astype(float)


def as_signal(value, length):
    value = np.asarray(value, np.float32)
    value = value[:, None] if value.ndim == 1 else value
    return np.broadcast_to(value, (length, LANES)) if value.ndim < 2 else value


@cache
def inputs_type(name):
    return namedtuple("Inputs", [attribute(each.name) for each in OPERATORS[name].inputs])


@cache
def machine_code(name):
    """The operator as machine code: a function of addresses, and how many frames."""
    from synthhost.realtime.build.compile import operator_function

    return compiled(operator_function(OPERATORS[name]), 8)


@cache
def master_code(function):
    """A function of the master section as machine code."""
    call = "render(bus_at(bus), state_at(state), shared_at(shared), frames)"
    views = {"bus_at": rows_view(TILE, 2), "state_at": record_view(MASTER), "shared_at": record_view(SHARED)}
    return compiled_source(
        f"def run(bus, state, shared, frames):\n    {call}\n", {**views, "render": function}, 4
    )


def compiled_source(source, names, count):
    """Machine code of the function ``run`` in a source; it may call what is in `names`."""
    exec(source, names)
    return compiled(names["run"], count)


def compiled(function, count):
    """Machine code of a function of `count` whole numbers, most of them addresses."""
    import numba

    from synthhost.realtime.build import lowlevel

    prepare_compiler()
    lowlevel.register_views()
    signature = numba.types.void(*[numba.types.intp] * count)
    code = numba.cfunc(signature, nopython=True, error_model="numpy")(function)
    machine = ctypes.CFUNCTYPE(None, *[ctypes.c_ssize_t] * count)(code.address)
    machine.code = code  # keeps it in memory
    return machine


@cache
def prepare_compiler():
    """Teach numba the vector functions and the marked functions, once in a process."""
    from synthhost.realtime.build.compile import prepare

    prepare()


def master(function, bus, rate_hz=48000, compiled=True, frames=TILE):
    """Send a stereo sound float32[N, 2] through a function of the master section."""
    state, sound = np.zeros(1, MASTER), np.array(bus, np.float32)
    for at in range(0, len(sound), frames):
        part = sound[at : at + frames]
        if compiled:
            shared = shared_at(rate_hz).ctypes.data
            master_code(function)(part.ctypes.data, state.ctypes.data, shared, len(part))
        else:
            function(part, state.view(np.recarray)[0], shared_at(rate_hz)[()], len(part))
    return sound


def random_values(operator, rng):
    """Settings anywhere in their ranges: a dict."""
    chosen = {}
    for parameter in operator.parameters:
        if parameter.choices:
            chosen[parameter.name] = rng.integers(len(parameter.choices))
        else:
            chosen[parameter.name] = rng.uniform(max(parameter.low, -1e3), min(parameter.high, 2e4))
    return chosen


def random_input(each, rng, length):
    """A signal for an input, anywhere in its range: float32[length, 16] in the unit of the tile."""
    low, high = max(each.low, -1e3), min(each.high, 2e4)
    if each.unit == "octaves":
        low, high = np.log2(low), np.log2(high)
    if each.rate == AUDIO:
        return rng.uniform(low, high, (length, LANES)).astype(np.float32)
    return rng.uniform(low, high, (1, LANES)).repeat(length, 0).astype(np.float32)
