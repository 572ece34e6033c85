"""Ports of the system by RtMidi, here by a stand-in that behaves like it; and all inputs of a host together."""

import os
import sys
import threading
import time
import types

import pytest

from synthhost.midi import inputs, ports
from synthhost.midi.inputs import MidiInputs
from synthhost.midi.kinds import why_left_out
from synthhost.midi.ports import Port, PortInput, PortLister, list_ports, loosely, plain_name, ports_available
from synthhost.midi.raw import RawDevice, list_raw_midi
from tests.midi.stream import Ring, collect, wait_for

NOTE, ON, RELEASE = b"\x90\x3c\x64", ("on", 0, 60, 100), ("release",)
KEYS, PADS = "nanoKEY2:nanoKEY2 MIDI 1 20:0", "Pads:Pads Out 129:0"


class FakeMidiIn:
    """A client of RtMidi; `names` is what is plugged in, `playing` which client listens to which port."""

    names, playing, made = [], {}, []

    def __init__(self, api, name):
        assert api == "alsa"
        assert name == "synthhost"
        self.callback = self.ignored = None
        FakeMidiIn.made.append(self)

    def get_ports(self):
        return list(self.names)

    def ignore_types(self, sysex, timing, active_sense):
        self.ignored = sysex, timing, active_sense

    def set_callback(self, function, data=None):
        self.callback = (function, data)

    def open_port(self, number, name):
        self.playing[self.names[number]] = self

    def cancel_callback(self):
        self.callback = None

    def close_port(self):
        assert self.callback is None
        self.playing = {name: client for name, client in self.playing.items() if client is not self}
        FakeMidiIn.playing = self.playing


@pytest.fixture
def rtmidi(monkeypatch):
    """A system with the ports in `FakeMidiIn.names`."""
    module = types.ModuleType("rtmidi")
    module.API_LINUX_ALSA = module.API_MACOSX_CORE = module.API_WINDOWS_MM = "alsa"
    module.get_compiled_api = lambda: ["alsa"]
    module.MidiIn = FakeMidiIn
    FakeMidiIn.names, FakeMidiIn.playing, FakeMidiIn.made = [], {}, []
    monkeypatch.setitem(sys.modules, "rtmidi", module)
    monkeypatch.setattr(ports, "SEQUENCER", os.devnull)
    monkeypatch.setattr(inputs, "list_raw_midi", list)
    return FakeMidiIn


def play(name, data=NOTE):
    """What RtMidi does when a key is pressed; nothing if nobody listens."""
    client = FakeMidiIn.playing.get(name)
    if client and client.callback:
        function, extra = client.callback
        function((list(data), 0.0), extra)


@pytest.fixture
def rings():
    return [Ring() for _ in range(3)]


def open_inputs(image, rings, **settings):
    return MidiInputs(image, [ring.address for ring in rings], **{"poll_s": None, **settings})


def test_a_missing_rtmidi_is_a_sentence(monkeypatch, image, rings):
    monkeypatch.setitem(sys.modules, "rtmidi", None)
    available, reason = ports_available()
    assert not available
    assert "python-rtmidi is not installed" in reason
    assert list_ports() == []
    with open_inputs(image, rings) as found:
        assert any("python-rtmidi is not installed" in line for line in found.describe())


def test_a_missing_sequencer_is_a_sentence(rtmidi, monkeypatch):
    monkeypatch.setattr(ports, "SEQUENCER", "/dev/snd/there-is-none")
    if sys.platform == "linux":
        available, reason = ports_available()
        assert not available
        assert "is not there" in reason
        assert rtmidi.made == []  # ALSA would print to the terminal


def test_rtmidi_that_refuses_is_a_sentence(rtmidi, monkeypatch):
    def refuse(*_arguments, **_settings):
        raise OSError("no sequencer today")

    monkeypatch.setattr(sys.modules["rtmidi"], "MidiIn", refuse)
    found, reason = PortLister().list()
    assert found == []
    assert "no sequencer today" in reason


def test_an_rtmidi_with_jack_only_is_not_used(rtmidi, monkeypatch):
    monkeypatch.setattr(sys.modules["rtmidi"], "get_compiled_api", lambda: ["jack"])
    assert not ports_available()[0]


