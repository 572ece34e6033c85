"""Play a patch offline, without the limiter having anything to do, to look at it."""

import numpy as np

from synthhost.engine.engine import Engine
from synthhost.events.event import CONTROL, MACRO, NOTE_OFF, NOTE_ON, PRESSURE

RATE_HZ = 48_000
HEADROOM = 1 / 64  # the engine plays so much lower, and the result is brought back
VOLUME_CONTROL, WHEEL, SUSTAIN = 7, 1, 64
HOME_KEYS = {"bass": 36, "drums": 48}  # folder -> the key that a patch is measured at; else:
MIDDLE_C = 60


def home_key(name):
    """Where a patch is at home: ``bass/round-bass`` two octaves below middle C."""
    return HOME_KEYS.get(name.partition("/")[0], MIDDLE_C)


def hear(image, program, events, seconds, rate_hz=RATE_HZ):
    """The sound of events ``(seconds, kind, key or number, value)``: ``float32[N, 2]``; 1 is full scale."""
    engine = Engine(image, rate_hz, buffer_frames=32, volume=HEADROOM)
    engine.hand_in(engine.load(program))
    engine.push(CONTROL, key=VOLUME_CONTROL, value=127.0)
    for at_s, kind, key, value in sorted(events, key=lambda event: event[0]):
        frame, macro = round(at_s * rate_hz), key if kind == MACRO else 0
        engine.push(kind, frame, key=0 if kind == MACRO else key, value=value, a=macro)
    return engine.render(round(seconds * rate_hz)) / np.float32(HEADROOM)


def note(key, velocity, start_s=0.0, held_s=1.0):
    """A key is struck and let go; velocity is 0 … 127."""
    return [(start_s, NOTE_ON, key, velocity / 127.0), (start_s + held_s, NOTE_OFF, key, 0.5)]


def melody(key, velocity=100):
    """What loudness is measured with: four short notes and two long ones."""
    events = []
    for number, step in enumerate((0, 4, 7, 12)):
        events += note(key + step, velocity, 0.5 * number, 0.45)
    return events + note(key, velocity, 2.0, 1.4) + note(key + 7, velocity, 3.5, 1.4)


MELODY_S = 5.5


def controls(**turned):
    """Controllers before the first note: ``wheel`` and ``pressure`` 0 … 1, ``macro1`` … ``macro4``."""
    events = []
    for name, value in turned.items():
        if name == "wheel":
            events.append((0.0, CONTROL, WHEEL, 127.0 * value))
        elif name == "pressure":
            events.append((0.0, PRESSURE, 0, value))
        else:
            events.append((0.0, MACRO, int(name[-1]) - 1, value))
    return events


def level_db(sound):
    """RMS level of both channels together, in dB."""
    return 10.0 * np.log10(np.mean(np.square(sound, dtype=float)) + 1e-20)


def brightness_hz(sound, rate_hz=RATE_HZ):
    """Centre of gravity of the spectrum, of amplitudes, in hertz."""
    mono = sound.sum(axis=1)
    spectrum = np.abs(np.fft.rfft(mono * np.hanning(len(mono))))
    return float(np.sum(spectrum * np.fft.rfftfreq(len(mono), 1 / rate_hz)) / (np.sum(spectrum) + 1e-20))


def difference_db(one, other):
    """How much two sounds differ: the level of their difference against that of the first."""
    return level_db(one - other) - level_db(one)
