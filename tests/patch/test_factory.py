"""Every patch that comes with synthhost loads, compiles and behaves."""

import jsonschema
import numpy as np
import pytest

from synthhost.engine.program import check_program
from synthhost.patch import compile_patch, find, list_patches, load
from synthhost.patch.check import warnings_of
from synthhost.patch.folders import factory_folder
from synthhost.patch.programs import patch_for_program, read_programs
from synthhost.patch.schema import schema
from synthhost.realtime.operator import OPERATORS
from tests.patch.render import play

FACTORY = [factory_folder()]
ALL = list_patches(FACTORY, every=True)
PLAYABLE = list_patches(FACTORY)
AT_ONCE = [
    "keys/electric-piano",
    "bass/round-bass",
    "pluck/thumb-harp",
    "drums/skin-and-wire",
    "test/latency",
]


def get(name):
    return load(ALL[name], FACTORY)


@pytest.mark.parametrize("name", ALL)
def test_a_factory_patch_loads_and_compiles_within_the_engines_memory(name):
    program = compile_patch(get(name))
    check_program(program, [OPERATORS[key] for key in sorted(OPERATORS)])
    assert program.has_envelope
    assert np.isfinite(program.values).all()
    assert not warnings_of(get(name))


@pytest.mark.parametrize("name", ALL)
def test_a_factory_patch_satisfies_the_published_schema(name):
    import tomllib

    jsonschema.Draft202012Validator(schema()).validate(tomllib.loads(ALL[name].read_text("utf-8")))


@pytest.mark.parametrize("name", AT_ONCE)
def test_a_patch_without_attack_sounds_on_the_first_frame(name):
    first = np.abs(play(get(name), (36, 48, 60, 72))[0])
    assert first.min() > 0.01


def test_the_latency_test_begins_at_full_level():
    sound = play(get("test/latency"))
    assert np.abs(sound[0]).min() == pytest.approx(0.5**0.5, abs=1e-3)
    assert np.abs(sound).max() <= 0.7072


def test_there_is_a_patch_for_every_program_and_for_the_drums():
    patches = {patch_for_program(number, folders=FACTORY) for number in range(128)}
    assert patches <= set(PLAYABLE.values())
    assert patch_for_program(0, channel=10, folders=FACTORY).parent.name == "drums"
    assert patch_for_program(0, bank=99, folders=FACTORY) == patch_for_program(0, folders=FACTORY)
    assert set(read_programs(factory_folder() / "programs.toml")["banks"][0]) == set(range(128))


def test_the_patch_of_the_readme_has_fifteen_lines():
    path = find("fifths", FACTORY)
    assert len(path.read_text("utf-8").splitlines()) == 15
    assert compile_patch(load(path, FACTORY)).name == "Fifths"
