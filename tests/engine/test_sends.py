"""Strips and sends in the engine: what each part comes to in the sum, and what happens when something breaks."""

import numpy as np
import pytest

from synthhost.patch import compile_patch
from tests.engine.playing import (
    new_engine,
    off,
    on,
    panic,
    play,
    settle,
)
from tests.engine.wholes import ECHO, HEAD, QUIET, TONE, part


def test_the_strip_sets_level_and_place(image, whole):
    plain, soft, right = (
        play(new_engine(image, whole(part("sine", **keys))), [on(0, 60)], 4800)
        for keys in ({}, {"level_db": -6}, {"pan": 1})
    )
    assert np.allclose(soft, plain * 10 ** (-6 / 20), atol=1e-5)
    assert not right[:, 0].any() and np.allclose(right[:, 1], plain[:, 1] * 2**0.5, atol=1e-4)


def test_strips_glide_under_ringing_notes(image, whole):
    engine = new_engine(image, whole(part("sine", level_db=0, pan=-1)))
    play(engine, [on(0, 60)], 4800)
    engine.set_value(max(engine.slots_in_use()), "part.1.pan", 1.0)
    output = play(engine, [], 9600)
    assert output[:32, 0].std() > 10 * output[:32, 1].std(), "not at once"
    assert np.abs(output[7000:, 0]).max() < QUIET and output[7000:, 1].std() > 0.05
    assert np.abs(np.diff(output, 2, axis=0)).max() < 2e-3, "without a click"


def test_other_numbers_are_heard_in_notes_that_ring_and_load_no_part_again(image, whole):
    engine = new_engine(image, whole(part("sine", level_db=0) + part("saw", level_db=-60)))
    play(engine, [on(0, 60)], 4800)
    slots = engine.slots_in_use()
    before = play(engine, [], 4800).std()
    engine.update(whole(part("sine", level_db=-60) + part("saw", level_db=-60)), slots[-1])
    settle(engine, 0.2)
    engine.collect()
    assert play(engine, [], 4800).std() < 0.01 * before
    assert engine.slots_in_use() == slots


def test_only_the_wet_sound_of_a_send_comes_back(image, whole):
    text = ECHO + part("sine", send_db="{ echo = 0 }") + part("saw", level_db=-60)
    dry = play(new_engine(image, whole(ECHO + part("sine") + part("saw", level_db=-60))), [on(0, 60)], 9600)
    sent = play(new_engine(image, whole(text)), [on(0, 60)], 9600)
    assert np.array_equal(sent[:4799], dry[:4799])
    echo = (sent - dry)[4800:]
    assert np.allclose(echo[500:4000], dry[500:4000], atol=3e-3), "a tenth of a second later"


def test_a_send_hears_what_each_part_sends_behind_its_strip(image, whole):
    def echo_of(**keys):
        text = ECHO + part("sine", **keys)
        output = play(new_engine(image, whole(text)), [on(0, 60), off(480, 60)], 9600)
        return output[5000:5300].std()

    full = echo_of(send_db="{ echo = 0 }")
    assert echo_of(send_db="{ echo = -12 }") == pytest.approx(full * 10 ** (-12 / 20), rel=0.01)
    assert echo_of(send_db="{ echo = 0 }", level_db=-6) == pytest.approx(full * 10 ** (-6 / 20), rel=0.01)
    assert echo_of() < QUIET and echo_of(send_db="{ echo = -96 }") < QUIET


def test_four_sends_each_hear_their_own(image, whole):
    names = ("one", "two", "three", "four")
    text = "".join(ECHO.replace("echo", name).replace("0.1", f"0.{n + 1}") for n, name in enumerate(names))
    for number, name in enumerate(names, 1):
        send = "{ " + name + " = 0 }"
        output = play(
            new_engine(image, whole(text + part("sine", send_db=send))), [on(0, 60), off(480, 60)], 24_000
        )
        levels = [output[n * 4800 + 100 : n * 4800 + 400].std() > 1e-3 for n in (1, 2, 3, 4)]
        assert levels == [n == number for n in (1, 2, 3, 4)]


def test_effects_of_the_whole_hear_parts_and_what_sends_give_back(image, whole):
    insert = ECHO.replace("sends.echo", "effects.again").replace("0.1", "0.3")
    program = whole(ECHO + insert + part("sine", send_db="{ echo = 0 }"))
    output = play(new_engine(image, program), [on(0, 60), off(480, 60)], 24_000)
    places = [output[n * 4800 + 100 : n * 4800 + 400].std() > 1e-3 for n in (0, 1, 2, 3, 4)]
    assert places == [True, True, False, True, True], "stroke, echo, and both again"


