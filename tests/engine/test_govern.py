"""The governor: fewer voices before a block is late, and the same session again."""

import ctypes
import sys

import numpy as np
import pytest

from synthhost.engine.govern import LEAST_VOICES, UNGOVERNED
from synthhost.events.event import GOVERN
from synthhost.session import SessionWriter, render_session
from synthhost.voices.stages import FADING
from tests.engine.playing import RATE_HZ, names_of, new_engine, on, play, recount, sound, stages

BLOCK = 128


class Processor:
    """A clock by which a block takes a certain time for each voice or group; every second reading is a block's end."""

    def __init__(self, engine, load_of_voice, block=BLOCK):
        self.engine, self.load_of_voice, self.period_ns = engine, load_of_voice, block / RATE_HZ * 1e9
        self.load_of_group = 0.0
        self.readings, self.now, self.held_up, self.idle = 0, 1.0, (), 0
        clock = engine.record.clock
        clock.monotonic, clock.ns_per_tick = -1, 1.0
        self.function = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p)(self.read)
        clock.function = ctypes.cast(self.function, ctypes.c_void_p).value
        engine.record.governor.on = 1

    def read(self, _time):
        self.readings += 1
        load = self.engine.record.sounding * self.load_of_voice
        if self.load_of_group:
            load += (self.engine.record.groups["program"] >= 0).sum() * self.load_of_group
        if self.readings // 2 in self.held_up:
            load = 5.0
        if self.idle and self.readings // 2 % self.idle == 0:
            load = 0.0
        self.now += load * self.period_ns if self.readings % 2 == 0 else (1 - min(load, 1)) * self.period_ns
        self.engine.record.clock.time[0] = int(self.now)
        return 0


pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the stand-in for a clock is a C function of Linux"
)


def loaded(image, load_of_voice, program=None, block=BLOCK, **settings):
    program = program or sound(names_of(image), "polyphony = 256")
    engine = new_engine(image, program, buffer_frames=block, **settings)
    return engine, Processor(engine, load_of_voice, block)


def chord(frame, count):
    return [on(frame + n // 4, n % 128, channel=n // 128) for n in range(count)]


def test_too_many_voices_are_taken_away_before_blocks_are_late(image):
    engine, _ = loaded(image, 1 / 120)  # 84 voices are 70 % of a period
    play(engine, chord(0, 100), 40 * BLOCK, (BLOCK,))
    sounding, fading = recount(engine)
    assert 60 <= sounding <= 84 and fading == 0
    assert engine.record.stats.governed == 1 and engine.record.stats.late_blocks == 0
    assert engine.record.stats.stolen == 100 - sounding


@pytest.mark.parametrize("block", [32, 128, 512])
def test_as_many_voices_are_left_as_there_is_time_for(image, block):
    """What takes time is a group of 16, however many of it are left: 256 voices take 1.6 periods, 96 would take 0.6."""
    engine, processor = loaded(image, 0.0, block=block, polyphony=256)
    processor.load_of_group = 0.1
    random = np.random.default_rng(seed=7)
    strokes = [
        on(n // 4, n % 128, velocity, channel=n // 128)
        for n, velocity in enumerate(random.uniform(0.2, 1, 256))
    ]
    play(engine, strokes, RATE_HZ // 2 // block * block, (block,))
    assert 72 <= recount(engine)[0] <= 112
    now = engine.record.stats.late_blocks
    play(engine, [], RATE_HZ // 2 // block * block, (block,))
    assert engine.record.stats.late_blocks == now


@pytest.mark.parametrize("block", [16, 64, 441, 1024])
def test_blocks_of_any_length_are_watched(image, block):
    """Of blocks of 16 frames every second has nothing to do."""
    engine, processor = loaded(image, 1 / 120, block=block)
    if block == 16:
        processor.idle = 2
    play(engine, chord(0, 100), 24_000 // block * block, (block,))
    assert 50 <= recount(engine)[0] <= 84 and engine.record.stats.late_blocks == 0


def test_a_new_note_still_gets_a_voice(image):
    engine, _ = loaded(image, 1 / 120)
    play(engine, chord(0, 100), 40 * BLOCK, (BLOCK,))
    now = int(engine.record.frame)
    play(engine, [on(now, 60, channel=9)], BLOCK, (BLOCK,))
    assert any(channel == 9 and stage != FADING for channel, _, stage in stages(engine))
    assert engine.record.stats.dropped_notes == 0


def test_what_the_governor_takes_away_fades(image):
    """No step in the sound is greater than those of the full chord."""
    program = sound(names_of(image), "polyphony = 256", level_db=-40)
    strokes = [on(n // 4, 40 + n % 12, channel=n // 12) for n in range(100)]
    engine, _ = loaded(image, 1 / 120, program)
    governed = play(engine, strokes, 60 * BLOCK, (BLOCK,))[100:, 0]
    whole = play(new_engine(image, program, buffer_frames=BLOCK), strokes, 60 * BLOCK, (BLOCK,))[100:, 0]
    assert engine.record.stats.stolen > 10
    assert np.abs(np.diff(governed)).max() <= np.abs(np.diff(whole)).max()


def test_one_block_that_another_program_held_up_changes_nothing(image):
    engine, processor = loaded(image, 1 / 400)
    processor.held_up = (20, 30, 40)
    play(engine, chord(0, 100), 80 * BLOCK, (BLOCK,))
    assert recount(engine)[0] == 100 and engine.record.stats.governed == 0
    assert engine.record.stats.late_blocks == 3


def test_a_few_voices_are_always_left(image):
    engine, _ = loaded(image, 1.0)
    play(engine, chord(0, 100), 400 * BLOCK, (BLOCK,))
    assert recount(engine)[0] == LEAST_VOICES


def test_when_there_is_time_again_the_polyphony_comes_back_slowly(image):
    engine, processor = loaded(image, 1 / 120, polyphony=128)
    play(engine, chord(0, 100), 40 * BLOCK, (BLOCK,))
    least = int(engine.record.governed)
    processor.load_of_voice = 1 / 1000
    steps = []
    for _ in range(4):
        play(engine, [], RATE_HZ // BLOCK * BLOCK, (BLOCK,))
        steps.append(int(engine.record.governed))
    assert least < steps[0] < steps[1] < 128 and steps[-1] == UNGOVERNED
    assert engine.record.stats.governed == 1


def test_offline_nothing_governs(image):
    engine, _ = loaded(image, 1.0)
    engine.record.governor.on = 0
    play(engine, chord(0, 100), 100 * BLOCK, (BLOCK,))
    assert recount(engine)[0] == 100


def test_a_governed_session_renders_again_bit_for_bit(image, tmp_path):
    engine = new_engine(image, buffer_frames=BLOCK)
    processor = Processor(engine, 1 / 120)
    writer = SessionWriter(tmp_path / "played.session", engine)
    engine.hand_in(engine.load(sound(names_of(image), "polyphony = 256", op="saw")))
    live = [play(engine, chord(64, 100), 60 * BLOCK, (BLOCK,))]
    processor.load_of_voice = 1 / 1000
    live += [play(engine, chord(int(engine.record.frame), 90), 600 * BLOCK, (BLOCK,))]
    live = np.concatenate(live)
    writer.close()
    text = (tmp_path / "played.session").read_text()
    assert text.count(f", {GOVERN}, 255, 255, ") >= 3, "down, and up in steps"
    again, _ = render_session(tmp_path / "played.session", image)
    assert len(again) == len(live) and np.array_equal(again, live)
