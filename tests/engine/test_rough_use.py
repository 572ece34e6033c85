"""A night on stage in minutes: floods of MIDI, half of it nonsense, while sounds are changed all the time."""

import mmap
from pathlib import Path

import numpy as np
import pytest

from synthhost.dsp.master import CEILING
from synthhost.midi.decode import DECODER
from tests.engine.playing import (
    ALL_NOTES_OFF,
    PEDAL,
    RATE_HZ,
    control,
    factory,
    names_of,
    new_engine,
    panic,
    play,
    push,
    recount,
    settle,
    sound,
    stages,
    steady_clock,
)

BLOCK = 512
EVENTS_PER_S = 2000
PORTS = 4
PATCHES = (
    "template/subtractive",
    "keys/electric-piano",
    "pad/glass-pad",
    "lead/solo-lead",
    "bass/round-bass",
    "drums/skin-and-wire",
    "strings/warm-ensemble",
    "test/latency",
)


def storm(random, count):
    """Bytes of so many messages: notes for the most part, all other kinds, and noise from a bad cable."""
    message = bytearray()
    for kind in random.choice(8, count, p=(0.36, 0.3, 0.1, 0.1, 0.05, 0.03, 0.03, 0.03)):
        channel, a, b = (
            int(random.integers(0, 16)),
            int(random.integers(0, 128)),
            int(random.integers(0, 128)),
        )
        if kind < 2:
            message += bytes(((0x90, 0x80)[kind] | channel & 3, 36 + a % 60, b))
        elif kind == 2:
            message += bytes(
                (0xB0 | channel, int(random.choice([1, 7, 10, 11, PEDAL, PEDAL, 120, 121, 123, a])), b)
            )
        elif kind == 3:
            message += bytes((0xE0 | channel, a, b))
        elif kind == 4:
            message += bytes((0xC0 | channel, a % 12))
        elif kind == 5:
            message += bytes((0xF0, a, b, 0xF7))[: int(random.integers(1, 5))]
        elif kind == 6:
            message += bytes(random.integers(0, 256, int(random.integers(1, 6))).tolist())
        else:
            message += bytes((0xF8 + channel % 8,))
    return bytes(message)


def resident_bytes():
    """Memory of this process that is in use; 0 where the system does not say so in a file."""
    facts = Path("/proc/self/statm")
    return int(facts.read_text().split()[1]) * mmap.PAGESIZE if facts.exists() else 0


def load_some(engine, names, random):
    """Hand a sound in, map it to a program change, give new values; whatever fits at the moment."""
    try:
        slot = engine.load(factory(names, PATCHES[random.integers(0, len(PATCHES))]))
    except BufferError:
        return
    port, channel = int(random.integers(0, PORTS)), int(random.integers(0, 4))
    if random.random() < 0.2:
        engine.map_program(int(random.integers(0, 12)), slot)
    engine.hand_in(slot, *((port, channel) if random.random() < 0.8 else (255, 255)))
    values = list(engine.program(slot).addresses)
    for _ in range(4):
        engine.set_value(
            slot,
            values[random.integers(0, len(values))],
            float(random.normal() * 10.0 ** random.integers(-2, 5)),
        )


def rough_use(image, seconds, seed):
    """Play the storm. Returns the engine and the resident memory after a quarter of it and at its end."""
    names, random = names_of(image), np.random.default_rng(seed)
    engine = new_engine(image, sound(names), buffer_frames=BLOCK, polyphony=96)
    decoders = [np.zeros(1, DECODER) for _ in range(PORTS)]
    push_bytes = image.function("push_bytes")
    clock = engine.record.clock.__array_interface__["data"][0]
    blocks, memory = int(seconds * RATE_HZ / BLOCK), []
    with steady_clock(engine) as set_time:
        for number in range(blocks):
            set_time(1e12 + number * BLOCK * 1e9 / RATE_HZ)
            for port in range(PORTS):
                bytes_in = storm(random, EVENTS_PER_S * BLOCK // RATE_HZ // PORTS + 1)
                buffer = np.frombuffer(bytes_in, np.uint8)
                push_bytes(
                    decoders[port].ctypes.data,
                    engine.ring_address(port),
                    clock,
                    port,
                    buffer.ctypes.data,
                    len(buffer),
                )
            if number % 25 == 0:
                load_some(engine, names, random)
            output = engine.render(BLOCK, block=BLOCK)
            assert np.isfinite(output).all() and np.abs(output).max() <= CEILING
            if number % 50 == 0:
                engine.collect()
                recount(engine)
            if number in (blocks // 4, blocks - 1):
                memory.append(resident_bytes())
    return engine, *memory


def check_rough_use(image, seconds, seed):
    engine, early, end = rough_use(image, seconds, seed)
    stats = engine.record.stats
    assert stats.events > seconds * EVENTS_PER_S * 0.8
    assert stats.stolen > 100 and stats.voices_max == 96
    assert sum(int(ring.dropped) for ring in engine.record.rings) == 0
    assert end - early < 24e6, "memory of slots that are used for the first time, and nothing else"
    now = int(engine.record.frame)
    for port in range(PORTS):
        for channel in range(16):
            push(engine, control(now, PEDAL, 0, channel, port))
            push(engine, control(now, ALL_NOTES_OFF, 0, channel, port))
    engine.render(4096)
    assert not [stage for *_, stage in stages(engine) if stage in (1, 2)]
    play(engine, [panic(0)], 480)
    assert recount(engine) == (0, 0)
    assert np.abs(settle(engine, 4.0)[-RATE_HZ:]).max() < 1e-5
    engine.collect()
    recount(engine)


def test_20_seconds_of_rough_use(image):
    check_rough_use(image, 20, 1)


@pytest.mark.slow
def test_3_minutes_of_rough_use(image):
    check_rough_use(image, 180, 2)
