"""Keys tuned by the host, by octave and one by one: what is heard, and any mixture of them against a model."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.cable import now, pitch_hz, send
from tests.engine.playing import (
    bend,
    event,
    hz_of,
    names_of,
    new_engine,
    off,
    on,
    panic,
    play,
    settle,
    sound,
    stages,
)


@pytest.fixture
def synth(image):
    return new_engine(image, sound(names_of(image)))


def test_octave_tuning_moves_the_notes_of_its_channels(image, synth):
    quarter = " 40" * 4 + " 0E" + " 40" * 7  # e is 50 cents lower, on channels 1 and 16
    send(image, synth, f"F0 7E 7F 08 08 02 00 01{quarter} F7")
    a = 440 * 2 ** ((64 - 69) / 12)
    assert pitch_hz(synth, 64) == pytest.approx(a * 2 ** (-50 / 1200), rel=1e-4)
    assert pitch_hz(synth, 64, 15) == pytest.approx(a * 2 ** (-50 / 1200), rel=1e-4)
    assert pitch_hz(synth, 64, 1) == pytest.approx(a, rel=1e-4)
    assert pitch_hz(synth, 65) == pytest.approx(a * 2 ** (1 / 12), rel=1e-4)
    assert pitch_hz(synth, 64, port=1) == pytest.approx(a, rel=1e-4)


@pytest.mark.parametrize("kind, moves", [("7F", True), ("7E", False)])
def test_real_time_tuning_moves_notes_that_sound(image, synth, kind, moves):
    up = " 40 00" * 9 + " 60 00" + " 40 00" * 2  # a is 50 cents higher
    play(synth, [on(0, 69)], 64)
    send(image, synth, f"F0 {kind} 7F 08 09 03 7F 7F{up} F7")
    assert hz_of(synth.render(9600)[:, 0]) == pytest.approx(
        440 * 2 ** ((50 if moves else 0) / 1200), rel=1e-4
    )


def test_real_time_tuning_moves_notes_of_a_patch_that_glides(image):
    engine = new_engine(image, sound(names_of(image), "glide_s = 1"))
    play(engine, [on(0, 69)], 64)
    send(image, engine, "F0 7F 7F 08 09 03 7F 7F" + " 40 00" * 9 + " 60 00" + " 40 00" * 2 + " F7")
    assert hz_of(engine.render(9600)[:, 0]) == pytest.approx(440 * 2 ** (50 / 1200), rel=1e-4)


def test_keys_can_be_tuned_one_by_one_and_left_out(synth):
    octaves = np.log2(440) + (np.arange(128) - 69) / 19
    octaves[70] = -np.inf
    synth.tune(octaves)
    settle(synth, 0.01)
    assert pitch_hz(synth, 69) == pytest.approx(440, rel=1e-4)
    assert pitch_hz(synth, 88) == pytest.approx(880, rel=1e-4)
    at = now(synth)
    play(synth, [on(at, 70), off(at + 100, 70)], 256)
    assert stages(synth) == []


# --- single note tuning -----------------------------------------------------------------------------------------------

A_QUARTER_TONE_UP = "45 45 40 00"  # key 69 is 69 semitones and a half


def cents(hz, semitones):
    """How far a frequency is from a pitch, 69 semitones being 440 Hz."""
    return 1200 * np.log2(hz / 440) - 100 * (semitones - 69)


@pytest.mark.parametrize("head", ["7F 10 08 02 00", "7F 7F 08 07 00 05", "7E 7F 08 07 03 00"])
def test_a_key_is_tuned_to_the_hundredth_of_a_cent_on_its_port_only(image, synth, head):
    send(image, synth, f"F0 {head} 03 45 45 40 00 3C 54 00 01 46 46 7F 7F F7")
    assert abs(cents(pitch_hz(synth, 69), 69.5)) < 0.01
    assert abs(cents(pitch_hz(synth, 69, channel=15), 69.5)) < 0.01
    assert abs(cents(pitch_hz(synth, 60), 84 + 1 / 16384)) < 0.01
    assert abs(cents(pitch_hz(synth, 70), 71 - 1 / 16384)) < 0.01
    assert abs(cents(pitch_hz(synth, 69, port=1), 69)) < 0.01
    assert abs(cents(pitch_hz(synth, 81), 81)) < 0.01


@pytest.mark.parametrize(
    ("head", "moves"), [("7F 7F 08 02 00", True), ("7F 7F 08 07 00 00", True), ("7E 7F 08 07 00 00", False)]
)
@pytest.mark.parametrize("performance", ["", "glide_s = 1"])
def test_a_note_that_sounds_moves_in_real_time(image, head, moves, performance):
    synth = new_engine(image, sound(names_of(image), performance))
    play(synth, [on(0, 69)], 64)
    send(image, synth, f"F0 {head} 01 {A_QUARTER_TONE_UP} F7")
    assert abs(cents(hz_of(synth.render(9600)[:, 0]), 69.5 if moves else 69)) < 0.01


def test_other_notes_and_ports_sound_on_as_they_are(image):
    """Bit for bit, also one that glides."""
    outputs = []
    for data in ("", f"F0 7F 7F 08 02 00 02 {A_QUARTER_TONE_UP} 3E 7F 7F 7F F7"):
        synth = new_engine(image, sound(names_of(image), "glide_s = 0.5"))
        play(synth, [on(0, 60), on(10, 62), on(10, 69, port=1)], 64)
        send(image, synth, data)
        outputs.append(synth.render(9600))
    assert np.array_equal(*outputs)


def test_a_bend_and_a_channels_tuning_are_added(image, synth):
    send(image, synth, f"F0 7F 7F 08 02 00 01 {A_QUARTER_TONE_UP} F7")
    send(image, synth, "F0 7F 7F 08 08 03 7F 7F" + " 40" * 9 + " 54" + " 40" * 2 + " F7")  # a: 20 cents up
    play(synth, [bend(now(synth), 0.5)], 64)  # a semitone
    assert abs(cents(pitch_hz(synth, 69), 70.7)) < 0.01


def test_7f_7f_7f_leaves_a_key_as_it_is(image, synth):
    send(image, synth, f"F0 7F 7F 08 02 00 02 {A_QUARTER_TONE_UP} 3C 7F 7F 7F F7")
    send(image, synth, "F0 7F 7F 08 02 00 01 45 7F 7F 7F F7")
    assert abs(cents(pitch_hz(synth, 69), 69.5)) < 0.01
    assert abs(cents(pitch_hz(synth, 60), 60)) < 0.01


def test_a_message_of_another_length_changes_nothing(image, synth):
    for words in ("02 45 45 40 00", "01 45 45 40", "00 45 45 40 00", "01 45 45 40 00 00"):
        send(image, synth, f"F0 7F 7F 08 02 00 {words} F7")
        send(image, synth, f"F0 7E 7F 08 07 00 00 {words} F7")
    send(
        image, synth, "F0 7E 7F 08 02 00 01 45 45 40 00 F7"
    )  # there is none of this that is not in real time
    assert not synth.record.note_octaves.any()


def test_all_127_keys_in_one_message(image, synth):
    send(
        image, synth, "F0 7F 7F 08 02 00 7F" + "".join(f" {k:02X} 45 00 {k:02X}" for k in range(127)) + " F7"
    )
    assert abs(cents(pitch_hz(synth, 126), 69 + 126 / 16384)) < 0.01
    assert synth.record.stats.late_events == 0 and synth.record.rings[0].dropped == 0


@pytest.mark.parametrize("reset", ["7E 7F 09 01", "41 10 42 12 40 00 7F 00 41", "43 10 4C 00 00 7E 00"])
def test_a_reset_gives_the_hosts_tuning_back_to_its_port(image, synth, reset):
    octaves = np.log2(432) + (np.arange(128) - 69) / 12
    octaves[70] = -np.inf
    synth.tune(octaves)
    for port in range(2):
        send(image, synth, "F0 7F 7F 08 02 00 02 45 45 40 00 46 46 00 00 F7", port)
    assert abs(cents(pitch_hz(synth, 69), 69.5)) < 0.01
    assert abs(cents(pitch_hz(synth, 70), 70)) < 0.01, "a key that the host's map leaves out"
    assert pitch_hz(synth, 57) == pytest.approx(216, rel=1e-5)
    send(image, synth, f"F0 {reset} F7")
    assert pitch_hz(synth, 69) == pytest.approx(432, rel=1e-5)
    play(synth, [on(now(synth), 70)], 256)
    assert stages(synth) == []
    assert abs(cents(pitch_hz(synth, 69, port=1), 69.5)) < 0.01


ports, keys = st.integers(0, 1), st.sampled_from([0, 59, 60, 61, 72, 127])
sevens = st.integers(0, 127)
single = st.tuples(st.just("single"), ports, keys, st.integers(0, 127), sevens, sevens, st.booleans())
octave = st.tuples(st.just("octave"), ports, st.integers(0, 11), st.integers(0, 127), st.booleans())
host = st.tuples(st.just("host"), keys, st.floats(5, 12, width=32))
reset = st.tuples(st.just("reset"), ports)


class Model:
    """Where the keys of two ports sound, in cents above key 0 of equal temperament; by the words of docs/midi.md."""

    def __init__(self):
        self.host = {key: 100.0 * key for key in range(128)}
        self.own, self.octave = ({}, {}), ([0.0] * 12, [0.0] * 12)

    def cents(self, port, key):
        return self.own[port].get(key, self.host[key]) + self.octave[port][key % 12]

    def hear(self, kind, *words):
        """Take a message. Returns (port, keys) whose sounding notes move."""
        if kind == "host":
            self.host[words[0]] = 1200 * (words[1] - np.log2(440)) + 6900
        elif kind == "reset":
            self.own[words[0]].clear()
            self.octave[words[0]][:] = [0.0] * 12
        elif kind == "single":
            port, key, xx, yy, zz, at_once = words
            if (xx, yy, zz) != (127, 127, 127):
                self.own[port][key] = 100 * (xx + (128 * yy + zz) / 16384)
                return (port, {key}) if at_once else (port, set())
        else:
            port, note, value, at_once = words
            self.octave[port][:] = [0.0] * 12
            self.octave[port][note] = value - 64.0
            return (port, set(range(128))) if at_once else (port, set())
        return 0, set()


def as_bytes(kind, *words):
    """The SysEx of a message to the model."""
    if kind == "reset":
        return "F0 7E 7F 09 01 F7"
    if kind == "single":
        _, key, xx, yy, zz, at_once = words
        return f"F0 {0x7E + at_once:X} 7F 08 07 00 00 01 {key:02X} {xx:02X} {yy:02X} {zz:02X} F7"
    _, note, value, at_once = words
    tuned = " ".join(f"{value if n == note else 64:02X}" for n in range(12))
    return f"F0 {0x7E + at_once:X} 7F 08 08 03 7F 7F {tuned} F7"


def sounding_cents(engine):
    """(port, key) -> pitch that it is sent to, in the model's cents."""
    groups = engine.record.groups[:2]
    found = {}
    for group, lane in np.argwhere(groups["stage"] != 0):
        place = int(groups["channel"][group, lane]) >> 4, int(groups["key"][group, lane])
        found[place] = 1200 * (float(groups["pitch_target"][group, lane]) - np.log2(440)) + 6900
    return found


