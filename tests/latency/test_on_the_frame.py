"""Under JACK a key sounds on the very frame it was struck on: nothing is added to the graph's own latency."""

import itertools

import numpy as np
import pytest

from synthhost.audio.offline import songs_engine
from synthhost.engine.memory import SLOTS
from synthhost.events.event import NOTE_OFF, NOTE_ON
from synthhost.latency import measure_jack
from synthhost.latency.jack_probe import whole_cycles
from synthhost.latency.jack_way import JackSession, plan
from synthhost.latency.load import VOICES
from tests.latency.listening import SPREAD, STRUCK, on_the_frame, program_of

pytestmark = pytest.mark.jack
SIZES = (32, 64, 128, 256, 512)
USUAL = [frames if frames in (64, 128) else pytest.param(frames, marks=pytest.mark.slow) for frames in SIZES]


@pytest.mark.parametrize("frames", USUAL)
def test_a_key_sounds_on_its_frame(image, jack_server, frames):
    with jack_server(frames) as server:
        on_the_frame(measure_jack(image, program_of(image), keys=60, server=server))


@pytest.mark.parametrize("into", ["keyboard_1", "keyboard_8"])
def test_a_key_of_every_keyboard_sounds_on_its_frame(image, jack_server, into):
    with jack_server(64) as server:
        on_the_frame(measure_jack(image, program_of(image), keys=30, server=server, into=into))


@pytest.mark.parametrize("name", [STRUCK[0], pytest.param(STRUCK[1], marks=pytest.mark.slow)])
def test_a_factory_patch_sounds_on_its_frame(image, jack_server, name):
    with jack_server(128) as server:
        on_the_frame(measure_jack(image, program_of(image, name), keys=6, server=server, **SPREAD))


@pytest.mark.slow
@pytest.mark.parametrize("frames, name", list(itertools.product(SIZES, STRUCK)))
def test_every_patch_without_attack_sounds_on_its_frame(image, jack_server, frames, name):
    with jack_server(frames) as server:
        on_the_frame(measure_jack(image, program_of(image, name), keys=25, server=server, **SPREAD))


@pytest.mark.parametrize("frames", [64, pytest.param(128, marks=pytest.mark.slow)])
def test_a_storm_in_python_does_not_move_a_key(image, jack_server, frames):
    with jack_server(frames) as server:
        measurement = measure_jack(image, program_of(image), keys=60, server=server, load=True)
    assert measurement.counts["voices_max"] >= VOICES
    on_the_frame(measurement)


@pytest.mark.slow
@pytest.mark.parametrize("frames", SIZES)
def test_a_long_storm_in_python_does_not_move_a_key(image, jack_server, frames):
    with jack_server(frames) as server:
        on_the_frame(measure_jack(image, program_of(image), keys=400, server=server, load=True))


def test_full_polyphony_does_not_move_a_key(image, jack_server):
    with jack_server(64) as server:
        measurement = measure_jack(image, program_of(image), keys=50, server=server, voices=VOICES)
    assert measurement.counts["voices_max"] >= VOICES
    on_the_frame(measurement)


def test_patches_that_come_in_do_not_move_a_key(image, jack_server):
    program, handed = program_of(image), []

    def reload(engine):
        engine.collect()
        if len(engine._busy) < SLOTS:
            engine.hand_in(engine.load(program), port=15)
            handed.append(1)

    with jack_server(128) as server:
        measurement = measure_jack(image, program, keys=60, server=server, meanwhile=reload)
    assert len(handed) > 50
    on_the_frame(measurement)


def test_what_jack_heard_is_what_is_rendered_offline(image, jack_server):
    """The recording of the listener equals the offline render of the engine's own log, bit for bit."""
    program = program_of(image, "pluck/thumb-harp")
    for attempt in range(3):
        with jack_server(256) as server:
            messages = plan(8, 48_000, (0.12, 0.2), 0.05, seed=attempt)
            with JackSession(image, program, messages, server) as session:
                session.engine.record.log_on = 1
                session.run()
                sound, clicks = session.probe.sound(), session.probe.clicks()
                log = session.engine.read_log()
                _, torn, _ = whole_cycles(session.probe, session.blocks.blocks())
        if not torn:
            break
    else:
        pytest.skip("the machine tore cycles three times in a row")
    notes = log[np.isin(log["kind"], (NOTE_ON, NOTE_OFF))]
    assert len(notes) == 16
    offline = songs_engine(image, 48_000, polyphony=256)
    offline.hand_in(offline.load(program))
    offline.push_events(notes, 17)
    shift = int(notes["frame"][0]) - int(clicks[0])  # engine frames are counted from the engine's start
    first = int(clicks[0]) // 32 * 32
    rendered = offline.render(len(sound) + shift)[:, 0]
    assert np.abs(sound[first:]).max() > 0.05
    assert np.array_equal(sound[first:], rendered[first + shift : len(sound) + shift])
