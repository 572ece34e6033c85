"""Write the song down: from its data to messages on ticks, to events for the engine, to a MIDI file."""

import random
from dataclasses import dataclass

import numpy as np

from synthhost.demo.song import (
    BARS,
    BASS,
    BASS_LINES,
    BEATS,
    BEATS_OF,
    BELL,
    BPM,
    CHORDS,
    DRUM_KEYS,
    DRUM_PLAN,
    DRUMS,
    HARMONY,
    HARP,
    LAST_CHORD_BEATS,
    LAST_LADDER,
    LEAD,
    MELODY,
    PAD,
    PIANO,
    PLAYERS,
    SEED,
    STRINGS,
    TICKS,
)  # fmt: skip
from synthhost.events.event import BEND, CONTROL, NOTE_OFF, NOTE_ON, PROGRAM_CHANGE
from synthhost.midi.decode import bend_value
from synthhost.midi.files import SONG_EVENT

VOLUME, PEDAL = 7, 64  # controllers
MOST_BEND = 8191


@dataclass(frozen=True, order=True)
class Message:
    """One MIDI message of the song; at the same tick the order is: off, control, bend, on."""

    tick: int
    rank: int
    channel: int
    kind: int
    key: int  # key, controller or program number
    value: int  # velocity or controller value 0 … 127, bend -8192 … 8191


def key_of(name):
    """MIDI key of a name like ``F#4``; middle C is C4."""
    letter, rest = name[0], name[1:]
    sharp = rest.count("#") - rest.count("b")
    return 12 * (int(rest.lstrip("#b")) + 1) + "C D EF G A B".index(letter) + sharp


class Score:
    """Collects messages, given in bars and beats."""

    def __init__(self):
        self.messages, self._chance = [], random.Random(SEED)

    def add(self, beat, rank, channel, kind, key=0, value=0):
        self.messages.append(Message(max(round(beat * TICKS), 0), rank, channel, kind, key, value))

    def control(self, beat, channel, number, value):
        self.add(beat, 1, channel, CONTROL, number, value)

    def note(self, beat, channel, key, beats, velocity, loose=0.008):
        """A note; `loose` beats early or late at most, and never twice as hard."""
        begin = max(beat + self._chance.uniform(-loose, loose), 0.0)
        velocity = min(max(velocity + self._chance.randint(-6, 6), 1), 127)
        self.add(begin, 3, channel, NOTE_ON, key, velocity)
        self.add(begin + max(beats, 0.05), 0, channel, NOTE_OFF, key, 64)

    def bend(self, beat, semitones):
        """The lead's bend, whose range is two semitones."""
        self.add(beat, 2, LEAD, BEND, 0, round(semitones / 2 * MOST_BEND))


def write_score():
    """All messages of the song in order."""
    score = Score()
    for channel, (_, program, volume) in PLAYERS.items():
        score.add(0, 1, channel, PROGRAM_CHANGE, program)
        score.control(0, channel, VOLUME, volume)
    for bar, changes in enumerate(HARMONY[:BARS]):
        for (beat, chord), end in zip(changes, [*[b for b, _ in changes[1:]], BEATS], strict=True):
            play_bar(score, bar, bar * BEATS + beat, end - beat, *CHORDS[chord])
        play_drums(score, bar)
    play_melody(score)
    play_last_chord(score, BARS * BEATS)
    return sorted(score.messages)


def play_bar(score, bar, begin, beats, bass, left, right):
    """What accompanies one chord."""
    left, right = [[key_of(name) for name in hand.split()] for hand in (left, right)]
    play_piano(score, bar, begin, beats, left, right)
    for key in left[1:] + right:
        if bar < 8:
            score.note(begin, PAD, key, beats - 0.1, 62 + 2 * bar)
        else:
            score.note(begin, STRINGS, key + 12 * (key < 57), beats - 0.05, 70 + 3 * (bar - 8))
    if bar >= 2:
        line = "sparse" if bar < 4 else "groove" if beats == BEATS else "half"
        play_bass(score, begin, key_of(bass), BASS_LINES[line])
    if bar >= 3:
        play_harp(score, bar, begin, beats, left + right)
    if bar in (8, 10, 12):
        score.note(begin, BELL, right[-1] + 12, 3.5, 66)


def play_piano(score, bar, begin, beats, left, right):
    """Left hand, a rolled right hand, two light answers; the pedal changes just after each chord."""
    score.control(begin + 0.06, PIANO, PEDAL, 127)
    score.control(begin + beats - 0.02, PIANO, PEDAL, 0)
    loud = 74 if bar < 4 else 66
    for place, key in enumerate(left + right):
        score.note(begin + 0.03 * place, PIANO, key, min(beats, 2.0) - 0.4, loud + 3 * place)
    answers = (1.5, 2.5, 3.5) if bar < 4 else (1.5, 2.75)
    for at in (at for at in answers if at < beats - 0.4):
        for key in right:
            score.note(begin + at, PIANO, key, 0.35, loud - 12)


def play_bass(score, begin, root, line):
    """Eighths from a line of steps."""
    for place, step in enumerate(line):
        if step in "+85":
            held = len(line[place + 1 :]) - len(line[place + 1 :].lstrip("-"))
            key = root + {"+": 0, "8": 12, "5": 7}[step]
            score.note(begin + place / 2, BASS, key, 0.42 + held / 2, 100 if place == 0 else 88)


