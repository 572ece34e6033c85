"""The ways out, for real: a virtual device, JACK and PortAudio with a dummy driver."""

import contextlib
import os
import pathlib
import time

import numpy as np
import pytest

from synthhost.audio.block_log import LOG_BLOCKS, BlockReader
from synthhost.audio.choose import open_output
from synthhost.audio.errors import AudioError
from synthhost.audio.jack import JackOutput, open_client
from synthhost.audio.portaudio import PortAudioOutput, choose_device, list_devices
from synthhost.audio.speakers import Speakers
from synthhost.audio.virtual import VirtualOutput
from synthhost.engine.engine import Engine
from synthhost.events.event import NOTE_ON
from synthhost.latency.server import answers, default_server, start_server, stop_server
from tests.conftest import can_be_realtime
from tests.latency.listening import program_of


def playing(image, buffer_frames):
    """An engine in which one note will sound."""
    engine = Engine(image, 48_000, buffer_frames)
    engine.record.capture_on = 1
    engine.hand_in(engine.load(program_of(image)))
    engine.push(NOTE_ON, key=69, value=0.8)
    return engine


@pytest.mark.parametrize("frames", [32, 128, 441])
def test_the_virtual_device_keeps_its_period(image, frames):
    engine = playing(image, frames)
    output = VirtualOutput(engine, frames)
    output.start()
    time.sleep(0.5)
    output.close()
    blocks = BlockReader(output.memory[0].log)
    log = blocks.blocks()
    late_ns = log[1] - (output.began_ns() + log[0] * (1e9 / 48_000))
    assert (late_ns >= 0).all()
    assert np.median(late_ns) < 1e6
    assert len(log[0]) == engine.record.stats.blocks >= 0.45 * 48_000 / frames
    assert list(engine.record.stats.sizes[:2]) == [frames, 0]
    assert np.abs(engine.read_capture()).max() > 0.1
    assert not output.alive()


@pytest.mark.skipif(not can_be_realtime(), reason="no real-time priority here")
def test_the_virtual_device_reports_its_priority(image):
    output = VirtualOutput(playing(image, 128), 128)
    assert output.priority == "not started"
    output.start()
    assert output.priority == "SCHED_FIFO 70"
    output.close()


def test_the_virtual_device_says_that_nobody_hears_it(image):
    assert "NOBODY WILL HEAR IT" in VirtualOutput(playing(image, 128), 128).describe()


def test_a_log_that_was_overwritten_says_so():
    log = {
        "count": LOG_BLOCKS + 1000,
        **{name: np.arange(LOG_BLOCKS) for name in ("frame", "begun_ns", "ended_ns")},
    }
    reader = BlockReader(log)
    reader.collect()
    assert reader.skipped == 1000 + 64


@contextlib.contextmanager
def jack_output(image, server):
    jack, client = open_client("synthhost-plays", server)
    engine = playing(image, client.blocksize)
    output = JackOutput(engine, jack, client)
    try:
        yield engine, output
    finally:
        output.close()


@pytest.mark.jack
def test_jack_connects_to_the_loudspeakers_and_plays(image, jack_server):
    with jack_server(128) as server, jack_output(image, server) as (engine, output):
        output.start()
        time.sleep(0.3)
        assert "system:playback_1, system:playback_2" in output.describe()
        assert np.abs(engine.read_capture()).max() > 0.1
        assert list(engine.record.stats.sizes[:2]) == [128, 0]
        assert output.alive()
        assert 128 / 48_000 <= output.output_s <= 3 * 128 / 48_000
        assert output.priority.startswith("SCHED" if can_be_realtime() else "normal")


@pytest.mark.jack
def test_jack_connects_to_the_loudspeakers_that_were_chosen(image, jack_server):
    with jack_server(128, realtime=False, speakers=4) as server:
        jack, client = open_client("synthhost-chooses", server)
        output = JackOutput(playing(image, 128), jack, client, speakers=Speakers(3))
        output.start()
        assert "connected to system:playback_3, system:playback_4" in output.describe()
        assert "playback_1" not in output.describe()
        output.close()


