"""No event puts a click into any factory patch: above 3 kHz nothing is louder than -65 dB beside what the note has there.

An event's part is what it changes: the sound with it less the sound without it. The spectrum of 2,048 frames around it is
compared with the note's own. A step of a seventh of its level is found wherever the note itself is not full of noise.
"""

from dataclasses import replace

import numpy as np
import pytest

from synthhost.events.event import POLYPHONY
from synthhost.patch.folders import factory_folder
from synthhost.voices.ways import POLY
from tests.engine.playing import (
    ALL_SOUND_OFF,
    PEDAL,
    RATE_HZ,
    control,
    event,
    factory,
    names_of,
    new_engine,
    off,
    on,
    panic,
    play,
    program_change,
    sound,
)

VOLUME = 0.1  # the limiter has nothing to do
KEY, OTHER = 57, 49  # the drum kit has both
SILENT, BESIDE = 1, 2  # channels: one without a sound, and another that plays the patch
HALF = 1024
QUIET = 1e-4  # a spectrum below it is that of nothing
CLICK_DB = -65  # beside the loudest part of the note; a step from full level to nothing has -43 to -48
SAME = 3e-5  # -90 dB: a stroke cuts a tile of the voices in its group in two
HELD = on(0, KEY)
PATCHES = sorted(f"{path.parent.name}/{path.stem}" for path in factory_folder().glob("*/*.toml"))
PATCHES.remove("test/latency")  # begins and ends with a step: it is made to be measured
frames = pytest.mark.parametrize("frame", [2405, pytest.param(24_021, marks=pytest.mark.slow)])


class Player:
    """Plays events on a patch, with a program beside it that nobody hears.

    `kept` is a held key alone. What two notes do to each other is heard without the patch's effects (`dry`): these begin
    with a patch's first note, so they are elsewhere when another came before.
    """

    def __init__(self, image, name, frame):
        self.image, self.frame = image, frame
        self.silent = sound(names_of(image), level_db=-96)
        self.wet = factory(names_of(image), name)
        self.dry = without_effects(self.wet)
        layers = layers_of(self.wet)
        self.is_poly, self.voices = all(p.mode == POLY for p in layers), sum(p.unison for p in layers)
        self.kept = self.play(self.wet, HELD)
        if high(self.kept, frame)[1] < QUIET:
            pytest.skip("it is over by then")

    def play(self, program, *events, polyphony=256):
        """``float64[N, 2]``."""
        engine = new_engine(self.image, program, volume=VOLUME, polyphony=polyphony)
        slot = engine.load(self.silent)
        engine.map_program(7, slot)
        engine.hand_in(slot, 0, SILENT)
        return play(engine, list(events), self.frame + 2 * HALF).astype(float)

    def change(self, event, *before):
        """What an event makes of the sound, with effects."""
        return self.play(self.wet, *before, event) - self.play(self.wet, *before)

    def left(self, stroke, **settings):
        """What is heard of the held key when another is struck: the sound less that of the stroke alone."""
        return self.play(self.dry, HELD, stroke, **settings) - self.play(
            self.dry, on(0, KEY, channel=SILENT), stroke, **settings
        )


def without_effects(program):
    """A program, and its parts, as their voices sound."""
    parts = tuple(map(without_effects, program.parts))
    return replace(program, effects=program.effects[:0], steers=program.steers[:0], parts=parts)


def layers_of(program):
    """The programs that play a hard stroke of `KEY`."""
    if program.zones is None:
        return [program]
    struck = [zone for zone in program.zones if zone.low <= KEY <= zone.high and zone.high_velocity == 127]
    return [program.parts[zone.part] for zone in struck]


def high(sound, frame):
    """The loudest part above 3 kHz round a frame, and the loudest of all."""
    window = sound[frame - HALF : frame + HALF] * np.blackman(2 * HALF)[:, None]
    spectrum = np.abs(np.fft.rfft(window, axis=0))
    return spectrum[int(3000 / RATE_HZ * 2 * HALF) :].max(), spectrum.max()


def click_db(part, kept, frame, allowed=0.0):
    """How loud a part is above 3 kHz, beyond what the note has there itself a moment before or after and what is allowed."""
    own = max(high(kept, frame + moved)[0] for moved in (-HALF // 2, 0, HALF // 2))
    more = high(part, frame)[0] - own - allowed
    return 20 * np.log10(max(more / high(kept, frame)[1], 1e-12))


@pytest.mark.parametrize("name", ["bass/sub-bass", "mallet/vibraphone", "drums/kick", "keys/reed-piano"])
def test_a_step_would_be_found(image, name):
    kept = Player(image, name, 2405).kept
    frame = 2405 + int(np.abs(kept[2405:2905, 0]).argmax())
    cut = kept.copy()
    cut[frame:] = 0
    assert click_db(kept - cut, kept, frame) > CLICK_DB + 15


@frames
@pytest.mark.parametrize("name", PATCHES)
def test_what_ends_a_note_ends_it_without_a_click(image, name, frame):
    player = Player(image, name, frame)
    pedal, others = (HELD, control(100, PEDAL, 127), off(1000, KEY)), on(0, OTHER, channel=BESIDE)
    for what, part in (
        ("key up", player.change(off(frame, KEY), HELD)),
        ("pedal up", player.change(control(frame, PEDAL, 0), *pedal)),
        ("all sound off", player.change(control(frame, ALL_SOUND_OFF, 0), HELD)),
        ("panic", player.change(panic(frame), HELD)),
        ("polyphony", player.change(event(POLYPHONY, frame, a=player.voices), HELD, others)),
    ):
        assert not part[: frame // 32 * 32].any(), what
        assert click_db(part, player.kept, frame) < CLICK_DB, what


@frames
@pytest.mark.parametrize("name", PATCHES)
def test_a_stroke_leaves_no_click_in_the_note_before(image, name, frame):
    """Struck again, stolen by another channel, or beside another note; a patch of one note begins it anew where it is."""
    player = Player(image, name, frame)
    kept = player.play(player.dry, HELD)
    again, beside = on(frame, KEY), on(frame, OTHER, channel=BESIDE)
    if player.is_poly:
        assert click_db(player.left(again), kept, frame) < CLICK_DB
    else:  # as bright as its beginning, and twice as loud at most: the level is up already
        begun = high(player.play(player.dry, on(0, KEY, channel=SILENT), again), frame)[0]
        part = player.play(player.dry, HELD, again) - kept
        assert click_db(part, kept, frame, 2 * begun) < CLICK_DB
    assert click_db(player.left(beside, polyphony=player.voices), kept, frame) < CLICK_DB
    untouched = player.left(beside) - kept
    assert np.abs(untouched).max() < SAME * np.abs(kept).max(), "there is room for both"


@frames
@pytest.mark.parametrize("name", PATCHES)
def test_another_program_leaves_a_note_alone(image, name, frame):
    """Bit for bit."""
    player = Player(image, name, frame)
    assert not player.change(program_change(frame, 7), HELD).any()


def test_a_choked_drum_ends_without_a_click(image):
    """What the room has heard of it goes on there."""
    player = Player(image, "drums/kit", 2405)
    for hat in (42, 44):
        stroke, opened = on(2405, hat), on(0, 46)
        kept = player.play(player.dry, opened)
        part = player.play(player.dry, opened, stroke) - player.play(
            player.dry, on(0, 46, channel=SILENT), stroke
        )
        assert click_db(part, kept, 2405) < CLICK_DB
        assert np.abs(part[2405 + 150 :]).max() < 0.05 * np.abs(kept[2405:]).max(), "it is choked"
