"""Knobs that move numbers of effects: by how much, whose, and what happens when a channel goes over to another program."""

from dataclasses import replace

import numpy as np
import pytest

from synthhost.engine.program import STEERS, check_program
from synthhost.patch import compile_patch, load, loads
from synthhost.realtime.operator import OPERATORS
from synthhost.session import SessionWriter, render_session
from tests.engine.playing import bare, control, hand_in, names_of, new_engine, of_parts, off, on, play

WHEEL, MACRO1 = 1, 16
SECOND = 48_000
ECHO = """format = "synthhost/patch"
version = 1
name = "echo"
[macros]
macro1 = { name = "Echo", start_norm = 0.25 }
[tone]
op = "saw"
[env]
op = "adsr"
decay_s = 0.05
sustain_norm = 0
[amp]
op = "multiply"
a = "tone"
b = "env"
[out]
in = "amp"
level_db = -18
[effects.echo]
op = "delay"
time_s = 0.1
tone_hz = %s
level_norm = %s
"""
ROUTE = '[[route]]\nfrom = "%s"\nto = "effects.echo.%s"\n%s\n'
BY_MACRO = ROUTE % ("macro1", "level_norm", "amount = 1")


def echo(image, level=0.0, tone=2000, *routes):
    return compile_patch(loads(ECHO % (tone, level) + "".join(routes)), names_of(image))


def played(image, program, *events, frames=SECOND, sizes=(1024,)):
    return play(new_engine(image, program), [*events, on(64), off(2400)], frames, sizes)


@pytest.mark.parametrize(
    "route, events, level, tone",
    [
        (BY_MACRO, (), 0.25, 2000),  # where the patch has it
        (BY_MACRO, (control(0, MACRO1, 127),), 1.0, 2000),
        (BY_MACRO, (control(0, MACRO1, 0),), 0.0, 2000),
        (ROUTE % ("wheel", "level_norm", "amount = 0.5"), (control(0, WHEEL, 127),), 0.5, 2000),
        (
            ROUTE % ("wheel", "level_norm", "amount = 4"),
            (control(0, WHEEL, 127),),
            1.0,
            2000,
        ),  # no further than it goes
        (ROUTE % ("wheel", "level_norm", "amount = -4"), (control(0, WHEEL, 127),), 0.0, 2000),
        (
            ROUTE % ("wheel", "level_norm", "amount = 0.25") + BY_MACRO,
            (control(0, WHEEL, 127),),
            0.5,
            2000,
        ),  # they add up
    ],
)
def test_a_knob_moves_a_number_as_if_the_patch_had_it_so(image, route, events, level, tone):
    steered = played(image, echo(image, 0.0, tone, route), *events)
    assert np.array_equal(steered, played(image, echo(image, level, tone)))
    assert np.abs(steered[:2400]).max() > 0.05


def test_octaves_multiply(image):
    by_wheel = ROUTE % ("wheel", "tone_hz", "octaves = 2")
    steered = played(image, echo(image, 0.5, 500, by_wheel), control(0, WHEEL, 127))
    plain, darker = played(image, echo(image, 0.5, 2000)), played(image, echo(image, 0.5, 500))
    assert np.abs(steered - plain).max() < 2e-6 < 1e-3 < np.abs(steered - darker).max()


def test_a_turn_while_it_sounds_glides_and_arrives(image):
    engine = new_engine(image, echo(image, 0.0, 2000, BY_MACRO))
    play(engine, [on(64), off(2400), control(4800, MACRO1, 127)], 4800)
    levels = []
    for _ in range(200):
        engine.render(32, block=32)
        levels.append(
            float(engine.record.slots[0].steered.reshape(-1)[engine.record.slots[0].steer[0].target])
        )
    steps = np.diff([0.25, *levels])
    assert (steps >= 0).all() and 0.01 < steps.max() < 0.15
    assert levels[-1] == pytest.approx(1.0, abs=1e-6)


def test_who_struck_last_steers(image):
    def two_notes(second):
        """The first note is channel 0's; only channel 1 has its macro up. The second is by one of them."""
        engine = new_engine(image, echo(image, 0.0, 2000, BY_MACRO))
        turned = control(0, MACRO1, 127, channel=1)
        first = play(engine, [turned, on(64), off(2400)], SECOND)
        assert np.array_equal(first, played(image, echo(image, 0.25)))
        up = [control(SECOND + 64, MACRO1, 127)] if second == 0 else []
        struck = [on(SECOND + 64, channel=second), off(SECOND + 2400, channel=second)]
        return play(engine, [*up, *struck], SECOND)

    assert np.array_equal(two_notes(second=1), two_notes(second=0))


def test_what_rings_keeps_its_numbers_when_the_channel_plays_another_program(image):
    def tail(change):
        engine = new_engine(image, echo(image, 0.0, 2000, BY_MACRO))
        slot = engine.load(bare(names_of(image)))
        events = [control(0, MACRO1, 127), on(64), off(2400)]
        changed = [hand_in(4800, slot), control(4810, MACRO1, 0), control(4810, WHEEL, 90)]
        return play(engine, events + (changed if change else []), SECOND)

    assert np.array_equal(tail(True), tail(False))
    assert np.abs(tail(True)[4810:]).max() > 0.02


