"""The device's time, seen through a machine that wakes threads late."""

import numpy as np
import pytest

from synthhost.engine.memory import TIMING, zeroed
from synthhost.engine.timing import OFF_BLOCKS, frame_of, note_block_time
from synthhost.latency.device_clock import due_times_ns

RATE_HZ, FRAMES = 48_000, 64
PERIOD_NS = FRAMES / RATE_HZ * 1e9


def block_times(count, late_ns, lost_before=(), seed=1):
    """When blocks came: on a device's grid, each a bit late, with periods lost before some of them."""
    due = np.arange(count) * PERIOD_NS
    for block in lost_before:
        due[block:] += 7 * PERIOD_NS
    return due, due + np.random.default_rng(seed).exponential(late_ns, count)


def test_the_nominal_clock_is_found_behind_late_wake_ups():
    due, came = block_times(3000, 60_000)
    found = due_times_ns(np.arange(3000) * FRAMES, came, RATE_HZ)
    assert np.abs(found - due).max() < 5_000


def test_lost_periods_stay_where_they_were():
    due, came = block_times(3000, 20_000, lost_before=(1000, 1900))
    found = due_times_ns(np.arange(3000) * FRAMES, came, RATE_HZ)
    assert np.abs(found - due).max() < 5_000
    assert 6 * PERIOD_NS < found[1000] - found[999] - PERIOD_NS < 8 * PERIOD_NS


def clock(came):
    """When the engine believes that each block was due."""
    timing = zeroed(TIMING)[0]
    timing.nominal_frame_ns = 1e9 / RATE_HZ
    believed = []
    for when in came:
        note_block_time(timing, int(when), FRAMES)
        believed.append(float(timing.block_ns))
    return np.array(believed)


def placed(came, arrivals_after_ns=300_000):
    """The delay that steady timing gives to an event `arrivals_after_ns` after each block was due, in frames."""
    timing = zeroed(TIMING)[0]
    timing.steady, timing.buffer_frames, timing.nominal_frame_ns = 1, FRAMES, 1e9 / RATE_HZ
    delays = []
    for block, when in enumerate(came):
        timing.block_frame = block * FRAMES
        note_block_time(timing, int(when), FRAMES)
        delays.append(frame_of(timing, int(when) + arrivals_after_ns) - block * FRAMES)
    return np.array(delays)


def test_a_drop_out_delays_notes_for_a_few_blocks_only():
    """The device loses seven periods; OFF_BLOCKS blocks later the delay is what it was."""
    _, came = block_times(2000, 1_000, lost_before=(1000,))
    delays = placed(came)
    usual = np.median(delays[500:1000])
    assert delays[1000] >= usual + 6 * FRAMES
    assert np.abs(delays[1000 + OFF_BLOCKS :] - usual).max() <= 4


@pytest.mark.parametrize("slept", [3, 30])
def test_a_machine_that_sleeps_and_catches_up_does_not_move_the_clock(slept):
    """It wakes us some blocks late and calls them all at once; the device went on meanwhile."""
    due, came = block_times(2000, 1_000)
    late = came.copy()
    late[1000 : 1000 + slept] = due[1000] + (slept - 0.1) * PERIOD_NS + 1e4 * np.arange(slept)
    block_ns = [clock(came), clock(late)]
    assert np.abs(block_ns[1] - block_ns[0]).max() <= 0.1 * PERIOD_NS
