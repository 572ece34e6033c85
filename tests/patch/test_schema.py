"""The JSON Schema says what the reader says."""

import tomllib

import jsonschema
import pytest

from synthhost.patch.schema import schema
from tests.patch.texts import VOICE

VALIDATOR = jsonschema.Draft202012Validator(schema())


def errors(text):
    """What the schema has against a text."""
    return [error.message for error in VALIDATOR.iter_errors(tomllib.loads(text))]


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(schema())
    assert not errors(VOICE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("cutoff_hz = 900", "cutoff_hz = 90000"),
        ("cutoff_hz = 900", 'cutoff_hz = "high"'),
        ("cutoff_hz = 900", "cutof_hz = 900"),
        ('"svf_lowpass"', '"nothing"'),
        ('ping_pong = "on"', "ping_pong = 1"),
        ("octaves = 3.5", "octave = 3.5"),
        ("octaves = 3.5", "octaves = 3.5\ncents = 2"),
        ("version = 1", "version = 2"),
        ('"synthhost/patch"', '"other"'),
        ('name = "Plain"', "nam = 3"),
        ("[osc2]", '["osc 2"]'),
    ],
)
def test_the_schema_refuses_mistakes(old, new):
    assert errors(VOICE.replace(old, new, 1))