def play_harp(score, bar, begin, beats, keys):
    """Up and down the chord in sixteenths, two octaves higher than the left hand; quiet at first."""
    ladder = sorted({key + 12 for key in keys} | {keys[-1] + 17 - (keys[-1] + 17 - keys[0]) % 12})
    round_trip = ladder + ladder[-2:0:-1]
    for place in range(int(beats * 4)):
        accent = 16 if place % 4 == 0 else 8 if place % 3 == 0 else 0
        score.note(
            begin + place / 4, HARP, round_trip[place % len(round_trip)], 0.3, 48 + accent + min(2 * bar, 16)
        )


def play_drums(score, bar):
    """A bar of sixteenths from the plan."""
    for place, letter in enumerate(BEATS_OF.get(DRUM_PLAN[bar], "")):
        if letter in DRUM_KEYS:
            key, velocity = DRUM_KEYS[letter]
            swing = 0.03 if place % 2 else 0.0
            score.note(bar * BEATS + place / 4 + swing, DRUMS, key, 0.2, velocity, loose=0.004)


def play_melody(score):
    """The lead, with its bends: a curve of eight steps over at most half a beat, then back to the middle."""
    notes = [(bar * BEATS + beat, *rest) for bar, line in MELODY.items() for beat, *rest in line]
    for begin, name, beats, velocity, *bends in notes:
        overlap = 0.02 if beats <= 1 else -0.06  # short notes are tied to the next: the lead glides
        score.note(begin, LEAD, key_of(name), beats + overlap, velocity, loose=0.0)
        for first, last in bends:
            start, time = begin + (0.0 if last == 0 else beats * 0.4), min(0.5, beats * 0.5)
            score.bend(max(start - 0.02, 0.0), first)
            for step in range(1, 9):
                part = step / 8
                score.bend(start + time * part, first + (last - first) * part * part * (3 - 2 * part))
            if last != 0:
                score.bend(begin + beats - 0.015, 0)


def play_last_chord(score, begin):
    """All on D major; the pedal stays down, and the harp climbs through it for two bars."""
    bass, left, right = CHORDS["Dmaj9"]
    keys = [key_of(name) for name in (left + " " + right).split()]
    score.control(begin + 0.05, PIANO, PEDAL, 127)
    score.control(begin + LAST_CHORD_BEATS, PIANO, PEDAL, 0)
    for place, key in enumerate(keys):
        score.note(begin + 0.035 * place, PIANO, key, 3.0, 84)
        score.note(begin, STRINGS, key + 12 * (key < 60), LAST_CHORD_BEATS - 2.0, 76)
        score.note(begin, PAD, key, LAST_CHORD_BEATS - 1.5, 72)
    score.note(begin, BASS, key_of(bass), 4.0, 104)
    score.note(begin, DRUMS, 36, 0.2, 112)
    score.note(begin, DRUMS, 81, 0.2, 60)
    for place, name in enumerate(("D5", "A5", "F#6")):
        score.note(begin + place, BELL, key_of(name), 3.0, 70 - 8 * place)
    ladder = [key_of(name) for name in LAST_LADDER.split()]
    for place in range(22):
        key = ladder[place % len(ladder)] if place < 20 else ladder[-1]
        score.note(begin + 0.25 + place / 4, HARP, key, 0.3, 78 - 2 * place)


def events():
    """The song as SONG_EVENT records (as a MIDI file gives them)."""
    messages = write_score()
    found = np.zeros(len(messages), SONG_EVENT)
    found["seconds"] = [message.tick * 60.0 / (BPM * TICKS) for message in messages]
    for name in ("kind", "channel", "key"):
        found[name] = [getattr(message, name) for message in messages]
    found["value"] = [value_of(message) for message in messages]
    return found


def value_of(message):
    """A message's value as an event has it."""
    if message.kind == BEND:
        return bend_value(message.value + 8192)
    if message.kind in (NOTE_ON, NOTE_OFF):
        return message.value / 127.0
    return float(message.value if message.kind == CONTROL else 0)


def write_midi(path):
    """Write the song as a MIDI file."""
    import mido

    track = mido.MidiTrack([mido.MetaMessage("track_name", name="Night Bus")])
    track.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(BPM)))
    before = 0
    for message in write_score():
        track.append(midi_message(message, message.tick - before))
        before = message.tick
    file = mido.MidiFile(type=0, ticks_per_beat=TICKS)
    file.tracks.append(track)
    file.save(path)


def midi_message(message, time):
    """One message as mido has it, `time` ticks after the one before."""
    import mido

    at = {"channel": message.channel, "time": time}
    if message.kind == NOTE_ON:
        return mido.Message("note_on", note=message.key, velocity=message.value, **at)
    if message.kind == NOTE_OFF:
        return mido.Message("note_off", note=message.key, velocity=message.value, **at)
    if message.kind == CONTROL:
        return mido.Message("control_change", control=message.key, value=message.value, **at)
    if message.kind == BEND:
        return mido.Message("pitchwheel", pitch=message.value, **at)
    return mido.Message("program_change", program=message.key, **at)
