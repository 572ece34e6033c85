"""Keys struck by a native thread: at their times, and heard as those of a real keyboard are."""

import contextlib

import numpy as np
import pytest

from synthhost.engine.engine import Engine
from synthhost.latency import measure_path, path_way
from synthhost.latency.native_keyboard import NativeKeyboard
from synthhost.latency.striker import MESSAGES
from tests.latency.listening import program_of

RATE_HZ = 48_000


def test_every_key_comes_at_its_time_and_into_the_ring(image):
    engine = Engine(image, RATE_HZ, 128)
    with contextlib.closing(
        NativeKeyboard(image, engine.ring_address(0), 20, (0.01, 0.02), 0.005)
    ) as keyboard:
        sent_ns, clean = keyboard.play(lambda: None, 0.0)
        due_ns = np.array(keyboard.record.due_ns[:40:2])
    assert len(sent_ns) == len(clean) == 20
    assert (sent_ns >= due_ns).all() and np.median(sent_ns - due_ns) < 1_000_000
    assert int(engine.record.rings[0].head) == 40


def test_it_can_be_stopped_before_its_end(image):
    engine = Engine(image, RATE_HZ, 128)
    keyboard = NativeKeyboard(image, engine.ring_address(0), 100, (0.05, 0.06), 0.01)
    keyboard.close()
    assert int(keyboard.record.struck) < 10


def test_more_keys_than_it_has_room_for_are_refused(image):
    engine = Engine(image, RATE_HZ, 128)
    with pytest.raises(ValueError, match="at most"):
        NativeKeyboard(image, engine.ring_address(0), MESSAGES, (0.05, 0.06), 0.01)


@pytest.mark.slow
def test_it_measures_what_a_keyboard_through_a_pipe_does(image, monkeypatch):
    """Without the pipe and the thread that reads it: a tenth of a millisecond."""

    def open_native(image, ring_address, stack, *how):
        return stack.enter_context(contextlib.closing(NativeKeyboard(image, ring_address, *how))), "native"

    piped = measure_path(image, program_of(image), "virtual", 128, RATE_HZ, 40)
    monkeypatch.setattr(path_way, "open_keyboard", open_native)
    native = measure_path(image, program_of(image), "virtual", 128, RATE_HZ, 40)
    assert native.counts["missed"] == piped.counts["missed"] == 0
    assert native.measured.median_s == pytest.approx(piped.measured.median_s, abs=0.0005)
