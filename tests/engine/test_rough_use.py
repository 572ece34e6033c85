"""A night on stage in minutes: floods of MIDI, half of it nonsense, while sounds are changed all the time."""

import numpy as np
import pytest

from synthhost.patch import list_patches
from synthhost.patch.folders import factory_folder
from synthhost.voices.pedals import SOSTENUTO
from synthhost.voices.stages import HELD, PEDALLED
from tests.dsp.measure import TRUE_PEAK
from tests.engine.playing import (
    ALL_NOTES_OFF,
    PEDAL,
    RATE_HZ,
    control,
    panic,
    play,
    push,
    recount,
    settle,
    stages,
    steady_clock,
)
from tests.engine.storm import EVENTS_PER_S, LOUD, PORTS, SOME, Storm


def check_rough_use(image, seconds, seed, patches, knobs):
    storm = Storm(image, seed, patches, knobs)
    engine, stats = storm.engine, storm.engine.record.stats
    with steady_clock(engine) as set_time:
        storm.play(2, set_time, stormy=False)
        storm.play(seconds, set_time)
        storm.play(2, set_time, stormy=False)
    assert stats.events > seconds * EVENTS_PER_S * 0.8
    assert 0.9 < max(storm.peaks) <= TRUE_PEAK
    assert stats.stolen > 100 and stats.voices_max == 96
    assert sum(int(ring.dropped) for ring in engine.record.rings) == 0
    assert storm.placed == storm.wanted[: len(storm.placed)] and len(storm.placed) >= len(storm.wanted) - 1
    early, end = storm.memory
    assert end - early < 24e6, "memory of slots that are used for the first time, and nothing else"
    now = int(engine.record.frame)
    for port in range(PORTS + 2):
        for channel in range(16):
            for pedal in (PEDAL, SOSTENUTO):
                push(engine, control(now, pedal, 0, channel, port))
            push(engine, control(now, ALL_NOTES_OFF, 0, channel, port))
    engine.render(4096)
    assert not [stage for *_, stage in stages(engine) if stage in (HELD, PEDALLED)]
    play(engine, [panic(0)], 480)
    assert recount(engine) == (0, 0)
    assert np.abs(settle(engine, 4.0)[-RATE_HZ:]).max() < 1e-5
    engine.collect()
    recount(engine)


@pytest.mark.parametrize("knobs", ["untouched", "wild", pytest.param("allowed", marks=pytest.mark.slow)])
def test_20_seconds_of_rough_use(image, knobs):
    check_rough_use(image, 20, 1, SOME if knobs == "untouched" else (*SOME, *LOUD), knobs)


@pytest.mark.slow
def test_10_minutes_of_rough_use_with_all_factory_patches(image):
    patches = list(list_patches([factory_folder()]))
    patches.remove("drums/kit")  # its drums are among the others
    check_rough_use(image, 600, 2, patches, "untouched")
