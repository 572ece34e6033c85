"""Play the song through a running engine: events ahead of time, the sound kept as the device got it."""

import time

import numpy as np

from synthhost.demo import score, song
from synthhost.engine.engine import Engine
from synthhost.events.event import EVENT, PROGRAM_CHANGE
from synthhost.patch import compile_patch, load
from synthhost.patch.folders import factory_folder
from synthhost.patch.programs import patch_for_program
from synthhost.units import frames_from_s, gain_from_db

VOLUME_DB = 3.5  # by ear: the loudest bar peaks at -3 dBFS
FADE_S = 0.05
LEAD_IN_S = 0.05  # the first note comes when the fade is over
SONG_RING = 17
POLYPHONY = 256


def make_engine(image, rate_hz, buffer_frames):
    """A silent engine that keeps its sound for us."""
    engine = Engine(image, rate_hz, buffer_frames, polyphony=POLYPHONY, volume=0.0)
    engine.record.capture_on = 1
    return engine


def load_patches(engine):
    """Give every player of the song its patch, by the numbers that a MIDI file has. Returns the patches' names."""
    names, factory = [], [factory_folder()]  # the song was written for these sounds, not for the player's own
    for channel, (_, number, _) in song.PLAYERS.items():
        path = patch_for_program(number, channel=channel + 1, folders=factory)
        program = compile_patch(load(path, factory), engine.image.operators)
        engine.hand_in(engine.load(program), 0, channel)
        names.append(program.name)
    return names


def song_events(rate_hz):
    """The song as EVENT records on frames; programs are loaded already."""
    written = score.events()
    written = written[written["kind"] != PROGRAM_CHANGE]
    events = np.zeros(len(written), EVENT)
    events["frame"] = np.rint((written["seconds"] + LEAD_IN_S) * rate_hz)
    for name in ("kind", "channel", "key", "value"):
        events[name] = written[name]
    return events


def fade_in(engine):
    """Let the engine be heard."""
    engine.set_volume(gain_from_db(VOLUME_DB), FADE_S)


class SongPlayer:
    """The song on its way into an engine, and its sound on the way out. Used by one control thread."""

    def __init__(self, engine):
        self.engine, self.events, self.sound = engine, song_events(engine.rate_hz), []
        self._given = 0

    def feed(self):
        """Push as many of the next events as the ring takes; take what was played meanwhile."""
        self._given += self.engine.push_events(self.events[self._given :], SONG_RING)
        heard = self.engine.read_capture()
        if len(heard):
            self.sound.append(heard)

    def wait(self, until_s, meter, tick_s=0.05):
        """Look after the song until the engine has played `until_s` seconds of it."""
        end = frames_from_s(until_s + LEAD_IN_S, self.engine.rate_hz)
        while self.engine.record.frame < end:
            self.feed()
            meter.show()
            time.sleep(tick_s)

    def whole_sound(self):
        """All that was given to the device, ``float32[N, 2]``."""
        self.feed()
        return np.concatenate(self.sound) if self.sound else np.zeros((0, 2), np.float32)


def render_offline(image, rate_hz, frames):
    """The same song by another engine, without a device, as fast as the machine goes."""
    engine = make_engine(image, rate_hz, 32)
    engine.record.capture_on = 0
    load_patches(engine)
    fade_in(engine)
    player, sound = SongPlayer(engine), []
    for begin in range(0, frames, 4096):
        player.feed()
        sound.append(engine.render(min(4096, frames - begin)))
    return np.concatenate(sound)