def test_numbers_of_sends_and_effects_glide(image, whole):
    engine = new_engine(image, whole(ECHO + part("sine", send_db="{ echo = 0 }")))
    play(engine, [on(0, 60)], 9600)
    whole_slot = max(engine.slots_in_use())
    before = play(engine, [], 4800).std()
    engine.set_value(whole_slot, "part.1.send_db.echo", -96.0)
    engine.set_value(whole_slot, "sends.echo.level_norm", 0.0)
    settle(engine, 0.5)
    assert abs(play(engine, [], 4800).std() - before) > 0.01


def test_a_plain_patch_sends_too(image):
    from synthhost.patch import loads

    text = HEAD.format("plain") + TONE.format(op="sine", performance="") + ECHO
    plain, sent = (
        play(
            new_engine(image, compile_patch(loads(text + more), image.operators)),
            [on(0, 60), off(480, 60)],
            9600,
        )
        for more in ("send_db = -96\n", "send_db = -6\n")
    )
    assert np.array_equal(plain[:4799], sent[:4799]) and np.abs(plain[6000:]).max() < QUIET
    assert np.allclose(sent[5000:5300], plain[200:500] * 10 ** (-6 / 20), atol=3e-3)


def test_panic_takes_sends_away_and_empties_them(image, whole):
    text = ECHO.replace("feedback_norm = 0", "feedback_norm = 0.9") + part("sine", send_db="{ echo = 0 }")
    engine = new_engine(image, whole(text))
    play(engine, [on(0, 60), off(9600, 60)], 12_000)
    play(engine, [panic(12_000)], 144 + 32)
    assert np.abs(play(engine, [], 48_000)).max() < 2e-4, "the DC guard's memory"
    engine.collect()
    now = int(engine.record.frame)
    output = play(engine, [on(now, 60), off(now + 480, 60)], 12_000)
    assert np.abs(output[5000:5300]).max() > 0.05, "and are there again"


def test_a_broken_part_does_not_silence_the_others(image, whole):
    program = whole(ECHO + part("echoing", send_db="{ echo = 0 }") + part("saw", send_db="{ echo = 0 }"))
    engine = new_engine(image, program)
    reference = play(new_engine(image, whole(ECHO + part("saw", send_db="{ echo = 0 }"))), [on(0, 60)], 9600)
    slot = engine.record.slots[0]
    engine.record.delays[slot.delay_start : slot.delay_start + slot.delay_frames] = np.nan
    output = play(engine, [on(0, 60)], 9600)
    assert np.isfinite(output).all() and engine.record.stats.broken > 0
    assert output[:, 0].std() > 0.9 * reference[:, 0].std()
    settle(engine, 0.5)
    count = int(engine.record.stats.broken)
    assert play(engine, [], 9600).std() > 0.05 and engine.record.stats.broken == count


def test_a_strip_that_is_no_number_is_contained(image, whole):
    engine = new_engine(image, whole(part("sine", pan=0) + part("saw", level_db=-60)))
    slot = engine.record.slots[2]
    for address in ("part.1.pan", "part.2.level_db", "part.2.send_db"):
        place = engine.program(2).addresses.get(address, 3)
        slot.value.reshape(-1)[place] = slot.target.reshape(-1)[place] = np.nan
    output = play(engine, [on(0, 60)], 4800)
    assert np.isfinite(output).all() and output.std() > 0.05


def test_sends_that_broke_recover(image, whole):
    engine = new_engine(image, whole(ECHO + part("sine", send_db="{ echo = 0 }")))
    play(engine, [on(0, 60)], 4800)
    slot = engine.record.slots[1]
    engine.record.delays[slot.delay_start : slot.delay_start + slot.delay_frames] = np.nan
    output = play(engine, [], 9600)
    assert np.isfinite(output).all() and engine.record.stats.broken > 0
    settle(engine, 1.0)
    count = int(engine.record.stats.broken)
    assert play(engine, [], 9600).std() > 0.05 and engine.record.stats.broken == count


def test_levels_and_places_of_keys_are_struck_with_the_next_note(image, whole):
    engine = new_engine(image, whole('[[key]]\nkey = 36\npatch = "sine"\nlevel_db = -6\npan = -1\n'))
    whole_slot = max(engine.slots_in_use())
    before = play(engine, [on(0, 36)], 4800)
    engine.set_value(whole_slot, "key.1.level_db", 0.0)
    engine.set_value(whole_slot, "key.1.pan", 1.0)
    ringing = play(engine, [], 9600)
    assert np.allclose(ringing[-4000:].std(0), before[-4000:].std(0), rtol=0.02) and before[:, 0].std() > 0.05
    now = int(engine.record.frame)
    after = play(engine, [off(now, 36), on(now, 36)], 9600)[4800:]
    assert after[:, 1].std() == pytest.approx(2 * before[:, 0].std(), rel=0.02)
    assert after[:, 0].std() < 1e-3
