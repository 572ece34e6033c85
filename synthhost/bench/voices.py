"""The reference voice through the real callback: an engine with as many sounding voices as wanted."""

import dataclasses

import numpy as np

import synthhost.dsp  # noqa: F401 (registers the operators)
from synthhost.engine.engine import Engine
from synthhost.engine.memory import GROUPS
from synthhost.events.event import NOTE_OFF, NOTE_ON
from synthhost.patch import compile_patch, find, load
from synthhost.patch.folders import factory_folder
from synthhost.realtime.vector import LANES

RATE_HZ = 48_000
BLOCK_FRAMES = 128
SETTLE_S = 0.4  # attacks are over, every voice is in its decay
VELOCITY = 0.8
LOWEST_KEY, KEYS = 36, 49
VERSIONS = {"polyblep": "test/reference-polyblep", "clean": "test/reference-clean"}


def reference_program(image, version):
    """The reference voice, ``polyblep`` or ``clean``, as a Program that may sound in every group there is."""
    patch = load(find(VERSIONS[version], [factory_folder()]), [factory_folder()])
    return with_all_voices(compile_patch(patch, image.operators))


def with_all_voices(program):
    """A program without a limit of its own on notes."""
    return dataclasses.replace(program, polyphony=GROUPS * LANES)


def place_of_voice(number):
    """Port, channel and key of a voice: no two share all three, neighbours have different keys."""
    rest, _ = divmod(number, KEYS)
    return rest // 16, rest % 16, LOWEST_KEY + number * 5 % KEYS


class Player:
    """An engine that plays a program with a number of held voices; `render` calls the real callback once."""

    def __init__(self, image, program, voices, frames=BLOCK_FRAMES, settle_s=SETTLE_S):
        self.engine = Engine(image, RATE_HZ, frames, polyphony=GROUPS * LANES, volume=0.25)
        self.output = np.zeros((frames, 2), np.float32)
        self._callback = image.function("portaudio_callback")
        self._arguments = (None, self.output.ctypes.data, frames, None, 0, self.engine.address)
        self.engine.hand_in(self.engine.load(program))
        for number in range(voices):
            self.strike(number)
        for _ in range(max(1, round(settle_s * RATE_HZ / frames))):
            self.render()

    def render(self):
        """One block."""
        self._callback(*self._arguments)

    def sound(self, blocks):
        """Some blocks as ``float32[frames, 2]``."""
        return np.concatenate([self.render() or self.output.copy() for _ in range(blocks)])

    def strike(self, number):
        """Strike the key of voice `number`."""
        self._push(NOTE_ON, number, VELOCITY)

    def let_go(self, number):
        """Let it go."""
        self._push(NOTE_OFF, number, 0.0)

    def voices(self):
        """Voices that sound."""
        return int(self.engine.record.stats.voices)

    def _push(self, kind, number, value):
        port, channel, key = place_of_voice(number)
        if not self.engine.room(self.engine.ring):
            self.render()
        self.engine.push(kind, 0, port, channel, key, value)
