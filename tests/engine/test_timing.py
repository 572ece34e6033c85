"""From the clock to frames: with jitter, drift, stalls; steady and immediate; on the virtual device."""

import time

import numpy as np
import pytest

from synthhost.audio.virtual import VirtualOutput
from synthhost.events.event import CONTROL, NOTE_ON
from tests.engine.playing import RATE_HZ, first_sound, names_of, new_engine, sound, steady_clock

BLOCK = 128
FRAME_NS = 1e9 / RATE_HZ
START_NS = 5e12


def run(engine, set_time, wakes, arrivals, block=BLOCK):
    """Call the engine at the times of `wakes`; push an event at each arrival. Returns the frames they were given."""
    engine.record.log_on = 1
    given, frames = 0, []
    for wake in wakes:
        while given < len(arrivals) and arrivals[given] <= wake:
            engine.push(CONTROL, int(arrivals[given]), key=119, a=given, clocked=True, ring=0)
            given += 1
        set_time(wake)
        engine.render(block, block=block)
        frames.append(engine.read_log()["frame"])
    return np.concatenate(frames)


def due(count, block_frames=BLOCK, drift=0.0):
    """When blocks are due on a device whose crystal is fast by `drift`."""
    return START_NS + np.arange(count) * block_frames * FRAME_NS / (1 + drift)


def arrivals_between(first, last, rate_hz, seed=3):
    """Random times, sorted."""
    random = np.random.default_rng(seed)
    return np.sort(random.uniform(first, last, int((last - first) * 1e-9 * rate_hz)))


def delays(frames, arrivals, drift=0.0):
    """How much later than its arrival each event sounds, in seconds of the device's clock."""
    ideal = (arrivals[: len(frames)] - START_NS) / FRAME_NS * (1 + drift)
    return (frames - ideal) / RATE_HZ


def late_wakes(times, most_s, seed=4):
    """A machine that wakes us up to `most_s` late; a block never begins before the one before."""
    wakes = times + np.random.default_rng(seed).uniform(0, most_s, len(times)) * 1e9
    return np.maximum.accumulate(wakes + np.arange(len(times)))


@pytest.mark.parametrize("jitter_s", [0.0, 0.001, 0.005])
@pytest.mark.parametrize("block", [64, 128, 480])
def test_steady_delay_is_constant_within_1_ms_however_late_we_wake(image, jitter_s, block):
    engine = new_engine(image, buffer_frames=block)
    times = due(int(6 * RATE_HZ / block), block)
    with steady_clock(engine) as set_time:
        arrivals = arrivals_between(times[0] + 2e9, times[-1] - 2e8, 300)
        frames = run(engine, set_time, late_wakes(times, jitter_s), arrivals, block)
    spread = np.ptp(delays(frames, arrivals))
    assert len(frames) == len(arrivals)
    assert spread < 0.001
    assert (np.diff(frames) >= 0).all()
    assert engine.record.stats.late_events == 0


def test_events_apart_stay_apart_and_in_order(image):
    engine = new_engine(image, buffer_frames=BLOCK)
    times = due(2000)
    with steady_clock(engine) as set_time:
        arrivals = np.arange(times[0] + 2e9, times[-1] - 1e8, 1e6)
        frames = run(engine, set_time, late_wakes(times, 0.005), arrivals)
    assert (np.diff(frames) > 0).all()
    assert np.abs(np.diff(frames) - 1e6 / FRAME_NS).max() * FRAME_NS < 1e6


def test_without_jitter_the_delay_is_one_buffer(image):
    engine = new_engine(image, buffer_frames=BLOCK)
    times = due(2000)
    with steady_clock(engine) as set_time:
        arrivals = arrivals_between(times[0] + 1e9, times[-1] - 1e8, 500)
        frames = run(engine, set_time, times, arrivals)
    assert delays(frames, arrivals) == pytest.approx(BLOCK / RATE_HZ, abs=2 / RATE_HZ)


@pytest.mark.parametrize("drift", [300e-6, -300e-6])
def test_a_clock_that_drifts_is_followed(image, drift):
    engine = new_engine(image, buffer_frames=BLOCK)
    times = due(11_000, drift=drift)
    with steady_clock(engine) as set_time:
        arrivals = arrivals_between(times[0] + 1e10, times[-1] - 1e8, 100)
        frames = run(engine, set_time, late_wakes(times, 0.001), arrivals)
    late = delays(frames, arrivals, drift)
    assert np.ptp(late) < 0.001 and abs(late.mean() - BLOCK / RATE_HZ) < 0.001
    quarter = len(late) // 4
    assert abs(late[:quarter].mean() - late[-quarter:].mean()) < 1e-4, "it does not run away"


def test_a_long_wake_up_is_forgotten_at_once(image):
    """The machine sleeps for 60 ms, then catches up in a burst: the device went on meanwhile."""
    engine = new_engine(image, buffer_frames=BLOCK)
    times = due(2500)
    wakes = times.copy()
    slept = (times > times[1500]) & (times < times[1500] + 6e7)
    wakes[slept] = times[1500] + 6e7 + 5e4 * np.arange(slept.sum())
    wakes = np.maximum.accumulate(wakes)
    with steady_clock(engine) as set_time:
        arrivals = arrivals_between(times[0] + 2e9, times[-1] - 1e8, 300)
        frames = run(engine, set_time, wakes, arrivals)
    assert np.ptp(delays(frames, arrivals)) < 0.0015


