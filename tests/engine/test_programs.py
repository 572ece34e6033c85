"""Programs come in, change and go home, and no ringing note hears of it."""

import numpy as np
import pytest

from synthhost.engine.memory import EMPTY, LOADED, RETIRED, SLOTS
from synthhost.engine.program import DELAY_POOL_FRAMES
from synthhost.events.event import PROGRAM_CHANGE, PROGRAM_WANTED, RETURNED, SET_VALUE
from synthhost.events.ring import RING_EVENTS
from tests.engine.playing import (
    RATE_HZ,
    bend,
    control,
    hand_in,
    hz_of,
    names_of,
    new_engine,
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

ECHO = '[effects.echo]\nop = "delay"\ntime_s = 0.1\nfeedback_norm = 0.5\nlevel_norm = 0.8\n'


def slots_in_use(engine):
    return sorted(int(n) for n in np.flatnonzero(engine.record.slots["stage"] != EMPTY))


def test_a_hand_in_leaves_ringing_notes_alone(image):
    """Null test, with everything that belongs to a channel in use."""
    names = names_of(image)
    outputs = []
    for change in (False, True):
        engine = new_engine(image, sound(names, "bend_semitones = 3", op="saw", release_s=0.5, effects=ECHO))
        other = engine.load(sound(names, 'mode = "mono"\nbend_semitones = 12', op="pulse"))
        events = [bend(0, 0.7), control(0, 64, 127), control(0, 7, 90), on(70, 50), on(70, 57), off(3000, 57)]
        events += [hand_in(4001, other)] * change + [control(9000, 64, 0), off(12_000, 50)]
        outputs.append(play(engine, events, 36_000))
    assert np.abs(outputs[0][20_000:]).max() > 1e-3
    assert np.array_equal(*outputs)


def test_an_update_glides_ringing_notes_to_the_new_values(image):
    names = names_of(image)
    engine = new_engine(image, sound(names, op="sine"))
    programs = [sound(names, op="sine", level_db=level) for level in (-12, -24)]
    output = play(engine, [on(0, 69)], 9600)
    engine.update(programs[1], 0)
    output = np.concatenate([output, play(engine, [], 9600)])
    before, after = output[4800:9600].std(), output[-4800:].std()
    assert 20 * np.log10(before / after) == pytest.approx(12, abs=0.05)
    steps = np.abs(np.diff(output[:, 0]))
    assert steps[9600:].max() < 1.05 * steps[4800:9600].max()
    assert np.array_equal(engine.record.slots[0].value, engine.record.slots[0].target)
    engine.collect()
    assert slots_in_use(engine) == [0] and len(engine._free) == SLOTS - 1


def test_values_settle_exactly_on_their_target(image):
    engine = new_engine(image, sound(names_of(image)))
    for value in (-3.0, -90.0, 0.1, -12.0):
        engine.set_value(0, "out.level_db", value)
        settle(engine, 0.1)
        assert np.array_equal(engine.record.slots[0].value, engine.record.slots[0].target)
        assert engine.record.slots[0].moving == 0


def test_what_must_not_glide_jumps(image):
    engine = new_engine(image, sound(names_of(image)))
    engine.set_value(0, "tone.semitones", 12.0)
    engine.render(32)
    place = engine.program(0).addresses["tone.semitones"]
    assert engine.record.slots[0].value.reshape(-1)[place] == 12.0


def test_a_slot_comes_home_after_its_last_voice(image):
    names = names_of(image)
    engine = new_engine(image, sound(names))
    play(engine, [on(0, 60)], 1024)
    engine.hand_in(engine.load(sound(names, op="saw")))
    settle(engine)
    engine.collect()
    assert slots_in_use(engine) == [0, 1] and engine.record.slots[0].stage == RETIRED
    play(engine, [off(int(engine.record.frame), 60)], 9600)
    engine.collect()
    assert slots_in_use(engine) == [1] and len(engine._free) == SLOTS - 1


def test_a_slot_comes_home_after_the_tail_of_its_effects(image):
    names = names_of(image)
    engine = new_engine(image, sound(names, effects=ECHO))
    play(engine, [on(0, 60), off(480, 60)], 9600)
    before = play(engine, [hand_in(int(engine.record.frame), engine.load(sound(names)))], 19_200)
    engine.collect()
    assert np.abs(before[-4800:]).max() > 1e-3, "the echo goes on after the hand-in"
    assert 0 in slots_in_use(engine) and engine.record.sounding == 0
    settle(engine, 4.0)
    engine.collect()
    assert slots_in_use(engine) == [1]


def test_a_program_that_program_changes_can_choose_stays(image):
    names = names_of(image)
    engine = new_engine(image, sound(names))
    engine.map_program(3, 0)
    engine.hand_in(engine.load(sound(names, op="saw")))
    settle(engine, 0.1)
    engine.collect()
    assert engine.record.slots[0].stage == LOADED
    engine.map_program(3, -1)
    settle(engine, 0.1)
    engine.collect()
    assert slots_in_use(engine) == [1]


@pytest.mark.slow
def test_10_000_hand_ins_neither_leak_nor_stall(image):
    names = names_of(image)
    engine = new_engine(image)
    mono = 'mode = "mono"'
    programs = [
        sound(names, performance, op=op, release_s=0)
        for op, performance in (("sine", ""), ("saw", ""), ("saw", mono))
    ]
    for turn in range(10_000):
        engine.hand_in(engine.load(programs[turn % 3]), channel=turn % 5 if turn % 7 else 255)
        key = 40 + turn % 40
        if turn % 3 == 0:
            play(
                engine,
                [on(int(engine.record.frame), key), off(int(engine.record.frame) + 20, key)],
                32,
                (32,),
            )
        else:
            engine.render(32, block=32)
        if turn % 1000 == 0:
            recount(engine)
    play(engine, [panic(0)], 4800)
    engine.collect()
    recount(engine)
    users = engine.record.slots["users"]
    assert users.sum() == 256 and slots_in_use(engine) == np.flatnonzero(users).tolist()
    assert len(engine._free) + len(slots_in_use(engine)) == SLOTS
    assert engine.record.stats.returns_dropped == 0


def test_no_slot_is_lost_when_the_host_does_not_listen(image):
    """The return ring is full of other messages: what should come home waits."""
    engine = new_engine(image, sound(names_of(image)))
    other = engine.load(sound(names_of(image)))
    for _ in range(3):
        for _ in range(RING_EVENTS // 2):
            engine.push(PROGRAM_CHANGE, key=99)
        settle(engine, 0.02)
    engine.hand_in(other)
    free = len(engine._free)
    settle(engine, 0.05)
    assert engine.record.stats.returns_dropped > 0 and slots_in_use(engine) == [0, 1]
    engine.record.returns.tail = engine.record.returns.head  # the host wakes up
    settle(engine, 0.05)
    assert [item.kind for item in engine.collect()] == []
    assert slots_in_use(engine) == [1] and len(engine._free) == free + 1


def test_a_slot_that_went_home_is_not_taken_back(image):
    """The host hands in what has just been returned: until it looked, it cannot know."""
    names = names_of(image)
    engine = new_engine(image, sound(names))
    settle(engine, 0.01)
    engine.hand_in(engine.load(sound(names, op="saw")))
    settle(engine, 0.01)
    returned = [int(engine.record.returns.events[0][name]) for name in ("kind", "a")]
    assert returned == [RETURNED, 0], "slot 0 is on its way home"
    engine.hand_in(0)
    engine.map_program(5, 0)
    engine.push(SET_VALUE, a=0, b=0, value=3.0)
    settle(engine, 0.01)
    assert (engine.record.channels["program"] == 1).all()
    assert (engine.record.program_map == -1).all()
    recount(engine)
    engine.collect()
    assert engine.load(sound(names)) is not None


def test_a_program_that_is_not_mapped_is_asked_for(image):
    engine = new_engine(image, sound(names_of(image)))
    play(engine, [program_change(10, 42, channel=3, port=2), on(20, 60, channel=3, port=2)], 1024)
    (wanted,) = engine.collect()
    assert (wanted.kind, wanted.port, wanted.channel, wanted.a) == (PROGRAM_WANTED, 2, 3, 42)
    assert wanted.b == 0
    assert stages(engine), "until it comes, the old program plays"


def test_bank_select_is_told_with_the_program_that_it_was_sent_for(image):
    engine = new_engine(image, sound(names_of(image)))
    engine.map_program(5, 0)
    bank = [control(0, 0, 8), control(0, 32, 3)]
    play(engine, [*bank, program_change(10, 5), control(20, 0, 9), program_change(30, 6)], 64)
    assert [(e.a, e.b) for e in engine.collect()] == [(5, 8 * 128 + 3), (6, 9 * 128)]
    play(engine, [control(70, 121, 0), program_change(80, 7)], 64)
    assert [(e.a, e.b) for e in engine.collect()] == [(7, 9 * 128)], "reset controllers leaves the bank"


def test_a_mapped_program_is_changed_to_on_its_frame(image):
    names = names_of(image)
    engine = new_engine(image, sound(names))
    engine.map_program(9, engine.load(sound(names, op="sine", phase=0.0)))
    events = [program_change(4000, 9), on(4000, 69), off(5000, 69), on(6000, 69)]
    output = play(engine, [on(3000, 69), off(3500, 69), *events], 9600)
    assert not engine.collect()
    assert hz_of(output[7000:, 0]) == pytest.approx(440, rel=1e-4)
    assert engine.record.channels[0].program == 1
    assert output[3000, 0] > 0.02 > abs(output[6000, 0]), "the new sound begins at the zero of its wave"


def test_wild_slots_and_values_are_ignored(image):
    engine = new_engine(image, sound(names_of(image)))
    for kind in (16, 17, 18, 22, 99, 255):
        for a in (-1, 31, 32, 1 << 30, -(1 << 31)):
            engine.push(kind, a=a, b=a)
    for index in (-1, 512, 1 << 30):
        engine.push(SET_VALUE, a=0, b=index, value=1.0)
    output = play(engine, [on(100, 60)], RATE_HZ // 10)
    assert np.abs(output).max() > 0.1
    recount(engine)


def test_effects_share_one_memory_and_give_it_back(image):
    """A patch that has none to have is refused in a sentence; what comes home makes room again."""
    names = names_of(image)
    echo = '[effects.echo]\nop = "delay"\ntime_s = 0.02\n'
    large = "".join(f'[effects.echo{n}]\nop = "delay"\ntime_s = 2\n' for n in "12")
    engine = new_engine(image, sound(names))
    small = engine.load(sound(names, effects=echo))
    slots = []
    with pytest.raises(BufferError, match="too many echoes"):
        while True:
            slots.append(engine.load(sound(names, effects=large)))
    parts = sorted((int(s.delay_start), int(s.delay_frames)) for s in engine.record.slots[[small, *slots]])
    assert all(start + frames <= after for (start, frames), (after, _) in zip(parts, parts[1:]))
    assert parts[-1][0] + parts[-1][1] <= DELAY_POOL_FRAMES
    for slot in slots[:2]:
        engine.hand_in(slot)  # each takes the place of the one before, which comes home
    settle(engine, 3.0)
    engine.load(sound(names, effects=large))
