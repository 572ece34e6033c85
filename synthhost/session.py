"""A played session: every event with the frame it was played on, and the programs it needed. Rendering it again gives the
same sound, bit for bit, on the same machine code."""

import ctypes
import json
import math
import os
from typing import Any

import numpy as np

from synthhost.engine.engine import Engine
from synthhost.engine.program import ROW, STEER, ZONE, Program
from synthhost.events.event import HAND_IN, SET_VALUE, UPDATE

FORMAT, VERSION = "synthhost/session", 1
REPLAY_RING = 17
BLOCK_FRAMES = 1 << 15
HOURS = 24  # a session is not longer
DAMAGE = (KeyError, TypeError, ValueError, OverflowError, IndexError, BufferError, ctypes.ArgumentError)
PLAIN = (
    *("name", "graph", "addresses", "mode", "priority", "polyphony", "unison", "unison_detune_cents"),
    *("unison_spread_norm", "glide_s", "glide_mode", "glide", "bend_semitones", "has_envelope", "feed"),
)
FIELDS = ("frame", "kind", "port", "channel", "key", "value", "a", "b")


class SessionError(ValueError):
    """A session file that cannot be rendered; the message says why."""


class SessionWriter:
    """Writes a session as it is played: JSON lines, so that a crash loses nothing but the last moment.

    Begin it before the engine's first event. It listens to every program that is loaded. Raises OSError if the file cannot
    be made; when the disk is full later, `trouble` says so and the music goes on.
    """

    def __init__(self, path, engine):
        self.trouble = ""
        self._engine, self._file = engine, open(path, "w", encoding="utf-8")  # noqa: SIM115 (lives as long as the session)
        engine.record.log_on = 1
        engine.on_load = self._note_program
        self._line(
            {
                "format": FORMAT,
                "version": VERSION,
                "rate_hz": engine.rate_hz,
                "image": engine.image.manifest["sha256"],
                "polyphony": int(engine.record.polyphony),
                "volume": float(engine.record.volume),
            }
        )

    def _line(self, data):
        if self.trouble:
            return
        try:
            self._file.write(json.dumps(data) + "\n")
        except OSError as error:
            self._stop(error)

    def _stop(self, error):
        self.trouble = f"the session is not written any more: {error.strerror or error}"
        self._engine.record.log_on = 0

    def _note_program(self, slot, program, parts):
        self.write()  # whatever was played with the slot's last program stands before it
        parts = {} if program.zones is None else {"parts": list(parts)}
        self._line({"slot": slot, "program": plain_program(program), **parts})

    def write(self):
        """Append what was played since the last call."""
        for event in self._engine.read_log():
            self._line([event[name].item() for name in FIELDS])
        try:
            self._file.flush()
        except OSError as error:
            self._stop(error)

    def close(self):
        """Write the rest, and where the session ended."""
        self.write()
        self._line({"end": int(self._engine.record.frame)})
        self._engine.on_load = None
        try:
            self._file.close()
        except OSError as error:
            self._stop(error)


def plain_program(program):
    """A program as plain data."""
    data = {name: getattr(program, name) for name in PLAIN}
    for name in ("rows", "effects"):
        data[name] = [
            [int(row[f]) if f != "inputs" else row[f].tolist() for f in ROW.names]
            for row in getattr(program, name)
        ]
    data["steers"] = [[steer[f].item() for f in STEER.names] for steer in program.steers]
    if program.zones is not None:
        data["zones"] = [[zone[f].item() for f in ZONE.names] for zone in program.zones]
    return {**data, "values": program.values.tolist(), "ramps": program.ramps.tolist()}


def program_of(data, parts=()):
    """The program that `plain_program` wrote; its parts were written before it."""
    rows = {name: np.zeros(len(data[name]), ROW) for name in ("rows", "effects")}
    for name, array in rows.items():
        for place, items in enumerate(data[name]):
            for field, item in zip(ROW.names, items, strict=True):
                array[place][field] = item
    values, ramps = np.array(data["values"], np.float32), np.array(data["ramps"], bool)
    if values.ndim != 1 or values.shape != ramps.shape or not np.isfinite(values).all():
        raise ValueError("its values are damaged")
    plain: dict[str, Any] = {name: data[name] for name in PLAIN} | rows
    steers = np.array([tuple(steer) for steer in data.get("steers", ())], STEER)
    zones = np.array([tuple(zone) for zone in data["zones"]], ZONE) if "zones" in data else None
    return Program(**plain, steers=steers, values=values, ramps=ramps, parts=tuple(parts), zones=zones)


def render_session(path, image, progress=None):
    """Render a session again. Returns (``float32[N, 2]``, sample rate). Raises SessionError; see `play_session`."""
    rate_hz, blocks = play_session(path, image, progress)
    parts = list(blocks)
    return np.concatenate(parts) if parts else np.zeros((0, 2), np.float32), rate_hz


