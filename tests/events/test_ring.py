"""Rings: nothing is lost, nothing overtakes, what does not fit is counted."""

import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthhost.audio.virtual import VirtualOutput
from synthhost.engine.memory import SLOTS
from synthhost.events.event import CONTROL, EVENT, NOTE_ON, SET_VALUE
from synthhost.events.ring import RING, RING_EVENTS
from tests.engine.playing import names_of, new_engine, on, play, push, recount, sound

EVENTS = 20_000


def unused(channel):
    """A controller that nothing listens to: only its passage counts."""
    return CONTROL, 0, channel, 119


def test_an_event_arrives_as_it_was_sent(image):
    memory = np.zeros(1, RING)
    push_event, where = image.function("push_event"), memory.ctypes.data
    assert push_event(where, -(1 << 60), 1, 255, 15, 14, 127, 0.25, -(1 << 31), (1 << 31) - 1) == 1
    ring = memory[0]
    event = ring.events[0]
    assert (event.frame, event.clocked, event.kind, event.port) == (-(1 << 60), 1, 255, 15)
    assert (event.channel, event.key, event.value) == (14, 127, 0.25)
    assert (event.a, event.b) == (-(1 << 31), (1 << 31) - 1)
    assert (ring.head, ring.tail) == (1, 0)


def test_a_full_ring_refuses_and_counts(image):
    memory = np.zeros(1, RING)
    push_event = image.function("push_event")
    taken = [
        push_event(memory.ctypes.data, 0, 0, NOTE_ON, 0, 0, n & 127, 1.0, n, 0)
        for n in range(RING_EVENTS + 7)
    ]
    assert taken == [1] * RING_EVENTS + [0] * 7
    assert memory[0].dropped == 7 and memory[0].head == RING_EVENTS
    assert memory[0].events["a"].tolist() == list(range(RING_EVENTS))


def test_the_engine_tells_python_when_its_ring_is_full(image):
    engine = new_engine(image)
    assert engine.room(16) == RING_EVENTS
    for _ in range(RING_EVENTS):
        engine.push(*unused(0))
    with pytest.raises(BufferError, match="full"):
        engine.push(*unused(0))
    assert engine.room(16) == 0 and engine.record.rings[16].dropped == 1
    play(engine, [], 2048)
    assert engine.room(16) == RING_EVENTS
    engine.push(*unused(0))


def test_events_read_from_a_log_can_be_pushed_again(image):
    engine = new_engine(image, sound(names_of(image)))
    engine.record.log_on = 1
    play(engine, [on(5, 60), on(9, 64, 0.5)], 64)
    log = engine.read_log()
    again = new_engine(image, sound(names_of(image)))
    again.render(32)
    assert again.push_events(log[log["kind"] == NOTE_ON], 17) == 2
    again.record.log_on = 1
    again.render(64)
    assert again.read_log()["key"].tolist() == [60, 64]


def test_a_forgotten_log_is_counted_not_overrun(image):
    engine = new_engine(image)
    engine.record.log_on = 1
    for _ in range(10):
        for _ in range(1000):
            engine.push(*unused(0))
        engine.render(1024)
    log = engine.read_log()
    assert len(log) == 8192 and engine.record.stats.log_dropped == 10_000 - 8192


def test_nothing_is_lost_or_overtakes_between_two_threads(image):
    """A producer in a thread of its own, without the GIL, against the virtual device's audio thread."""
    engine = new_engine(image, buffer_frames=32)
    engine.record.log_on = 1
    push_event = image.function("push_event")  # releases the GIL
    where = engine.ring_address(3)
    refused = [0]

    def produce():
        for number in range(EVENTS):
            while not push_event(where, 0, 0, CONTROL, 3, number & 15, 119, 0.0, number, number ^ 0x55555555):
                refused[0] += 1
                time.sleep(0.0005)

    device = VirtualOutput(engine, 32)
    device.start()
    producer = threading.Thread(target=produce)
    producer.start()
    logs, deadline = [], time.monotonic() + 30
    while sum(map(len, logs)) < EVENTS and time.monotonic() < deadline:
        logs.append(engine.read_log())
        time.sleep(0.002)
    producer.join()
    device.close()
    log = np.concatenate(logs)
    assert engine.record.stats.log_dropped == 0
    assert engine.record.rings[3].dropped == refused[0]
    assert np.array_equal(log["a"], np.arange(EVENTS))
    assert np.array_equal(log["b"], np.arange(EVENTS) ^ 0x55555555)
    assert (np.diff(log["frame"]) >= 0).all()


def test_the_return_ring_is_sound_under_two_threads(image):
    """The audio thread sends slots home while Python takes them."""
    names = names_of(image)
    engine = new_engine(image, sound(names), buffer_frames=32)
    device = VirtualOutput(engine, 32)
    device.start()
    for _ in range(1000):
        while True:
            try:
                slot = engine.load(sound(names))
                break
            except BufferError:
                time.sleep(0.001)
        engine.hand_in(slot)
    time.sleep(0.2)
    device.close()
    engine.collect()
    recount(engine)
    assert (engine.record.channels["program"] == slot).all()
    assert len(engine._free) == SLOTS - 1


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 200)), max_size=80).map(
        lambda items: [(ring, frame, number) for number, (ring, frame) in enumerate(items)]
    )
)
def test_events_of_many_rings_are_played_in_order_of_frames(image, items):
    """Within a ring nothing overtakes: an event whose frame has passed comes with the one before it."""
    engine = new_engine(image)
    engine.render(4096)
    engine.record.log_on = 1
    begin = int(engine.record.frame)
    for ring, frame, number in items:
        engine.push(CONTROL, begin + frame, ring, 0, 119, a=number, ring=ring)
    engine.render(256, block=64)
    log = engine.read_log()
    assert sorted(log["a"].tolist()) == [number for *_, number in items]
    assert (np.diff(log["frame"]) >= 0).all()
    for ring in range(4):
        mine = [number for at, _, number in items if at == ring]
        assert log["a"][log["port"] == ring].tolist() == mine
    for number, frame in zip(log["a"], log["frame"]):
        assert frame >= begin + items[number][1]


def test_more_events_than_a_quantum_takes_come_in_the_next(image):
    engine = new_engine(image)
    engine.record.log_on = 1
    for ring in range(4):
        for number in range(RING_EVENTS):
            engine.push(CONTROL, 0, ring, 0, 119, a=number, ring=ring)
    engine.render(1024, block=32)
    log = engine.read_log()
    assert len(log) == 4 * RING_EVENTS
    for ring in range(4):
        assert np.array_equal(log["a"][log["port"] == ring], np.arange(RING_EVENTS))
    assert (np.diff(log["frame"]) >= 0).all()


def test_two_events_share_a_cache_line_and_two_threads_do_not():
    assert EVENT.itemsize == 32 and RING.fields["events"][1] % 64 == 0
    assert RING.fields["tail"][1] == 64, "writer and reader on cache lines of their own"


def test_a_late_event_is_played_at_once(image):
    engine = new_engine(image)
    engine.record.log_on = 1
    engine.render(4096)
    push(engine, on(17))
    engine.push(SET_VALUE, -5, a=0)
    engine.render(64)
    assert engine.read_log()["frame"].tolist() == [4096, 4096]
