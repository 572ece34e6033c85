"""Play engines in tests: small sounds, lists of events, and a checker that counts everything anew."""

import contextlib
import ctypes
import sys
from functools import cache

import numpy as np

import synthhost.dsp  # noqa: F401 (registers the operators)
from synthhost.engine.engine import Engine
from synthhost.engine.memory import EMPTY
from synthhost.engine.program import ROW, SENDS, ZONE, Program
from synthhost.events.event import (
    BEND,
    CONTROL,
    EVENT,
    HAND_IN,
    NOTE_OFF,
    NOTE_ON,
    PANIC,
    PROGRAM_CHANGE,
)
from synthhost.patch import compile_patch, find, load, loads
from synthhost.voices.stages import FADING, FREE

RATE_HZ = 48_000
SONG_RING = 17
PEDAL, ALL_SOUND_OFF, RESET, ALL_NOTES_OFF = 64, 120, 121, 123

HEAD = 'format = "synthhost/patch"\nversion = 1\nname = "{name}"\n[performance]\n{performance}\n'
SOUND = """
[tone]
op = "{op}"
phase_norm = {phase}
[env]
op = "adsr"
attack_s = {attack_s}
decay_s = {decay_s}
sustain_norm = {sustain}
release_s = {release_s}
[amp]
op = "multiply"
a = "tone"
b = "env"
{effects}
[out]
in = "amp"
level_db = {level_db}
"""
BARE = '[tone]\nop = "sine"\n[out]\nin = "tone"\nlevel_db = -12\n'
ECHO = '[effects.echo]\nop = "delay"\ntime_s = {time_s}\nfeedback_norm = {feedback}\nlevel_norm = 0.5\n'


@cache
def sound(
    names,
    performance="",
    op="sine",
    phase=0.25,
    attack_s=0,
    decay_s=0,
    sustain=1,
    release_s=0.05,
    effects="",
    level_db=-12,
):
    """A small program: one oscillator and one envelope, by default loud from its first frame. `names`: the image's."""
    text = SOUND.format(
        op=op,
        phase=phase,
        attack_s=attack_s,
        decay_s=decay_s,
        sustain=sustain,
        release_s=release_s,
        effects=effects,
        level_db=level_db,
    )
    return compile_patch(loads(HEAD.format(name=op, performance=performance) + text), names)


@cache
def bare(names, performance=""):
    """A program without any envelope."""
    return compile_patch(loads(HEAD.format(name="bare", performance=performance) + BARE), names)


def of_parts(parts, zones, name="whole", values=()):
    """A program of parts, whose strips do nothing: `zones` lists (ZONE's fields); more values stand behind the strips."""
    strips = np.tile([0.0, 0.0, *[-96.0] * SENDS], len(parts))
    values = np.array([*strips, *values], np.float32)
    none, ramps = np.zeros(0, ROW), np.ones(len(values), bool)
    return Program(name, none, none, values, ramps, name, parts=tuple(parts), zones=np.array(zones, ZONE))


@cache
def factory(names, name):
    """A patch of the folder ``patches/``."""
    return compile_patch(load(find(name)), names)


def names_of(image):
    return tuple(image.operators)


def new_engine(image, program=None, buffer_frames=1024, **settings):
    """An engine whose channels all play a program."""
    engine = Engine(image, RATE_HZ, buffer_frames=buffer_frames, **settings)
    if program is not None:
        engine.hand_in(engine.load(program))
    return engine


def event(kind, frame, channel=0, key=0, value=0.0, a=0, b=0, port=0):
    """One EVENT record."""
    item = np.zeros(1, EVENT)[0]
    item.kind, item.frame, item.channel, item.port = kind, frame, channel, port
    item.key, item.value, item.a, item.b = key, value, a, b
    return item


def on(frame, key=60, velocity=1.0, channel=0, port=0):
    return event(NOTE_ON, frame, channel, key, velocity, port=port)


def off(frame, key=60, channel=0, port=0):
    return event(NOTE_OFF, frame, channel, key, 0.5, port=port)


def control(frame, number, value, channel=0, port=0):
    return event(CONTROL, frame, channel, number, value, port=port)


def bend(frame, value, channel=0, port=0):
    return event(BEND, frame, channel, value=value, port=port)


