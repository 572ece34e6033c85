"""A played session: every event with the frame it was played on, and the programs it needed. Rendering it again gives the
same sound, bit for bit, on the same machine code."""

import json

import numpy as np

from synthhost.engine.engine import Engine
from synthhost.engine.program import ROW, Program

FORMAT, VERSION = "synthhost/session", 1
REPLAY_RING = 17
PLAIN = ("name", "graph", "addresses", "mode", "polyphony", "glide_s", "bend_semitones", "has_envelope")
FIELDS = ("frame", "kind", "port", "channel", "key", "value", "a", "b")


class SessionError(ValueError):
    """A session file that cannot be rendered; the message says why."""


class SessionWriter:
    """Writes a session as it is played: JSON lines, so that a crash loses nothing but the last moment.

    Begin it before the engine's first event. It listens to every program that is loaded.
    """

    def __init__(self, path, engine):
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
        self._file.write(json.dumps(data) + "\n")

    def _note_program(self, slot, program):
        self.write()  # whatever was played with the slot's last program stands before it
        self._line({"slot": slot, "program": plain_program(program)})

    def write(self):
        """Append what was played since the last call."""
        for event in self._engine.read_log():
            self._line([event[name].item() for name in FIELDS])
        self._file.flush()

    def close(self):
        """Write the rest, and where the session ended."""
        self.write()
        self._line({"end": int(self._engine.record.frame)})
        self._engine.on_load = None
        self._file.close()


def plain_program(program):
    """A program as plain data."""
    data = {name: getattr(program, name) for name in PLAIN}
    for name in ("rows", "effects"):
        data[name] = [
            [int(row[f]) if f != "inputs" else row[f].tolist() for f in ROW.names]
            for row in getattr(program, name)
        ]
    return {**data, "values": program.values.tolist(), "ramps": program.ramps.tolist()}


def program_of(data):
    """The program that `plain_program` wrote."""
    rows = {name: np.zeros(len(data[name]), ROW) for name in ("rows", "effects")}
    for name, array in rows.items():
        for place, items in enumerate(data[name]):
            for field, item in zip(ROW.names, items, strict=True):
                array[place][field] = item
    values = {"values": np.array(data["values"], np.float32), "ramps": np.array(data["ramps"], bool)}
    return Program(**{name: data[name] for name in PLAIN}, **rows, **values)


def render_session(path, image, progress=None):
    """Render a session again. Returns (``float32[N, 2]``, sample rate).

    Raises SessionError when the file is damaged or was played by other machine code.
    """
    lines = read_lines(path)
    head = lines[0]
    if head["image"] != image.manifest["sha256"]:
        raise SessionError(
            f"{path}: was played by another build of the audio code; it cannot be rendered bit for bit"
        )
    engine = Engine(image, head["rate_hz"], 32, polyphony=head["polyphony"], volume=head["volume"])
    parts, last = [], max(line[0] for line in lines if isinstance(line, list)) if len(lines) > 2 else 0
    end = next((line["end"] for line in lines if isinstance(line, dict) and "end" in line), last + 32)

    def render_to(frame):
        count = (frame - int(engine.record.frame)) // 32 * 32
        if count > 0:
            parts.append(engine.render(count))
            if progress:
                progress(int(engine.record.frame), end)

    for place, line in enumerate(lines[1:], 1):
        if isinstance(line, list):
            if engine.room(REPLAY_RING) < 2:
                render_to(line[0])
            frame, kind, port, channel, key, value, a, b = line
            engine.push(kind, frame, port, channel, key, value, a, b, ring=REPLAY_RING)
        elif "program" in line:
            following = next((item[0] for item in lines[place:] if isinstance(item, list)), end)
            render_to(following)
            engine.load(program_of(line["program"]), line["slot"])
    render_to(end)
    return np.concatenate(parts) if parts else np.zeros((0, 2), np.float32), head["rate_hz"]


def read_lines(path):
    """The lines of a session file as data. Raises SessionError."""
    try:
        with open(path, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        if lines[0].get("format") != FORMAT:
            raise ValueError
    except OSError as error:
        raise SessionError(f"{path}: {error.strerror}") from None
    except (ValueError, IndexError, AttributeError):
        raise SessionError(f"{path}: is not a synthhost session, or was cut short") from None
    if lines[0]["version"] > VERSION:
        raise SessionError(f"{path}: was written by a newer synthhost")
    return lines


def is_session(path):
    """Whether a file begins like a session."""
    try:
        with open(path, "rb") as file:
            return file.read(80).startswith(b'{"format": "synthhost/session"')
    except OSError:
        return False
