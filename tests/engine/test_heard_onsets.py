"""Key to sound as it is heard: in a storm a key sounds on the very frame that it has in silence."""

import numpy as np
import pytest

from synthhost.engine.engine import Engine
from synthhost.engine.guard import open_parts
from synthhost.events.event import NOTE_ON
from synthhost.session import load_again, next_frame, push_again, read_lines
from tests.engine.playing import names_of, sound, steady_clock
from tests.engine.storm import EVENTS_PER_S, PROBE_PORT, SOME, Storm

WINDOW = 64  # frames from the beginning of a key's quantum: as long are the two renderings compared


def is_probe(line):
    """Whether a line of a session is a key of the keyboard beside the storm."""
    return isinstance(line, list) and line[1] == NOTE_ON and line[2] == PROBE_PORT


class Again:
    """A session that is rendered again, and at each of the keyboard's keys twice: with it and without it.

    Both begin with all memory of the engine as it is then, so they have had the same keys before.
    """

    def __init__(self, path, image):
        self.lines = read_lines(path)
        head = self.lines[0]
        self.engine = Engine(image, head["rate_hz"], 32, polyphony=head["polyphony"], volume=head["volume"])
        self.memory = open_parts(self.engine.memory)
        self.slots, self.sound = set(), []
        self.onsets = {}  # frame of a key: frames until it is heard, None if it is not
        self.stealing = []  # frames of keys for which others had to go

    def play(self):
        """Render it all."""
        for number, line in enumerate(self.lines[1:], 1):
            if isinstance(line, list):
                self._render_until(line[0] // 32 * 32)
                if is_probe(line):
                    self._compare(number)
                push_again(self.engine, line, self.slots)
            elif "program" in line:
                self._render_until(next_frame(self.lines, number, self.lines[-1]["end"]) // 32 * 32)
                self.slots.add(load_again(self.engine, line))
        self._render_until(self.lines[-1]["end"])
        return self

    def _render_until(self, frame):
        if frame > self.engine.record.frame:
            self.sound.append(self.engine.render(frame - int(self.engine.record.frame)))

    def _compare(self, number):
        """Render from here with a key and without it, then be as before."""
        frame, before = self.lines[number][0], [part.copy() for part in self.memory]
        begin, outputs, stolen = int(self.engine.record.frame), [], []
        upcoming = list(self._until(number, begin + WINDOW))
        for events in (upcoming, upcoming[1:]):
            for line in events:
                push_again(self.engine, line, self.slots)
            outputs.append(self.engine.render(WINDOW))
            stolen.append(int(self.engine.record.stats.stolen))
            for part, kept in zip(self.memory, before):
                part[:] = kept
        different = np.flatnonzero((outputs[0] != outputs[1]).any(1))
        self.onsets[frame] = begin + int(different[0]) - frame if len(different) else None
        if stolen[0] != stolen[1]:
            self.stealing.append(frame)

    def _until(self, number, frame):
        """The events from a line on until a frame; both renderings do without those behind a program that comes in."""
        for line in self.lines[number:]:
            if isinstance(line, dict) or line[0] >= frame:
                return
            yield line


@pytest.mark.parametrize("seconds", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_a_key_is_heard_on_its_frame_before_during_and_after_a_storm(image, tmp_path, seconds):
    path = tmp_path / "storm.session"
    # Loud from its first frame on, and over before the next key: voices of a group share the tiles that a key cuts.
    percussion = sound(names_of(image), release_s=0.03)
    storm = Storm(image, 3, SOME, "untouched", polyphony=1024, probe=percussion, session=path)
    with steady_clock(storm.engine) as set_time:
        for stormy, length in ((False, 2), (True, seconds), (False, 2)):
            storm.play(length, set_time, stormy)
    storm.session.close()
    assert storm.engine.record.stats.events > seconds * EVENTS_PER_S * 0.8
    again = Again(path, image).play()
    heard = np.concatenate(storm.heard)
    assert np.array_equal(np.concatenate(again.sound)[: len(heard)], heard), "it is the storm that was heard"
    assert (
        list(again.onsets) == storm.wanted[: len(again.onsets)] and len(again.onsets) >= len(storm.wanted) - 1
    )
    assert again.stealing == [], "what differs is the key, not another note that had to go"
    assert set(again.onsets.values()) == {0}
