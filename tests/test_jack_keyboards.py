"""Keyboards that JACK brings: each plays on an engine port of its own, is known again, and never heard twice."""

import os
import time

import numpy as np
import pytest

from synthhost.audio.jack import open_client
from synthhost.audio.jack_process import FIRST_PORT, INPUTS, KEYBOARDS
from synthhost.control.commands.devices import jack_server
from synthhost.control.commands.doctor import libraries
from synthhost.control.introduction import introduction
from synthhost.events.event import NOTE_ON, RELEASE_PORT
from synthhost.host import JACK_KEYS, OWN_PORT, Host
from synthhost.midi import inputs, raw
from synthhost.midi.touch import Touch
from synthhost.patch import compile_patch, find, load
from tests.conftest import tick_until

pytestmark = pytest.mark.jack
ORGAN = find("organ/drawbar")
ON, OFF, PEDAL = (0x90, 60, 100), (0x80, 60, 64), (0xB0, 64, 127)


class Keyboard:
    """A JACK client whose MIDI outputs look like those of hardware."""

    def __init__(self, client="bridge", names=("keys",), is_physical=True, starts=True):
        _, self.client = open_client(client)
        register = self.client.midi_outports.register
        self.ports = {name: register(name, is_physical=is_physical) for name in names}
        self.cycles = 0
        self.waiting = []  # one list of (name, frame of the cycle, bytes) a cycle
        self.client.set_process_callback(self._process)
        if starts:
            self.client.activate()

    def _process(self, frames):
        self.cycles += 1
        for port in self.ports.values():
            port.clear_buffer()
        for name, frame, data in self.waiting.pop(0) if self.waiting else ():
            self.ports[name].write_midi_event(frame, data)

    def send(self, host, *messages, name=None):
        """Send messages at the beginning of a cycle, one in which new connections hold already."""
        begun = self.cycles
        tick_until(host, lambda: self.cycles >= begun + 2)
        self.waiting.append([(name or next(iter(self.ports)), 0, data) for data in messages])
        tick_until(host, lambda: not self.waiting)

    def unplug(self):
        self.client.close()


@pytest.fixture
def plug(jackd):
    """Plugs keyboards in; unplugs all of them at the end."""
    jackd()
    keyboards = []

    def plug(*arguments, **options):
        keyboards.append(Keyboard(*arguments, **options))
        return keyboards[-1]

    yield plug
    for keyboard in keyboards:
        keyboard.unplug()


@pytest.fixture
def host(image, said, plug, monkeypatch):
    """A host that plays an organ, whose keys sound as long as they are held, under JACK."""
    monkeypatch.setattr(inputs, "list_raw_midi", list)
    host = Host(image, tell=said.append)
    try:
        host.open("jack")
        host.engine.record.log_on = 1
        host.start(compile_patch(load(ORGAN), image.operators), str(ORGAN))
        yield host
    finally:
        host.close()


