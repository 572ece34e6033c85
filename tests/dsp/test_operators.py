"""What holds for every operator, drawn from its own tables."""

import platform
import re
import subprocess
import sys

import llvmlite.binding as llvm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthhost.realtime.operator import AUDIO, CONTROL, OPERATORS
from tests.dsp.rig import LANES, TILE, Unit, machine_code, random_input, random_values

EVERY_OPERATOR = sorted(OPERATORS)
EVERY_SOUND = [name for name in EVERY_OPERATOR if not OPERATORS[name].hidden]
FIGURES = st.randoms(use_true_random=False).map(lambda random: np.random.default_rng(random.getrandbits(32)))
LOUDEST = {"svf_lowpass": 200.0, "svf_highpass": 200.0, "svf_bandpass": 20.0, "multiply": 2e4}
LOUDEST |= {"delay": 60.0, "out": 6.0, "key": 5.0}


def set_tile(unit, rng, frames, played):
    """Give a unit notes, controllers and signals anywhere in their ranges."""
    unit.voice["pitch"], unit.voice["key"] = (
        np.log2(rng.uniform(8.0, 15_000.0, LANES)),
        rng.uniform(-5, 5, LANES),
    )
    unit.voice["gate"], unit.voice["velocity"] = rng.integers(0, 2, LANES), rng.uniform(0, 1, LANES)
    unit.voice["random"] = rng.uniform(-1, 1, LANES)
    unit.voice["fresh"], unit.voice["strike"] = played, played | rng.integers(0, 2, LANES)
    for name in unit.state.dtype.names:
        unit.state[0][name][played != 0] = 0
    for tile, each in zip(unit.tiles, unit.operator.inputs):
        tile[:frames] = random_input(each, rng, frames)
    unit.bus[:] = rng.uniform(-1, 1, (TILE, 2))
    unit.output[:] = 0


def tiles_of(rng, name, count, compiled):
    """A unit, played and changed at random; it is given back after each tile."""
    unit = Unit(name, compiled=compiled)
    for number in range(count):
        if number % 6 == 0:
            for key, value in random_values(unit.operator, rng).items():
                unit.values[key] = value
        effect = unit.operator.kind == "effect"
        played = rng.integers(0, 2, LANES) if number % 6 == 0 and not effect else np.zeros(LANES, int)
        frames = int(rng.integers(1, TILE + 1))
        set_tile(unit, rng, frames, np.ones(LANES, int) if number == 0 and not effect else played)
        unit.run(frames)
        yield unit, frames


@pytest.mark.parametrize("name", EVERY_OPERATOR)
def test_machine_code_and_plain_python_give_the_same_bits(name):
    pair = (tiles_of(np.random.default_rng(1), name, 60, compiled) for compiled in (True, False))
    for number, ((machine, _), (plain, _)) in enumerate(zip(*pair)):
        assert machine.memory_bytes() == plain.memory_bytes(), f"tile {number}"


@pytest.mark.parametrize("name", EVERY_SOUND)
@settings(max_examples=20, deadline=None)
@given(rng=FIGURES)
def test_any_settings_in_range_give_a_finite_and_bounded_sound(name, rng):
    operator = OPERATORS[name]
    for unit, frames in tiles_of(rng, name, 12, True):
        sound = (
            unit.bus
            if operator.kind == "effect"
            else unit.output[: 64 if operator.kind == "output" else frames]
        )
        assert np.isfinite(sound).all()
        assert np.abs(sound).max() <= LOUDEST.get(name, 2.5)


@pytest.mark.parametrize("name", [name for name in EVERY_SOUND if OPERATORS[name].inputs])
@pytest.mark.parametrize("wild", (1000.0, -1000.0, np.inf, -np.inf, np.nan))
def test_routes_that_drive_a_control_out_of_its_range_leave_the_sound_finite_and_bounded(name, wild):
    rng, unit = np.random.default_rng(6), Unit(name)
    for number in range(20):
        for tile, each in zip(unit.tiles, unit.operator.inputs):
            tile[:] = random_input(each, rng, TILE)
            if each.rate == CONTROL and number % 2:
                tile[:] = wild
        unit.output[:] = 0.0
        assert np.isfinite(unit.run()).all()
        assert np.abs(unit.output).max() <= LOUDEST.get(name, 2.5)


@pytest.mark.parametrize("name", EVERY_SOUND)
@pytest.mark.parametrize("extreme", ("low", "high"))
def test_every_setting_at_the_end_of_its_range_gives_a_finite_and_bounded_sound(name, extreme):
    unit = Unit(name)
    for parameter in unit.operator.parameters:
        unit.values[parameter.name] = getattr(parameter, extreme)
    for tile, each in zip(unit.tiles, unit.operator.inputs):
        value = np.clip(getattr(each, extreme), -1.0, 1.0) if each.rate == AUDIO else getattr(each, extreme)
        tile[:] = np.log2(value) if each.unit == "octaves" else value
    for _ in range(100):
        unit.bus[:], unit.output[:] = 1.0, 0.0
        assert np.isfinite(unit.run()).all()
        assert np.abs(unit.output).max() <= 200.0


@pytest.mark.parametrize("name", [name for name in EVERY_OPERATOR if OPERATORS[name].kind == "voice"])
def test_a_voice_sounds_the_same_alone_and_among_sixteen(name):
    among, alone = Unit(name), Unit(name)
    rng = np.random.default_rng(2)
    pitch, seed = np.log2(rng.uniform(30, 5000, LANES)), rng.integers(0, 2**32, LANES)
    among.voice["pitch"], among.voice["seed"] = pitch, seed
    alone.voice["pitch"], alone.voice["seed"] = pitch[3], seed[3]
    for number in range(20):
        for tile, lonely, each in zip(among.tiles, alone.tiles, among.operator.inputs):
            tile[:] = random_input(each, rng, TILE)
            lonely[:] = tile[:, 3:4]
        among.voice["gate"] = rng.integers(0, 2, LANES)
        alone.voice["gate"] = among.voice["gate"][0, 3]
        assert np.array_equal(among.run()[:, 3], alone.run()[:, 7]), f"tile {number}"


@pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64"), reason="reads the listing of an x86 processor"
)
@pytest.mark.parametrize("name", [name for name in EVERY_OPERATOR if OPERATORS[name].kind != "effect"])
def test_machine_code_is_packed_and_calls_nothing(name):
    from synthhost.realtime.build import audit

    code = machine_code(name).code
    module = audit.prove(llvm.parse_assembly(code.inspect_llvm()), {code.native_name})
    listing = audit.target_machine().emit_assembly(module)
    packed, scalar = (
        len(re.findall(rf"\tv?(?:add|sub|mul|div|fn?m\w+){kind}\t", listing)) for kind in ("ps", "ss")
    )
    assert scalar <= 8  # of what is done once a tile; a loop over lanes would have at least one for each
    assert packed > scalar or name in ("velocity", "key", "gate", "random")
    assert not audit.undefined_symbols(audit.target_machine().emit_object(module)) - audit.ALLOWED


def test_the_tables_of_the_operators_come_without_a_compiler():
    code = "import sys, synthhost.dsp; print('numba' in sys.modules or 'llvmlite' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"
    )


@pytest.mark.parametrize("name", EVERY_OPERATOR)
def test_every_parameter_lies_in_its_range_and_is_explained(name):
    for each in (*OPERATORS[name].parameters, *OPERATORS[name].inputs):
        assert each.low <= each.default <= each.high
        assert each.doc or OPERATORS[name].hidden or each.name == "phase_norm"
