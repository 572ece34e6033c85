"""The sound itself is heard: in a recording, and through a cable from a card's output to its input."""

import json
import os

import numpy as np
import pytest
import soundfile

from synthhost.audio.jack import open_client
from synthhost.latency import Options, run_loopback
from synthhost.latency.ear import Ear
from synthhost.latency.server import default_server
from synthhost.midi.ports import open_sender
from synthhost.midi.raw import RawDevice
from tests.latency.recordings import RATE_HZ, record

PERIOD = 128


def measure(**given):
    """What the command prints: (exit code, data or sentence)."""
    said = []
    code = run_loopback(Options(json="-", **given), said.append)
    text = "\n".join(said)
    return code, json.loads(text) if text.startswith("{") else text


def write(path, *channels):
    soundfile.write(path, np.stack(channels, axis=1), RATE_HZ, subtype="PCM_24")
    return str(path)


def test_a_recording_tells_how_long_keys_took(tmp_path):
    sound, truth = record(delay_s=(0.0085, 0.0095), room_s=0.2, noise_db=-45)
    code, data = measure(loopback=write(tmp_path / "keys.wav", sound))
    took_s = np.diff(truth, axis=1)[:, 0] / RATE_HZ
    assert code == 0 and data["counts"]["keys"] == len(truth)
    assert data["key_to_sound_s"]["median"] == pytest.approx(np.median(took_s), abs=0.0002)
    assert data["key_to_sound_s"]["max"] <= took_s.max() + 0.0002


def test_a_key_later_than_ten_milliseconds_fails(tmp_path):
    sound, _ = record(delay_s=(0.012, 0.02), tone_db=3)
    assert measure(loopback=write(tmp_path / "late.wav", sound))[0] == 1


def test_key_and_sound_may_have_a_channel_each(tmp_path):
    key, sound = np.zeros((2, 2 * RATE_HZ))
    key[RATE_HZ : RATE_HZ + 40] = 0.5
    sound[RATE_HZ + 144 : RATE_HZ + 9600] = 0.5 * np.cos(2 * np.pi * 440 / RATE_HZ * np.arange(9600 - 144))
    code, data = measure(loopback=write(tmp_path / "two.wav", key, sound), two_channels=True)
    assert code == 0 and data["key_to_sound_s"]["max"] == pytest.approx(0.003, abs=0.0002)


@pytest.mark.parametrize("contents", ["silence", "no recording", "mono"])
def test_what_cannot_be_analysed_is_said_with_its_remedy(tmp_path, contents):
    path = tmp_path / "it.wav"
    if contents == "no recording":
        path.write_text("hello")
    else:
        write(path, np.zeros(RATE_HZ))
    code, said = measure(loopback=str(path), two_channels=contents == "mono")
    words = {
        "silence": "strike with a fingernail",
        "no recording": "cannot be read as a recording",
        "mono": "the key on the left, the sound on the right",
    }
    assert code == 2 and words[contents] in said and str(path) in said


def join(monkeypatch, server):
    """A cable from PortAudio's output to its input, as soon as it plays."""
    wait = Ear.wait

    def plug_in(self, seconds):
        _, client = open_client("cable", server)
        out = next(p for p in client.get_ports("PortAudio", is_output=True, is_audio=True))
        into = next(p for p in client.get_ports("PortAudio", is_input=True, is_audio=True))
        client.connect(out, into)
        client.close()
        monkeypatch.setattr(Ear, "wait", wait)
        wait(self, seconds)

    monkeypatch.setattr(Ear, "wait", plug_in)


@pytest.mark.slow
@pytest.mark.jack
def test_a_cable_tells_key_to_sound_and_how_far_out_and_in_again_is(image, jack_server, monkeypatch):
    """JACK hands a client its own sound whole periods later, on the frame; what those are exactly, tests/wine knows."""
    with jack_server(PERIOD) as server, default_server(server):
        join(monkeypatch, server)
        code, data = measure(loopback="", device="jack", buffer=PERIOD, keys=15)
    assert code in (0, 1), data
    assert data["counts"]["heard"] >= 12
    assert data["round_trip_s"] * RATE_HZ / PERIOD in (pytest.approx(1), pytest.approx(2))
    assert 0 < data["key_to_sound_s"]["median"] < PERIOD / RATE_HZ + data["round_trip_s"] + 0.001


@pytest.mark.slow
@pytest.mark.jack
def test_a_midi_cable_brings_the_keys_back(image, jack_server, monkeypatch, tmp_path):
    """The cable: a pipe that is an output to one side, and a raw MIDI device to the other."""
    cable = tmp_path / "midi"
    os.mkfifo(cable)
    monkeypatch.setattr("synthhost.midi.inputs.list_raw_midi", lambda: [RawDevice("Keys", str(cable), 0)])
    with jack_server(PERIOD) as server, default_server(server):
        join(monkeypatch, server)
        code, data = measure(loopback="", device="jack", buffer=PERIOD, keys=10, midi_out=str(cable))
    assert code in (0, 1), data
    assert data["counts"]["heard"] >= 8 and "MIDI cable" in data["way"]
    assert 0 < data["key_to_sound_s"]["median"] < PERIOD / RATE_HZ + data["round_trip_s"] + 0.002


@pytest.mark.slow
@pytest.mark.jack
def test_a_microphone_that_hears_no_key_is_told_how_to(image, jack_server, monkeypatch):
    monkeypatch.setattr("synthhost.latency.ear.BY_HAND_S", 1.0)
    with jack_server(PERIOD) as server, default_server(server):
        code, said = measure(loopback="", device="jack", buffer=PERIOD, by_hand=True)
    assert code == 2 and "Strike a key twenty times" in said and "no clear sound" in said


def test_a_midi_output_that_is_not_there_is_said():
    with pytest.raises(OSError, match="MIDI"):
        open_sender("no such output")


@pytest.mark.slow
@pytest.mark.jack
def test_without_a_cable_it_asks_for_one(image, jack_server):
    with jack_server(PERIOD) as server, default_server(server):
        code, said = measure(loopback="", device="jack", buffer=PERIOD, keys=2)
    assert code == 2 and "with a cable" in said
