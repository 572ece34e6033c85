"""The computer's keys as a keyboard: two rows, laid out like a piano's.

Where the terminal does not say when a key comes up, each press sounds for a moment (the gate); held down, a key repeats, and
its note goes on.
"""

import time

from synthhost.control.typed import FOCUS_LOST, PRESS, RELEASE

ROWS = (
    "zsxdcvgbhnjm,l.;/",
    "q2w3er5t6y7ui9o0p",
)  # by their place on an English keyboard; the second an octave higher
SEMITONES = {place: 12 * row + n for row, places in enumerate(ROWS) for n, place in enumerate(places)}
SEMITONES["["] = 29
LOWEST_KEY = 48  # z is C3, q is C4, the middle of a piano
OCTAVES = range(-4, 6)
VELOCITY = 100
GATE_S = 0.35
REPEAT_S = 0.08  # presses of a key that follow each other this fast are the terminal's repeats
REPEAT_GATE_S = 0.2
NAME = "computer keys"


class ComputerKeys:
    """Plays a host by keys. `true_key_up` says whether the terminal tells when they come up; `touch` how they are read."""

    def __init__(self, host, touch, true_key_up=False, now=time.monotonic):
        self.host, self.true_key_up, self.octave, self.pedal = host, true_key_up, 0, False
        self._shift, self._now = touch.semitones, now
        self._velocity = touch.velocity[VELOCITY] if touch.velocity else VELOCITY / 127.0
        self._channel = 1 if host.listened_channel > 15 else host.listened_channel + 1
        self._held = {}  # place -> key that sounds
        self._ends = {}  # place -> when its gate ends
        self._pressed = {}  # place -> when it was last pressed

    def play(self, key):
        """Take a key that went down or came up. Returns whether it is one of the keyboard's."""
        if key.name == FOCUS_LOST:
            self.let_go()
        elif key.name == "space":
            self._move_pedal(key.kind)
        elif key.name in ("left", "right"):
            if key.kind != RELEASE:
                octave = self.octave + (1 if key.name == "right" else -1)
                self.octave = octave if octave in OCTAVES else self.octave
        elif key.place in SEMITONES:
            self._move_key(key.place, key.kind)
        else:
            return False
        return True

    def _move_pedal(self, kind):
        if self.true_key_up and kind in (PRESS, RELEASE):
            self._set_pedal(kind == PRESS)
        elif kind == PRESS and not self.true_key_up:
            self._set_pedal(not self.pedal)

    def _set_pedal(self, down):
        if down != self.pedal:
            self.pedal = down
            self.host.pedal(down, self._channel)

    def _move_key(self, place, kind):
        if kind == RELEASE:
            self._release(place)
        elif kind == PRESS:
            now = self._now()
            repeats = now - self._pressed.get(place, -1.0) < REPEAT_S and not self.true_key_up
            self._pressed[place] = now
            if repeats and place in self._held:
                self._ends[place] = max(self._ends[place], now + REPEAT_GATE_S)
            else:
                self._strike(place)
                self._ends[place] = now + GATE_S

    def _strike(self, place):
        self._release(place)
        key = LOWEST_KEY + 12 * self.octave + self._shift + SEMITONES[place]
        if 0 <= key <= 127:
            self._held[place] = key
            self.host.note_on(key, self._velocity, self._channel)

    def _release(self, place):
        key = self._held.pop(place, None)
        if key is not None and key not in self._held.values():  # both rows have some keys
            self.host.note_off(key, self._channel)

    def tick(self):
        """End the notes whose gate is over."""
        if self._held and not self.true_key_up:
            now = self._now()
            for place in [place for place in self._held if now >= self._ends[place]]:
                self._release(place)

    def let_go(self):
        """Let all keys and the pedal go."""
        for place in list(self._held):
            self._release(place)
        self._set_pedal(False)

    def explain(self):
        """How they are played, in some lines."""
        yield "z s x d c … from C3, q 2 w 3 e … from C4, by their place on an English keyboard"
        pedal = "is the sustain pedal" if self.true_key_up else "turns sustain on and off"
        yield f"← → octave; space {pedal}"
        if not self.true_key_up:
            yield f"each press sounds for {GATE_S} s: this terminal does not say when a key comes up"
