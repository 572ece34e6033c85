"""A note begins on the frame of its event, whatever else goes on."""

import numpy as np
import pytest

from tests.engine.playing import control, factory, first_sound, names_of, new_engine, off, on, play, sound


def quiet_others(engine, voices):
    """Let voices sound on channels whose volume is 0."""
    events = [control(0, 7, 0, channel, port=1) for channel in range(16)]
    events += [on(64 + n % 32, n % 128, channel=n // 128, port=1) for n in range(voices)]
    play(engine, events, 2048)


@pytest.mark.parametrize("name", ["test/latency", None])
def test_a_note_begins_on_its_frame(image, name):
    names = names_of(image)
    for offset in range(32):
        engine = new_engine(image, factory(names, name) if name else sound(names))
        output = play(engine, [on(4096 + offset)], 4352)
        assert first_sound(output) == 4096 + offset


def test_and_ends_on_its_frame(image):
    for offset in range(32):
        engine = new_engine(image, factory(names_of(image), "test/latency"))
        output = play(engine, [on(1000), off(4096 + offset)], 4352)
        step = np.abs(np.diff(output[4000:, 0]))
        assert 4001 + int(step.argmax()) == 4096 + offset


@pytest.mark.parametrize("size", [100, 441])
def test_the_constant_delay_comes_on_top(image, size):
    engine = new_engine(image, sound(names_of(image)), buffer_frames=size)
    delay = int(engine.record.timing.delay_frames)
    output = play(engine, [on(4099)], 8820, (size,))
    assert first_sound(output) == 4099 + delay


def test_while_256_voices_sound(image):
    names = names_of(image)
    for offset in range(0, 32, 3):
        engine = new_engine(image, sound(names, "polyphony = 256"), polyphony=300)
        quiet_others(engine, 255)
        assert engine.record.sounding == 255
        output = play(engine, [on(2048 + 512 + offset)], 1024)
        assert first_sound(output) == 512 + offset
        assert engine.record.sounding == 256


def test_while_a_program_is_handed_in_with_every_block(image):
    names = names_of(image)
    engine = new_engine(image, sound(names))
    heard = []
    for turn in range(32):
        for _ in range(4):
            engine.hand_in(engine.load(sound(names)), frame=int(engine.record.frame) + turn)
            engine.render(128, block=128)
        begin = int(engine.record.frame)
        engine.hand_in(engine.load(sound(names)))
        output = play(engine, [on(begin + turn)], 128, (128,))
        heard.append(first_sound(np.diff(output, axis=0, prepend=output[:1] * 0)) if turn == 0 else None)
        loud = np.abs(output[:, 0])
        if turn:
            assert loud[:turn].max() < 0.02 < loud[turn], "the DC guard's memory of notes before is quiet"
        play(engine, [off(begin + 200)], 4800)
    assert heard[0] == 0
