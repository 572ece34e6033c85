"""What the player wants of keyboards and devices: from the command line, else as it was saved, else the usual."""

import os
from dataclasses import dataclass

from synthhost.audio.speakers import Speakers, parse_speakers
from synthhost.control.saved import Saved
from synthhost.control.tuning import CONCERT_PITCH_HZ
from synthhost.midi.ports import loosely
from synthhost.midi.touch import MOST_SEMITONES, Touch
from synthhost.midi.velocity import velocity_curve

VOLUME_DB = -12.0  # for the sake of ears: a chord of any patch stays clear of the limiter
ALL, NONE = "all", "none"


@dataclass(frozen=True)
class Wishes:
    """What the command line said, None where it said nothing; and what was saved."""

    saved: Saved
    transpose: int | None = None
    velocity: str | None = None
    pedal_invert: tuple[str, ...] = ()
    channel_said: int | None = None
    volume_said: float | None = None
    out: str | None = None
    tuning_said: str | None = None
    a4_said: float | None = None

    def keyboard(self, name):
        """The settings of a keyboard as they would be saved: what the command line says of it."""
        inverted = None
        if self.pedal_invert:
            inverted = any(
                word == ALL or (word != NONE and loosely(word, name)) for word in self.pedal_invert
            )
        return {"transpose": self.transpose, "velocity": self.velocity, "pedal_invert": inverted}

    def touch(self, name):
        """How a keyboard is read."""
        said = {key: value for key, value in self.keyboard(name).items() if value is not None}
        wanted = {**self.saved.of("keyboard", name), **said}
        return Touch(
            wanted.get("transpose", 0),
            velocity_curve(wanted.get("velocity", "linear")),
            wanted.get("pedal_invert", False),
        )

    def speakers(self, device):
        """Which channels of a device are played on."""
        out = self.out or self.saved.of("output", device).get("out")
        return parse_speakers(out) if out else Speakers()

    def volume_db(self, device):
        """How loud a device is played."""
        if self.volume_said is not None:
            return self.volume_said
        return float(self.saved.of("output", device).get("volume_db", VOLUME_DB))

    @property
    def channel(self):
        """The channel that is listened to, or None for all."""
        return self.channel_said or self.saved.of("play").get("channel")

    @property
    def tuning(self):
        """Scale and keyboard map, or None; and concert pitch in hertz."""
        kept = self.saved.of("play")
        a4_hz = kept.get("a4_hz", CONCERT_PITCH_HZ) if self.a4_said is None else self.a4_said
        return self.tuning_said or kept.get("tuning"), float(a4_hz)

    def _of_all(self):
        tuning = self.tuning_said and ",".join(map(os.path.abspath, self.tuning_said.split(",")))
        return {"channel": self.channel_said, "tuning": tuning, "a4_hz": self.a4_said}

    def save(self, keyboards, device):
        """Keep what the command line said, for these keyboards and this device."""
        for name in keyboards:
            self.saved.save("keyboard", name, self.keyboard(name))
        self.saved.save("output", device, {"volume_db": self.volume_said, "out": self.out})
        self.saved.save("play", None, self._of_all())

    def as_saved(self, keyboards, device):
        """What plays as it was saved: a phrase for each keyboard, the device, all."""
        places = [(name, self.saved.of("keyboard", name), self.keyboard(name)) for name in keyboards]
        places.append(
            (device, self.saved.of("output", device), {"volume_db": self.volume_said, "out": self.out})
        )
        places.append(("all", self.saved.of("play"), self._of_all()))
        phrases = []
        for name, values, said in places:
            kept = [f"{key} {plain(value)}" for key, value in values.items() if said.get(key) is None]
            if kept:
                phrases.append(f"{name}: {', '.join(kept)}")
        return phrases


def plain(value):
    """A setting for people."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def semitones(transpose, octave):
    """Both ways to say it as one. Raises ValueError."""
    if transpose is None and octave is None:
        return None
    total = (transpose or 0) + 12 * (octave or 0)
    if abs(total) > MOST_SEMITONES:
        raise ValueError(
            f"--transpose and --octave together must be -{MOST_SEMITONES} … {MOST_SEMITONES} semitones"
        )
    return total
