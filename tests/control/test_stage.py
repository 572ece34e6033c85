"""`synthhost play` on a terminal: the live line, keys that steer, the computer's keys as a keyboard."""

import os
import signal
import time

import pytest

pytest.importorskip("pyte")
if os.name == "nt":
    pytest.skip("a pseudo-terminal is needed", allow_module_level=True)

from synthhost.patch import find, list_patches, load
from tests.control.command import ENVIRONMENT
from tests.control.screen import Seat

READY = ("Esc panic", "voices", "late")


def press(code):
    return f"\x1b[{code}u".encode()


def let_go(code):
    return f"\x1b[{code};1:3u".encode()


@pytest.fixture(autouse=True)
def clean_home(tmp_path, monkeypatch):
    """Nothing was saved, and nothing of ours stays."""
    monkeypatch.setitem(ENVIRONMENT, "XDG_CONFIG_HOME", str(tmp_path))


def test_the_live_line_shows_port_note_velocity_level_voices_and_late_blocks(image):
    with Seat("latency") as seat:
        seat.wait_for(*READY)
        assert seat.live_line().startswith("no key yet │ ▯▯▯▯▯▯▯▯  -∞ dB │ 0 voices │ ")
        seat.type("c")
        line = seat.wait_line("this computer: E3 vel 100", "1 voice ")
        assert line.startswith("this computer: E3 vel 100 │ ")
        assert "▮▮" in seat.wait_line("▮▮")
        assert " late │ " in line
        assert line.endswith("Latency test at -12 dB")
        seat.type(" ")
        seat.wait_line("CC 64 127")


def test_a_press_sounds_for_its_gate_where_the_terminal_does_not_tell_of_key_up(image):
    with Seat("latency") as seat:
        seat.wait_for(*READY, "each press sounds for 0.35 s", "space turns sustain on and off")
        seat.type("zq")
        seat.wait_line("C4", "2 voices")
        seat.wait_line("0 voices", seconds=3.0)
        seat.type(" z")
        seat.wait_line("1 voice ")
        time.sleep(0.8)
        assert "1 voice " in seat.live_line()
        seat.type(" ")
        seat.wait_line("0 voices")


def test_a_held_key_sounds_until_its_release_where_the_terminal_tells(image):
    with Seat("latency", kitty=True) as seat:
        seat.wait_for(*READY, "space is the sustain pedal")
        assert b"\x1b[>15u" in seat.sent
        seat.type(press(122) + press(99))
        seat.wait_line("2 voices")
        time.sleep(0.8)
        assert "2 voices" in seat.live_line()
        seat.type(b"\x1b[122;1:2u" + let_go(122))
        seat.wait_line("1 voice ")
        seat.type(press(32) + let_go(99))
        seat.wait_line("CC 64 127")
        time.sleep(0.3)
        assert "1 voice " in seat.live_line()
        seat.type(let_go(32))
        seat.wait_line("0 voices", "CC 64 0")
        seat.type(press(122))
        seat.wait_line("1 voice ")
        seat.type(b"\x1b[O")  # another window gets the keys, and their release
        seat.wait_line("0 voices")
        seat.type(b"\x1b[99;5u")  # Ctrl-C
        assert seat.end() == 0
        assert b"\x1b[<u" in seat.sent
        assert seat.restored()


def test_keys_are_meant_by_their_place_where_the_terminal_tells_it(image):
    with Seat("latency", kitty=True) as seat:
        seat.wait_for(*READY)
        seat.type(b"\x1b[121::122u")  # a German keyboard has its y where the English z is
        seat.wait_line("C3 vel 100")


def test_octave_volume_patch_and_panic_keys(image):
    with Seat("electric-piano") as seat:
        seat.wait_for(*READY)
        seat.type(b"\x1b[C")
        seat.wait_line("octave +1")
        seat.type("z")
        seat.wait_line("C4")
        seat.type("+++-")
        seat.wait_line("at -10 dB")
        seat.type(b"\x1b[6~")
        names = list(list_patches())
        following = load(find(names[names.index("keys/electric-piano") + 1])).name
        seat.wait_for(f"playing: {following}")
        seat.type(b"\x1b[5~")
        seat.wait_for("playing: Electric Piano")
        seat.wait_line("Electric Piano at")
        seat.type(" zcb")
        seat.wait_line("3 voices")
        seat.type(b"\x1b")
        seat.wait_line("0 voices", seconds=3.0)