@settings(max_examples=150)
@given(messages=st.lists(st.one_of(single, single, octave, host, reset), max_size=12))
def test_any_mixture_of_tunings_is_where_the_model_has_it(image, messages):
    """To 0.002 cents, which is what log2 of hertz in 32 bits resolves."""
    engine, model = new_engine(image, sound(names_of(image))), Model()
    every = [(port, key) for port in range(2) for key in (0, 59, 60, 61, 72, 127)]
    play(engine, [on(0, key, port=port) for port, key in every], 64)
    wanted = {place: model.cents(*place) for place in every}
    for message in messages:
        if message[0] == "host":
            play(engine, [event(25, now(engine), key=message[1], value=message[2])], 64)
        else:
            send(image, engine, as_bytes(*message), message[1])
        port, moved = model.hear(*message)
        wanted |= {place: model.cents(*place) for place in every if place[0] == port and place[1] in moved}
        if message[0] != "reset":
            sounding = sounding_cents(engine)
            assert all(abs(sounding[place] - wanted[place]) < 0.002 for place in sounding)
    play(engine, [panic(now(engine))], 480)
    play(engine, [on(now(engine), key, port=port) for port, key in every], 64)
    sounding = sounding_cents(engine)
    assert set(sounding) == set(every)
    assert all(abs(sounding[place] - model.cents(*place)) < 0.002 for place in every)
