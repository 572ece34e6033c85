"""From bytes in a pipe to the device's output: a constant delay, whatever Python does meanwhile."""

import pytest

from synthhost.latency import measure_ordinary, measure_path
from synthhost.latency.server import default_server
from tests.latency.listening import program_of

RATE_HZ = 48_000
JITTER_S = 0.001
KEYS = 60


def best_of(measure, claim, attempts=3):
    """The floors are the product's; a shared machine can miss them by itself, but not always."""
    trouble = None
    for attempt in range(attempts):
        measurement = measure(attempt)
        counts = measurement.counts
        assert counts["late_blocks"] == 0 or counts["block_max_s"] < 0.05, counts
        try:
            claim(measurement)
            return measurement
        except AssertionError as error:
            trouble = error
    raise trouble


def constant_and_short(measurement):
    """The floors: jitter within 1 ms; worst within two buffers and 1 ms; nothing missed."""
    counts, statistics = measurement.counts, measurement.measured
    left_out = counts["left_out_interrupted"] + counts["left_out_torn"]
    assert counts["missed"] == 0, counts
    assert left_out <= counts["sent"] / 2, counts
    assert statistics.jitter_s <= JITTER_S, (statistics, counts, measurement.machine)
    worst = 2 * measurement.buffer_frames / RATE_HZ + 0.001
    assert statistics.max_s <= worst, (statistics, counts, measurement.machine)


@pytest.mark.parametrize("load", [False, True], ids=["idle", "storm"])
@pytest.mark.parametrize("frames", [64, pytest.param(128, marks=pytest.mark.slow)])
def test_the_delay_is_constant_on_the_virtual_device(image, frames, load):
    def measure(seed):
        return measure_path(image, program_of(image), "virtual", frames, RATE_HZ, KEYS, load, seed=seed)

    measurement = best_of(measure, constant_and_short)
    assert measurement.counts["heard"] >= KEYS / 2
    if load:
        assert measurement.counts["voices_max"] >= 256


@pytest.mark.slow
@pytest.mark.jack
@pytest.mark.parametrize("load", [False, True], ids=["idle", "storm"])
@pytest.mark.parametrize("frames", [64, 128])
def test_the_delay_is_constant_through_portaudio(image, jack_server, frames, load):
    def measure(seed):
        with jack_server(frames) as server, default_server(server):
            return measure_path(
                image, program_of(image), "portaudio", frames, RATE_HZ, KEYS, load, device="jack", seed=seed
            )

    best_of(measure, constant_and_short)


@pytest.mark.slow
def test_without_steady_timing_a_key_waits_for_the_next_buffer(image):
    """Immediate mode: faster by half a buffer on average, but a buffer more or less each time."""

    def claim(measurement):
        buffer_s = 256 / RATE_HZ
        statistics = measurement.measured
        assert 0.6 * buffer_s <= statistics.jitter_s <= buffer_s + JITTER_S
        assert min(measurement.values_s) >= 0.99 * buffer_s
        assert statistics.max_s <= 2 * buffer_s + 0.001

    best_of(
        lambda seed: measure_path(
            image, program_of(image), "virtual", 256, RATE_HZ, KEYS, steady=False, seed=seed
        ),
        claim,
    )


@pytest.mark.slow
def test_the_ordinary_way_suffers_from_the_storm_that_ours_does_not_feel(image):
    ours = measure_path(image, program_of(image), "virtual", 128, RATE_HZ, KEYS, load=True)
    ordinary = measure_ordinary(image, 128, RATE_HZ, KEYS, load=True)
    assert ordinary.measured.p99_s > 10 * ours.measured.p99_s
    assert ordinary.counts["late_blocks"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("frames", [64, 128])
def test_the_delay_is_constant_for_long(image, frames):
    def measure(seed):
        return measure_path(image, program_of(image), "virtual", frames, RATE_HZ, 500, True, seed=seed)

    best_of(measure, constant_and_short)