def test_the_real_rtmidi_is_listed_or_explained():
    available, reason = ports_available()
    assert available == (reason == "")
    assert isinstance(list_ports(), list)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Midi Through:Midi Through Port-0", "only passes on"),
        ("synthhost:out", "is our own"),
        ("VirMIDI 0-0:x", "is a virtual card"),
        ("Keylab mkII 61:KeyLab mkII 61 DAW", "controls a DAW"),
        ("X-Touch MCU", "controls a DAW"),
        ("nanoKONTROL Studio Mackie Control", "controls a DAW"),
        ("HUI bridge", "controls a DAW"),
    ],
)
def test_ports_that_nobody_plays_on_are_left_out_and_that_is_said(image, rtmidi, rings, name, why):
    rtmidi.names = [f"{name} 130:0", KEYS]
    with open_inputs(image, rings) as found:
        assert list(found.open) == [plain_name(KEYS)]
        assert any(line.startswith(f"{name}: left out, it {why}") for line in found.describe())
    with open_inputs(image, rings, names=[name]) as found:  # unless somebody asks for it
        assert list(found.open) == [name]


@pytest.mark.parametrize("name", ["Dawn 61", "Huia Piano", "McUillean Keys", "Sequential Prophet"])
def test_a_keyboard_whose_name_only_sounds_like_a_daw_is_played(name):
    assert why_left_out(name) == ""


