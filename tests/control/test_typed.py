"""What terminals send becomes the keys that were pressed, wherever it is cut."""

import random

import pytest

from synthhost.control.typed import ANSWERED, FOCUS_LOST, KITTY, PRESS, RELEASE, REPEAT, Key, KeyReader

SENT = {
    b"z": [Key("z", "z")],
    b"Z+": [Key("Z", "z"), Key("+", "+")],
    "é♯".encode(): [Key("é", "é"), Key("♯", "♯")],
    b"\x03\x04": [Key("ctrl-c"), Key("ctrl-d")],
    b" \x7f\r": [Key("space"), Key("backspace"), Key("enter")],
    b"\x1b[5~\x1b[6~": [Key("page up"), Key("page down")],
    b"\x1b[C\x1bOD": [Key("right"), Key("left")],
    b"\x1b[3~x": [Key("x", "x")],
    b"\x1b[?1u\x1b[?62;4c": [Key(KITTY), Key(ANSWERED)],
    b"\x1b[I\x1b[O": [Key(FOCUS_LOST)],
    b"\x1b[122u\x1b[122;1:2u\x1b[122;1:3u": [
        Key("z", "z", PRESS),
        Key("z", "z", REPEAT),
        Key("z", "z", RELEASE),
    ],
    b"\x1b[61:43;2u": [Key("+", "=")],
    b"\x1b[121::122;1:3u": [Key("y", "z", RELEASE)],
    b"\x1b[1092::97u": [Key("ф", "a")],
    b"\x1b[99;5u\x1b[1089::99;5u": [Key("ctrl-c"), Key("ctrl-c")],
    b"\x1b[122;65u\x1b[122;129u": [Key("z", "z"), Key("z", "z")],  # caps lock, num lock
    b"\x1b[122;3u\x1b[57441;2u": [],  # with alt; a shift key by itself
    b"\x1b[27u\x1b[32;1:3u": [Key("escape"), Key("space", kind=RELEASE)],
    b"\x1b[1;1:3C\x1b[5;1:3~": [Key("right", kind=RELEASE), Key("page up", kind=RELEASE)],
}


@pytest.mark.parametrize("sent", SENT, ids=repr)
def test_a_terminals_bytes_are_the_keys_that_were_pressed(sent):
    assert KeyReader().read(sent) == SENT[sent]


@pytest.mark.parametrize("sent", SENT, ids=repr)
def test_it_does_not_matter_how_the_bytes_are_cut(sent):
    reader = KeyReader()
    assert [key for byte in sent for key in reader.read(bytes([byte]))] == SENT[sent]


def test_escape_alone_is_a_key_when_nothing_follows():
    reader = KeyReader()
    assert reader.read(b"\x1b") == []
    assert reader.read(b"", idle=True) == [Key("escape")]
    assert reader.read(b"\x1b\x1b[C", idle=True) == [Key("escape"), Key("right")]


def test_rubbish_is_no_fault_and_does_not_pile_up():
    chance, reader = random.Random(1), KeyReader()
    for _ in range(2000):
        reader.read(bytes(chance.choices(b"\x1b[?;:0123456789uO~A\xc3\xff z", k=chance.randint(1, 12))))
        reader.read(b"", idle=True)
        assert reader._rest == b"" or len(reader._rest) < 64
