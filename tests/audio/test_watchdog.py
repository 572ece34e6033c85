"""A card that stands still or is not what was agreed is noticed; one that only stumbles is left alone."""

from types import SimpleNamespace

import numpy as np
import pytest

from synthhost.audio import watchdog

RATE_HZ, BUFFER = 44_100, 128


class Card:
    """A sound card whose callbacks have counted up to now, and a clock to look at it with."""

    def __init__(self, monkeypatch):
        self.now, self.frames, self.real_rate_hz = 0.0, 0.0, float(RATE_HZ)
        stats = SimpleNamespace(blocks=0, sizes=np.array([BUFFER, 0, 0], np.int64))
        self.record = SimpleNamespace(stats=stats, timing=SimpleNamespace(device_frame=0))
        monkeypatch.setattr(watchdog.time, "perf_counter", lambda: self.now)
        self.dog = watchdog.Watchdog(SimpleNamespace(record=self.record, rate_hz=RATE_HZ), BUFFER)

    def run(self, seconds, plays=True):
        """Let time go by, looking every 20 ms. Returns the first trouble and when it was seen."""
        begun = self.now
        while self.now < begun + seconds:
            self.now += 0.02
            if plays:
                self.frames += 0.02 * self.real_rate_hz
                self.record.stats.blocks = int(self.frames // BUFFER)
                self.record.timing.device_frame = self.record.stats.blocks * BUFFER
            trouble = self.dog.look()
            if trouble:
                return trouble, self.now - begun
        return None, self.now - begun


@pytest.fixture
def card(monkeypatch):
    return Card(monkeypatch)


def test_a_card_that_plays_is_left_alone(card):
    assert card.run(30.0)[0] is None


def test_a_card_that_stands_still_is_noticed_after_a_quarter_of_a_second(card):
    card.run(2.0)
    trouble, after_s = card.run(2.0, plays=False)
    assert "has asked for no sound" in trouble
    assert 0.25 <= after_s <= 0.35


def test_a_short_stall_is_no_trouble(card):
    for _ in range(5):
        assert card.run(1.0)[0] is None
        assert card.run(0.2, plays=False)[0] is None
    assert card.run(5.0)[0] is None


@pytest.mark.parametrize("rate_hz", [48_000.0, 40_000.0])
def test_another_sample_rate_is_noticed_within_two_seconds(card, rate_hz):
    card.run(3.0)
    card.real_rate_hz = rate_hz
    trouble, after_s = card.run(3.0)
    assert "but was opened with 44100 Hz" in trouble
    assert after_s < 2.0


def test_another_buffer_is_noticed_at_once(card):
    card.run(1.0)
    card.record.stats.sizes[1] = 256
    assert card.run(1.0)[0] == "changed its buffer from 128 to 256 frames"
