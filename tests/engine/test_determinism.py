"""The same events make the same sound, bit by bit: at any buffer size, live or offline, today or from the log."""

import time

import numpy as np
import pytest

from synthhost.audio.virtual import VirtualOutput
from synthhost.engine.engine import Engine
from synthhost.events.event import EVENT, HAND_IN, MAP_PROGRAM, POLYPHONY, SET_VALUE, UPDATE, VOLUME
from tests.engine.playing import (
    PEDAL,
    RATE_HZ,
    bend,
    control,
    event,
    factory,
    hand_in,
    names_of,
    new_engine,
    off,
    on,
    panic,
    play,
    program_change,
    push,
    sound,
)

FRAMES = 24_000
VARYING = (37, 1, 512, 64, 300, 7, 128)
ECHO = '[effects.echo]\nop = "delay"\ntime_s = 0.05\nfeedback_norm = 0.5\nlevel_norm = 0.5\n'


def programs(names):
    """What the songs below are played with, by slot."""
    return [
        sound(names, "polyphony = 6", op="saw", attack_s=0.003, sustain=0.6, decay_s=0.1, effects=ECHO),
        sound(names, 'mode = "mono"\nglide_s = 0.02', op="pulse"),
        factory(names, "keys/electric-piano"),
        factory(names, "pad/glass-pad"),
    ]


