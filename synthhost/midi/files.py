"""Standard MIDI files: a song as a list of what is played when.

The reader is our own. It knows the position of every fault, and a million messages, the most it takes, are read in
about two seconds within 150 MB. (mido 1.3.3: 14 s, 850 MB; it also loses the time before meta events unknown to it.)

References
----------
MIDI Manufacturers Association, "Standard MIDI Files 1.0", RP-001, 1988.
"""

import pathlib
import struct
from array import array
from dataclasses import dataclass, field

import numpy as np

from synthhost.events.event import BEND, CONTROL, EVENT, NOTE_OFF, NOTE_ON, PROGRAM_CHANGE
from synthhost.midi.decode import bend_value, data_bytes

FILE_BYTES = 16 << 20
MESSAGES = 1_000_000
HOURS = 24
TRACK_NAME, END_OF_TRACK, TEMPO = 0x03, 0x2F, 0x51  # meta events
DEFAULT_TEMPO = 500_000  # microseconds a beat: 120 bpm
SMPTE_HZ = {24: 24.0, 25: 25.0, 29: 30000 / 1001, 30: 30.0}  # frames of film a second

SONG_EVENT = np.dtype([("seconds", "f8"), ("kind", "u1"), ("channel", "u1"), ("key", "u1"), ("value", "f4")])


class MidiFileError(ValueError):
    """A file that cannot be played; the message names the file, the position if there is one, and the reason."""


@dataclass(frozen=True)
class MidiSong:
    """A song: its events in the order of time (SONG_EVENT), and what is known of it.

    `value` is as in an event record: velocity 0 … 1, controller 0 … 127, bend -1 … 1. `names` are the tracks',
    `programs` the program changes of each channel, in their order.
    """

    name: str
    events: np.ndarray = field(repr=False)
    length_s: float
    names: tuple[str, ...] = ()
    programs: dict[int, tuple[int, ...]] = field(default_factory=dict)


class Fault(Exception):
    """What is wrong, and at which byte of the file."""

    def __init__(self, sentence, position=None):
        self.sentence, self.position = sentence, position
        super().__init__(sentence)


def read_midi_file(path):
    """Read a standard MIDI file of type 0 or 1.

    Raises
    ------
    MidiFileError
        Names the file, the byte where known, and what is wrong.
    """
    path = pathlib.Path(path)
    try:
        return parse(file_bytes(path), path.stem)
    except Fault as fault:
        place = "" if fault.position is None else f" at byte {fault.position:,}"
        raise MidiFileError(f"{path}{place}: {fault.sentence}") from None
    except OSError as error:
        raise MidiFileError(f"{path}: cannot be read: {error.strerror or error}") from None


def file_bytes(path):
    """Contents of a file, within bounds."""
    if path.exists() and not path.is_file():
        raise Fault("is not a file")
    with open(path, "rb") as file:
        data = file.read(FILE_BYTES + 1)
    if len(data) > FILE_BYTES:
        raise Fault(f"is larger than {FILE_BYTES >> 20} MB; such a file is no song")
    return data


def parse(data, name):
    """A song from the bytes of a file. Raises Fault."""
    tracks_wanted, division, position = read_header(data)
    notes, tempos, names, end = Columns(), [(0, DEFAULT_TEMPO)], [], 0
    tracks = 0
    while position < len(data) and tracks < tracks_wanted:
        kind, size = chunk(data, position)
        position += 8
        if kind == b"MTrk":
            end = max(end, read_track(data, position, position + size, notes, tempos, names))
            tracks += 1
        position += size
    if tracks < tracks_wanted:
        raise Fault(f"holds {tracks} of its {tracks_wanted} tracks: it was cut short", len(data))
    return song(name, notes, seconds_of(division, tempos), end, names)


def read_header(data):
    """Number of tracks, division of time, and where the next chunk begins."""
    if data[:4] != b"MThd":
        raise Fault("is not a MIDI file: it does not begin with 'MThd'")
    _kind, size = chunk(data, 0)
    if size < 6:
        raise Fault("the header is too short", 4)
    kind, tracks, division = struct.unpack_from(">HHH", data, 8)
    if kind > 1:
        raise Fault(f"is of type {kind}; only types 0 and 1 are songs whose tracks play together", 8)
    if tracks == 0:
        raise Fault("has no tracks", 10)
    if division == 0 or (
        division & 0x8000 and (256 - (division >> 8) not in SMPTE_HZ or division & 255 == 0)
    ):
        raise Fault(f"the division of time, {division:#06x}, means nothing", 12)
    return tracks, division, 8 + size


def chunk(data, position):
    """Kind and size of the chunk at a position; all of it must be there."""
    if position + 8 > len(data):
        raise Fault("the file ends within the head of a chunk", position)
    kind, size = struct.unpack_from(">4sI", data, position)
    if position + 8 + size > len(data):
        missing = position + 8 + size - len(data)
        raise Fault(f"the file ends {missing:,} bytes before the end of this chunk", position)
    return kind, size


class Columns:
    """Channel messages of all tracks, as columns of numbers: 17 bytes a message, not some hundred."""

    def __init__(self):
        self.ticks, self.status, self.first, self.second = array("q"), array("B"), array("B"), array("B")
        self.count = 0  # with those that are not kept


