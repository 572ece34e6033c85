"""Kits in the engine: each key its own program, choked, handed in and brought home as one."""

from dataclasses import replace

import numpy as np
import pytest

from synthhost.engine.memory import EMPTY, SLOTS
from synthhost.engine.program import STRIP
from synthhost.session import SessionWriter, render_session
from synthhost.voices.stages import FADING, HELD, RELEASED
from tests.engine.playing import (
    RATE_HZ,
    control,
    hand_in,
    hz_of,
    names_of,
    new_engine,
    of_parts,
    off,
    on,
    play,
    program_change,
    settle,
    sound,
    stages,
)


def kit(names, release_s=0.05):
    """Key 36: a sine at middle C; 42 and 46: saws that choke each other, 46 6 dB softer; 50 … 59: pulses."""
    first = 3 * STRIP  # of level and pan of the third zone
    zones = [
        (36, 36, 1, 127, 0, 60, 0, 0, -1),
        (42, 42, 1, 127, 1, 60, 0, 1, -1),
        (46, 46, 1, 127, 1, 60, 0, 1, first),
        (50, 59, 1, 127, 2, -1, 0, 0, -1),
    ]
    parts = [sound(names, op=op, release_s=release_s) for op in ("sine", "saw", "pulse")]
    return of_parts(parts, zones, "kit", (20 * np.log10(0.5), 0.0))


@pytest.fixture
def drums(image):
    return new_engine(image, kit(names_of(image)))


def in_use(engine):
    return int((engine.record.slots["stage"] != EMPTY).sum())


def test_each_key_plays_its_program_at_its_pitch(image, drums):
    assert hz_of(play(drums, [on(0, 36)], 9600)[:, 0]) == pytest.approx(261.6256, rel=1e-4)
    play(drums, [off(9600, 36), on(9600, 42), on(9600, 57)], 9600)
    assert sorted(stages(drums)) == [(0, 42, HELD), (0, 57, HELD)]
    programs = {int(group.program) for group in drums.record.groups if group.used}
    assert programs == {1, 2}


def test_a_key_sounds_exactly_as_its_patch_does_alone(image):
    names = names_of(image)
    alone = play(new_engine(image, sound(names, op="pulse")), [on(0, 57), off(4000, 57)], 9600)
    assert np.array_equal(play(new_engine(image, kit(names)), [on(0, 57), off(4000, 57)], 9600), alone)


def test_a_key_is_as_loud_as_the_kit_says(image):
    names = names_of(image)
    loud, soft = (play(new_engine(image, kit(names)), [on(0, key)], 4800) for key in (42, 46))
    assert np.abs(loud).max() > 0.1
    assert np.abs(soft - 0.5 * loud).max() < 1e-3


def test_keys_that_the_kit_leaves_out_are_silent(drums):
    assert not play(drums, [on(0, 37), off(100, 37), on(200, 60)], 960).any()
    assert stages(drums) == [] and drums.record.stats.dropped_notes == 0


def test_a_choked_key_fades_and_no_other_does(drums):
    play(drums, [on(0, 46), on(0, 36), on(10, 46, channel=1), on(1000, 42)], 1024)
    found = {(channel, key): stage for channel, key, stage in stages(drums)}
    assert found == {(0, 46): FADING, (0, 36): HELD, (1, 46): HELD, (0, 42): HELD}
    output = play(drums, [], 480)
    assert (0, 46) not in {(channel, key) for channel, key, _ in stages(drums)}, "within 3 ms"
    assert np.abs(output).max() > 0.01


def test_pedals_and_note_off_do_to_kits_what_they_do_to_others(drums):
    play(drums, [on(0, 36), on(0, 50), control(5, 64, 127), off(10, 36)], 64)
    play(drums, [control(70, 64, 0), off(100, 50)], 64)
    assert {stage for *_, stage in stages(drums)} == {RELEASED}


