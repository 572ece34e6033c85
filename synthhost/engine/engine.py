"""One running engine as Python sees it: its memory, what is pushed into it and what comes home."""

import math
from dataclasses import replace

import numpy as np

from synthhost.dsp.context import fill_shared
from synthhost.engine.govern import UNGOVERNED
from synthhost.engine.guard import guard
from synthhost.engine.memory import (
    CAPTURE_FRAMES,
    CONTROL_RING,
    EMPTY,
    ENGINE,
    LOADED,
    LOG_EVENTS,
    SLOTS,
    zeroed,
)
from synthhost.engine.program import DELAY_FRAMES, DELAY_POOL_FRAMES, QUANTUM, STRIP, check_program
from synthhost.events.event import ALL, HAND_IN, MAP_PROGRAM, RETURNED, SET_VALUE, TUNE_KEY, UPDATE, VOLUME
from synthhost.events.ring import RING_EVENTS
from synthhost.realtime.clock import fill_clock
from synthhost.realtime.operator import OPERATORS
from synthhost.realtime.vector import LANES
from synthhost.voices.tuning import UNMAPPED

STEAL_FADE_S = 0.0027


class Engine:
    """The engine's record, and the only hands that may touch it besides the audio thread's.

    Rings 0 … 15 belong to MIDI ports, the others to control threads, one writer each; this object writes into
    `ring` (the control ring) and is used from one thread.
    """

    def __init__(
        self, image, rate_hz, buffer_frames=0, steady=True, polyphony=256, volume=1.0, ring=CONTROL_RING
    ):
        self.image, self.rate_hz, self.ring = image, float(rate_hz), ring
        self.memory = zeroed(ENGINE)
        self.record = self.memory[0]
        self.address = self.memory.ctypes.data
        record = self.record
        fill_shared(record.shared, rate_hz)
        fill_clock(record.clock)
        record.timing.nominal_frame_ns = 1e9 / rate_hz
        record.timing.steady = steady
        record.polyphony = polyphony
        record.governed = record.governor.wanted = UNGOVERNED
        record.volume = record.volume_target = record.volume_set = volume
        record.volume_midi = 1.0
        record.volume_step = 1.0
        record.fade_frames = max(STEAL_FADE_S * rate_hz // QUANTUM, 1) * QUANTUM
        record.seed, record.out_channels = 1, 2
        self._push = image.function("push_event", keep_gil=True)
        self._callback = image.function("portaudio_callback")
        self._operators = [OPERATORS[name] for name in image.operators]
        self._free = list(range(SLOTS))
        self._busy = {}  # slot -> Program
        self._parts = {}  # slot of a program of parts -> their slots
        self._delays = {}  # slot -> (start, frames) of the delay memory
        self.on_load = (
            None  # called with (slot, program, parts) before a slot is filled: a session writes it down
        )
        image.function("start_engine")(self.address, buffer_frames)
        if image.manifest["checked"]:
            guard(self)

    # --- what goes in -------------------------------------------------------------------------------------------------

    def ring_address(self, number):
        """Address of a ring, for the thread that writes into it."""
        return self.record.rings[number].__array_interface__["data"][0]

    def push(self, kind, frame=0, port=0, channel=0, key=0, value=0.0, a=0, b=0, ring=None, clocked=False):
        """Put one event into a ring. Raises BufferError when it is full (the engine counts it too)."""
        where = self.ring_address(self.ring if ring is None else ring)
        if not self._push(where, frame, clocked, kind, port, channel, key, value, a, b):
            raise BufferError("the engine does not take events fast enough: its ring is full")

    def push_events(self, events, ring):
        """Put as many of an array of EVENT records into a ring as it has room for. Returns how many."""
        where, count = self.ring_address(ring), min(len(events), self.room(ring))
        for e in events[:count]:
            self._push(where, int(e.frame), 0, e.kind, e.port, e.channel, e.key, e.value, e.a, e.b)
        return count

    def room(self, ring):
        """How many events a ring still takes."""
        record = self.record.rings[ring]
        return RING_EVENTS - int(record.head - record.tail)

    def load(self, program, slot=None, parts=None):
        """Copy a program into a free slot, its parts into others. Returns the slot's number; nothing plays it yet.

        `parts` are the slots that its parts were loaded into before. Raises ValueError if its indices leave their
        arrays, BufferError if all slots are in use.
        """
        check_program(program, self._operators)
        self.collect()
        loaded = []
        try:
            if parts is None:
                for part in program.parts:
                    loaded.append(self._place(part))
            return self._place(program, slot, loaded if parts is None else parts)
        except BufferError:
            for part in loaded:
                self._forget(part)
            raise

    def _place(self, program, slot=None, parts=()):
        """Copy a checked program into a slot; its parts are in theirs."""
        delay = free_delay(self._delays.values(), delay_frames(program))
        if delay is None:
            raise BufferError(
                "too many echoes and reverbs at the same time: no more fit until a patch is silent"
            )
        if slot is None:
            if not self._free:
                raise BufferError(
                    f"{SLOTS} patches are in use at the same time: no more fit until one is silent"
                )
            slot = self._free.pop(0)
        else:
            self._free.remove(slot)
        if self.on_load is not None:
            self.on_load(slot, program, parts)
        start, frames = self._delays[slot] = delay
        self.record.delays[start : start + frames] = 0.0
        self.record.slots[slot].delay_start, self.record.slots[slot].delay_frames = delay
        fill_slot(self.record.slots[slot], program, self._operators, self.rate_hz)
        self._connect(slot, program, parts)
        self._busy[slot] = program
        return slot

    def _connect(self, slot, program, parts):
        """Write which keys play a program's parts into its slot, which is one more user of each and hears all of them."""
        record = self.record.slots[slot]
        record.parts, record.zones = len(parts), 0
        if program.zones is not None:
            record.zones = len(program.zones)
            record.zone[: record.zones] = program.zones
        record.part[: len(parts)] = parts
        for number, part in enumerate(parts):
            self.record.slots[part].users += 1
            self.record.slots[part].parent, self.record.slots[part].strip = slot, number * STRIP
        self._parts[slot] = list(parts)

    def hand_in(self, slot, port=ALL, channel=ALL, frame=0):
        """Let channels play a loaded slot from their next note on."""
        self.push(HAND_IN, frame, port, channel, a=slot)

    def map_program(self, number, slot, frame=0):
        """Let program change `number` choose a loaded slot; -1 for none."""
        self.push(MAP_PROGRAM, frame, a=slot, b=number)

    def update(self, program, slot, frame=0):
        """Move a playing slot to another program's values; their graphs must be equal."""
        if self._busy[slot].graph != program.graph:
            raise ValueError("only a program with the same graph can give its values to one that plays")
        source = self.load(without_parts(program))
        try:
            self.push(UPDATE, frame, a=source, b=slot)
        except BufferError:
            self._forget(source)  # the engine will never hear of it
            raise
        self._busy[slot] = program

    def set_value(self, slot, name, value, frame=0):
        """Move one value of a playing slot, by its address in the patch, for example ``filter.q``."""
        self.push(SET_VALUE, frame, a=slot, b=self._busy[slot].addresses[name], value=value)

    def set_volume(self, gain, fade_s=0.05, frame=0):
        """Move the master volume to a linear gain within a time."""
        self.push(VOLUME, frame, value=gain, a=round(fade_s * self.rate_hz))

    def tune(self, octaves):
        """Let each of the 128 keys sound at log2 of so many hertz; one that is not finite is silent. New notes only."""
        for key, value in enumerate(octaves):
            self.push(TUNE_KEY, key=key, value=value if math.isfinite(value) else UNMAPPED)

    # --- what comes out -----------------------------------------------------------------------------------------------

    def collect(self):
        """Take what the engine sends home: frees returned slots, gives back the other messages as a list."""
        ring, others = self.record.returns, []
        while ring.tail < ring.head:
            event = ring.events[int(ring.tail) & (RING_EVENTS - 1)].copy()
            ring.tail += 1
            if event.kind == RETURNED:
                self._release(int(event.a))
            else:
                others.append(event)
        return others

    def _forget(self, slot):
        """Take back a slot that nobody plays."""
        for part in self._parts.get(slot, ()):
            self._forget(part)
        self.record.slots[slot].stage = EMPTY
        self._release(slot)

    def _release(self, slot):
        """A slot is free for another program, and so is its delay memory."""
        self._busy.pop(slot, None)
        self._delays.pop(slot, None)
        self._parts.pop(slot, None)
        self._free.append(slot)

    def slots_in_use(self):
        """Slots that hold a program."""
        return sorted(self._busy)

    def program(self, slot):
        """The program that a slot holds."""
        return self._busy[slot]

    def render(self, frames, block=1024):
        """Render offline through the same callback. Returns ``float32[frames, 2]``."""
        output = np.zeros((frames, 2), np.float32)
        for start in range(0, frames, block):
            count = min(block, frames - start)
            self._callback(None, output[start:].ctypes.data, count, None, 0, self.address)
        return output

    def read_log(self):
        """Take the events that were played since the last call, as an EVENT array."""
        return self._take("log", "log_head", "log_tail", LOG_EVENTS)

    def read_capture(self):
        """Take the sound that was given to the device since the last call, as ``float32[N, 2]``."""
        return self._take("capture", "capture_head", "capture_tail", CAPTURE_FRAMES)

    def _take(self, name, head, tail, size):
        end, start = int(self.record[head]), int(self.record[tail])
        places = np.arange(start, end) & (size - 1)
        taken = self.record[name][places]
        self.record[tail] = end
        return taken


def delay_frames(program):
    """Stereo frames of delay memory that a program's effects need."""
    return max((int(r.memory + r.memory_frames) for r in program.effects), default=0)


def free_delay(taken, frames):
    """The first gap of so many frames between the parts of the delay memory that are taken: (start, frames), or None."""
    start = 0
    for begin, length in sorted(taken):
        if begin - start >= frames:
            break
        start = max(start, begin + length)
    return (start, frames) if start + frames <= DELAY_POOL_FRAMES else None


def without_parts(program):
    """A program of parts as its values alone."""
    return program if program.zones is None else replace(program, parts=(), zones=program.zones[:0])


def fill_slot(slot, program, operators, rate_hz):
    """Write a program into a slot of the engine, which nobody reads yet."""
    for name in ("rows", "effects", "steers", "parts", "groups", "users", "sounding", "moving"):
        slot[name] = 0
    slot.rows, slot.effects = len(program.rows), len(program.effects)
    slot.row[: len(program.rows)] = program.rows
    slot.effect[: len(program.effects)] = program.effects
    slot.steers, slot.steered_by, slot.steer_fresh = len(program.steers), -1, 1
    slot.steer[: len(program.steers)] = program.steers
    slot.knob[:] = 0.0
    slot.state_rows = max((r.state + len(operators[r.operator].state) for r in program.rows), default=0)
    slot.value_rows = -(-len(program.values) // LANES)
    values = program.values
    for name, fill in (("target", values), ("value", values), ("steered", values), ("jump", ~program.ramps)):
        flat = slot[name].reshape(-1)
        flat[:] = 0.0
        flat[: len(program.values)] = fill
    for name in ("mode", "priority", "polyphony", "unison", "glide_mode", "has_envelope"):
        slot[name] = getattr(program, name)
    slot.unison_octaves = program.unison_detune_cents / 1200.0
    slot.unison_spread = program.unison_spread_norm
    slot.glide_when = program.glide
    slot.glide_frames = program.glide_s * rate_hz
    slot.bend_octaves = program.bend_semitones / 12.0
    slot.parent, slot.strip, slot.feed, slot.gains_known = -1, 0, program.feed, 0
    for name in ("effect_state", "mix", "dry", "send", "dials", "gains"):
        slot[name][:] = 0.0
    slot.tail_frames = slot.washed = slot.delay_frames
    slot.quiet, slot.hush = DELAY_FRAMES + QUANTUM, 0
    slot.stage = LOADED
