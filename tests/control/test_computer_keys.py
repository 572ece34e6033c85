"""The computer's keys as a keyboard: pitch, gate, pedal, octave."""

import pytest

from synthhost.control.computer_keys import GATE_S, ComputerKeys
from synthhost.control.typed import FOCUS_LOST, RELEASE, REPEAT, Key
from synthhost.midi.touch import Touch


class Heard:
    """A host that writes down what it is told."""

    listened_channel = 255

    def __init__(self):
        self.said = []

    def note_on(self, key, velocity, channel):
        self.said.append(("on", key, round(velocity * 127), channel))

    def note_off(self, key, channel):
        self.said.append(("off", key))

    def pedal(self, down, channel):
        self.said.append(("pedal", down))

    def take(self):
        said, self.said = self.said, []
        return said


class Fingers:
    """Keys under somebody's hands, and a clock."""

    def __init__(self, touch=Touch(), true_key_up=True):  # noqa: B008
        self.time, self.host = 0.0, Heard()
        self.keys = ComputerKeys(self.host, touch, true_key_up, lambda: self.time)

    def press(self, text):
        for letter in text:
            assert self.keys.play(Key(letter, letter.lower()))
        return self.host.take()

    def let_go(self, text):
        for letter in text:
            self.keys.play(Key(letter, letter.lower(), RELEASE))
        return self.host.take()

    def wait(self, seconds):
        self.time += seconds
        self.keys.tick()
        return self.host.take()


def test_two_rows_are_two_octaves_of_a_piano():
    fingers = Fingers()
    keys = [key for _, key, _, _ in fingers.press("zsxdcvgbhnjmq2w3er5t6y7ui")]
    assert keys == list(range(48, 73))


def test_a_note_that_both_rows_have_ends_with_the_last_of_its_keys():
    fingers = Fingers()
    fingers.press(",q")
    assert fingers.let_go(",") == []
    assert fingers.let_go("q") == [("off", 60)]


def test_a_key_is_let_go_as_it_was_struck_when_the_octave_changes_meanwhile():
    fingers = Fingers()
    fingers.press("z")
    fingers.keys.play(Key("right"))
    assert fingers.let_go("z") == [("off", 48)]
    assert fingers.press("z") == [("on", 60, 100, 1)]
    for _ in range(20):
        fingers.keys.play(Key("right"))
    assert fingers.keys.octave == 5
    assert fingers.press("p") == []  # beyond the end of the keyboard


def test_a_repeated_key_is_one_note_and_a_lost_window_lets_all_go():
    fingers = Fingers()
    fingers.press("z")
    fingers.keys.play(Key("z", "z", REPEAT))
    fingers.keys.play(Key("space"))
    fingers.keys.play(Key(FOCUS_LOST))
    assert fingers.host.take() == [("pedal", True), ("off", 48), ("pedal", False)]


def test_without_key_up_a_press_sounds_for_the_gate():
    fingers = Fingers(true_key_up=False)
    assert fingers.press("z") == [("on", 48, 100, 1)]
    assert fingers.wait(GATE_S - 0.01) == []
    assert fingers.wait(0.02) == [("off", 48)]


def test_pressed_again_a_key_is_struck_again():
    fingers = Fingers(true_key_up=False)
    fingers.press("z")
    fingers.wait(0.2)
    assert fingers.press("z") == [("off", 48), ("on", 48, 100, 1)]
    assert fingers.wait(GATE_S - 0.01) == []


def test_a_key_that_the_terminal_repeats_sounds_on():
    fingers = Fingers(true_key_up=False)
    fingers.press("z")
    fingers.wait(0.5)
    fingers.press("z")  # the first repeat comes after a while
    for _ in range(40):
        assert fingers.wait(0.033) == []
        assert fingers.press("z") == []
    assert fingers.wait(0.25) == [("off", 48)]


def test_they_are_transposed_and_as_loud_as_the_player_set():
    curve = (0.5,) * 128
    assert Fingers(Touch(semitones=-12, velocity=curve)).press("z") == [("on", 36, 64, 1)]


def test_they_play_on_the_channel_that_is_listened_to():
    fingers = Fingers()
    fingers.host.listened_channel = 4
    fingers.keys = ComputerKeys(fingers.host, Touch(), True)
    assert fingers.press("z") == [("on", 48, 100, 5)]


@pytest.mark.parametrize("name", ["enter", "tab", "up", "~", "é"])
def test_other_keys_are_not_the_keyboards(name):
    assert not Fingers().keys.play(Key(name, name))
