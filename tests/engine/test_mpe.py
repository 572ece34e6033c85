"""MPE: each note has its own bend, pressure and timbre; the master's reach all; zones change without a stuck note."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthhost.events.event import PRESSURE
from synthhost.voices.stages import HELD, PEDALLED, RELEASED
from tests.engine.playing import (
    PEDAL,
    bare,
    bend,
    control,
    event,
    hand_in,
    hz_of,
    names_of,
    new_engine,
    off,
    on,
    play,
    program_change,
    recount,
    settle,
    sound,
    stages,
)


def zone(members, channel=0, frame=0, port=0):
    """An MPE configuration message."""
    return [control(frame, n, v, channel, port) for n, v in ((101, 0), (100, 6), (6, members))]


def masters(engine, port=0):
    return [int(m) - port * 16 if m >= 0 else -1 for m in engine.record.channels["master"][port * 16 :][:16]]


@pytest.fixture
def synth(image):
    engine = new_engine(image, sound(names_of(image)))
    play(engine, zone(15), 64)
    return engine


def voices(engine, field):
    """A field of every voice that sounds, by key."""
    found = {}
    for group in engine.record.groups[: engine.record.groups_used]:
        for lane in np.flatnonzero(group.stage):
            found[int(group.key[lane])] = round(float(group.voice[field][lane]), 4)
    return found


def now(engine):
    return int(engine.record.frame)


def test_zones_are_set_from_both_ends_and_the_newer_one_has_its_way(image):
    engine = new_engine(image, sound(names_of(image)))
    play(engine, zone(7), 32)
    assert masters(engine) == [0] * 8 + [-1] * 8
    play(engine, zone(7, 15, 32), 32)
    assert masters(engine) == [0] * 8 + [15] * 8
    play(engine, zone(10, 0, 64), 32)
    assert masters(engine) == [0] * 11 + [15] * 5
    play(engine, zone(14, 15, 96), 32)
    assert masters(engine) == [-1] + [15] * 15
    play(engine, zone(15, 0, 128), 32)
    assert masters(engine) == [0] * 16
    play(engine, zone(0, 0, 160), 32)
    assert masters(engine) == [-1] * 16
    assert masters(engine, port=1) == [-1] * 16


def test_a_zone_cannot_be_set_on_a_channel_in_between(image):
    engine = new_engine(image, sound(names_of(image)))
    play(engine, zone(5, 3), 32)
    assert masters(engine) == [-1] * 16


def test_each_note_bends_by_48_semitones_and_all_by_two_of_the_master(synth):
    at = now(synth)
    play(synth, [on(at, 60, channel=1), on(at, 62, channel=2), bend(at, 0.25, 1), bend(at, -1.0, 0)], 64)
    pitch = voices(synth, "pitch")
    assert pitch[60] == pytest.approx(np.log2(440) + (60 + 12 - 2 - 69) / 12, abs=1e-4)
    assert pitch[62] == pytest.approx(np.log2(440) + (62 - 2 - 69) / 12, abs=1e-4)


def test_the_bend_of_one_note_is_heard(synth):
    at = now(synth)
    output = play(synth, [bend(at, 0.5, 3), on(at + 64, 45, channel=3)], 9600)
    assert hz_of(output[960:, 0]) == pytest.approx(440, rel=1e-4)


def test_bend_ranges_of_master_and_members_can_be_set(synth):
    at = now(synth)
    range_of = lambda channel, semitones: [  # noqa: E731
        control(at, n, v, channel) for n, v in ((101, 0), (100, 0), (6, semitones))
    ]
    play(synth, [*range_of(5, 24), *range_of(0, 7), on(at, 60, channel=2)], 64)
    play(synth, [bend(at + 64, 1.0, 2), bend(at + 64, 1.0, 0)], 64)
    assert voices(synth, "pitch")[60] == pytest.approx(np.log2(440) + (60 + 24 + 7 - 69) / 12, abs=1e-4)


def test_pressure_and_timbre_are_the_notes_own_and_the_master_adds(synth):
    at = now(synth)
    play(synth, [on(at, 60, channel=1), on(at, 62, channel=2)], 64)
    play(synth, [event(PRESSURE, at + 64, 1, value=0.5), control(at + 64, 74, 127, 2)], 64)
    assert voices(synth, "pressure") == {60: 0.5, 62: 0.0}
    assert voices(synth, "timbre") == {60: 0.0, 62: 1.0}
    assert voices(synth, "cutoff_octaves") == {60: 0.0, 62: 0.0}
    play(synth, [event(PRESSURE, at + 128, 0, value=0.25), control(at + 128, 74, 1, 0)], 64)
    assert voices(synth, "pressure") == {60: 0.5, 62: 0.25}
    assert voices(synth, "timbre") == {60: -1.0, 62: 0.0}


def test_outside_a_zone_controller_74_is_brightness(image):
    engine = new_engine(image, sound(names_of(image)))
    play(engine, [on(0, 60), control(0, 74, 127)], 64)
    assert voices(engine, "timbre") == {60: 0.0} and voices(engine, "cutoff_octaves") == {60: 4.0}


def test_controllers_pedal_and_program_of_the_master_are_everybodys(image, synth):
    other = synth.load(sound(names_of(image), op="saw"))
    synth.map_program(4, other)
    at = now(synth)
    play(synth, [on(at, 60, channel=1), control(at, PEDAL, 127, 0), control(at, 1, 127, 0)], 64)
    play(synth, [off(at + 64, 60, channel=1)], 64)
    assert stages(synth) == [(1, 60, PEDALLED)] and voices(synth, "wheel") == {60: 1.0}
    play(synth, [program_change(at + 128, 4, 0), on(at + 130, 61, channel=9)], 64)
    assert sorted(g.program for g in synth.record.groups[:2]) == [0, other]
    play(synth, [control(at + 192, PEDAL, 0, 0)], 64)
    assert (1, 60, RELEASED) in stages(synth)


def test_a_program_for_the_master_is_handed_in_for_its_zone(image):
    engine = new_engine(image, sound(names_of(image)))
    other = engine.load(bare(names_of(image)))
    play(engine, [*zone(3), hand_in(1, other, channel=0, port=0)], 64)
    assert (engine.record.channels["program"][:16] == [other] * 4 + [0] * 12).all()


def test_a_new_member_takes_over_what_its_master_has(image):
    engine = new_engine(image, sound(names_of(image)))
    other = engine.load(bare(names_of(image)))
    set_up = [
        hand_in(0, other, channel=0, port=0),
        control(1, 7, 30),
        control(1, 1, 99),
        control(1, PEDAL, 127),
    ]
    play(engine, [*set_up, *zone(2, frame=5)], 64)
    member = engine.record.channels[2]
    assert (member.program, member.control[7], member.control[1]) == (other, 30, 99)
    assert member.pedal != 0 and engine.record.channels[3].pedal == 0


def test_another_zone_while_notes_ring_leaves_none_behind(synth):
    at = now(synth)
    notes = [on(at, 60 + n, channel=n) for n in range(16)]
    play(synth, [*notes, control(at, PEDAL, 127, 0), bend(at, 1.0, 9)], 64)
    play(synth, zone(4, frame=at + 64), 64)
    assert sum(stage == HELD for *_, stage in stages(synth)) == 16, "keys that are down go on"
    assert voices(synth, "pitch")[69] == pytest.approx(np.log2(440), abs=1e-4), (
        "a channel that left is not bent"
    )
    play(synth, [off(at + 128, 60 + n, channel=n) for n in range(16)], 64)
    kept = sorted(channel for channel, _, stage in stages(synth) if stage == PEDALLED)
    assert kept == [0, 1, 2, 3, 4], "only members are still held by their master's pedal"
    play(synth, [control(at + 192, PEDAL, 0, 0)], 64)
    settle(synth)
    assert recount(synth) == (0, 0)


keys, channels = st.integers(58, 62), st.integers(0, 15)
at = st.integers(0, 2000)
streams = st.lists(
    st.one_of(
        st.builds(lambda f, n, c: zone(n, c, f), at, st.integers(0, 127), st.sampled_from([0, 15, 7])),
        st.builds(lambda f, k, c: [on(f, k, channel=c)], at, keys, channels),
        st.builds(lambda f, k, c: [off(f, k, channel=c)], at, keys, channels),
        st.builds(lambda f, x, c: [bend(f, x, c)], at, st.floats(-1, 1, width=32), channels),
        st.builds(
            lambda f, n, v, c: [control(f, n, v, c)],
            at,
            st.sampled_from([1, 6, 7, 38, 64, 74, 96, 100, 101, 121]),
            st.integers(0, 127),
            channels,
        ),
        st.builds(lambda f, x, c: [event(PRESSURE, f, c, value=x)], at, st.floats(0, 1, width=32), channels),
        st.builds(lambda f, n, c: [program_change(f, n, c)], at, st.integers(0, 1), channels),
    ),
    max_size=80,
)


@settings(max_examples=80)
@given(stream=streams)
def test_any_stream_of_zones_and_notes_is_finite_and_ends(image, stream):
    names = names_of(image)
    engine = new_engine(image, sound(names, release_s=0.02))
    engine.map_program(1, engine.load(sound(names, op="saw", release_s=0.02)))
    engine.render(32)
    begin = now(engine)
    events = [item for items in stream for item in items]
    for item in events:
        item.frame += begin
    output = play(engine, events, 2304)
    assert np.isfinite(output).all()
    recount(engine)
    ends = [control(now(engine), PEDAL, 0, n) for n in range(16)]
    ends += [off(now(engine), key, channel=n) for n in range(16) for key in range(58, 63)]
    play(engine, ends, 256)
    settle(engine)
    assert recount(engine) == (0, 0)