@pytest.mark.jack
def test_without_a_connection_jack_says_so(image, jack_server):
    with jack_server(256, realtime=False) as server:
        jack, client = open_client("synthhost-alone", server)
        output = JackOutput(playing(image, 256), jack, client, connect=False)
        output.start()
        assert "NOT CONNECTED" in output.describe()
        assert output.priority.startswith("normal")
        output.close()


@pytest.mark.jack
def test_the_death_of_the_server_is_noticed_and_closing_does_not_hang(image):
    name = f"synthhost-test-dies-{os.getpid()}"
    server = start_server(["-r", "-n", name], 128, 48_000)
    try:
        if not answers(server, name):
            pytest.skip("jackd did not start")
        jack, client = open_client("synthhost-dies", name)
        output = JackOutput(playing(image, 128), jack, client)
        output.start()
        server.kill()
        server.wait()
        assert output.lost.wait(5.0)
        assert not output.alive()
        begun = time.monotonic()
        output.close()
        assert time.monotonic() - begun < 3.5
    finally:
        server.kill()
        server.wait()
        forget_server(name)


def forget_server(name):
    """JACK knows eight servers at most, dead ones too: another of the same name takes the place, and ends properly."""
    server = start_server(["-r", "-n", name], 1024, 48_000)
    answers(server, name)
    stop_server(server)
    for left_over in pathlib.Path("/dev/shm").glob(f"jack_sem.*_{name}_*"):
        left_over.unlink(missing_ok=True)


@pytest.mark.jack
@pytest.mark.parametrize("frames", [64, 256])
def test_portaudio_plays_with_the_compiled_callback(image, jack_server, frames):
    with jack_server(frames) as server, default_server(server):
        device = choose_device(list_devices(), "jack")
        engine = playing(image, frames)
        output = PortAudioOutput(engine, device, frames)
        output.start()
        time.sleep(0.5)
        stats = engine.record.stats
        assert output.alive()
        assert 0.25 * 48_000 / frames < stats.blocks < 1.5 * 48_000 / frames
        assert list(stats.sizes[:2]) == [frames, 0]
        assert stats.late_blocks == 0
        assert np.abs(engine.read_capture()).max() > 0.1
        assert output.output_s > 0
        if can_be_realtime():
            assert output.priority.startswith("SCHED")
        output.close()
        assert not output.alive()


@pytest.mark.jack
def test_a_rate_that_the_device_does_not_take_is_said(image, jack_server):
    with jack_server(128) as server, default_server(server):
        device = choose_device(list_devices(), "jack")
        with pytest.raises(AudioError, match="48000"):
            PortAudioOutput(Engine(image, 44_100, 128), device, 128)


@pytest.mark.jack
def test_portaudio_is_opened_with_as_many_channels_as_the_chosen_ones_need(image, jack_server):
    with jack_server(128, speakers=4) as server, default_server(server):
        device = choose_device(list_devices(), "jack")
        assert device["channels"] == 4
        engine = playing(image, 128)
        output = PortAudioOutput(engine, device, 128, speakers=Speakers(3))
        output.start()
        time.sleep(0.3)
        assert output.alive()
        assert output.channels == 4
        assert engine.record.stats.blocks > 20
        assert np.abs(engine.read_capture()).max() > 0.1
        output.close()
        with pytest.raises(AudioError, match="has no channels 5-6 but 4 channels"):
            PortAudioOutput(engine, device, 128, speakers=Speakers(5))


@pytest.mark.jack
@pytest.mark.parametrize("rate_hz", [44_100, 96_000])
def test_a_rate_that_is_refused_falls_back_to_the_devices_own_and_that_is_said(image, jack_server, rate_hz):
    said = []
    with jack_server(128) as server, default_server(server):
        engine, output = open_output(
            lambda rate, buffer: Engine(image, rate, buffer), "portaudio", "jack", rate_hz, tell=said.append
        )
        output.close()
    assert engine.rate_hz == 48_000
    assert f"does not take {rate_hz} Hz" in said[-1]
    assert "it plays at 48000 Hz instead" in said[-1]
