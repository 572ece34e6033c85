"""Where keys stand in a TOML file."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthhost.patch.source import places

TEXT = '''# a comment with = and [brackets]
name = "with # and [x]"
doc = """
several = 1
[not a table]
"""
long = [
  1, 2,   # two
  [3, "]"],
]
inline = {a = 1, "b c" = {d = "}"}}
dotted.key = 5

[table.sub]
x = 1
'literal' = -2.5e3 # comment

[[list]]
y = 1
[list.below]
z = 2
[[list]]
y = 7
'''


@pytest.mark.parametrize(
    ("path", "line", "value"),
    [
        (("name",), 2, '"with # and [x]"'),
        (("doc",), 3, '"""\nseveral = 1\n[not a table]\n"""'),
        (("long", 0), 8, "1"),
        (("long", 2, 1), 9, '"]"'),
        (("inline", "a"), 11, "1"),
        (("inline", "b c", "d"), 11, '"}"'),
        (("dotted", "key"), 12, "5"),
        (("table", "sub", "x"), 15, "1"),
        (("table", "sub", "literal"), 16, "-2.5e3"),
        (("list", 0, "y"), 19, "1"),
        (("list", 0, "below", "z"), 21, "2"),
        (("list", 1, "y"), 23, "7"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_each_value_is_found_on_its_line(path, line, value, newline):
    text = TEXT.replace("\n", newline)
    place = places(text)[path]
    assert place.line == line
    assert text[place.start : place.end] == value.replace("\n", newline)


def test_headers_have_places_too():
    assert places(TEXT)["table", "sub"].line == 14
    assert places(TEXT)["list", 1].line == 22
    assert places(TEXT)["dotted",].line == 12


@given(st.text(alphabet="[]{}=\"'#\\\n,.a1 ", max_size=200))
@settings(max_examples=300)
def test_the_walk_ends_on_any_text(text):
    places(text)