def song(seed=1, frames=FRAMES):
    """Chords, pedal, bend, program changes, value changes, stealing; on any frame."""
    random = np.random.default_rng(seed)
    events = [event(MAP_PROGRAM, 0, a=slot, b=slot) for slot in range(4)]
    events += [hand_in(0, 0), hand_in(1, 1, 1, 0), hand_in(2, 2, 2, 0)]
    for _ in range(160):
        begin, length = random.integers(0, frames - 100), random.integers(1, 6000)
        channel, key = random.integers(0, 4), random.integers(36, 96)
        events += [on(begin, key, random.uniform(0.1, 1.0), channel), off(begin + length, key, channel)]
    for _ in range(60):
        at, channel = random.integers(0, frames), random.integers(0, 4)
        events += [
            bend(at, random.uniform(-1, 1), channel),
            control(at + 3, PEDAL, random.integers(0, 128), channel),
            control(at + 9, random.choice([1, 7, 10, 11]), random.integers(0, 128), channel),
        ]
    for _ in range(12):
        at = random.integers(0, frames)
        events += [program_change(at, random.integers(0, 4), random.integers(0, 4))]
        events += [event(SET_VALUE, at + 20, a=0, b=random.integers(0, 8), value=random.uniform(0.01, 0.5))]
        events += [event(VOLUME, at, value=random.uniform(0.3, 1.0), a=500)]
    events += [event(POLYPHONY, frames // 2, a=12), panic(frames * 3 // 4)]
    return sorted(events, key=lambda item: int(item.frame))


def rendered(image, sizes, fitted, events=None, capture=False):
    """The song at some buffer sizes, without the constant delay."""
    engine = Engine(image, RATE_HZ, buffer_frames=fitted)
    for slot, program in enumerate(programs(names_of(image))):
        engine.load(program, slot)
    engine.record.capture_on = capture
    delay = int(engine.record.timing.delay_frames)
    output = play(engine, song() if events is None else events, FRAMES + delay, sizes)
    if capture:
        assert np.array_equal(engine.read_capture(), output)
    assert not output[:delay].any()
    return output[delay:], engine


@pytest.fixture(scope="module")
def reference(image):
    return rendered(image, (1024,), 1024)[0]


@pytest.mark.parametrize(
    ("size", "delay"),
    [(32, 0), (100, 28), (128, 0), (441, 31), (1024, 0), (12_000, 0), (33, 31), (1, 31), (48, 16)],
)
def test_buffer_size_does_not_change_the_sound(image, reference, size, delay):
    output, engine = rendered(image, (size,), size, capture=True)
    assert engine.record.timing.delay_frames == delay
    assert engine.record.stats.sizes[0] == size
    assert np.array_equal(output, reference)
    assert np.abs(reference).max() > 0.1 and engine.record.stats.stolen > 10


def test_a_varying_buffer_size_does_not_change_the_sound(image, reference):
    output, engine = rendered(image, VARYING, 0)
    assert engine.record.timing.delay_frames == 32
    assert set(VARYING) <= set(engine.record.stats.sizes.tolist())
    assert np.array_equal(output, reference)


@pytest.mark.parametrize("size", [128, 100, 441])
def test_the_virtual_device_makes_the_sound_of_the_offline_renderer(image, reference, size):
    engine = Engine(image, RATE_HZ, buffer_frames=size)
    for slot, program in enumerate(programs(names_of(image))):
        engine.load(program, slot)
    engine.record.capture_on = 1
    delay, events, sound_of = int(engine.record.timing.delay_frames), song(), []
    for item in events[:400]:
        push(engine, item)
    device = VirtualOutput(engine, size)
    device.start()
    for item in events[400:]:
        while engine.room(17) == 0:
            time.sleep(0.001)
        push(engine, item)
    deadline = time.monotonic() + 20
    while sum(map(len, sound_of)) < FRAMES + delay and time.monotonic() < deadline:
        time.sleep(0.02)
        sound_of.append(engine.read_capture())
    device.close()
    output = np.concatenate(sound_of)[delay : delay + FRAMES]
    assert [int(n) for n in engine.record.stats.sizes if n] == [size]
    assert engine.record.capture_dropped == 0
    assert np.array_equal(output, reference)


def test_a_played_session_renders_again_from_its_log(image):
    """Live: events come unannounced ('now'), programs are handed in and updated on the way. The log has their frames."""
    names = names_of(image)
    engine = Engine(image, RATE_HZ, buffer_frames=100, polyphony=24)
    engine.record.log_on = 1
    loaded, logs, output, random = {}, [], [], np.random.default_rng(5)
    variants = [
        sound(names, "polyphony = 6", op=op, attack_s=0.003, release_s=0.02, effects=effects, decay_s=decay)
        for op, effects, decay in [
            ("saw", "", 0.1),
            ("pulse", ECHO, 0.2),
            ("sine", "", 0.3),
            ("saw", "", 0.4),
        ]
    ] + programs(names)[1:3]

    def load(program):
        slot = engine.load(program)
        loaded[len(loaded)] = (slot, program)
        return slot

    current = load(variants[0])
    engine.hand_in(current)
    keys = []
    for _ in range(250):
        for _ in range(random.integers(0, 4)):
            key = int(random.integers(40, 90))
            keys.append(key)
            push(engine, on(0, key, float(random.uniform(0.2, 1)), key & 1))
            if len(keys) > 8:
                key = keys.pop(0)
                push(engine, off(0, key, key & 1))
        if random.random() < 0.3:
            push(engine, bend(0, float(random.uniform(-1, 1))))
            push(engine, control(0, PEDAL, int(random.integers(0, 128))))
        if random.random() < 0.1 and "env.release_s" in engine.program(current).addresses:
            engine.set_value(current, "env.release_s", float(random.uniform(0.01, 0.2)))
        if random.random() < 0.1:
            current = load(variants[random.integers(0, len(variants))])
            engine.hand_in(current)
        if random.random() < 0.05 and engine.program(current).graph == variants[3].graph:
            source = load(variants[3])
            engine.push(UPDATE, 0, a=source, b=current)
        output.append(engine.render(100, block=100))
        logs.append(engine.read_log())
        engine.collect()
    log = np.concatenate(logs)
    assert engine.record.stats.log_dropped == 0 and len(log) > 400
    assert {HAND_IN, UPDATE, SET_VALUE} <= set(log["kind"].tolist())
    assert engine.record.stats.stolen > 10
    again = replay(image, log, list(loaded.values()), 25_000)
    assert np.array_equal(again[: 25_000 - 28], np.concatenate(output)[28:])


def replay(image, log, loaded, frames):
    """Render a log: programs are loaded in the order in which the session loaded them, shortly before they are used."""
    engine = Engine(image, RATE_HZ, buffer_frames=32, polyphony=24)
    parts, done, waiting = [], 0, list(loaded)
    for item in log:
        item = np.rec.array(item) if not hasattr(item, "frame") else item
        while item["frame"] >= done + 32:
            parts.append(engine.render(32, block=32))
            engine.collect()
            done += 32
        if item["kind"] in (HAND_IN, UPDATE):
            slot, program = waiting.pop(0)
            assert slot == item["a"]
            engine.load(program, slot)
        entry = np.zeros(1, EVENT)[0]
        for name in EVENT.names:
            entry[name] = item[name]
        push(engine, entry)
    parts.append(engine.render(frames - done, block=32))
    return np.concatenate(parts)


def test_a_reset_engine_is_a_new_engine(image):
    names = names_of(image)
    first = play(new_engine(image, sound(names, op="saw")), [on(5, 60)], 2048)
    second = play(new_engine(image, sound(names, op="saw")), [on(5, 60)], 2048)
    assert np.array_equal(first, second)


def test_sound_and_notes_go_on_when_the_device_is_opened_again(image):
    """Another buffer, another delay; a virtual device before does not leave its clock behind."""
    engine = new_engine(image, sound(names_of(image)), buffer_frames=128)
    play(engine, [on(0, 60)], 1280, (128,))
    engine.record.timing.nominal_ns = 123
    image.function("refit_engine")(engine.address, 100)
    timing = engine.record.timing
    assert timing.nominal_ns == 0 and timing.delay_frames == 28
    assert timing.device_frame == engine.record.frame == 1280
    output = play(engine, [off(1280 + 500, 60)], 8000, (100,))
    assert not output[:28].any() and np.abs(output[28:60]).max() > 0.05
    assert not engine.record.sounding
