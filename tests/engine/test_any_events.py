"""Any list of events: finite, bounded, counted right, and nothing hangs."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from synthhost.dsp.master import CEILING
from synthhost.events.event import MAP_PROGRAM, POLYPHONY, RELEASE_PORT, SET_VALUE, UPDATE
from tests.engine.playing import (
    ALL_NOTES_OFF,
    PEDAL,
    bare,
    bend,
    control,
    event,
    hand_in,
    names_of,
    new_engine,
    of_parts,
    off,
    on,
    panic,
    play,
    program_change,
    recount,
    settle,
    sound,
    stages,
)

FRAMES = 4096
frames = st.integers(0, FRAMES - 1)
keys, channels, ports = st.integers(58, 63), st.integers(0, 2), st.integers(0, 1)
slots = st.integers(-1, 10)
controllers = st.sampled_from([1, 7, 10, 11, PEDAL, PEDAL, PEDAL, 120, 121, ALL_NOTES_OFF, 126])
wild = st.floats(width=32)
performance = st.one_of(
    st.builds(on, frames, keys, st.floats(0, 1, width=32), channels, ports),
    st.builds(on, frames, keys, st.just(1.0), channels, ports),
    st.builds(off, frames, keys, channels, ports),
    st.builds(control, frames, controllers, st.integers(0, 127), channels, ports),
    st.builds(bend, frames, st.floats(-1, 1, width=32), channels, ports),
    st.builds(program_change, frames, st.integers(0, 6), channels, ports),
)
commands = st.one_of(
    st.builds(hand_in, frames, slots, channels, ports),
    st.builds(lambda at, a, b: event(MAP_PROGRAM, at, a=a, b=b), frames, slots, st.integers(-1, 5)),
    st.builds(lambda at, a: event(POLYPHONY, at, a=a), frames, st.integers(-1, 12)),
    st.builds(lambda at, port: event(RELEASE_PORT, at, port=port), frames, ports),
    st.builds(
        lambda at, a, b, x: event(SET_VALUE, at, a=a, b=b, value=x), frames, slots, st.integers(0, 12), wild
    ),
    st.builds(lambda at, a, b: event(UPDATE, at, a=a, b=b), frames, slots, slots),
    st.builds(lambda at, kind, a: event(kind, at, a=a, value=1.0), frames, st.integers(0, 255), slots),
    st.builds(panic, frames),
)
lists = st.lists(st.one_of(performance, performance, performance, commands), max_size=120)


def loaded_engine(image):
    """An engine with a sound of each kind, few voices, and mapped program changes."""
    names = names_of(image)
    engine = new_engine(image, sound(names, "polyphony = 3", release_s=0.02), polyphony=8)
    echo = '[effects.echo]\nop = "delay"\ntime_s = 0.02\nfeedback_norm = 0.9\n'
    others = [
        sound(names, 'mode = "mono"\nglide_s = 0.01', op="saw"),
        bare(names, "polyphony = 2"),
        bare(names, 'mode = "mono"'),
        sound(names, release_s=0, effects=echo),
        sound(names, "polyphony = 3", release_s=0.02, level_db=-20),
    ]
    zones = [
        (0, 60, 1, 127, 0, -1, 1, 1, -1),
        (0, 127, 1, 90, 1, -1, 0, 1, -1),
        (59, 127, 60, 127, 2, 62, 0, 0, 0),
    ]
    others.append(of_parts([others[0], sound(names, "unison = 3", release_s=0.02), others[3]], zones))
    for number, program in enumerate(others):
        engine.map_program(number, engine.load(program))
    engine.render(32)
    return engine


def put_back(engine):
    """Set the numbers of all programs to what they were."""
    for slot in engine.slots_in_use():
        for place, value in enumerate(engine.program(slot).values[:13]):
            engine.push(SET_VALUE, a=slot, b=place, value=float(value))
    engine.render(1024)


@settings(max_examples=150)
@given(events=lists, size=st.sampled_from([32, 100, 128, 1024]))
def test_no_list_of_events_breaks_anything(image, events, size):
    engine = loaded_engine(image)
    begin = int(engine.record.frame)
    for item in events:
        item.frame += begin
    done = 0
    while done < FRAMES:
        part = [item for item in events if done <= item.frame - begin < done + 512]
        output = play(engine, part, 512, (size,))
        assert np.isfinite(output).all() and np.abs(output).max() <= CEILING
        recount(engine)
        assert engine.record.stats.voices_max <= max(8, int(engine.record.polyphony), 12)
        done += 512
    put_back(engine)  # a release of a minute would be one
    now = int(engine.record.frame)
    ends = [
        control(now, number, 0, channel, port)
        for channel in range(3)
        for port in range(2)
        for number in (PEDAL, 123)
    ]
    play(engine, ends, 1024)
    settle(engine, 1.0)
    assert stages(engine) == [] and recount(engine) == (0, 0)


@settings(max_examples=40)
@given(events=lists)
def test_panic_ends_everything_whatever_was_played(image, events):
    engine = loaded_engine(image)
    begin = int(engine.record.frame)
    for item in events:
        item.frame += begin
    play(engine, events, FRAMES)
    play(engine, [panic(int(engine.record.frame))], 192)
    assert recount(engine) == (0, 0)