def test_a_kit_goes_home_with_its_parts_when_they_are_silent(image):
    names = names_of(image)
    engine = new_engine(image, kit(names, release_s=0.5))
    assert in_use(engine) == 4
    other = engine.load(sound(names))
    output = play(engine, [on(0, 36), on(0, 42), hand_in(1000, other), off(2000, 36), off(9000, 42)], 9600)
    engine.collect()
    assert np.abs(output[8000:]).max() > 0.1, "notes go on"
    assert len(engine.slots_in_use()) == 5, "the kit waits for its last part"
    settle(engine, 2.0)
    engine.collect()
    assert engine.slots_in_use() == [other] and in_use(engine) == 1
    assert (engine.record.slots["users"][[0, 1, 2, 3]] == 0).all()


def test_notes_of_a_kit_are_not_cut_by_another_program(image):
    outputs = []
    for change in (False, True):
        engine = new_engine(image, kit(names_of(image), release_s=0.3))
        other = engine.load(sound(names_of(image), op="pulse"))
        events = [on(0, 36), on(10, 42), off(5000, 36)] + [hand_in(2000, other)] * change + [off(6000, 42)]
        outputs.append(play(engine, events, 24_000))
    assert np.array_equal(*outputs)


def test_kits_may_be_handed_in_without_end(image):
    names = names_of(image)
    engine = new_engine(image, kit(names))
    for turn in range(60):
        program = replace(kit(names), graph=str(turn))
        engine.hand_in(engine.load(program))
        now = int(engine.record.frame)
        play(engine, [on(now, 36 if turn % 2 else 42), off(now + 40, 36 if turn % 2 else 42)], 9600)
    settle(engine, 1.0)
    engine.collect()
    assert len(engine.slots_in_use()) == 4


def test_the_same_kit_saved_again_changes_nothing_and_takes_no_room(image):
    names = names_of(image)
    engine = new_engine(image, kit(names))
    play(engine, [on(0, 36)], 512)
    kits = [slot for slot in engine.slots_in_use() if engine.program(slot).parts]
    for _ in range(20):
        engine.update(kit(names), kits[0])
        settle(engine, 0.01)
    settle(engine, 0.5)
    engine.collect()
    assert len(engine.slots_in_use()) == 4 and stages(engine) == [(0, 36, HELD)]


def test_a_program_change_chooses_a_kit_and_another_leaves_it(image):
    names = names_of(image)
    engine = new_engine(image, sound(names))
    engine.map_program(5, engine.load(kit(names)))
    engine.map_program(6, 0)
    play(engine, [program_change(0, 5), on(10, 36), on(10, 37), program_change(20, 6), on(30, 37)], 512)
    assert sorted(stages(engine)) == [(0, 36, HELD), (0, 37, HELD)]
    settle(engine)
    engine.collect()
    assert len(engine.slots_in_use()) == 5, "the map still has the kit"


def test_a_kit_that_does_not_fit_takes_nothing(image):
    names = names_of(image)
    engine = new_engine(image)
    for _ in range(SLOTS - 2):
        engine.load(sound(names))
    with pytest.raises(BufferError, match="in use"):
        engine.load(kit(names))
    assert len(engine.slots_in_use()) == SLOTS - 2


def test_a_session_with_a_kit_renders_again_bit_for_bit(image, tmp_path):
    engine = new_engine(image, buffer_frames=32)
    writer = SessionWriter(tmp_path / "kit.session", engine)
    engine.hand_in(engine.load(kit(names_of(image))))
    strokes = [on(n * 480, (36, 42, 46, 55)[n % 4], 0.3 + n % 7 / 10) for n in range(60)]
    live = play(engine, strokes, RATE_HZ, (32,))
    engine.hand_in(engine.load(kit(names_of(image), release_s=0.2)))
    now = int(engine.record.frame)
    live = np.concatenate([live, play(engine, [on(now + 9, 36), on(now + 99, 46)], RATE_HZ, (32,))])
    writer.close()
    again, _ = render_session(tmp_path / "kit.session", image)
    assert np.array_equal(again, live) and np.abs(live).max() > 0.1
