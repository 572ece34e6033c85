"""The host: its verbs refuse what makes no sense, and what breaks around it is mended while the music goes on."""

import os
import signal
import time

import numpy as np
import pytest

from synthhost import host as host_module
from synthhost.audio.errors import AudioError
from synthhost.audio.jack import open_client
from synthhost.audio.speakers import first_pair
from synthhost.formats.scala import key_octaves
from synthhost.host import Host
from synthhost.patch import compile_patch, find, load
from synthhost.session import SessionError, SessionWriter, render_session
from tests.conftest import tick_until

FIFTHS = find("lead/fifths")


def program_of(image, path):
    return compile_patch(load(path), image.operators)


@pytest.fixture
def host(image, said):
    """A host that plays the electric piano on the virtual device."""
    host = Host(image, tell=said.append)
    try:
        host.open("virtual")
        path = str(find("keys/electric-piano"))
        host.start(program_of(image, path), path)
        yield host
    finally:
        host.close()


@pytest.mark.parametrize(
    ("verb", "arguments", "words"),
    [
        ("note_on", (128,), "key = 128 must be a whole number, 0 … 127"),
        ("note_on", (60.5,), "key = 60.5 must be a whole number, 0 … 127"),
        ("note_on", ("C4",), "key = 'C4' must be"),
        ("note_on", (60, 1.01), "velocity = 1.01 must be a number, 0 … 1"),
        ("note_on", (60, float("nan")), "velocity = nan"),
        ("note_on", (60, 0.5, 0), "channel = 0 must be a whole number, 1 … 16"),
        ("note_off", (-1,), "key = -1 must be"),
        ("controller", (120, 0), "controller = 120 must be a whole number, 0 … 119"),
        ("controller", (7, 128), "value = 128 must be a number, 0 … 127"),
        ("pedal", (True, 17), "channel = 17 must be"),
        ("set_volume", (13,), "volume_db = 13 must be a number, -96 … 12"),
        ("turn_macro", (5, 0.5), "macro = 5 must be a whole number, 1 … 4"),
        ("turn_macro", (1, 1.5), "value = 1.5 must be a number, 0 … 1"),
        ("set_tuning", ([8.0] * 12,), "a pitch for each of 128 keys, not for 12"),
        ("set_polyphony", (0,), "polyphony = 0 must be a whole number, 1 … 1024"),
        ("set_parameter", ("out.level_db", 99), r"out.level_db = 99 is out of range; it must be -96 … 12 dB"),
        ("set_parameter", ("out.level_bd", 0), "Did you mean 'out.level_db'"),
    ],
)
def test_a_wrong_value_names_parameter_value_and_range(host, verb, arguments, words):
    with pytest.raises(ValueError, match=words):
        getattr(host, verb)(*arguments)


def test_verbs_reach_the_engine(host):
    host.note_on(60, 0.9, channel=3)
    tick_until(host, lambda: host.report()["voices"] == 1)
    host.set_parameter("out.level_db", -20)
    host.set_volume(-6)
    host.set_polyphony(3)
    host.turn_macro(2, 0.5)
    host.set_tuning(key_octaves(a4_hz=442))
    tick_until(host, lambda: host.engine.record.polyphony == 3)
    assert host.engine.record.channels[15 * 16 + 2].control[17] == 63.5
    tick_until(host, lambda: host.engine.record.key_octaves[69] == np.float32(np.log2(442)))
    host.note_off(60, channel=3)
    host.silence()
    tick_until(host, lambda: host.report()["voices"] == 0)
    report = host.report()
    assert report["patch"] == "Electric Piano"
    assert report["notes"] == 1
    assert report["priority"] != "not started"
    assert [stage for stage, *_ in host.budget()][0] == "key and USB"


def test_another_patch_by_name_and_then_only_its_file_counts(host, said, tmp_path):
    first, second = tmp_path / "first.toml", tmp_path / "second.toml"
    for path in (first, second):
        path.write_text(FIFTHS.read_text())
    host.load_patch(first)
    tick_until(host, lambda: said[-1:] == ["playing: Fifths"])
    host.load_patch(second)
    tick_until(host, lambda: said.count("playing: Fifths") == 2)
    host.load_patch("no such patch")
    tick_until(host, lambda: "nothing changed" in said[-1])
    count = len(said)
    first.write_text(FIFTHS.read_text().replace("500", "600"))
    for _ in range(100):
        host.tick()
        time.sleep(0.005)
    assert said[count:] == []
    second.write_text(FIFTHS.read_text().replace("500", "600"))
    tick_until(host, lambda: said[-1] == "heard again: Fifths")