def held(host):
    """The notes that sound on because of a key or a pedal: (engine port, key), in order."""
    found = []
    for group in host.engine.record.groups:
        for lane in np.flatnonzero(group.voice.gate > 0):
            found.append((int(group.channel[lane]) // 16, int(group.key[lane])))
    return sorted(found)


def until_held(host, *notes, seconds=10.0):
    tick_until(host, lambda: held(host) == sorted(notes), seconds)


def connections(host):
    """What our MIDI inputs are connected to, those apart that are not: {ours: [theirs]}."""
    client = host.output.client
    found = {p.shortname: [c.name for c in client.get_all_connections(p)] for p in client.midi_inports}
    return {ours: theirs for ours, theirs in found.items() if theirs}


def test_a_keyboard_that_comes_later_is_connected(host, said, plug):
    names = "Midi-Through Port-0", "keys DAW", "keys"
    keyboard = plug("keyboard", names, starts=False)
    assert host.output.look() == []  # it is there, but its program is not ready
    keyboard.client.activate()
    tick_until(host, lambda: said[-1:] == ["keys was plugged in and plays."], 2.0)
    assert connections(host) == {"keyboard_1": ["keyboard:keys"]}
    host.open_midi()
    lines = list(introduction(host))
    assert "Keyboard  keys, by JACK, through keyboard_1" in lines
    assert (
        "Keyboard  keyboard:Midi-Through Port-0: left out, it only passes on what other programs send"
        in lines
    )
    assert "Keyboard  keyboard:keys DAW: left out, it controls a DAW" in lines
    assert not any("none yet" in line for line in lines)


def test_a_pedal_of_one_keyboard_keeps_no_note_of_another(host, plug):
    one, other = plug("one", ["upper"]), plug("other", ["lower"])
    host.open_midi()
    ports = {host.port_name(port): port for port in range(FIRST_PORT, OWN_PORT)}
    upper, lower = ports["upper"], ports["lower"]
    one.send(host, PEDAL, ON)
    other.send(host, ON, (0x90, 64, 100))
    until_held(host, (upper, 60), (lower, 60), (lower, 64))
    one.send(host, OFF)
    other.send(host, OFF)
    until_held(host, (upper, 60), (lower, 64))


def test_an_unplugged_keyboard_ends_its_notes_alone_and_gets_its_port_back(host, said, plug):
    one, other = plug("one", ["upper"]), plug("other", ["lower"])
    host.open_midi()
    ports = {host.port_name(port): port for port in range(FIRST_PORT, OWN_PORT)}
    upper, lower = ports["upper"], ports["lower"]
    one.send(host, PEDAL, ON, OFF, (0x90, 64, 100))
    other.send(host, ON)
    until_held(host, (upper, 60), (upper, 64), (lower, 60))
    one.unplug()
    end = time.monotonic() + 0.5
    while held(host) != [(lower, 60)]:  # at once: nobody has to look
        assert time.monotonic() < end
        time.sleep(0.001)
    tick_until(host, lambda: said[-1:] == ["upper is gone; its notes were released."], 0.5)
    assert host.keyboards() == ["lower"]
    assert "upper, unplugged" in list(host.describe_keyboards())
    again = plug("one", ["upper"])
    tick_until(host, lambda: said[-1:] == ["upper was plugged in and plays."], 2.0)
    again.send(host, ON, OFF, (0x90, 67, 100))  # its pedal is up
    until_held(host, (upper, 67), (lower, 60))
    tick_until(host, lambda: int(host.last_note.key) == 67)
    assert host.port_name(int(host.last_note.port)) == "upper"


def test_a_keyboard_that_is_away_for_a_moment_only_plays_on(host, said, plug):
    keyboard = plug()
    tick_until(host, lambda: connections(host) == {"keyboard_1": ["bridge:keys"]})
    keyboard.send(host, ON)
    until_held(host, (FIRST_PORT, 60))
    keyboard.unplug()
    again = plug()  # nobody looked meanwhile
    tick_until(host, lambda: connections(host) == {"keyboard_1": ["bridge:keys"]}, 2.0)
    assert held(host) == []
    again.send(host, ON)
    until_held(host, (FIRST_PORT, 60))


def test_each_keyboard_is_read_as_it_was_set(host, plug):
    one, other, third = plug("one", ["upper"]), plug("other", ["lower"]), plug("third", ["sequencer"], False)
    touches = {
        "upper": Touch(semitones=12, velocity=tuple([0.25] * 128)),
        "lower": Touch(semitones=-12, pedal_inverted=True),
        JACK_KEYS: Touch(semitones=1),
    }
    host.open_midi(touch_of=touches.get)
    third.client.connect("third:sequencer", "synthhost:midi_in")
    ports = {host.port_name(port): port for port in range(FIRST_PORT, OWN_PORT)}
    upper, lower = ports["upper"], ports["lower"]
    one.send(host, ON)
    until_held(host, (upper, 72))
    tick_until(host, lambda: host.last_note is not None)
    assert float(host.last_note.value) == 0.25
    other.send(host, PEDAL, ON)  # inverted: up
    third.send(host, ON)
    until_held(host, (upper, 72), (lower, 48), (OWN_PORT, 61))
    assert host.keyboards() == ["upper", "lower", JACK_KEYS]
    other.send(host, OFF)
    one.send(host, OFF)
    until_held(host, (OWN_PORT, 61))


def test_events_of_all_inputs_come_on_their_frames(host, plug):
    """All nine in one cycle, each on a frame of its own: they are played as far apart as they were sent."""
    names = [f"k{n}" for n in range(INPUTS)]
    keyboard = plug(names=names)
    host.open_midi()
    offsets = dict(zip(names, [127, 3, 64, 0, 31, 32, 100, 5, 77]))
    keyboard.send(host)
    keyboard.waiting.append([(name, offset, ON) for name, offset in offsets.items()])
    tick_until(host, lambda: len(held(host)) == INPUTS)
    log = host.engine.read_log()
    notes = log[log["kind"] == NOTE_ON]
    frames = {host.port_name(int(note["port"])): int(note["frame"]) for note in notes}
    frames[names[-1]] = frames.pop(JACK_KEYS)
    first = min(frames.values())
    assert {name: frame - first for name, frame in frames.items()} == offsets


def test_a_ninth_keyboard_shares_midi_in_and_that_is_said(host, said, plug):
    names = [f"k{n}" for n in range(KEYBOARDS + 1)]
    host.open_midi()
    keyboard = plug(names=names)
    full = "k8 was plugged in and plays, through midi_in with what else comes by it: all 8 inputs for keyboards are in use."
    tick_until(host, lambda: full in said)
    assert connections(host) == {
        "midi_in": ["bridge:k8"],
        **{f"keyboard_{n + 1}": [f"bridge:k{n}"] for n in range(KEYBOARDS)},
    }
    shares = "k8, by JACK, through midi_in with what else comes by it: all 8 inputs for keyboards are in use"
    assert shares in list(host.describe_keyboards())
    keyboard.send(host, ON, name="k8")
    until_held(host, (OWN_PORT, 60))
    assert host.keyboards() == [*names[:KEYBOARDS], JACK_KEYS]


def test_a_new_keyboard_gets_the_input_of_one_that_is_away(host, said, plug):
    host.open_midi()
    first = plug("first", ["k"])
    tick_until(host, lambda: "k was plugged in and plays." in said)
    plug(names=[f"k{n}" for n in range(1, KEYBOARDS)])
    tick_until(host, lambda: len(connections(host)) == KEYBOARDS)
    first.unplug()
    tick_until(host, lambda: "k is gone; its notes were released." in said)
    plug("second", ["new"])
    tick_until(host, lambda: connections(host).get("keyboard_1") == ["second:new"])
    assert host.port_name(FIRST_PORT) == "new"


def test_two_of_one_kind_are_told_apart(host, said, plug):
    plug("a", ["keys"])
    tick_until(host, lambda: "keys was plugged in and plays." in said)
    plug("b", ["keys"])
    tick_until(host, lambda: "keys #2 was plugged in and plays." in said)
    assert connections(host) == {"keyboard_1": ["a:keys"], "keyboard_2": ["b:keys"]}


def test_what_is_connected_by_hand_is_played_and_released_when_it_goes(host, plug):
    sequencer = plug("sequencer", ["out"], is_physical=False)
    keyboard = plug()
    host.open_midi()
    sequencer.client.connect("sequencer:out", "synthhost:midi_in")
    sequencer.send(host, ON)
    keyboard.send(host, ON)
    until_held(host, (OWN_PORT, 60), (FIRST_PORT, 60))
    sequencer.client.disconnect("sequencer:out", "synthhost:midi_in")
    until_held(host, (FIRST_PORT, 60), seconds=0.5)


def test_a_connection_that_somebody_takes_away_stays_away(host, said, plug):
    keyboard = plug()
    tick_until(host, lambda: connections(host) != {})
    keyboard.send(host, ON)
    until_held(host, (FIRST_PORT, 60))
    keyboard.client.disconnect("bridge:keys", "synthhost:keyboard_1")
    until_held(host, seconds=0.5)
    end = time.monotonic() + 2.5
    while time.monotonic() < end:
        host.tick()
        assert connections(host) == {}
        time.sleep(0.02)
    assert list(host.describe_keyboards()) == ["keys, by JACK, disconnected by hand"]
    assert host.keyboards() == []
    keyboard.unplug()
    tick_until(host, lambda: said[-1:] == ["keys is gone; its notes were released."])
    plug()
    tick_until(host, lambda: connections(host) == {"keyboard_1": ["bridge:keys"]}, 2.0)


def test_a_keyboard_that_somebody_connects_elsewhere_is_heard_once(host, plug):
    keyboard = plug()
    tick_until(host, lambda: connections(host) != {})
    keyboard.client.connect("bridge:keys", "synthhost:midi_in")
    tick_until(host, lambda: connections(host) == {"midi_in": ["bridge:keys"]})
    keyboard.send(host, ON)
    until_held(host, (OWN_PORT, 60))


def test_a_keyboard_that_jack_brings_is_not_read_by_ourselves_as_well(
    host, said, plug, monkeypatch, tmp_path
):
    """Raw devices play while JACK brings none; from the first that it brings, they are JACK's."""
    device = tmp_path / "midiC1D0"
    os.mkfifo(device)
    monkeypatch.setattr(inputs, "list_raw_midi", lambda: [raw.RawDevice("nanoKEY2", str(device), 1)])
    host.open_midi()
    assert host.keyboards() == ["nanoKEY2"]
    assert host.port_name(0) == "nanoKEY2"
    plug("a2j", ["nanoKEY2 [20] (capture): nanoKEY2 MIDI 1"])
    tick_until(host, lambda: host.keyboards() == ["nanoKEY2 MIDI 1"])
    assert "nanoKEY2 is gone; its notes were released" in said
    for _ in range(3):
        host.inputs.refresh()
        host.tick()
    assert host.keyboards() == ["nanoKEY2 MIDI 1"]


def test_a_keyboard_that_somebody_moves_takes_its_settings_along(host, plug):
    keyboard = plug()
    host.open_midi(touch_of=lambda name: Touch(semitones=12 if name == "keys" else 0))
    keyboard.client.disconnect("bridge:keys", "synthhost:keyboard_1")
    keyboard.client.connect("bridge:keys", "synthhost:keyboard_3")
    tick_until(host, lambda: host.port_name(FIRST_PORT + 2) == "keys")
    keyboard.send(host, ON)
    until_held(host, (FIRST_PORT + 2, 72))


def test_devices_and_doctor_name_what_jack_brings(plug):
    plug(
        "a2j",
        ["nanoKEY2 [20] (capture): nanoKEY2 MIDI 1", "Midi Through [14] (capture): Midi Through Port-0"],
    )
    facts = jack_server()
    assert facts["keyboards"] == ["nanoKEY2 MIDI 1  (a2j:nanoKEY2 [20] (capture): nanoKEY2 MIDI 1)"]
    (through,) = facts["left_out"]
    assert through.endswith("left out, it only passes on what other programs send")
    said = [what for _, what, _ in libraries()]
    assert f"JACK brings {facts['keyboards'][0]}" in said and through in said


def test_only_keyboards_that_are_asked_for_play(host, plug):
    plug(names=["nanoKEY2", "Oxygen 49", "keys DAW"])
    plug("vmpk", ["out"], is_physical=False)
    host.open_midi(["oxygen", "daw", "vmpk", "not there"])
    theirs = {
        "keyboard_1": ["bridge:Oxygen 49"],
        "keyboard_2": ["bridge:keys DAW"],
        "keyboard_3": ["vmpk:out"],
    }
    assert connections(host) == theirs
    assert host.inputs.names == ["not there"]
    for _ in range(5):
        host.tick()
    assert connections(host) == theirs


def test_without_a_wish_to_connect_what_others_connect_plays_as_it_was_set(image, said, plug):
    host, keyboard = Host(image, tell=said.append), plug()
    try:
        host.open("jack", connect=False)
        host.start(compile_patch(load(ORGAN), image.operators), str(ORGAN))
        host.open_midi(touch_of=lambda name: Touch(semitones=12 if name == "keys" else 0))
        tick_until(host, lambda: host.report()["blocks"] > 10)
        assert connections(host) == {} and host.keyboards() == []
        assert host.inputs.names == []  # it would be heard twice as soon as somebody connects it
        assert "Keyboard  none yet; connect one to keyboard_1 … keyboard_8" in list(introduction(host))
        keyboard.client.connect("bridge:keys", "synthhost:keyboard_5")
        tick_until(host, lambda: host.keyboards() == ["keys"])
        keyboard.send(host, ON)
        until_held(host, (FIRST_PORT + 4, 72))
        assert host.port_name(FIRST_PORT + 4) == "keys"
        keyboard.unplug()
        until_held(host, seconds=0.5)
    finally:
        host.close()


def test_a_release_is_in_the_session_that_renders_it_again(host, plug):
    keyboard = plug()
    host.open_midi()
    keyboard.send(host, ON)
    until_held(host, (FIRST_PORT, 60))
    keyboard.unplug()
    until_held(host)
    log = host.engine.read_log()
    assert [int(e["port"]) for e in log[log["kind"] == RELEASE_PORT]] in ([FIRST_PORT], [FIRST_PORT] * 2)


def test_keyboards_keep_their_ports_when_the_server_comes_back(image, said, jackd, monkeypatch):
    server = jackd()
    host = Host(image, tell=said.append)
    try:
        host.open("jack")
        host.start(compile_patch(load(ORGAN), image.operators), str(ORGAN))
        first = Keyboard(names=["one", "two"])
        host.open_midi(touch_of=lambda name: Touch(semitones=12 if name == "two" else 0))
        assert connections(host) == {"keyboard_1": ["bridge:one"], "keyboard_2": ["bridge:two"]}
        server.kill()
        server.wait()
        first.unplug()
        gone = "JACK client 'synthhost' is gone; it is opened again as soon as it is back."
        tick_until(host, lambda: said[-1:] == [gone])
        jackd()
        tick_until(host, lambda: host.output.alive() and host.reopened == 1)
        again = Keyboard(names=["two"])
        tick_until(host, lambda: connections(host) == {"keyboard_2": ["bridge:two"]}, 2.0)
        again.send(host, ON)
        until_held(host, (FIRST_PORT + 1, 72))
        again.unplug()
    finally:
        host.close()


def test_a_keyboard_that_stops_its_active_sensing_is_released(host, said, plug):
    keyboard = plug()
    tick_until(host, lambda: said[-1:] == ["keys was plugged in and plays."])
    keyboard.send(host, b"\xfe", ON)
    until_held(host, (FIRST_PORT, 60))
    for _ in range(6):
        time.sleep(0.1)
        keyboard.send(host, b"\xfe")
    assert held(host) == [(FIRST_PORT, 60)]
    assert host.report()["active_sensing"] == 0
    tick_until(host, lambda: host.report()["active_sensing"] == 1, 2.0)
    assert held(host) == []
