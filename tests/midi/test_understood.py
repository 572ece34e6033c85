"""The table of what is understood says what is so: every message is played, and what moves is what the table has."""

import re

import numpy as np
import pytest

from synthhost.midi import sysex, understood
from synthhost.midi.decode import DECODER
from tests.engine.playing import control, names_of, new_engine, on, play, program_change, sound
from tests.midi.stream import Stream


def facts(engine):
    """All that a controller could have changed: channels but for where knobs stand, what voices follow, the voices."""
    record = engine.record
    channels = record.channels[0].copy()
    channels["control"] = 0
    stages = [(g.stage.tobytes(), g.voice.gate.tobytes(), g.glide.tobytes()) for g in record.groups[:2]]
    arrays = {
        name: record.arrays[name][0].tobytes() for name in record.arrays.dtype.names if name[-3:] == "_to"
    }
    return channels.tobytes(), stages, sorted(arrays.items())


def answer(image, number):
    """Whether the engine answers to a controller: at once, in the next note, or in the next program change."""
    results = []
    for value in (None, 90):
        engine = new_engine(image, sound(names_of(image), "glide_s = 0.1"))
        prelude = [on(0, 60), control(0, 101, 0), control(0, 100, 0), control(0, 6, 2), control(0, 11, 100)]
        play(engine, prelude, 64)
        if value is not None:
            play(engine, [control(64, number, value)], 64)
        else:
            engine.render(64)
        at_once = facts(engine)
        play(engine, [control(130, 6, 5), program_change(140, 3), on(150, 67)], 64)
        wanted = [(e.a, e.b) for e in engine.collect()]
        results.append((at_once, facts(engine), wanted))
    return results[0] != results[1]


@pytest.mark.parametrize("number", range(128))
def test_a_controller_is_answered_exactly_when_the_table_has_it(image, number):
    fine = number - 32 if 32 <= number < 64 else None
    in_table = number in understood.CONTROLLERS
    if fine is not None:
        in_table = f"(and {number} for its fine part)" in understood.CONTROLLERS.get(fine, "")
    assert answer(image, number) == in_table


@pytest.mark.parametrize("row", understood.SYSEX, ids=lambda row: row[0])
def test_each_system_exclusive_message_of_the_table_makes_events(image, row):
    data = re.sub(r"(\w\w(?: tt)?)×12", lambda m: " ".join(12 * [m[1]]), row[0])
    data = data.replace("(", "").replace(")×ll", "")
    data = re.sub(r"[a-z]{2}", "01", data)
    stream = Stream(image).send(bytes.fromhex(f"F0 {data} F7"))
    assert stream.events() and stream.decoder.unused == 0


def test_no_other_system_exclusive_message_makes_events(image):
    stream, random = Stream(image), np.random.default_rng(seed=8)
    lengths = {4, 6, 7, 9, 19, 31}
    for _ in range(2000):
        body = random.integers(0, 128, random.integers(0, 80), dtype=np.uint8)
        if len(body) not in lengths:
            assert stream.send(b"\xf0" + body.tobytes() + b"\xf7").events() == []
    assert DECODER.fields["contents"][0].shape == (sysex.KEPT_BYTES,)


def test_every_registered_parameter_of_the_table_is_taken_and_others_are_counted(image):
    for number in (0, 1, 2, 3, 4, 5, 6, 7, 130, 16383):
        engine = new_engine(image, sound(names_of(image)))
        select = [control(0, 101, number >> 7), control(0, 100, number & 127), control(0, 6, 3)]
        play(engine, select, 64)
        assert (engine.record.stats.unknown_parameters == 0) == (number in understood.PARAMETERS)
