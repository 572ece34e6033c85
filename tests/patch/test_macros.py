"""Macros of a patch: named, started, inherited, refused when wrong, saved."""

import numpy as np
import pytest

from synthhost.patch import PatchError, compile_patch, loads
from synthhost.patch.macros import names_of
from synthhost.patch.save import with_value
from tests.patch.texts import HEAD

BITE = '[macros]\nmacro1 = { name = "Bite", start_norm = 0.3 }\nmacro4 = { name = "Air" }\n'
SOUND = """
[osc1]
op = "saw"
[out]
in = "osc1"
[[route]]
from = "macro1"
to = "osc1.pitch_octaves"
octaves = 1
[[route]]
from = "macro4"
to = "out.level_db"
db = -12
"""


def start_of(patch, macro):
    program = compile_patch(patch)
    return program.values[program.addresses[f"macros.{macro}.start_norm"]]


def test_macros_have_names_and_places_to_start_from():
    patch = loads(HEAD + BITE + SOUND)
    assert names_of(patch) == compile_patch(patch).macros == {"macro1": "Bite", "macro4": "Air"}
    assert start_of(patch, "macro1") == np.float32(0.3) and start_of(patch, "macro4") == 0


def test_a_macro_needs_no_name_to_be_used():
    assert start_of(loads(HEAD + SOUND), "macro1") == 0


def test_macros_are_inherited_key_by_key(tmp_path):
    (tmp_path / "base.toml").write_text(HEAD + BITE + SOUND)
    text = HEAD + 'extends = "base"\n[macros]\nmacro1.start_norm = 0.9\nmacro4.name = "Wind"\n'
    patch = loads(text, folders=[tmp_path])
    assert names_of(patch) == {"macro1": "Bite", "macro4": "Wind"}
    assert start_of(patch, "macro1") == np.float32(0.9)


@pytest.mark.parametrize(
    "text, says",
    [
        ("[macros]\nmacro5.name = 'x'\n", "macros.macro5 is not known. Did you mean 'macro"),
        ("[macros]\nmacro1.start = 1\n", "Did you mean 'start_norm'? A macro has name, start_norm, doc."),
        ("[macros]\nmacro1.start_norm = 2\n", "out of range; it must be 0 … 1"),
        ("[macros]\nmacro1.start_norm = 'x'\n", "must be a number, 0 … 1"),
        ("[macros]\nmacro1.name = ''\n", "must be a text of one line, 1 … 32 characters"),
        (f"[macros]\nmacro1.name = '{'x' * 33}'\n", "must be a text of one line"),
        ("[macros]\nmacro1 = 0.5\n", 'must be a table: macro1 = { name = "Bite", start_norm = 0.3 }'),
    ],
)
def test_a_mistake_in_a_macro_is_named_with_its_line(text, says):
    with pytest.raises(PatchError) as error:
        loads(HEAD + text + SOUND)
    assert says in str(error.value)
    assert error.value.line == 4


def test_macros_that_are_no_table_are_refused():
    with pytest.raises(PatchError, match="macros must be a table"):
        loads(HEAD + "macros = 1\n" + SOUND)


@pytest.mark.parametrize("text", [BITE, "", "[macros]\nmacro2.name = 'Other'\n"])
def test_where_a_macro_starts_can_be_saved(text):
    patch = with_value(loads(HEAD + text + SOUND), "macros.macro1.start_norm", 0.75)
    assert start_of(patch, "macro1") == 0.75
    assert names_of(patch) == names_of(loads(HEAD + text + SOUND))
