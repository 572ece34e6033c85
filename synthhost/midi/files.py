"""Standard MIDI files: a song as a list of what is played when. mido reads the bytes.

mido makes an object of every message, so the size of a file is limited: the largest takes a few seconds.

References
----------
MIDI Manufacturers Association, "Standard MIDI Files 1.0", RP-001, 1988.
"""

import contextlib
import io
import pathlib
import re
from dataclasses import dataclass, field

import mido
import numpy as np
from mido.midifiles.meta import MetaSpec, add_meta_spec

from synthhost.events.event import (
    BEND,
    CONTROL,
    EVENT,
    KEY_PRESSURE,
    NOTE_OFF,
    NOTE_ON,
    PRESSURE,
    PROGRAM_CHANGE,
)
from synthhost.midi.decode import bend_value
from synthhost.voices.channel import BANK

FILE_BYTES = 1 << 20
HOURS = 24
LONGEST_TICKS = 1 << 48
TRACK_NAME, END_OF_TRACK, TEMPO = 0x03, 0x2F, 0x51  # the meta events that matter here
DEFAULT_TEMPO = 500_000  # microseconds a beat: 120 bpm
SMPTE_HZ = {24: 24.0, 25: 25.0, 29: 30000 / 1001, 30: 30.0}  # frames of film a second
ENDLESS = re.compile(rb"[\x80-\xff]{1024}")  # a number of a million bytes would keep mido busy for minutes

SONG_EVENT = np.dtype(
    [("seconds", "f8"), ("kind", "u1"), ("channel", "u1"), ("key", "u1"), ("value", "f4"), ("bank", "u2")]
)


class MidiFileError(ValueError):
    """A file that cannot be played; the message names the file, the position if there is one, and the reason."""


@dataclass(frozen=True)
class MidiSong:
    """A song: its events in the order of time (SONG_EVENT), and what is known of it.

    `value` is as in an event record: velocity 0 … 1, controller 0 … 127, bend -1 … 1; `bank`, of program changes, is
    MSB * 128 + LSB. `names` are the tracks', `programs` the program changes of each channel, in their order, as (bank,
    program).
    """

    name: str
    events: np.ndarray = field(repr=False)
    length_s: float
    names: tuple[str, ...] = ()
    programs: dict[int, tuple[tuple[int, int], ...]] = field(default_factory=dict)


class Fault(Exception):
    """What is wrong, and at which byte of the file."""

    def __init__(self, sentence, position=None):
        self.sentence, self.position = sentence, position
        super().__init__(sentence)


def pass_over(type_byte):
    """Let mido read a kind of meta event that says nothing to us, whatever is in it.

    mido 1.3.3 loses the time before meta events that it has no spec for, and refuses a song for an odd key signature.
    """
    about = {
        "type_byte": type_byte,
        "type": f"meta_{type_byte:02x}",
        "attributes": ["data"],
        "defaults": [()],
    }
    return type(
        f"PassOver{type_byte:02X}", (MetaSpec,), {**about, "decode": lambda self, message, data: None}
    )


for _byte in set(range(256)) - {TRACK_NAME, END_OF_TRACK, TEMPO}:
    add_meta_spec(pass_over(_byte))


def read_midi_file(path):
    """Read a standard MIDI file of type 0 or 1.

    Raises
    ------
    MidiFileError
        Names the file, the byte where known, and what is wrong.
    """
    path = pathlib.Path(path)
    try:
        return song(read(file_bytes(path)), path.stem)
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
        raise Fault(f"is larger than {FILE_BYTES >> 20} MB, the most that is read within a few seconds")
    if data[:4] != b"MThd":
        raise Fault("is not a MIDI file: it does not begin with 'MThd'")
    if endless := ENDLESS.search(data):
        raise Fault("a number has no end", endless.start())
    return data


def read(data):
    """A ``mido.MidiFile`` from its bytes. Raises Fault, which says what mido found wrong, and where."""
    stream = io.BytesIO(data)
    try:
        return mido.MidiFile(file=stream, clip=True)  # or an escaped real-time byte would be a fault
    except EOFError:
        raise Fault("it was cut short, or a length in it is wrong", stream.tell()) from None
    except IndexError:
        raise Fault("an event is shorter than it must be (a tempo has three bytes)", stream.tell()) from None
    except OSError as error:
        raise Fault(str(error), stream.tell()) from None
    except ValueError:
        raise Fault("a number is too large", stream.tell()) from None


