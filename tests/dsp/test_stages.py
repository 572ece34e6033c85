"""The envelope of stages: levels on time, loops, waits, lets go, and never jumps."""

import numpy as np
import pytest

from tests.dsp.rig import LANES, Unit

RATE_HZ = 48_000
STEPS = {
    "time_1_s": 0.01,
    "level_1_norm": 1.0,
    "time_2_s": 0.02,
    "level_2_norm": 0.3,
    "time_3_s": 0.03,
    "level_3_norm": 0.8,
    "time_4_s": 0.01,
    "level_4_norm": 0.1,
    "time_5_s": 0.02,
    "level_5_norm": 0.6,
    "release_s": 0.05,
}


def envelope(seconds, held_s=None, velocity=1.0, frames=32, struck_s=(), **values):
    """Level of one voice, and whether it is alive, frame by frame."""
    unit, levels, alive, at = Unit("stages"), [], [], 0
    for name, value in {**STEPS, **values}.items():
        unit.values[name] = value
    unit.voice["velocity"] = velocity
    cuts = np.atleast_1d(frames)
    strikes = [round(second * RATE_HZ) for second in struck_s]
    while at < round(seconds * RATE_HZ):
        count = int(cuts[len(levels) % len(cuts)])
        unit.voice["gate"] = float(held_s is None or at < held_s * RATE_HZ)
        unit.voice["strike"] |= any(at <= strike < at + count for strike in strikes)
        unit.voice["alive"] = 0
        levels.append(unit.run(count)[:, 0].copy())
        alive.append(np.full(count, unit.voice["alive"][0, 0]))
        at += count
    return np.concatenate(levels).astype(float), np.concatenate(alive)


def at(levels, seconds):
    return levels[round(seconds * RATE_HZ) - 1]


def test_each_stage_has_its_level_when_its_time_is_over():
    levels, _ = envelope(0.2, sustain_stage=5.0)
    for end, level in ((0.01, 1.0), (0.03, 0.3), (0.06, 0.8), (0.07, 0.1), (0.09, 0.6)):
        assert at(levels, end) == pytest.approx(level, abs=1.5e-3)


def test_within_a_stage_the_distance_falls_by_60_db():
    levels, _ = envelope(0.05, sustain_stage=5.0, time_2_s=0.04)
    start = round(0.01 * RATE_HZ)
    distance = levels[start : start + 1900] - 0.3
    slope = np.polyfit(np.arange(1800) / RATE_HZ, 20 * np.log10(distance[:1800]), 1)[0]
    assert slope == pytest.approx(-60.0 / 0.04, rel=0.01)


def test_a_held_key_waits_in_the_sustain_stage():
    levels, alive = envelope(1.0, sustain_stage=2.0)
    assert np.abs(levels[RATE_HZ // 4 :] - 0.3).max() < 1e-5 and alive.all()


def test_a_loop_goes_round_on_the_frame():
    levels, _ = envelope(1.0, sustain_stage=4.0, loop_stage=2.0)
    period = round(0.06 * RATE_HZ)  # stages 2, 3 and 4
    later = levels[RATE_HZ // 2 :]
    assert np.abs(later[period:] - later[:-period]).max() < 1e-4
    assert later.max() > 0.79 and later.min() < 0.11


def test_it_is_let_go_from_any_stage_and_ends():
    for held_s in (0.005, 0.02, 0.05, 0.3):
        levels, alive = envelope(0.6, held_s, sustain_stage=4.0, loop_stage=2.0)
        release = int(np.ceil(held_s * RATE_HZ / 32)) * 32
        start = levels[release - 1]
        assert levels[release + round(0.05 * RATE_HZ) - 1] == pytest.approx(start * 1e-3, rel=0.05)
        assert not levels[-100:].any() and not alive[-100:].any()


def test_a_loop_through_silence_stays_alive():
    silent = {f"level_{n}_norm": 0.0 for n in (2, 3, 4)}
    levels, alive = envelope(1.0, sustain_stage=4.0, loop_stage=1.0, time_2_s=0.001, **silent)
    assert alive.all() and (levels == 0.0).any() and levels[-RATE_HZ // 4 :].max() > 0.99


def test_a_held_note_that_has_come_to_silence_ends():
    _, alive = envelope(0.3, sustain_stage=2.0, level_2_norm=0.0)
    assert alive[0] and not alive[-1]


def test_a_key_struck_again_starts_from_the_level_that_sounds():
    levels, _ = envelope(0.3, struck_s=(0.2,), sustain_stage=2.0)
    assert np.abs(np.diff(levels[1:])).max() < 0.02
    assert at(levels, 0.21) == pytest.approx(1.0, abs=2e-3) and at(levels, 0.3) == pytest.approx(
        0.3, abs=1e-3
    )


def test_velocity_lowers_all_levels():
    loud, _ = envelope(0.2, velocity_norm=1.0)
    soft, _ = envelope(0.2, velocity=0.25, velocity_norm=1.0)
    assert np.abs(soft - 0.25 * loud).max() < 1e-4


def test_no_time_is_at_once():
    levels, _ = envelope(0.1, time_1_s=0.0, held_s=0.05, release_s=0.0)
    assert levels[0] == 1.0 and not levels[round(0.05 * RATE_HZ) + 32 :].any()


def test_splitting_tiles_changes_nothing():
    whole, split = (
        envelope(0.3, sustain_stage=4.0, loop_stage=2.0, frames=frames)[0][:9600]
        for frames in (32, [5, 27, 1, 31])
    )
    assert np.abs(whole - split).max() < 1e-6


def test_every_voice_is_in_its_own_stage():
    unit = Unit("stages")
    for name, value in STEPS.items():
        unit.values[name] = value
    unit.values["velocity_norm"] = 1.0
    unit.voice["velocity"] = np.linspace(0.1, 1.0, LANES)
    levels = []
    for tile in range(200):
        unit.voice["gate"] = (tile < np.arange(LANES) * 10 + 10).astype(np.float32)
        levels.append(unit.run().copy())
    levels = np.concatenate(levels)
    assert len({tuple(np.round(levels[:, lane], 4)) for lane in range(LANES)}) == LANES


def test_the_players_knobs_lengthen_attack_and_release():
    unit = Unit("stages")
    for name, value in STEPS.items():
        unit.values[name] = value
    unit.voice["attack_change"], unit.voice["release_change"] = 1.0, 3.0  # twice and four times as long
    levels = np.concatenate([unit.run()[:, 0].copy() for _ in range(30)])
    assert levels[480] == pytest.approx(1 - 1e-3**0.5, abs=2e-3) and at(levels, 0.02) == pytest.approx(
        1.0, abs=1.5e-3
    )
    unit.voice["gate"] = 0.0
    start = unit.run()[0, 0]
    rest = np.concatenate([unit.run()[:, 0].copy() for _ in range(299)])
    assert rest[-1] == pytest.approx(start * 1e-3, rel=0.1)