def program_change(frame, number, channel=0, port=0):
    return event(PROGRAM_CHANGE, frame, channel, number, port=port)


def panic(frame):
    return event(PANIC, frame)


def hand_in(frame, slot, channel=255, port=255):
    return event(HAND_IN, frame, channel, a=slot, port=port)


def play(engine, events, frames, sizes=(1024,)):
    """Give an engine events and render so many frames, asking for `sizes` in turn. Returns ``float32[frames, 2]``.

    Events are pushed as late as a keyboard could: shortly before the block in which they sound.
    """
    events = sorted(events, key=lambda item: int(item.frame))
    output, given, done, turn = [], 0, 0, 0
    begin = int(engine.record.timing.device_frame)
    while done < frames:
        size = min(sizes[turn % len(sizes)], frames - done)
        while given < len(events) and events[given].frame < begin + done + size + 32:
            push(engine, events[given])
            given += 1
        output.append(engine.render(size, block=size))
        done, turn = done + size, turn + 1
    return np.concatenate(output)


def push(engine, item, ring=SONG_RING):
    """Put an EVENT record into a ring."""
    engine.push(
        int(item.kind),
        int(item.frame),
        int(item.port),
        int(item.channel),
        int(item.key),
        float(item.value),
        int(item.a),
        int(item.b),
        ring=ring,
    )


def stages(engine):
    """Every voice that is not free: (channel, key, stage)."""
    groups = engine.record.groups
    places = np.argwhere(groups["stage"] != FREE)
    return [
        tuple(int(groups[name][place]) for name in ("channel", "key", "stage"))
        for place in map(tuple, places)
    ]


def recount(engine):
    """Hold every counter of the engine against what its groups say. Returns (voices that sound, voices that fade)."""
    record, groups, slots = engine.record, engine.record.groups, engine.record.slots
    taken, program = groups["stage"] != FREE, groups["program"]
    alive = taken & (groups["stage"] != FADING)
    assert np.array_equal(groups["used"], taken.sum(1))
    assert np.array_equal(program >= 0, groups["used"] > 0)
    assert (program[record.groups_used :] < 0).all()
    assert record.sounding == alive.sum()
    loaded = slots[slots["stage"] != EMPTY]
    parts = [int(part) for slot in loaded for part in slot.part[: slot.parts]]
    for number in range(len(slots)):
        mine = program == number
        assert slots["groups"][number] == mine.sum()
        assert slots["sounding"][number] == alive[mine].sum()
        assert slots["users"][number] == (record.channels["program"] == number).sum() + parts.count(number)
    assert (groups["fade"][~taken] == 0).all()
    assert taken[groups["voice"]["gate"] == 1].all()
    assert np.isfinite(groups["pitch"]).all()
    return int(alive.sum()), int((taken & ~alive).sum())


def settle(engine, seconds=1.0):
    """Render until everything had time to end."""
    return engine.render(int(seconds * RATE_HZ))


def hz_of(tone):
    """Frequency of a sine, from its phase's progress; the first and last tenth are left out."""
    spectrum = np.fft.fft(tone * np.hanning(len(tone)))
    spectrum[len(tone) // 2 :] = 0
    phase = np.unwrap(np.angle(np.fft.ifft(spectrum)))
    tenth = len(tone) // 10
    return (phase[-tenth] - phase[tenth]) / (len(tone) - 2 * tenth) * RATE_HZ / (2 * np.pi)


def first_sound(output):
    """The first frame that is not zero, or -1."""
    frames = np.flatnonzero(np.abs(output).max(1))
    return int(frames[0]) if len(frames) else -1


@contextlib.contextmanager
def steady_clock(engine):
    """Let a test say what time it is: sets the engine's clock to a counter, ``set_time(ns)``."""
    clock = engine.record.clock
    before = clock.function, clock.monotonic, clock.ns_per_tick
    nothing = ctypes.CDLL("msvcrt" if sys.platform == "win32" else None).labs  # leaves the time as it was set
    clock.function = ctypes.cast(nothing, ctypes.c_void_p).value
    clock.monotonic, clock.ns_per_tick = -1, 1.0

    def set_time(time_ns):
        clock.time[0] = int(time_ns)

    set_time(1)
    yield set_time
    clock.function, clock.monotonic, clock.ns_per_tick = before
