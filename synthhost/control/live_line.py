"""The live line: what came in last, how loud it is, how many voices sound, whether a block was late."""

import time

from synthhost.units import db_from_gain, note_name

DRAW_S = 1 / 15
METER_DB = (-60.0, 0.0)
CELLS = 8
NAME_LETTERS = 16
FALL_DB_S = 20.0
FULL, EMPTY = "▮", "▯"


class LiveLine:
    """Makes the line from what a host knows; the meter falls slowly, as needles do."""

    def __init__(self, host, now=time.monotonic):
        self._host, self._now = host, now
        self._drawn, self._level_db = now() - 1.0, METER_DB[0]

    def due(self):
        """Whether it is time to draw again."""
        return self._now() - self._drawn >= DRAW_S

    def text(self, octave=None):
        """The line; `octave` is that of the computer's keys, if they play."""
        now, report = self._now(), self._host.report()
        fallen = self._level_db - FALL_DB_S * (now - self._drawn)
        self._level_db = max(db_from_gain(report["peak"]), fallen, METER_DB[0])
        self._drawn = now
        parts = [*self._played(), meter(self._level_db)]
        voices = f"{report['voices']} voice{'s' * (report['voices'] != 1)}"
        if report["allowed"] < self._host.engine.record.polyphony:  # the governor's doing
            voices += f" of {report['allowed']} allowed"
        parts.append(voices)
        parts.append(f"{report['late_blocks']} late")
        if report["lost_blocks"]:
            parts.append(f"{report['lost_blocks']} lost")
        if octave:
            parts.append(f"octave {octave:+d}")
        parts.append(f"{report['patch'] or 'no patch'} at {self._host.volume_db:.0f} dB")
        return " │ ".join(parts)

    def _played(self):
        """The last note and the last controller; what matters most stands first, where narrow terminals show it."""
        note, control = self._host.last_note, self._host.last_control
        if note is None:
            yield "no key yet"
        else:
            port = shortened(self._host.port_name(int(note.port)))
            yield f"{port}: {note_name(int(note.key))} vel {round(float(note.value) * 127)}"
        if control is not None:
            yield f"CC {int(control.key)} {round(float(control.value))}"


def shortened(name):
    """The name of a port, or the last part of a path, as far as there is room."""
    name = name.rsplit("/", 1)[-1]
    return name if len(name) <= NAME_LETTERS else name[: NAME_LETTERS - 1] + "…"


def meter(level_db):
    """A level as a row of cells and a number."""
    low, high = METER_DB
    cells = round(CELLS * min(max((level_db - low) / (high - low), 0.0), 1.0))
    number = f"{level_db:4.0f} dB" if level_db > low else "  -∞ dB"
    return FULL * cells + EMPTY * (CELLS - cells) + number