def test_a_killed_worker_is_started_again_and_hears_the_save_it_missed(image, host, said, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(FIFTHS.read_text())
    host.load_patch(path)
    tick_until(host, lambda: said[-1:] == ["playing: Fifths"])
    time.sleep(1.0)  # a worker that ends at once is not started in a circle
    os.kill(host.worker._process.pid, signal.SIGKILL)
    host.worker._process.wait()
    path.write_text(FIFTHS.read_text().replace("500", "700"))
    tick_until(host, lambda: any("started again" in sentence for sentence in said))
    tick_until(host, lambda: said[-1] == "heard again: Fifths")
    assert host.report()["lost_blocks"] + host.report()["late_blocks"] < host.report()["blocks"]


def test_ringing_notes_go_on_through_saves(image, host, said, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(FIFTHS.read_text())
    host.load_patch(path)
    tick_until(host, lambda: said[-1:] == ["playing: Fifths"])
    host.note_on(48)
    time.sleep(0.3)
    host.engine.record.capture_on = 1
    for change in ("cutoff_hz = 600", "cutoff_hz = 700", 'cutoff_hz = 500\n[noise]\nop = "noise"'):
        path.write_text(FIFTHS.read_text().replace("cutoff_hz = 500", change))
        count = len(said)
        tick_until(host, lambda: len(said) > count)  # noqa: B023
        assert said[-1] == "heard again: Fifths"
        time.sleep(0.1)
    sound = host.engine.read_capture()
    loudness = np.abs(sound[: len(sound) // 960 * 960]).reshape(-1, 960 * 2).max(1)
    assert loudness.min() > 0.3 * loudness.max()
    assert host.report()["notes"] == 1


def test_a_parameter_of_a_patch_that_no_channel_plays_is_a_sentence(image, host, said):
    """Program changes on every channel of every port have sent our program home."""
    slot = host.engine.load(program_of(image, FIFTHS))
    host.engine.hand_in(slot)
    tick_until(host, lambda: host.engine.slots_in_use() == [slot])
    with pytest.raises(ValueError, match="Electric Piano is not played by any channel now"):
        host.set_parameter("out.level_db", -10)
    path = str(find("keys/electric-piano"))
    host.hand_in(program_of(image, path), path)
    host.set_parameter("out.level_db", -10)


def test_too_many_patches_at_a_time_are_a_sentence(image, host, said):
    from synthhost.engine.memory import SLOTS
    from synthhost.patch.worker import Prepared

    program = program_of(image, FIFTHS)
    for number in range(SLOTS + 2):
        host._take(Prepared((number, number % 15, number % 16), "", program))
    assert "is not heard: " in said[-1]


class FakeOutput:
    """An output that can be unplugged."""

    kind, name, buffer_frames, priority, output_s = "portaudio", "Fake card", 64, "fake", 0.0
    there = True

    def __init__(self, engine):
        self.engine, self.started = engine, False

    def start(self):
        self.started = True

    def alive(self):
        return FakeOutput.there

    def close(self):
        self.started = False

    def describe(self):
        return self.name


def test_a_lost_device_is_opened_again_with_the_same_engine(image, said, monkeypatch):
    asked, rate_hz = [], [44_100.0]

    def fake_open(make_engine, audio, tell, **options):
        asked.append((audio, options))
        if not FakeOutput.there:
            raise AudioError("it is not there")
        engine = make_engine(rate_hz[0], 64)
        return engine, FakeOutput(engine)

    monkeypatch.setattr(host_module, "open_output", fake_open)
    monkeypatch.setattr(host_module, "RETRY_S", 0.01)
    monkeypatch.setattr(FakeOutput, "there", True)
    host = Host(image, tell=said.append)
    host.open("portaudio", device="Fake", connect=False)
    host.start(program_of(image, FIFTHS), str(FIFTHS))
    engine, first = host.engine, host.output
    host.note_on(60)
    engine.render(640)
    assert host.report()["voices"] == 1
    FakeOutput.there = False
    host.tick()
    assert said == ["Fake card is gone; it is opened again as soon as it is back."]
    time.sleep(0.3)
    host.tick()
    assert not first.started
    FakeOutput.there, rate_hz[0] = True, 48_000.0
    first.alive = lambda: False
    time.sleep(0.02)
    host.tick()
    assert said[-1] == "it came back with 48000 Hz, but the engine plays at 44100 Hz"
    rate_hz[0] = 44_100.0
    time.sleep(0.02)
    host.tick()
    assert said[-1].startswith("Fake card is back after 0.")
    assert host.engine is engine
    assert host.output is not first
    assert host.output.started
    options = {"device": "Fake", "rate_hz": 44_100.0, "buffer_frames": None, "connect": False}
    options["speakers"] = first_pair
    assert asked[-1] == ("portaudio", options)
    engine.render(640)
    assert host.report()["voices"] == 0  # notes from before the gap are not left hanging
    host.close()


@pytest.mark.jack
def test_a_jack_server_that_dies_and_comes_back_is_a_pause(image, said, jackd):
    server = jackd()
    host = Host(image, tell=said.append)
    try:
        host.open("jack")
        host.start(program_of(image, FIFTHS), str(FIFTHS))
        host.note_on(60)
        tick_until(host, lambda: host.report()["voices"] == 1)
        server.kill()
        server.wait()
        tick_until(
            host,
            lambda: (
                said[-1:] == ["JACK client 'synthhost' is gone; it is opened again as soon as it is back."]
            ),
        )
        jackd()
        tick_until(host, lambda: "is back after" in said[-1], 20.0)
        tick_until(host, lambda: host.report()["voices"] == 0)
        host.note_on(64)
        tick_until(host, lambda: host.report()["voices"] == 1)
        assert host.report()["notes"] == 2
    finally:
        host.close()


@pytest.mark.jack
def test_a_jack_server_that_changes_its_buffer_cuts_no_note(image, said, jackd):
    """Also to a buffer that is no multiple of the engine's 32 frames, which needs a constant delay of 28."""
    jackd()
    host = Host(image, tell=said.append)
    try:
        host.open("jack")
        host.start(program_of(image, FIFTHS), str(FIFTHS))
        host.note_on(60)
        tick_until(host, lambda: host.report()["voices"] == 1)
        _, other = open_client("synthhost-other")
        other.blocksize = 100
        other.close()
        changed = "JACK changed its buffer from 128 to 100 frames; the sound goes on."
        tick_until(host, lambda: said[-1:] == [changed])
        assert host.report()["voices"] == 1 and host.report()["buffer_frames"] == 100
        assert host.engine.record.timing.delay_frames == 28
        host.note_on(64)
        tick_until(host, lambda: host.report()["voices"] == 2)
        assert host.reopened == 0
    finally:
        host.close()


def test_closing_what_never_opened_is_harmless(image):
    host = Host(image)
    with pytest.raises(AudioError):
        host.open("portaudio", device="no such card")
    host.close()


def play_a_session(image, path):
    """Play on the virtual device, with two other patches and stealing. Returns what the device was given."""
    host = Host(image, tell=lambda sentence: None)
    host.open("virtual", polyphony=4, volume_db=-3.0)
    host.engine.record.capture_on = 1
    session = SessionWriter(path, host.engine)
    heard = []
    try:
        host.set_tuning(key_octaves(a4_hz=432))
        host.start(program_of(image, FIFTHS), str(FIFTHS))
        for name, keys in (("lead/fifths", 6), ("pad/glass-pad", 7), ("keys/electric-piano", 8)):
            host.hand_in(program_of(image, find(name)), name)
            for key in range(keys):
                host.note_on(48 + 3 * key, 0.5 + key / 20)
                time.sleep(0.02)
                session.write()
                heard.append(host.engine.read_capture())
            host.turn_macro(1, 0.9)
            for key in range(0, keys, 2):
                host.note_off(48 + 3 * key)
            time.sleep(0.05)
            host.tick()
    finally:
        host.close()
        session.close()
    heard.append(host.engine.read_capture())
    assert host.report()["stolen"] > 0
    assert host.report()["log_dropped"] == host.engine.record.capture_dropped == 0
    return np.concatenate(heard)


def test_a_session_renders_again_bit_for_bit(image, tmp_path):
    heard = play_a_session(image, tmp_path / "a.session")
    sound, rate_hz = render_session(tmp_path / "a.session", image)
    assert rate_hz == 48_000
    assert np.abs(heard).max() > 0.05
    assert len(sound) >= len(heard)
    assert np.array_equal(sound[: len(heard)], heard)


def test_a_damaged_session_is_rendered_or_explained(image, tmp_path):
    path = tmp_path / "a.session"
    play_a_session(image, path)
    whole = path.read_text()
    path.write_text(whole[: len(whole) * 2 // 3])  # the computer was switched off
    assert len(render_session(path, image)[0]) > 0
    chance = np.random.default_rng(seed=6)
    explained = 0
    for _ in range(60):
        data = bytearray(whole.encode())
        for _ in range(chance.integers(1, 4)):
            place = chance.integers(len(data))
            if chance.integers(2):
                data[place] = chance.integers(32, 127)
            else:
                del data[place : place + chance.integers(1, 200)]
        path.write_bytes(bytes(data))
        try:
            render_session(path, image)
        except SessionError as error:
            assert str(path) in str(error)
            explained += 1
    assert explained > 20