def play_session(path, image, progress=None):
    """Render a session again, piece by piece. Returns (sample rate, blocks of ``float32[N, 2]``).

    Raises SessionError, at once or from the blocks, when the file is damaged or was played by other machine code.
    """
    lines = read_lines(path)
    head = lines[0]
    if head["image"] != image.manifest["sha256"]:
        raise SessionError(
            f"{path}: was played by another build of the audio code; it cannot be rendered bit for bit"
        )
    return head["rate_hz"], blocks_of(path, lines, image, progress)


def blocks_of(path, lines, image, progress):
    """Yield the sound of a session, whatever its length; say which line is damaged."""
    head, number = lines[0], 0
    try:
        engine = Engine(image, head["rate_hz"], 32, polyphony=head["polyphony"], volume=head["volume"])
        end = end_of(lines)

        def sound_until(frame):
            while (count := (frame - int(engine.record.frame)) // 32 * 32) > 0:
                yield engine.render(min(count, BLOCK_FRAMES))
                if progress:
                    progress(int(engine.record.frame), end)

        slots = set()
        for number, line in enumerate(lines[1:], 1):  # noqa: B007 (it is named in the error)
            if isinstance(line, list):
                if engine.room(REPLAY_RING) < 2:
                    yield from sound_until(line[0])
                push_again(engine, line, slots)
            elif "program" in line:
                yield from sound_until(next_frame(lines, number, end))
                slots.add(load_again(engine, line))
        yield from sound_until(end)
    except DAMAGE as error:
        raise SessionError(f"{path}: line {number + 1} is damaged ({error})") from None


def load_again(engine, line):
    """Load a program into the slot that it had, its parts being in theirs. Returns the slot."""
    if "parts" not in line:
        return engine.load(program_of(line["program"]), line["slot"])
    parts = [engine.program(slot) for slot in line["parts"]]
    return engine.load(program_of(line["program"], parts), line["slot"], line["parts"])


def end_of(lines):
    """The frame on which a session ends; a little behind its last event if it was cut short. Checks the frames' order."""
    frames = [0] + [line[0] for line in lines if isinstance(line, list)]
    if any(after < before for before, after in zip(frames, frames[1:])):
        raise ValueError("its events are not in order")
    end = next((line["end"] for line in lines if isinstance(line, dict) and "end" in line), frames[-1] + 32)
    if not frames[-1] <= end <= HOURS * 3600 * lines[0]["rate_hz"]:
        raise ValueError(f"it ends on frame {end}")
    return end


def next_frame(lines, number, end):
    """The frame of the first event behind a line."""
    places = range(number, len(lines))
    return next((lines[place][0] for place in places if isinstance(lines[place], list)), end)


def push_again(engine, line, slots):
    """Give the engine an event that it played before."""
    frame, kind, port, channel, key, value, a, b = line
    if (kind in (HAND_IN, SET_VALUE, UPDATE) and a not in slots) or (kind == UPDATE and b not in slots):
        raise ValueError(f"there is no program {a} to be played")
    engine.push(kind, frame, port, channel, key, value, a, b, ring=REPLAY_RING)


def read_lines(path):
    """The lines of a session file as data. Raises SessionError."""
    try:
        with open(path, encoding="utf-8") as file:
            texts = file.read().split("\n")
    except OSError as error:
        raise SessionError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SessionError(f"{path}: is not a synthhost session") from None
    lines = []
    for number, text in enumerate(texts[:-1], 1):  # the last line has no end: it was not wholly written
        try:
            lines.append(json.loads(text))
        except (ValueError, RecursionError):
            raise SessionError(f"{path}: line {number} is damaged") from None
    check_head(path, lines[0] if lines else None)
    for number, line in enumerate(lines, 1):
        if not isinstance(line, dict) and not is_event(line):
            raise SessionError(f"{path}: line {number} is damaged")
    return lines


def check_head(path, head):
    """Refuse what is no session, or one that we do not understand. Raises SessionError."""
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise SessionError(f"{path}: is not a synthhost session")
    if not isinstance(head.get("version"), int) or head["version"] > VERSION:
        raise SessionError(f"{path}: was written by a newer synthhost")
    for name, (low, high) in {"rate_hz": (8000, 192_000), "polyphony": (1, 1024), "volume": (0, 16)}.items():
        value = head.get(name)
        if not isinstance(value, (int, float)) or not low <= value <= high:
            raise SessionError(f"{path}: line 1 is damaged: {name} = {value!r} must be {low} … {high}")


def is_event(line):
    """Whether a line is a list of the eight numbers of an event."""
    if not isinstance(line, list) or len(line) != len(FIELDS):
        return False
    value = line[FIELDS.index("value")]
    whole = [item for name, item in zip(FIELDS, line, strict=True) if name != "value"]
    return (
        all(isinstance(item, int) and abs(item) < 1 << 31 for item in whole[1:])
        and isinstance(whole[0], int)
        and isinstance(value, (int, float))
        and math.isfinite(value)
    )


def is_session(path):
    """Whether a file begins like a session."""
    try:
        if not os.path.isfile(path):  # a pipe would make us wait
            return False
        with open(path, "rb") as file:
            return file.read(80).startswith(b'{"format": "synthhost/session"')
    except OSError:
        return False
