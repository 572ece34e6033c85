"""A rich song: six patches with effects, two of them made of parts; chords, pedals, bends, stealing, new values, a panic."""

import numpy as np

import synthhost.dsp  # noqa: F401 (registers the operators)
from synthhost.engine.engine import Engine
from synthhost.events.event import BEND, CONTROL, NOTE_OFF, NOTE_ON, PANIC, POLYPHONY, SET_VALUE, VOLUME
from synthhost.patch import compile_patch, find, load

RATE_HZ = 48_000
PATCHES = (
    *("pad/glass-pad", "lead/solo-lead", "keys/electric-piano", "strings/warm-ensemble"),
    *("layers/bass-and-keys", "drums/kit"),
)
CONTROLLERS = 7, 10, 11, 64


def engine_with_song(image, seconds=20, buffer_frames=64, seed=1):
    """An engine whose rings hold a song, every event with its frame. The same seed gives the same song."""
    engine = Engine(image, RATE_HZ, buffer_frames=buffer_frames, polyphony=40)
    rng = np.random.default_rng(seed)
    slots = [engine.load(compile_patch(load(find(name)))) for name in PATCHES]
    for channel, slot in enumerate(slots):
        engine.hand_in(slot, 0, channel)
    frames = seconds * RATE_HZ
    for channel, slot in enumerate(slots):
        events = [event for _ in range(230) for event in note(rng, frames)]
        events += [control(rng, frames, engine.program(slot), slot) for _ in range(300)]
        for frame, kind, fields in sorted(events, key=lambda event: event[0]):
            engine.push(kind, frame, 0, channel, ring=channel, **fields)
    engine.push(POLYPHONY, frames // 2, a=12)
    engine.push(VOLUME, frames // 2, value=0.5, a=4800)
    engine.push(PANIC, frames * 9 // 10)
    return engine


def note(rng, frames):
    """A key goes down, and up within two seconds."""
    key, begin = int(rng.integers(28, 96)), int(rng.integers(0, frames))
    yield begin, NOTE_ON, {"key": key, "value": float(rng.uniform(0.2, 1.0))}
    yield begin + int(rng.integers(500, 2 * RATE_HZ)), NOTE_OFF, {"key": key}


def control(rng, frames, program, slot):
    """A wheel, a pedal, or a knob of the patch."""
    frame, choice = int(rng.integers(0, frames)), int(rng.integers(0, 6))
    if choice == 4:
        return frame, BEND, {"value": float(rng.uniform(-1, 1))}
    if choice == 5:
        number = int(rng.integers(0, len(program.values)))
        return frame, SET_VALUE, {"a": slot, "b": number, "value": float(program.values[number])}
    return frame, CONTROL, {"key": CONTROLLERS[choice], "value": float(rng.integers(0, 128))}
