"""Transposition, velocity curve and pedal polarity of one keyboard, in the MIDI thread's own code."""

import numpy as np
import pytest

from synthhost.midi.touch import Touch
from tests.midi.stream import Stream


@pytest.fixture(params=["plain", "compiled"])
def cable(request, image):
    return Stream(image if request.param == "compiled" else None)


def test_a_transposed_keyboard_sounds_higher_and_falls_silent_again(cable):
    Touch(semitones=12).fill(cable.decoder.touch)
    events = cable.send([0x90, 60, 100, 60, 0, 0x80, 61, 64]).events()
    assert events == [("on", 0, 72, 100), ("off", 0, 72, 64), ("off", 0, 73, 64)]


def test_a_key_is_let_go_as_it_was_struck_when_the_transposition_changes_meanwhile(cable):
    touch = cable.decoder.touch
    Touch(semitones=12).fill(touch)
    cable.send([0x93, 60, 100])
    Touch(semitones=-5).fill(touch)
    cable.send([0x83, 60, 64, 0x93, 60, 100])
    Touch().fill(touch)
    cable.send([0x93, 60, 100])  # its note off was lost
    assert cable.events() == [
        ("on", 3, 72, 100),
        ("off", 3, 72, 64),
        ("on", 3, 55, 100),
        ("off", 3, 55, 64),
        ("on", 3, 60, 100),
    ]


def test_keys_beyond_the_ends_of_the_keyboard_are_silent(cable):
    Touch(semitones=24).fill(cable.decoder.touch)
    assert cable.send([0x90, 104, 100, 104, 0, 103, 100]).events() == [("on", 0, 127, 100)]
    Touch(semitones=-24).fill(cable.decoder.touch)
    assert cable.send([0x90, 23, 100, 23, 0]).events() == []


def test_a_velocity_curve_changes_how_loud_a_key_is_and_never_whether_it_sounds(cable):
    curve = np.linspace(1.0, 0.5, 128)
    Touch(velocity=tuple(curve)).fill(cable.decoder.touch)
    for velocity in (1, 64, 127):
        cable.send([0x90, 60, velocity])
    records = cable.ring.records()
    assert [float(r["value"]) for r in records] == pytest.approx([float(curve[v]) for v in (1, 64, 127)])
    cable.send([0x90, 60, 0])
    assert cable.events() == [("off", 0, 60, 64)]


def test_a_pedal_of_the_other_polarity_is_put_right_and_other_pedals_are_not(cable):
    Touch(pedal_inverted=True).fill(cable.decoder.touch)
    events = cable.send([0xB0, 64, 0, 64, 127, 67, 127]).events()
    assert events == [("control", 0, 64, 127.0), ("control", 0, 64, 0.0), ("control", 0, 67, 127.0)]
