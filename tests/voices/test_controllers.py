"""Brightness and its like, fine controllers, bend range and tuning: what is heard of each."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthhost.patch import compile_patch, loads
from tests.engine.playing import (
    HEAD,
    RESET,
    bend,
    control,
    hand_in,
    hz_of,
    names_of,
    new_engine,
    off,
    on,
    play,
    sound,
)

FILTERED = """
[osc1]
op = "saw"
[filter]
op = "svf_lowpass"
in = "osc1"
cutoff_hz = {cutoff_hz}
q = {q}
[env]
op = "adsr"
attack_s = {attack_s}
release_s = {release_s}
sustain_norm = 1
[amp]
op = "multiply"
a = "filter"
b = "env"
[out]
in = "amp"
level_db = -12
"""


def filtered(image, cutoff_hz=500, q=1, attack_s=0.01, release_s=0.1):
    text = FILTERED.format(cutoff_hz=cutoff_hz, q=q, attack_s=attack_s, release_s=release_s)
    return new_engine(
        image, compile_patch(loads(HEAD.format(name="f", performance="") + text), names_of(image))
    )


def rpn(frame, number, coarse=None, fine=None, channel=0):
    """Choose a registered parameter and set it."""
    events = [control(frame, 101, number >> 7, channel), control(frame, 100, number & 127, channel)]
    for controller, value in ((6, coarse), (38, fine)):
        if value is not None:
            events.append(control(frame, controller, value, channel))
    return events


@pytest.fixture
def synth(image):
    return new_engine(image, sound(names_of(image)))


def heard_hz(engine, events):
    start = int(engine.record.frame)
    for item in events:
        item.frame = start
    output = play(engine, [*events, on(start + 64, 69)], 9600)
    play(engine, [control(start + 9600, 120, 0)], 480)
    return hz_of(output[960:, 0])


def interval(engine, events):
    """How far from a' a' sounds, in semitones."""
    return 12 * np.log2(heard_hz(engine, events) / 440)


# --- 71 … 74 ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number, value, same",
    [
        (74, 127, {"cutoff_hz": 8000}),
        (74, 1, {"cutoff_hz": 500 / 16}),
        (71, 127, {"q": 8}),
        (73, 127, {"attack_s": 0.16}),
        (73, 0, {"attack_s": 0.01 / 16}),
        (72, 127, {"release_s": 1.6}),
        (72, 0, {"release_s": 0.1 / 16}),
    ],
)
def test_a_sound_controller_moves_what_the_patch_says(image, number, value, same):
    notes = [on(32, 45), off(9600, 45)]
    turned = play(filtered(image), [control(0, number, value), *notes], 14400)
    written = play(filtered(image, **same), notes, 14400)
    assert np.abs(turned - written).max() < 2e-5
    assert np.abs(turned - play(filtered(image), notes, 14400)).max() > 1e-2


@pytest.mark.parametrize("number", [71, 72, 73, 74])
def test_in_the_middle_a_sound_controller_changes_nothing(image, number):
    notes = [on(32, 45), off(4800, 45)]
    moved = [control(0, number, 10), control(5, number, 64)]
    assert np.array_equal(play(filtered(image), moved + notes, 9600), play(filtered(image), notes, 9600))


def test_brightness_moves_under_a_ringing_note_without_a_click(image):
    engine = filtered(image, cutoff_hz=300)
    output = play(engine, [on(0, 33), control(4800, 74, 127)], 9600)[:, 0]

    def roughness(part):
        return np.abs(np.diff(part, 2)).max()

    assert roughness(output[4700:4900]) < 1.2 * roughness(output[6000:9600]), (
        "no worse than the bright sound itself"
    )


def test_reset_controllers_leaves_the_sound_as_it_was_made(image):
    engine = filtered(image)
    play(engine, [control(0, 74, 127), control(0, RESET, 0)], 64)
    assert engine.record.arrays.cutoff_to[0] == 4


# --- fine controllers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 2, 7, 10, 11, 16, 17, 18, 19])
def test_a_second_controller_makes_a_first_one_fine(synth, number):
    play(synth, [control(0, number, 70), control(1, number + 32, 32)], 64)
    assert synth.record.channels[0].control[number] == 70.25
    play(synth, [control(100, number, 71)], 64)
    assert synth.record.channels[0].control[number] == 71, "a coarse one alone has no fine part"


def test_fine_volume_lies_between_two_coarse_ones_and_reaches_full(synth):
    def gain(*events):
        play(synth, list(events), 64)
        return synth.record.arrays.left_from[0]

    low, high = gain(control(0, 7, 70)), gain(control(0, 7, 71))
    between = gain(control(0, 7, 70), control(0, 39, 64))
    assert low < between < high
    assert between == pytest.approx((70.5 / 127) ** 2)
    assert gain(control(0, 7, 127)) == gain(control(0, 7, 127), control(0, 39, 127)) == 1


def test_volume_and_expression_are_the_square_of_the_controller(synth):
    for number in (7, 11):
        play(synth, [control(0, 7, 127), control(0, 11, 127), control(1, number, 40)], 64)
        db = 20 * np.log10(synth.record.arrays.left_from[0])
        assert db == pytest.approx(40 * np.log10(40 / 127), abs=1e-3)


# --- bend range and tuning --------------------------------------------------------------------------------------------


def test_bend_range_is_set_in_semitones_and_cents(synth):
    assert interval(synth, [*rpn(0, 0, 12), bend(0, 1.0)]) == pytest.approx(12, abs=2e-3)
    assert interval(synth, [bend(0, -0.5)]) == pytest.approx(-6, abs=2e-3)
    assert interval(synth, [*rpn(0, 0, 0, 50), bend(0, 1.0)]) == pytest.approx(0.5, abs=2e-3)
    assert interval(synth, [*rpn(0, 0, 3), bend(0, 1.0)]) == pytest.approx(3, abs=2e-3), "no cents any more"


def test_a_bend_range_that_was_set_stays_across_programs_and_controller_reset(image, synth):
    other = synth.load(sound(names_of(image), "bend_semitones = 7"))
    play(synth, [*rpn(0, 0, 5), hand_in(1, other), control(2, RESET, 0)], 64)
    assert interval(synth, [bend(0, 1.0)]) == pytest.approx(5, abs=2e-3)


def test_fine_and_coarse_tuning_add_up(synth):
    assert interval(synth, rpn(0, 1, 64 + 32, 0)) == pytest.approx(0.5, abs=2e-3)
    assert interval(synth, rpn(0, 2, 64 - 3)) == pytest.approx(-2.5, abs=2e-3)
    assert interval(synth, rpn(0, 1, 0, 0)) == pytest.approx(-4, abs=2e-3)
    assert interval(synth, [*rpn(0, 1, 64, 0), *rpn(0, 2, 64)]) == pytest.approx(0, abs=2e-3)


def test_increment_and_decrement_go_by_one_step(synth):
    up, down = control(0, 96, 0), control(0, 97, 0)
    play(synth, [*rpn(0, 2), up, up, down, up], 64)
    assert synth.record.channels[0].coarse_semitones == 2
    play(synth, [*rpn(100, 0, 2, 99), control(101, 96, 0)], 128)
    assert synth.record.channels[0].bend_semitones == 3
    play(synth, [control(200, 97, 0)], 128)
    assert synth.record.channels[0].bend_semitones == pytest.approx(2.99)
    play(synth, [*rpn(300, 1), control(301, 97, 0)], 128)
    assert synth.record.channels[0].fine_cents == pytest.approx(-100 / 8192)


def test_null_keeps_data_entry_from_changing_anything(synth):
    play(synth, [*rpn(0, 0, 12), *rpn(1, 16383), control(2, 6, 24), control(2, 96, 0)], 64)
    assert synth.record.channels[0].bend_semitones == 12
    play(synth, [*rpn(100, 2, 70), control(101, RESET, 0), control(102, 6, 0)], 64)
    assert synth.record.channels[0].coarse_semitones == 6, "reset forgets which was chosen, not what was set"


def test_unknown_and_non_registered_parameters_are_counted_and_harmless(synth):
    nrpn = [control(0, 99, 1), control(0, 98, 8), control(0, 6, 100)]
    assert interval(synth, [*nrpn, *rpn(0, 5, 3, 4)]) == pytest.approx(0, abs=1e-4)
    assert synth.record.stats.unknown_parameters == 3


def test_a_channel_has_its_own_tuning(synth):
    play(synth, rpn(0, 2, 76, channel=1), 64)
    assert interval(synth, []) == pytest.approx(0, abs=1e-4)


@settings(max_examples=60)
@given(
    stream=st.lists(
        st.tuples(
            st.integers(0, 255),
            st.sampled_from([*range(128), *[6, 38, 96, 97, 98, 99, 100, 101] * 8]),
            st.sampled_from([0, 1, 2, 63, 64, 126, 127]) | st.integers(0, 127),
        ),
        max_size=200,
    )
)
def test_any_stream_of_controllers_leaves_a_finite_sound_and_nothing_stuck(image, stream):
    engine = filtered(image)
    events = [on(0, 60), bend(1, 1.0)] + [control(at, number, value) for at, number, value in stream]
    output = play(engine, events, 2048)
    assert np.isfinite(output).all()
    channel = engine.record.channels[0]
    assert 0 <= channel.bend_semitones <= 96 or channel.bend_semitones == -1
    assert abs(channel.fine_cents) <= 100 and abs(channel.coarse_semitones) <= 64
    assert ((channel.control >= -1) & (channel.control < 128)).all()
    play(engine, [control(2048, 64, 0), control(2048, 72, 0), control(2048, 120, 0)], 480)
    assert engine.record.sounding == 0
