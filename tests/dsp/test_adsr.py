"""The envelope: times, zeros, retriggers, and no dependence on tiles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthhost.dsp.adsr import SILENCE
from tests.dsp.rig import TILE, Unit

RATE_HZ = 48_000


def envelope(parts, cuts=(TILE,), rate_hz=RATE_HZ, velocity=1.0, compiled=True, **values):
    """Play parts of (frames, gate, strike): the level, and whether the voice is alive at the end of each part."""
    unit, sound, alive = Unit("adsr", rate_hz, compiled), [], []
    unit.voice["velocity"] = velocity
    for name, value in values.items():
        unit.values[name] = value
    for length, gate, strike in parts:
        unit.voice["gate"], unit.voice["strike"], at = gate, strike, 0
        while at < length:
            count = min(int(cuts[len(sound) % len(cuts)]), length - at)
            unit.voice["alive"] = 0
            sound.append(unit.run(count).copy())
            at += count
        alive.append(bool(unit.voice["alive"][0, 0]))
    return np.concatenate(sound)[:, 0], alive


HELD, RELEASED = 1, 0


@pytest.mark.parametrize("attack_s", (0.001, 0.05, 1.0, 20.0))
def test_attack_reaches_full_level_exactly_in_its_time(attack_s):
    level, _ = envelope(
        [(round(attack_s * RATE_HZ * 1.05) + 8, HELD, 1)], attack_s=attack_s, sustain_norm=1.0
    )
    reached = int(np.argmax(level >= 1.0)) + 1
    assert level.max() == 1.0
    assert abs(reached - attack_s * RATE_HZ) <= max(1.0, 2e-3 * attack_s * RATE_HZ)
    assert (np.diff(level[:reached]) >= 0).all()


@pytest.mark.parametrize("sustain", (0.0, 0.5))
@pytest.mark.parametrize("decay_s", (0.01, 0.3, 10.0))
def test_decay_falls_by_60_db_towards_the_sustain_level_in_its_time(decay_s, sustain):
    frames = round(decay_s * RATE_HZ)
    level, _ = envelope([(frames + 1, HELD, 1)], attack_s=0.0, decay_s=decay_s, sustain_norm=sustain)
    assert level[0] == 1.0
    assert level[frames] - sustain == pytest.approx((1 - sustain) * 1e-3, rel=0.01)


@pytest.mark.parametrize("release_s", (0.01, 0.3, 10.0))
def test_release_falls_by_60_db_in_its_time(release_s):
    frames = round(release_s * RATE_HZ)
    parts = [(64, HELD, 1), (frames, RELEASED, 0)]
    level, _ = envelope(parts, attack_s=0.0, sustain_norm=1.0, release_s=release_s)
    assert level[63 + frames] == pytest.approx(1e-3, rel=0.01)


def test_zero_attack_is_full_level_on_the_first_frame():
    level, _ = envelope([(64, HELD, 1)], attack_s=0.0, decay_s=0.1)
    assert level[0] == 1.0 and level[1] < 1.0


def test_zero_decay_is_the_sustain_level_on_the_frame_after_the_peak():
    level, _ = envelope([(64, HELD, 1)], attack_s=0.0, decay_s=0.0, sustain_norm=0.25)
    assert level[0] == 1.0 and (level[1:] == 0.25).all()


def test_zero_release_is_silence_on_the_first_frame():
    level, alive = envelope([(64, HELD, 1), (64, RELEASED, 0)], attack_s=0.0, release_s=0.0)
    assert level[63] > 0.5 and (level[64:] == 0.0).all()
    assert alive == [True, False]


def test_a_key_let_go_during_the_attack_releases_from_there():
    level, _ = envelope([(480, HELD, 1), (480, RELEASED, 0)], attack_s=0.02, release_s=0.02)
    assert 0.3 < level[479] < 0.9
    assert (np.diff(level[479:]) <= 0).all() and level[480] > level[479] * 0.98


@pytest.mark.parametrize("gap", (0, 96, 2400))
def test_a_key_struck_again_starts_from_the_level_that_sounds(gap):
    parts = [(4800, HELD, 1), *([(gap, RELEASED, 0)] if gap else []), (4800, HELD, 1)]
    level, _ = envelope(parts, attack_s=0.05, decay_s=0.1, sustain_norm=0.4, release_s=0.3)
    again = 4800 + gap
    fastest = np.abs(np.diff(level[:4800])).max()
    assert np.abs(np.diff(level[again - 2 : again + 100])).max() <= fastest * 1.01
    assert level[again:].max() == 1.0


def test_a_softer_key_struck_again_falls_to_its_level_without_a_jump():
    unit = Unit("adsr")
    unit.values["velocity_norm"], unit.values["attack_s"], unit.values["sustain_norm"] = 1.0, 0.001, 1.0
    loud = np.concatenate([unit.run().copy() for _ in range(10)])[:, 0]
    unit.voice["velocity"], unit.voice["strike"] = 0.3, 1
    soft = np.concatenate([unit.run().copy() for _ in range(2000)])[:, 0]
    assert loud[-1] == 1.0 and abs(soft[0] - 1.0) < 0.01
    assert (np.diff(soft) <= 0).all() and soft[-1] == pytest.approx(0.3, abs=1e-4)


@pytest.mark.parametrize("velocity_norm", (0.0, 0.5, 1.0))
def test_velocity_scales_the_peak(velocity_norm):
    level, _ = envelope(
        [(480, HELD, 1)], velocity=0.25, velocity_norm=velocity_norm, attack_s=0.001, sustain_norm=1.0
    )
    assert level.max() == np.float32(1.0 - velocity_norm * 0.75)


def test_a_released_note_ends_below_minus_100_db():
    parts = [
        (64, HELD, 1),
        (round(0.1 * RATE_HZ * 99 / 60), RELEASED, 0),
        (round(0.1 * RATE_HZ * 3 / 60), RELEASED, 0),
    ]
    level, alive = envelope(parts, attack_s=0.0, sustain_norm=1.0, release_s=0.1)
    assert alive == [True, True, False]
    assert level[-1] == 0.0 and level[level > 0].min() > SILENCE


def test_a_held_note_without_sustain_ends_too():
    _, alive = envelope([(2400, HELD, 1), (6400, HELD, 0)], attack_s=0.0, decay_s=0.1, sustain_norm=0.0)
    assert alive == [True, False]
    _, alive = envelope([(48_000, HELD, 1)], attack_s=0.0, decay_s=0.1, sustain_norm=0.01)
    assert alive == [True]


def test_a_sustain_level_that_moves_is_followed_without_a_jump():
    unit = Unit("adsr")
    unit.values["attack_s"], unit.values["decay_s"], unit.values["sustain_norm"] = 0.0, 0.2, 0.8
    sound = [unit.run().copy() for _ in range(600)]
    unit.values["sustain_norm"] = 0.2
    sound += [unit.run().copy() for _ in range(600)]
    level = np.concatenate(sound)[:, 0]
    assert level[600 * TILE - 1] == pytest.approx(0.8, abs=1e-4) and level[-1] == pytest.approx(0.2, abs=1e-4)
    assert np.abs(np.diff(level[1:])).max() < 1e-3


@settings(max_examples=40, deadline=None)
@given(
    cuts=st.lists(st.integers(1, TILE), min_size=1, max_size=6),
    attack_s=st.sampled_from([0.0, 0.001, 0.004]),
    decay_s=st.sampled_from([0.0, 0.002, 1.0]),
    sustain=st.sampled_from([0.0, 0.3, 1.0]),
    release_s=st.sampled_from([0.0, 0.003, 1.0]),
)
def test_splitting_tiles_does_not_change_the_envelope(cuts, attack_s, decay_s, sustain, release_s):
    parts = [(300, HELD, 1), (200, RELEASED, 0), (100, HELD, 1), (300, RELEASED, 0)]
    values = {"attack_s": attack_s, "decay_s": decay_s, "sustain_norm": sustain, "release_s": release_s}
    whole, split = envelope(parts, **values), envelope(parts, cuts, **values)
    assert np.array_equal(whole[0], split[0]) and whole[1] == split[1]


@pytest.mark.parametrize("rate_hz", (44_100, 96_000))
def test_times_do_not_depend_on_the_rate(rate_hz):
    level, _ = envelope([(rate_hz, HELD, 1)], rate_hz=rate_hz, attack_s=0.5, sustain_norm=1.0)
    assert abs(int(np.argmax(level >= 1.0)) - rate_hz / 2) <= 20