def test_a_channel_steers_the_effects_of_the_parts_of_its_program(image):
    def heard(part, *events):
        whole = of_parts([part], [(0, 127, 1, 127, 0, -1, 0, 0, -1)], "whole")
        return played(image, whole, *events)

    steered = heard(echo(image, 0.0, 2000, BY_MACRO), control(0, MACRO1, 127))
    assert np.array_equal(steered, heard(echo(image, 1.0)))


WHOLE = """format = "synthhost/patch"
version = 1
name = "whole"
[[part]]
patch = "one"
level_db = %s
pan = %s
send_db = { room = %s }
[[part]]
patch = "other"
low = "C4"
[sends.room]
op = "delay"
time_s = 0.05
level_norm = %s
"""


@pytest.mark.parametrize(
    "target, depth, plain",
    [
        ("part.1.level_db", "db = -12", (-15, 0, -9, 0.5)),
        ("part.1.pan", "amount = -0.5", (-3, -0.5, -9, 0.5)),
        ("part.1.send_db.room", "db = 6", (-3, 0, -3, 0.5)),
        ("part.1.send_db.room", "db = -100", (-3, 0, -96, 0.5)),  # the lowest is silence
        ("part.1.level_db", "db = 100", (12, 0, -9, 0.5)),  # no further than it goes
        ("sends.room.level_norm", "amount = 0.25", (-3, 0, -9, 0.75)),
    ],
)
def test_a_knob_moves_level_place_and_sends_of_parts(image, tmp_path, target, depth, plain):
    for name in ("one", "other"):
        (tmp_path / f"{name}.toml").write_text(ECHO % (2000, 0.25))

    def program(numbers, route=""):
        path = tmp_path / "whole.toml"
        path.write_text(WHOLE % numbers + route)
        return compile_patch(load(path, [tmp_path]), names_of(image))

    route = f'[[route]]\nfrom = "wheel"\nto = "{target}"\n{depth}\n'
    steered = played(image, program((-3, 0, -9, 0.5), route), control(0, WHEEL, 127))
    assert np.array_equal(steered, played(image, program(plain)))
    unmoved = played(image, program((-3, 0, -9, 0.5), route))
    assert np.array_equal(unmoved, played(image, program((-3, 0, -9, 0.5))))
    assert not np.array_equal(unmoved, steered)


def test_a_knob_moves_how_much_a_plain_patch_sends(image):
    send = '[sends.room]\nop = "delay"\nlevel_norm = 1\nsend_db = %s\n'
    route = '[[route]]\nfrom = "macro1"\nto = "sends.room.send_db"\ndb = 48\n'  # from 0.25: 12 dB
    assert np.array_equal(
        played(image, echo(image, 0.25, 2000, send % -30, route)),
        played(image, echo(image, 0.25, 2000, send % -18)),
    )


def test_the_sound_does_not_depend_on_the_buffer(image):
    program = echo(image, 0.0, 2000, BY_MACRO)
    turns = [control(frame, MACRO1, frame / 400) for frame in range(100, 40_000, 333)]
    whole = played(image, program, *turns)
    assert np.array_equal(whole, played(image, program, *turns, sizes=(64, 17, 333)))


def test_a_depth_can_be_set_while_it_sounds(image):
    def later(program, depth=None):
        engine = new_engine(image, program)
        if depth is not None:
            engine.set_value(0, "route.1.amount", depth)
        engine.render(9600)
        return play(engine, [on(9664), off(12_000)], SECOND)

    deeper = later(echo(image, 0.0, 2000, BY_MACRO), 4.0)
    assert np.array_equal(deeper, later(echo(image, 1.0)))


def test_a_session_replays_it(image, tmp_path):
    path = tmp_path / "session.jsonl"
    engine = new_engine(image)
    writer = SessionWriter(path, engine)
    engine.hand_in(engine.load(echo(image, 0.0, 2000, BY_MACRO)))
    sounded = play(engine, [control(0, MACRO1, 100), on(64), off(2400)], SECOND)
    writer.close()
    assert np.array_equal(render_session(path, image)[0], sounded)


@pytest.mark.parametrize(
    "field, value",
    [
        ("source", 8),
        ("source", -1),
        ("start", -2),
        ("start", 9999),
        ("depth", -1),
        ("target", 512),
        ("high", -1),
    ],
)
def test_a_program_whose_knobs_move_what_is_not_there_is_refused(image, field, value):
    program = echo(image, 0.0, 2000, BY_MACRO)
    operators = [OPERATORS[name] for name in names_of(image)]
    check_program(program, operators)
    steers = program.steers.copy()
    steers[field] = value
    with pytest.raises(ValueError, match="a route from a knob leaves its memory"):
        check_program(replace(program, steers=steers), operators)
    with pytest.raises(ValueError, match="a route from a knob leaves its memory"):
        check_program(replace(program, steers=np.repeat(program.steers, STEERS + 1)), operators)
