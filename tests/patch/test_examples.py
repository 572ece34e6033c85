"""The example of every operator is one: it loads, it uses the operator, and the operator is heard."""

import tomllib

import jsonschema
import pytest

from synthhost.patch import compile_patch, loads
from synthhost.patch.catalog import output_operator, public, signals
from synthhost.patch.check import warnings_of
from synthhost.patch.examples import example
from synthhost.patch.schema import schema
from synthhost.realtime.operator import AUDIO, OPERATORS

ALL = {**public("voice"), **public("effect"), output_operator().name: output_operator()}


@pytest.mark.parametrize("name", ALL)
def test_an_example_loads_and_its_operator_is_heard(name):
    operator = ALL[name]
    patch = loads(example(operator))
    program = compile_patch(patch)
    heard = {sorted(OPERATORS)[row["operator"]] for row in (*program.rows, *program.effects)}
    assert name in heard
    assert not warnings_of(patch)
    assert program.has_envelope
    jsonschema.Draft202012Validator(schema()).validate(tomllib.loads(example(operator)))


@pytest.mark.parametrize("name", [name for name in ALL if name not in signals()])
def test_an_example_has_every_number_and_connects_the_first_input(name):
    operator = ALL[name]
    tables = tomllib.loads(example(operator))
    table = {**tables, **tables.get("effects", {})}.get("my_" + name) or tables["out"]
    assert set(table) - {"op"} == {item.name for item in (*operator.inputs, *operator.parameters)}
    sounds = [item.name for item in operator.inputs if item.rate == AUDIO]
    assert all(isinstance(table[key], str) for key in sounds[:1])