def test_names_stay_the_same_when_plugged_in_again(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    assert plain_name("nanoKEY2:nanoKEY2 MIDI 1 20:0") == plain_name("nanoKEY2:nanoKEY2 MIDI 1 24:0")
    assert Port("", KEYS).card == 1
    assert Port("", PADS).card is None
    monkeypatch.setattr(sys, "platform", "win32")
    assert plain_name("nanoKEY2 1") == "nanoKEY2"
    assert Port("", KEYS).card is None


def test_two_keyboards_of_one_kind_are_told_apart(image, rtmidi, rings):
    rtmidi.names = ["K:K 128:0", "K:K 129:0"]
    with open_inputs(image, rings) as found:
        assert sorted(found.open) == ["K:K", "K:K #2"]
    with open_inputs(image, rings, names=["k #2"]) as found:
        assert sorted(found.open) == ["K:K #2"]


def test_the_other_keyboard_of_the_same_kind_plays_on_when_one_is_unplugged(image, rtmidi, rings):
    rtmidi.names = ["K:K 128:0", "K:K 129:0"]
    with open_inputs(image, rings) as found:
        play("K:K 129:0")
        rtmidi.names = ["K:K 129:0"]
        found.refresh()
        assert list(found.open) == ["K:K #2"]
        assert rings[0].events() == [RELEASE]
        assert rings[1].events() == [ON]
        rtmidi.names = ["K:K 131:0", "K:K 129:0"]
        found.refresh()
        play("K:K 131:0")
        assert rings[0].events() == [ON]
        assert rings[1].events() == []


def alsa(folder, cards):
    """Folders that stand for /proc/asound, /dev/snd and /sys/class/sound; cards: number -> (serial, terminal)."""
    for number, (serial, terminal) in cards.items():
        card, usb = folder / "asound" / f"card{number}", folder / "usb" / f"1-{serial}"
        card.mkdir(parents=True)
        (card / "midi0").write_text("nanoKEY2\n\nInput 0\n  Rx bytes     : 0\n")
        (card / "usbid").write_text("0944:0115\n")
        (usb / "interface").mkdir(parents=True, exist_ok=True)
        (usb / "serial").write_text(f"{serial}\n")
        for place, link in (
            (usb / "interface", folder / "class" / f"card{number}" / "device"),
            (terminal, folder / "snd" / f"midiC{number}D0"),
        ):
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(place)


def test_two_keyboards_of_one_model_keep_their_ports_however_they_are_plugged_in_again(
    image, rtmidi, rings, tmp_path, monkeypatch
):
    """Raw devices, here terminals in folders that stand for the system's."""
    state = {"folder": tmp_path / "0"}
    monkeypatch.setattr(
        inputs,
        "list_raw_midi",
        lambda: list_raw_midi(state["folder"] / "asound", state["folder"] / "snd", state["folder"] / "class"),
    )
    cables = {name: os.openpty() for name in ("first", "second", "first again")}
    place = {name: os.ttyname(line) for name, (_, line) in cables.items()}
    alsa(tmp_path / "0", {1: ("A", place["first"]), 2: ("B", place["second"])})
    alsa(tmp_path / "1", {2: ("B", place["second"])})
    alsa(tmp_path / "2", {2: ("B", place["second"]), 3: ("A", place["first again"])})
    try:
        with open_inputs(image, rings) as found:
            assert list(found.open) == ["nanoKEY2", "nanoKEY2 #2"]
            for name, ring in (("first", 0), ("second", 1)):
                os.write(cables[name][0], NOTE)
                assert collect(rings[ring], 1) == [ON]
            for end in cables["first"]:
                os.close(end)
            assert collect(rings[0], 1) == [RELEASE]  # at once, before anybody looks
            state["folder"] = tmp_path / "1"
            found.refresh()
            assert list(found.open) == ["nanoKEY2 #2"]
            state["folder"] = tmp_path / "2"
            found.refresh()
            os.write(cables["first again"][0], NOTE)
            assert collect(rings[0], 1) == [ON]
            assert rings[1].events() == []
            assert found.numbers == {"nanoKEY2": 0, "nanoKEY2 #2": 1}
    finally:
        for name in ("second", "first again"):
            for end in cables[name]:
                os.close(end)


def test_a_keyboard_that_comes_back_is_played_within_2_s(image, rtmidi, rings):
    with open_inputs(image, rings, poll_s=inputs.POLL_S):
        for _ in range(2):
            rtmidi.names, begun = [KEYS], time.monotonic()
            wait_for(lambda: KEYS in rtmidi.playing)
            assert time.monotonic() - begun < 2.0
            rtmidi.names = []
            wait_for(lambda: KEYS not in rtmidi.playing)


@pytest.mark.parametrize(
    ("wanted", "name", "found"),
    [
        ("nanokey", "nanoKEY2:nanoKEY2 MIDI 1", True),
        ("midi 1 NANO", "nanoKEY2:nanoKEY2 MIDI 1", True),
        ("nano pad", "nanoKEY2:nanoKEY2 MIDI 1", False),
    ],
)
def test_ports_are_found_by_loose_names(wanted, name, found):
    assert loosely(wanted, name) is found


def test_the_callback_pushes_what_was_played(image, rtmidi, rings):
    rtmidi.names = [PADS]
    (port,) = list_ports()
    source = PortInput(image, rings[0].address, port, 7)
    play(PADS)
    play(PADS, b"\xf8")
    (record,) = rings[0].records()
    assert (record["kind"], record["port"], record["key"], record["clocked"]) == (1, 7, 60, 1)
    assert source.counters()["real_time"] == 1
    assert source.counters()["cut"] == source.counters()["ignored"] == 0
    assert rtmidi.made[-1].ignored == (False, False, False)
    source.close()
    source.close()
    assert rings[0].events() == [RELEASE]
    assert "closed" in source.describe()


def test_a_port_that_went_while_it_was_opened_is_an_error(image, rtmidi, rings):
    rtmidi.names = []
    with pytest.raises(OSError, match="not there any more"):
        PortInput(image, rings[0].address, Port("Keys", "Keys 20:0"), 0)


def test_each_port_has_its_ring(image, rtmidi, rings):
    rtmidi.names = [KEYS, PADS]
    with open_inputs(image, rings) as found:
        play(KEYS)
        play(PADS, b"\x91\x3c\x64")
        assert rings[0].events() == [ON]
        assert rings[1].events() == [("on", 1, 60, 100)]
        assert len(found.describe()) == 2
        assert set(found.counters()) == set(found.open)


def test_an_unplugged_keyboard_releases_its_notes_and_comes_back(image, rtmidi, rings):
    rtmidi.names = [KEYS, PADS]
    said = []
    with open_inputs(image, rings, tell=said.append) as found:
        play(KEYS)
        assert rings[0].events() == [ON]
        rtmidi.names = [PADS]
        found.refresh()
        assert rings[0].events() == [RELEASE]
        assert any("unplugged" in line for line in found.describe())
        rtmidi.names = [PADS, KEYS.replace("20:0", "24:0")]
        found.refresh()
        play(KEYS.replace("20:0", "24:0"))
        assert rings[0].events() == [ON]
        assert rings[1].events() == []
    assert len(said) == 4


def test_a_new_keyboard_is_opened_while_playing(image, rtmidi, rings):
    with open_inputs(image, rings, poll_s=0.01):
        rtmidi.names = [KEYS]
        wait_for(lambda: rtmidi.playing)
        play(KEYS)
        assert collect(rings[0], 1) == [ON]
        rtmidi.names = []
        assert collect(rings[0], 1) == [RELEASE]


def test_only_wanted_ports_are_opened(image, rtmidi, rings):
    rtmidi.names = [KEYS, PADS]
    with open_inputs(image, rings, names=["pads"]) as found:
        assert list(found.open) == [plain_name(PADS)]
    with open_inputs(image, rings, names=[]) as found:
        assert found.open == {}
        assert found.describe() == []


def test_more_keyboards_than_rings_are_told(image, rtmidi, rings):
    rtmidi.names = [f"K{n}:K{n} {128 + n}:0" for n in range(5)]
    said = []
    with open_inputs(image, rings, tell=said.append) as found:
        assert len(found.open) == 3
        found.refresh()
        assert sum("all 3 MIDI inputs are in use" in line for line in said) == 2  # said once for each


def test_a_keyboard_is_read_raw_where_that_is_possible(image, rtmidi, rings, tmp_path, monkeypatch):
    """ALSA's port of the same sound card would play every note twice."""
    os.mkfifo(tmp_path / "midiC1D0")
    device = RawDevice("nanoKEY2", str(tmp_path / "midiC1D0"), 1)
    monkeypatch.setattr(inputs, "list_raw_midi", lambda: [device])
    monkeypatch.setattr(sys, "platform", "linux")
    rtmidi.names = [KEYS, PADS]
    with open_inputs(image, rings) as found:
        assert sorted(found.open) == [plain_name(PADS), "nanoKEY2"]
        assert KEYS not in rtmidi.playing


def test_a_raw_device_in_use_is_read_by_its_port(image, rtmidi, rings, tmp_path, monkeypatch):
    device = RawDevice("nanoKEY2", str(tmp_path / "busy"), 1)
    monkeypatch.setattr(inputs, "list_raw_midi", lambda: [device])
    monkeypatch.setattr(sys, "platform", "linux")
    rtmidi.names = [KEYS]
    with open_inputs(image, rings) as found:
        assert any("cannot be opened" in line for line in found.describe())
        for _ in range(3):
            found.refresh()
        assert list(found.open) == [plain_name(KEYS)]
        assert found.numbers == {plain_name(KEYS): 0}


def test_paths_are_read_and_opened_again(image, rtmidi, rings, tmp_path):
    path = tmp_path / "keys"
    said = []
    with open_inputs(image, rings, names=[], raw_paths=[path], tell=said.append) as found:
        assert "cannot be opened" in said[0]
        os.mkfifo(path)
        found.refresh()
        with open(path, "wb", buffering=0) as writer:
            writer.write(NOTE)
            assert collect(rings[0], 1) == [ON]
        assert collect(rings[0], 1) == [RELEASE]
    assert said[1:] == [f"{path} is port 0"]


def test_a_terminal_that_hangs_up_is_closed(image, rtmidi, rings):
    keyboard, line = os.openpty()
    name = os.ttyname(line)
    said = []
    with open_inputs(image, rings, names=[], raw_paths=[name], tell=said.append) as found:
        os.close(line)
        os.close(keyboard)
        wait_for(lambda: not found.open[name].is_open)
        found.refresh()
        assert found.open == {}
        assert f"{name} is gone; its notes were released" in said


def test_a_lost_note_off_of_a_port_is_made_good(image, rtmidi, rings):
    rtmidi.names = [KEYS]
    with open_inputs(image, rings) as found:
        play(KEYS, b"\x90" + b"\x3c\x64" * 1024 + b"\x3c\x00")
        assert len(rings[0].events()) == 1024
        found.refresh()
        assert rings[0].events() == [RELEASE]


def test_an_error_while_watching_is_told_once(image, rtmidi, rings, monkeypatch):
    said = []
    with open_inputs(image, rings, tell=said.append, poll_s=0.01) as found:
        monkeypatch.setattr(found, "sources", lambda: 1 / 0)
        wait_for(lambda: said)
        seen = threading.Event()
        seen.wait(0.1)
        assert len(said) == 1
        assert "ZeroDivisionError" in said[0]