def song(file, name):
    """A song from what mido read. Raises Fault."""
    if file.type not in (0, 1):
        raise Fault(
            f"is of type {file.type & 0xFFFF}; only types 0 and 1 are songs whose tracks play together"
        )
    if not file.tracks:
        raise Fault("has no tracks")
    rows, tempos, names, end = [], [(0, DEFAULT_TEMPO)], [], 0
    for track in file.tracks:
        tick = 0
        for message in track:
            tick += message.time
            if tick > LONGEST_TICKS:
                raise Fault(f"lasts longer than {HOURS} hours, which are the most that is played")
            if message.type == "set_tempo":
                tempos.append((tick, message.tempo))
            elif message.type == "track_name" and message.name.strip("\0 "):
                names.append(text(message.name))
            elif message.type in MESSAGES:
                rows.append((tick, *MESSAGES[message.type](message)))
        end = max(end, tick)
    return in_order(name, rows, seconds_of(file.ticks_per_beat & 0xFFFF, tempos), end, names)


# What each message becomes: (channel, kind, key, value), by the rules of `decode.send_event`.
MESSAGES = {
    "note_on": lambda m: (
        (m.channel, NOTE_ON, m.note, m.velocity / 127.0)
        if m.velocity
        else (m.channel, NOTE_OFF, m.note, 64 / 127.0)
    ),
    "note_off": lambda m: (m.channel, NOTE_OFF, m.note, m.velocity / 127.0),
    "control_change": lambda m: (m.channel, CONTROL, m.control, m.value),
    "program_change": lambda m: (m.channel, PROGRAM_CHANGE, m.program, 0.0),
    "polytouch": lambda m: (m.channel, KEY_PRESSURE, m.note, m.value / 127.0),
    "aftertouch": lambda m: (m.channel, PRESSURE, 0, m.value / 127.0),
    "pitchwheel": lambda m: (m.channel, BEND, 0, bend_value(m.pitch + 8192)),
}


def text(name, longest=100):
    """A name as people wrote it, in whatever encoding their program used then; mido takes it for Latin-1."""
    with contextlib.suppress(UnicodeDecodeError):
        name = name.encode("latin-1").decode("utf-8")
    return "".join(letter for letter in name if letter.isprintable()).strip()[:longest]


def seconds_of(division, tempos):
    """The function from ticks to seconds: by film frames, or by the tempo map of all tracks. Raises Fault."""
    per_second = 256 - (division >> 8)
    if division == 0 or (division & 0x8000 and (per_second not in SMPTE_HZ or division & 255 == 0)):
        raise Fault(f"the division of time, {division:#06x}, means nothing", 12)
    if division & 0x8000:
        tick_s = 1.0 / (SMPTE_HZ[per_second] * (division & 255))
        return lambda ticks: np.asarray(ticks) * tick_s
    at, tempo = np.array(sorted(tempos, key=lambda change: change[0]), np.int64).T
    if not tempo.all():
        raise Fault("a tempo that means nothing: a beat of 0 seconds")
    tick_s = tempo / (1e6 * division)
    begin_s = np.concatenate(([0.0], np.cumsum(np.diff(at) * tick_s[:-1])))

    def seconds(ticks):
        which = np.searchsorted(at, ticks, side="right") - 1
        return begin_s[which] + (ticks - at[which]) * tick_s[which]

    return seconds


def in_order(name, rows, seconds, end, names):
    """Put all tracks' messages in the order of time; at the same time, in the order of tracks."""
    rows.sort(key=lambda row: row[0])
    events = np.zeros(len(rows), SONG_EVENT)
    if rows:
        ticks, *columns = zip(*rows)
        events["seconds"] = seconds(np.array(ticks, np.int64))
        for column, values in zip(("channel", "kind", "key", "value"), columns):
            events[column] = values
    length_s = float(seconds(np.int64(end)))
    if length_s > HOURS * 3600:
        raise Fault(f"lasts {length_s / 3600:,.0f} hours; more than {HOURS} are not played")
    if not np.any(events["kind"] == NOTE_ON):
        raise Fault("there is no note in it")
    programs = note_banks(events)
    events.setflags(write=False)
    return MidiSong(name, events, length_s, tuple(names), {c: tuple(p) for c, p in programs.items()})


def note_banks(events):
    """Write the bank of every program change beside it: as controllers 0 and 32 stand. Returns all of them."""
    programs, banks = {}, {}
    for event in events:
        channel, number = int(event["channel"]), int(event["key"])
        coarse, fine = banks.get(channel, (0, 0))
        if event["kind"] == CONTROL and number == BANK:
            banks[channel] = int(event["value"]), 0
        elif event["kind"] == CONTROL and number == BANK + 32:
            banks[channel] = coarse, int(event["value"])
        elif event["kind"] == PROGRAM_CHANGE:
            event["bank"] = coarse * 128 + fine
            programs.setdefault(channel, []).append((coarse * 128 + fine, number))
    return programs


def events_at(song, rate_hz, port=0, first_frame=0):
    """The song as event records for the engine, on frames of a sample rate. Shape ``EVENT[n]``."""
    events = np.zeros(len(song.events), EVENT)
    events["frame"] = np.rint(song.events["seconds"] * rate_hz).astype(np.int64) + first_frame
    events["port"] = port
    for name in ("kind", "channel", "key", "value"):
        events[name] = song.events[name]
    events["b"] = song.events["bank"]
    return events