def test_after_a_device_stood_still_the_delay_is_soon_what_it_was(image):
    """200 ms without a block, and none of them is made up for: from then on all blocks are late."""
    engine = new_engine(image, buffer_frames=BLOCK)
    times = due(4000)
    times[1500:] += 2e8
    with steady_clock(engine) as set_time:
        before = arrivals_between(times[0] + 2e9, times[1499], 300)
        after = arrivals_between(times[1500] + 1.5e9, times[-1] - 1e8, 300)
        frames = run(engine, set_time, late_wakes(times, 0.0005), np.concatenate([before, after]))
    late_before = delays(frames[: len(before)], before)
    late_after = delays(frames[len(before) :], after - 2e8)
    assert np.ptp(np.concatenate([late_before, late_after])) < 0.001


def test_immediate_mode_plays_at_the_start_of_the_next_buffer(image):
    engine = new_engine(image, buffer_frames=BLOCK, steady=False)
    times = due(400)
    with steady_clock(engine) as set_time:
        arrivals = arrivals_between(times[0] + 1e8, times[-1] - 1e8, 500)
        frames = run(engine, set_time, times, arrivals)
    assert np.array_equal(frames, np.searchsorted(times, arrivals) * BLOCK)


def test_an_arrival_from_another_clock_does_not_block_its_ring(image):
    engine = new_engine(image, sound(names_of(image)), buffer_frames=BLOCK)
    times = due(400)
    with steady_clock(engine) as set_time:
        run(engine, set_time, times[:10], [])
        engine.push(CONTROL, 1 << 61, key=119, clocked=True, ring=0)
        engine.push(CONTROL, -(1 << 61), key=119, clocked=True, ring=0)
        assert len(run(engine, set_time, times[10:250], [])) == 2


def test_a_block_of_no_frames_does_no_harm(image):
    engine = new_engine(image, sound(names_of(image)), buffer_frames=BLOCK)
    callback = image.function("portaudio_callback")
    for _ in range(3):
        engine.render(128, block=128)
        callback(None, 0, 0, None, 0, engine.address)
    timing, stats = engine.record.timing, engine.record.stats
    assert np.isfinite([timing.block_ns, timing.next_ns, timing.frame_ns]).all()
    assert stats.blocks == 3 and stats.sizes[1] == 0
    assert abs(int(stats.lost_blocks)) < 1000


def test_the_virtual_device_keeps_its_nominal_clock(image):
    engine = new_engine(image, buffer_frames=BLOCK)
    device = VirtualOutput(engine, BLOCK)
    device.start()
    timing = engine.record.timing
    seen = []
    for _ in range(50):
        time.sleep(0.01)
        seen.append((float(timing.block_ns), float(timing.frame_ns)))
    device.close()
    began = device.began_ns()
    blocks = np.array([block for block, _ in seen])
    numbers = (blocks - began) / (BLOCK * FRAME_NS)
    assert np.abs(numbers - numbers.round()).max() * BLOCK * FRAME_NS < 2
    assert {frame for _, frame in seen} == {float(timing.nominal_frame_ns)}
    assert engine.record.timing.device_frame == device.memory[0].blocks * BLOCK


@pytest.mark.parametrize("buffer", [128, 441])
def test_what_arrives_at_the_virtual_device_sounds_one_buffer_later(image, buffer):
    """Arrival to device frame: one buffer and the constant delay, whatever the machine is busy with.

    An event that is stamped just before a block and pushed just after it has begun is late by right. A machine that wakes
    us with the same timer as the device meets that moment again and again, so each attempt comes a little later.
    """
    for attempt in range(10):
        engine = new_engine(image, sound(names_of(image), release_s=0), buffer_frames=buffer)
        delay = int(engine.record.timing.delay_frames)
        engine.record.capture_on = 1
        device = VirtualOutput(engine, buffer)
        device.start()
        time.sleep(0.1 + attempt * 0.0007)
        arrival = time.monotonic_ns()
        engine.push(NOTE_ON, arrival, key=60, value=1.0, clocked=True, ring=0)
        pushed_in = time.monotonic_ns() - arrival
        time.sleep(0.2)
        device.close()
        if pushed_in < 1e6 and not engine.record.stats.late_events:
            break  # else a block began between looking at the clock and pushing
    heard = first_sound(engine.read_capture())
    wanted = (arrival - device.began_ns()) / FRAME_NS + buffer + delay
    assert engine.record.stats.late_events == 0
    assert heard == pytest.approx(wanted, abs=1)


def test_keys_struck_before_the_device_plays_are_not_heard_in_a_burst_and_knobs_are_where_they_stand(image):
    engine = new_engine(image, sound(names_of(image)), buffer_frames=BLOCK)
    now = START_NS
    with steady_clock(engine) as set_time:

        def play(blocks=4):
            nonlocal now
            for _ in range(blocks):
                set_time(now)
                engine.render(BLOCK, block=BLOCK)
                now += BLOCK * FRAME_NS

        for times in (1, 2):  # when it is opened, and when it comes back
            for key in (60, 64, 67):
                engine.push(NOTE_ON, int(now), key=key, value=0.8, clocked=True, ring=0)
            engine.push(CONTROL, int(now), key=7, value=80 + times, clocked=True, ring=0)
            play()
            assert engine.record.stats.notes == times - 1
            assert engine.record.stats.early_notes == 3 * times
            assert engine.record.channels[0].control[7] == pytest.approx(80 + times)
            engine.push(NOTE_ON, int(now), key=72, value=0.8, clocked=True, ring=0)
            play()
            assert engine.record.stats.notes == times
            image.function("refit_engine")(engine.address, BLOCK)
