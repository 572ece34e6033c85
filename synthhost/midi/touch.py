"""What a player set for one keyboard, applied to its bytes in the MIDI thread: transposition, velocity curve, pedal polarity.

A key that was struck under one transposition is let go under the same, whatever is set meanwhile.
"""

from dataclasses import dataclass

from synthhost.events.event import KEY_PRESSURE, NOTE_OFF, NOTE_ON
from synthhost.events.ring import push
from synthhost.realtime.marks import realtime
from synthhost.realtime.operator import record

SUSTAIN = 64
KEYS = 128
MOST_SEMITONES = 60

TOUCH = record(
    [
        ("semitones", "i8"),  # of transposition
        ("pedal_inverted", "i8"),
        ("curved", "i8"),  # 1: `velocity` says how loud a key is
        ("velocity", "f4", (KEYS,)),  # 0 … 1, by the velocity that came
        ("sounds", "u1", (16 * KEYS,)),  # by channel and struck key: 1 + the key that sounds, 0: none
    ]
)


@dataclass(frozen=True)
class Touch:
    """How a keyboard is to be read. `velocity` has 128 values 0 … 1, or is None: as it comes."""

    semitones: int = 0
    velocity: tuple[float, ...] | None = None
    pedal_inverted: bool = False

    def fill(self, touch):
        """Write it into the record that the MIDI thread reads."""
        touch.curved = 0
        if self.velocity is not None:
            touch.velocity[:] = self.velocity
            touch.curved = 1
        touch.semitones, touch.pedal_inverted = self.semitones, self.pedal_inverted


@realtime
def strike_key(touch, ring, port, channel, key, velocity, when, clocked):
    """A key goes down: the key that it stands for is struck. Beyond the ends of the keyboard nothing sounds."""
    before, sounding = touch.sounds[channel * KEYS + key], key + touch.semitones
    if (
        before != 0 and before != sounding + 1
    ):  # its note off was lost, and the transposition is another one now
        push(ring, when, clocked, NOTE_OFF, port, channel, before - 1, 0.5, 0, 0)
    touch.sounds[channel * KEYS + key] = 0
    if sounding < 0 or sounding >= KEYS:
        return
    touch.sounds[channel * KEYS + key] = sounding + 1
    level = touch.velocity[velocity] if touch.curved != 0 else velocity / 127.0
    push(ring, when, clocked, NOTE_ON, port, channel, sounding, level, 0, 0)


@realtime
def let_key_go(touch, ring, port, channel, key, velocity, when, clocked):
    """A key comes up: the key that was struck for it is let go."""
    sounding = sounding_key(touch, channel, key)
    touch.sounds[channel * KEYS + key] = 0
    if sounding >= 0:
        push(ring, when, clocked, NOTE_OFF, port, channel, sounding, velocity / 127.0, 0, 0)


@realtime
def press_key(touch, ring, port, channel, key, value, when, clocked):
    """A key that is down is pressed harder: the key that was struck for it is."""
    sounding = sounding_key(touch, channel, key)
    if sounding >= 0:
        push(ring, when, clocked, KEY_PRESSURE, port, channel, sounding, value / 127.0, 0, 0)


@realtime
def sounding_key(touch, channel, key):
    """The key that sounds for a key of the keyboard; -1 if it lies beyond the ends."""
    struck = touch.sounds[channel * KEYS + key]
    if struck != 0:
        return struck - 1
    sounding = key + touch.semitones
    return sounding if 0 <= sounding < KEYS else -1


@realtime
def controller_value(touch, number, value):
    """A controller's value, with a pedal of the other polarity put right."""
    return 127 - value if number == SUSTAIN and touch.pedal_inverted != 0 else value


@realtime
def forget_keys(touch):
    """No key is down any more."""
    for place in range(16 * KEYS):
        touch.sounds[place] = 0
