"""Active sensing and system exclusive messages, from their bytes to what is heard."""

import numpy as np
import pytest

from synthhost.events.event import SENSING
from synthhost.voices.stages import HELD, RELEASED
from tests.engine.cable import Cable, send
from tests.engine.playing import (
    RATE_HZ,
    bend,
    control,
    event,
    names_of,
    new_engine,
    on,
    play,
    program_change,
    settle,
    sound,
    stages,
    steady_clock,
)


def sense(frame, port=0, first=1):
    return event(SENSING, frame, port=port, a=first)


@pytest.fixture
def synth(image):
    return new_engine(image, sound(names_of(image)))


def held(engine):
    return [key for _, key, stage in stages(engine) if stage == HELD]


def seconds(s):
    return round(s * RATE_HZ)


def test_a_port_that_falls_silent_after_active_sensing_is_released(synth):
    play(synth, [sense(0), on(10, 60)], seconds(0.32))
    assert held(synth) == [60]
    play(synth, [], seconds(0.03))
    assert held(synth) == [] and synth.record.stats.active_sensing == 1


def test_a_port_that_never_sent_it_is_never_released(synth):
    play(synth, [sense(0, port=1), on(10, 60), on(10, 61, port=1)], seconds(0.5))
    assert held(synth) == [60]
    play(synth, [sense(seconds(0.6), first=0)], seconds(1.0))
    assert held(synth) == [60], "a sign of life alone begins no watch"


def test_signs_of_life_and_notes_keep_a_port(synth):
    signs = [sense(seconds(0.3 * n), first=0) for n in range(1, 4)]
    later = [on(seconds(1.2), 62), control(seconds(1.5), 1, 3)]
    play(synth, [sense(0), on(10, 60), *signs, *later], seconds(1.8))
    assert held(synth) == [60, 62]
    play(synth, [], seconds(0.1))
    assert held(synth) == []


def test_after_a_release_only_another_active_sensing_begins_the_watch_again(synth):
    play(synth, [sense(0), on(seconds(0.5), 60)], seconds(1.5))
    assert held(synth) == [60] and synth.record.stats.active_sensing == 1
    play(synth, [sense(seconds(1.5))], seconds(0.5))
    assert held(synth) == [] and synth.record.stats.active_sensing == 2


@pytest.mark.parametrize("size", [32, 100, 1024])
def test_the_frame_of_the_release_does_not_depend_on_the_buffer(image, size):
    outputs = []
    for sizes in ((size,), (64,)):
        engine = new_engine(image, sound(names_of(image)), buffer_frames=32)
        outputs.append(play(engine, [sense(100), on(200, 60)], seconds(0.5), sizes))
    assert np.array_equal(*outputs)


def test_active_sensing_bytes_hold_and_lose_a_note(image, synth):
    with steady_clock(synth) as set_time:
        cable, blocks = Cable(image, synth), 0
        for blocks in range(60):
            set_time(1 + blocks * 1024e9 / RATE_HZ)
            if blocks < 30 and blocks % 12 == 0:
                cable.send("FE")
            if blocks == 1:
                cable.send("90 3C 64")
            synth.render(1024, block=1024)
            if blocks == 24 + 13:
                assert held(synth) == [60]
        assert held(synth) == [] and synth.record.stats.active_sensing == 1


# --- system exclusive -------------------------------------------------------------------------------------------------


def test_master_volume_is_the_square_and_stands_beside_the_hosts(image, synth):
    before = np.abs(play(synth, [on(0, 60)], 9600)[4800:]).max()
    send(image, synth, "F0 7F 7F 04 01 00 40 F7")
    lowered = np.abs(synth.render(9600)).max()
    assert lowered / before == pytest.approx((8192 / 16383) ** 2, rel=1e-3)
    synth.set_volume(2.0)
    settle(synth, 0.2)
    assert np.abs(synth.render(9600)).max() / lowered == pytest.approx(2, rel=1e-3)


@pytest.mark.parametrize(
    "reset",
    ["7E 7F 09 01", "7E 7F 09 02", "7E 7F 09 03", "41 10 42 12 40 00 7F 00 41", "43 10 4C 00 00 7E 00"],
)
def test_a_system_reset_brings_every_channel_of_the_port_back_but_the_program(image, synth, reset):
    other = synth.load(sound(names_of(image), op="saw"))
    synth.map_program(7, other)
    fresh = synth.record.channels[5].copy()
    knobs = [control(1, n, v, 5) for n, v in ((7, 20), (1, 99), (16, 10), (74, 3), (64, 127))]
    rpn = [control(2, n, v, 5) for n, v in ((101, 0), (100, 0), (6, 12), (100, 2), (6, 70))]
    zone = [control(3, n, v) for n, v in ((101, 0), (100, 6), (6, 3))]
    events = [program_change(0, 7, 5), *knobs, *rpn, *zone, on(4, 60, channel=5), bend(4, 0.5, 5)]
    play(synth, [*events, on(5, 61, port=1)], 64)
    send(image, synth, f"F0 {reset} F7")
    channel = synth.record.channels[5]
    assert channel.program == other
    for name in ("control", "bend", "bend_semitones", "coarse_semitones", "pedal", "master", "members"):
        assert np.array_equal(channel[name], fresh[name]), name
    assert (synth.record.channels["master"] == -1).all()
    assert held(synth) == [61], "another port plays on"


def test_any_octave_tuning_and_any_contents_are_harmless(image, synth):
    random = np.random.default_rng(seed=4)
    cable = Cable(image, synth)
    heads = [
        "7E 7F 08 08",
        "7F 7F 08 02 00 0A",
        "7E 7F 08 07 00 00 02",
        "7F 7F 08 09",
        "7F 7F 04 01",
        "7E 7F 09 01",
        "41 10 42",
        "",
    ]
    for turn in range(300):
        body = random.integers(0, 128, random.integers(0, 70), dtype=np.uint8).tobytes().hex(" ")
        cable.send(f"90 {turn % 128:02X} 64 F0 {heads[turn % len(heads)]} {body} F7 80 {turn % 128:02X} 40")
        assert np.isfinite(synth.render(256)).all()
    settle(synth)
    assert [stage for *_, stage in stages(synth) if stage != RELEASED] == []