def read_track(data, position, end, notes, tempos, names):
    """Read one track, from one position to another. Returns its length in ticks."""
    tick, status = 0, 0
    while position < end:
        delta, position = variable_length(data, position, end)
        tick += delta
        notes.count += 1
        if notes.count > MESSAGES:
            raise Fault(f"holds more than {MESSAGES:,} messages", position)
        if position >= end:
            raise Fault("the track ends after a time, where a message is due", position)
        if data[position] >= 0xF0:
            kind, body, position = read_system(data, position, end)
            if kind == END_OF_TRACK:
                break
            note_meta(kind, body, tick, tempos, names, position)
            continue
        if data[position] >= 0x80:
            status, position = data[position], position + 1
        elif status == 0:
            raise Fault(f"a data byte, {data[position]:#04x}, where a message should begin", position)
        length = data_bytes(status)
        body = data[position : min(position + length, end)]
        if len(body) < length or max(body) > 127:
            raise Fault(f"a message of status {status:#04x} lacks a data byte", position + len(body))
        notes.ticks.append(tick)
        notes.status.append(status)
        notes.first.append(body[0])
        notes.second.append(body[-1])
        position += length
    return tick


def variable_length(data, position, end):
    """A number of one to four bytes, seven bits each. Returns (number, position behind it)."""
    value = 0
    for place in range(position, min(position + 4, end)):
        value = value << 7 | data[place] & 0x7F
        if data[place] < 0x80:
            return value, place + 1
    raise Fault("a number has no end", position)


def read_system(data, position, end):
    """A meta event or SysEx. Returns (kind of meta event or None, its bytes, position behind it)."""
    begin, status = position, data[position]
    position += 1
    kind = None
    if status == 0xFF and position < end:
        kind = data[position]
        position += 1
    elif status not in (0xF0, 0xF7):
        raise Fault(f"status {status:#04x} has no place in a file", begin)
    length, position = variable_length(data, position, end)
    if position + length > end:
        raise Fault("an event reaches beyond the end of its track", begin)
    return kind, data[position : position + length], position + length


def note_meta(kind, body, tick, tempos, names, position):
    """Take what matters from a meta event: tempo and the track's name."""
    if kind == TEMPO:
        tempo = int.from_bytes(body, "big")
        if len(body) != 3 or tempo == 0:
            raise Fault("a tempo that means nothing", position - len(body))
        tempos.append((tick, tempo))
    elif kind == TRACK_NAME and body.strip(b"\0 "):
        names.append(text(body))


def text(body, longest=100):
    """A name as people wrote it, in whatever encoding their program used then."""
    try:
        words = body.decode("utf-8")
    except UnicodeDecodeError:
        words = body.decode("latin-1")
    return "".join(letter for letter in words if letter.isprintable()).strip()[:longest]


def seconds_of(division, tempos):
    """The function from ticks to seconds: by film frames, or by the tempo map of all tracks."""
    if division & 0x8000:
        tick_s = 1.0 / (SMPTE_HZ[256 - (division >> 8)] * (division & 255))
        return lambda ticks: np.asarray(ticks) * tick_s
    at, tempo = np.array(sorted(tempos, key=lambda change: change[0]), np.int64).T
    tick_s = tempo / (1e6 * division)
    begin_s = np.concatenate(([0.0], np.cumsum(np.diff(at) * tick_s[:-1])))

    def seconds(ticks):
        which = np.searchsorted(at, ticks, side="right") - 1
        return begin_s[which] + (ticks - at[which]) * tick_s[which]

    return seconds


def song(name, notes, seconds, end, names):
    """Put all tracks' messages in the order of time; at the same time, in the order of tracks."""
    ticks = np.array(notes.ticks, np.int64)
    order = np.argsort(ticks, kind="stable")
    status, first, second = (np.array(c, np.int64)[order] for c in (notes.status, notes.first, notes.second))
    events = translate(status, first, second)
    events["seconds"] = seconds(ticks[order])
    length_s = float(seconds(np.int64(end)))
    if length_s > HOURS * 3600:
        raise Fault(f"lasts {length_s / 3600:,.0f} hours; more than {HOURS} are not played")
    if not np.any(events["kind"] == NOTE_ON):
        raise Fault("there is no note in it")
    programs = {}
    for event in events[events["kind"] == PROGRAM_CHANGE]:
        programs.setdefault(int(event["channel"]), []).append(int(event["key"]))
    events = events[events["kind"] != 0]
    events.setflags(write=False)
    return MidiSong(name, events, length_s, tuple(names), {c: tuple(p) for c, p in programs.items()})


def translate(status, first, second):
    """Messages as song events, by the table of `decode.send_event`; kind 0 is what nothing listens to yet."""
    events = np.zeros(len(status), SONG_EVENT)
    message = status >> 4
    events["channel"] = status & 15
    events["key"] = np.where(message == 0xE, 0, first)
    on = (message == 0x9) & (second > 0)
    silent = (message == 0x9) & (second == 0)
    bend = [bend_value(position) for position in (second * 128 + first)[message == 0xE].tolist()]
    for which, kind, value in (
        (on, NOTE_ON, second[on] / 127.0),
        (silent, NOTE_OFF, 64 / 127.0),
        (message == 0x8, NOTE_OFF, second[message == 0x8] / 127.0),
        (message == 0xB, CONTROL, second[message == 0xB]),
        (message == 0xC, PROGRAM_CHANGE, 0.0),
        (message == 0xE, BEND, bend),
    ):
        events["kind"][which] = kind
        events["value"][which] = value
    return events


def events_at(song, rate_hz, port=0, first_frame=0):
    """The song as event records for the engine, on frames of a sample rate. Shape ``EVENT[n]``."""
    events = np.zeros(len(song.events), EVENT)
    events["frame"] = np.rint(song.events["seconds"] * rate_hz).astype(np.int64) + first_frame
    events["port"] = port
    for name in ("kind", "channel", "key", "value"):
        events[name] = song.events[name]
    return events
