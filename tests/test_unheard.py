"""Keys arrive, but nothing is heard: the reason is said, once, and only if it lasts."""

import os
import time
import types

import pytest

from synthhost import unheard
from synthhost.host import Host
from synthhost.patch import compile_patch, find, load

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a pipe is the keyboard")


@pytest.fixture
def stage(image, tmp_path, monkeypatch):
    """A host that plays, as if somebody heard it; a cable into it; what it says."""
    monkeypatch.setattr(unheard, "LASTS_S", 0.1)
    cable = tmp_path / "keys"
    os.mkfifo(cable)
    hand = os.open(cable, os.O_RDWR)
    hosts, said = [], []

    def begin(channel=None, patch="latency", program=True, kind="heard", **settings):
        host = Host(image, tell=said.append)
        hosts.append(host)
        host.open("virtual", **settings)
        host.output.kind = kind
        prepared = compile_patch(load(find(patch)), image.operators) if program else None
        host.start(prepared, str(find(patch)), channel)
        host.open_midi(names=[], raw_paths=[cable])
        said.clear()
        return host

    def play(host, *data, seconds=0.4):
        os.write(hand, bytes(data))
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            host.tick()
            time.sleep(0.01)
        return list(said)

    yield types.SimpleNamespace(begin=begin, play=play, said=said)
    for host in hosts:
        host.close()
    os.close(hand)


KEY = (0x90, 60, 100)


def test_what_is_heard_needs_no_explanation(stage):
    assert stage.play(stage.begin(), *KEY, 0x80, 60, 64) == []


@pytest.mark.parametrize(("controller", "name"), [(7, "volume"), (11, "expression")])
def test_a_controller_at_zero_is_named_once(stage, controller, name):
    host = stage.begin()
    (sentence,) = stage.play(host, 0xB2, controller, 0, 0x92, 60, 100)
    assert f"channel 3 of {host.port_name(0)}" in sentence
    assert f"its {name} (controller {controller}) stands at 0" in sentence
    assert len(stage.play(host, 0x92, 62, 100)) == 1


def test_a_pedal_that_swells_the_note_is_no_trouble(stage):
    host = stage.begin()
    stage.play(host, 0xB0, 11, 0, *KEY, seconds=0.03)
    assert stage.play(host, 0xB0, 11, 100) == []


def test_another_channel_than_the_one_listened_to_is_named(stage):
    (sentence,) = stage.play(stage.begin(channel=2), *KEY)
    assert "Keys arrive on channel 1" in sentence
    assert "--channel 2 listens to channel 2 only" in sentence


def test_a_channel_without_a_patch_is_named(stage):
    assert "no patch plays there" in stage.play(stage.begin(program=False), *KEY)[0]


def test_a_volume_at_the_bottom_is_named(stage):
    assert "the volume is at -96 dB" in stage.play(stage.begin(volume_db=-96.0), *KEY)[0]


def test_a_master_volume_that_a_keyboard_set_to_zero_is_named(stage):
    host = stage.begin()
    host.engine.set_volume(0.0)
    assert "a keyboard has set the master volume to 0" in stage.play(host, *KEY)[0]


def test_the_virtual_device_is_named(stage):
    assert "the virtual device plays, which nobody hears" in stage.play(stage.begin(kind="virtual"), *KEY)[0]


def test_jack_without_a_loudspeaker_is_named(stage):
    host = stage.begin()
    host.output.describe = lambda: "JACK client, NOT CONNECTED to any loudspeaker"
    assert "JACK has not connected us to a loudspeaker" in stage.play(host, *KEY)[0]


def test_a_patch_that_is_silent_on_a_key_is_named(stage, tmp_path):
    path = tmp_path / "silent.toml"
    path.write_text(
        'format = "synthhost/patch"\nversion = 1\nname = "Nothing"\n[tone]\nop = "sine"\n[out]\nin = "0 * tone"\n'
    )
    (sentence,) = stage.play(stage.begin(patch=str(path)), *KEY)
    assert sentence == "C4 arrived, but Nothing gives no sound for it at velocity 100."