@pytest.mark.parametrize("way", ["ctrl-c", "ctrl-d", "terminated", "hung up"])
def test_the_terminal_is_left_as_it_was_however_it_ends(image, way):
    with Seat() as seat:
        seat.wait_for(*READY)
        assert not seat.restored()
        if way.startswith("ctrl"):
            seat.type({"ctrl-c": b"\x03", "ctrl-d": b"\x04"}[way])
        else:
            seat.process.send_signal({"terminated": signal.SIGTERM, "hung up": signal.SIGHUP}[way])
        assert seat.end() == 0
        seat.wait_for("0 notes in")
        assert seat.restored()


def test_the_terminal_is_left_as_it_was_when_something_breaks(image):
    code = (
        "import time; from synthhost.control.cli import main; from synthhost.host import Host\n"
        "tick, end = Host.tick, time.monotonic() + 1.5\n"
        "def broken(self): tick(self); 1 / (time.monotonic() < end)\n"
        "Host.tick = broken; main()"
    )
    with Seat(kitty=True, code=code) as seat:
        seat.wait_for(*READY)
        assert seat.end() == 1
        seat.wait_for("ZeroDivisionError")
        assert b"\x1b[<u" in seat.sent
        assert seat.restored()


def test_a_session_that_cannot_be_written_is_said_at_once(image):
    with Seat("--record", "/dev/full") as seat:
        seat.wait_for("is not written any more")
        seat.type(b"\x04")
        assert seat.end() == 1
        assert seat.restored()


def test_ctrl_z_gives_the_terminal_back_and_fg_takes_it_again(image):
    with Seat("latency") as seat:
        seat.wait_for(*READY)
        seat.type(b"\x1a")
        end = time.monotonic() + 5
        while not seat.restored() and time.monotonic() < end:
            time.sleep(0.01)
        assert seat.restored()
        with open(f"/proc/{seat.process.pid}/stat") as file:
            assert file.read().rsplit(")", 1)[1].split()[0] == "T"
        seat.process.send_signal(signal.SIGCONT)
        seat.wait_line("0 voices")
        time.sleep(0.5)  # keys that come while it begins are not played
        seat.type("z")
        seat.wait_line("C3 vel 100")


def test_without_computer_keys_letters_are_silent_and_q_ends(image):
    with Seat("--no-keys") as seat:
        seat.wait_for("q or Ctrl-C ends", "0 voices")
        seat.type("z")
        time.sleep(0.3)
        assert "0 voices" in seat.live_line()
        assert "C3" not in seat.live_line()
        seat.type("q")
        assert seat.end() == 0


def test_computer_keys_are_left_alone_when_a_keyboard_is_there_unless_they_are_asked_for(image, tmp_path):
    os.mkfifo(tmp_path / "keyboard")
    with Seat("--midi-raw", tmp_path / "keyboard") as seat:
        seat.wait_for("q or Ctrl-C ends", "0 voices")
    with Seat("--midi-raw", tmp_path / "keyboard", "--keys") as seat:
        seat.wait_for("Ctrl-C ends", "q 2 w 3 e")


def test_messages_stay_above_the_live_line(image, tmp_path):
    with Seat("latency") as seat:
        seat.wait_for(*READY)
        seat.type("z")
        text = seat.wait_for("the virtual device plays, which nobody hears", "│ 0 voices")
        assert text.count("│ 0 voices") == 1
        assert text.rsplit("\n", 1)[-1].endswith("Latency test at -12 dB")


def test_a_keyboard_that_is_plugged_in_later_is_told_above_the_live_line_and_named_in_it(image, tmp_path):
    cable = tmp_path / "keys"
    with Seat("latency", "--midi-raw", cable) as seat:
        seat.wait_for(*READY, "cannot be opened")
        os.mkfifo(cable)
        text = seat.wait_for("keys is port 0", seconds=5.0)
        assert text.rsplit("\n", 1)[-1].startswith("no key yet │ ")
        with open(cable, "wb", buffering=0) as hand:
            hand.write(bytes([0x90, 66, 77, 0xB0, 1, 99]))
            line = seat.wait_line("keys: F♯4 vel 77", "CC 1 99", "1 voice ")
        seat.wait_line("0 voices")  # unplugged
        assert "late" in line
