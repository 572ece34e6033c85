"""Hear a patch without a keyboard: a phrase that suits it, in a loop, while its file is edited.

Chords for what plays chords, a line for what plays one note at a time, a beat for drums. Each phrase has soft and hard
strokes, short notes and one that is held for two bars, in which an edit can be heard.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from synthhost.demo.score import key_of
from synthhost.engine.program import POLY
from synthhost.events.event import EVENT, NOTE_OFF, NOTE_ON

RING, PORT = 17, 15  # a ring that nobody else writes into; the host's port
AHEAD_S = (
    0.3  # events are given so early; a longer stall of this process leaves notes out, it never crowds them
)
LEAD_IN_S = 0.1


@dataclass(frozen=True)
class Phrase:
    """Notes as (beat, keys, beats, velocity)."""

    bpm: int
    beats: int
    notes: tuple


CHORDS = Phrase(
    96,
    24,
    (
        (0, "D3 A3 C4 E4 F4", 3.5, 72),
        (4, "Bb2 F3 A3 C4 D4", 3.5, 92),
        (8, "G2 D3 F3 A3 Bb3", 1.5, 48),
        (10, "A2 E3 G3 C#4 E4", 1.5, 112),
        (12, "A4", 0.4, 60), (12.5, "C5", 0.4, 76), (13, "D5", 0.4, 92), (13.5, "F5", 0.4, 108), (14, "A5", 1.5, 124),
        (16, "D2 A2 F3 A3 C4 E4", 7.5, 96),
    ),
)  # fmt: skip
LINE = Phrase(  # notes that touch are tied: a patch that glides does so there
    108,
    24,
    (
        (0, "D3", 1, 84), (1, "F3", 0.5, 92), (1.5, "G3", 0.5, 98), (2, "A3", 1.8, 112),
        (4, "C4", 0.55, 72), (4.5, "A3", 0.55, 60), (5, "G3", 0.55, 48), (5.5, "F3", 2.3, 40),
        (8, "D3", 0.3, 124), (8.75, "D4", 0.3, 90), (9.5, "D3", 0.3, 108), (10, "C3", 0.3, 76), (10.5, "D3", 1.3, 116),
        (12, "E3", 1.05, 88), (13, "F3", 1.05, 96), (14, "A3", 1.9, 104),
        (16, "D3", 7.5, 100),
    ),
)  # fmt: skip
SIXTEENTHS = ("k.h.s.hk..k.s.h.", "k.hks.hk..k.s.ho", "k.h.S.hk..k.s.h.", "k.hksshhtttuuvv.")
STROKES = {"k": 108, "s": 92, "S": 124, "h": 44, "o": 84, "t": 100, "u": 96, "v": 104}
KIT = {"k": 36, "s": 38, "S": 38, "h": 42, "o": 46, "t": 48, "u": 45, "v": 41}  # General MIDI's
DRUM = {"k": 36, "s": 57, "S": 60, "h": 86, "o": 81, "t": 52, "u": 48, "v": 43}  # a drum tuned by its keys


def beat(keys):
    """The drummer's phrase on these keys."""
    strokes = [(place / 4, letter) for place, letter in enumerate("".join(SIXTEENTHS)) if letter != "."]
    return Phrase(104, 16, tuple((at, keys[letter], 0.2, STROKES[letter]) for at, letter in strokes))


def phrase_for(path, program):
    """The phrase that suits a patch, by its folder and name and by how it plays, and semitones to move it by."""
    name = "/".join(Path(path).with_suffix("").parts[-2:]).lower()
    if "kit" in name:
        return beat(KIT), 0
    if "drum" in name:
        return beat(DRUM), 0
    if program.parts:
        return CHORDS, 0
    if "bass" in name:
        return LINE, -12
    return (CHORDS, 0) if program.mode == POLY else (LINE, 12)


def events_of(phrase, semitones, rate_hz, channel):
    """One round of a phrase as EVENT records from frame 0, and how many frames it lasts."""
    frames_a_beat = 60.0 / phrase.bpm * rate_hz
    found = []
    for begin, keys, beats, velocity in phrase.notes:
        for key in [keys] if isinstance(keys, int) else [key_of(name) for name in keys.split()]:
            ends = ((begin, NOTE_ON, velocity / 127.0), (begin + beats, NOTE_OFF, 0.5))
            found += [(round(at * frames_a_beat), kind, key + semitones, value) for at, kind, value in ends]
    found.sort(key=lambda event: (event[0], event[1] == NOTE_ON))
    events = np.zeros(len(found), EVENT)
    events["port"], events["channel"] = PORT, channel
    for number, name in enumerate(("frame", "kind", "key", "value")):
        events[name] = [event[number] for event in found]
    return events, round(phrase.beats * frames_a_beat)


class Audition:
    """The phrase on its way into a host's engine. Used by the control thread: call `feed` often."""

    def __init__(self, host, channel=None):
        self.host, self.channel = host, 0 if channel is None else channel - 1
        self._waiting = np.zeros(0, EVENT)
        self._next = host.engine.record.frame + round(LEAD_IN_S * host.engine.rate_hz)

    def feed(self):
        """Push what is due soon; at the end of a round begin another, which suits the patch as it is now."""
        engine = self.host.engine
        now = int(engine.record.frame)
        horizon = now + round(AHEAD_S * engine.rate_hz)
        if not len(self._waiting) and self._next < horizon:
            phrase, semitones = phrase_for(self.host.patch_path, self.host.program)
            events, length = events_of(phrase, semitones, engine.rate_hz, self.channel)
            start = max(int(self._next), now)
            events["frame"] += start
            self._waiting, self._next = events, start + length
        late = (self._waiting["frame"] < now) & (self._waiting["kind"] == NOTE_ON)
        self._waiting = self._waiting[~late]
        due = int(np.searchsorted(self._waiting["frame"], horizon))
        given = engine.push_events(self._waiting[:due], RING)
        self._waiting = self._waiting[given:]
