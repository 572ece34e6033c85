"""Whatever bytes a file has, it is loaded or refused with a PatchError, within a second."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthhost.engine.program import check_program
from synthhost.patch import PatchError, compile_patch, list_patches, loads
from synthhost.patch.document import MOST_BYTES, decode
from synthhost.patch.read import read
from synthhost.realtime.operator import OPERATORS
from tests.patch.texts import HEAD, VOICE

PIECES = [
    "[",
    "]",
    "[[",
    '"',
    "=",
    "\n",
    "in",
    "op",
    "1e999",
    "nan",
    "-",
    "osc1",
    "'''",
    "{",
    "}",
    "\\",
    "#",
    ".",
    "é",
    "\0",
]
SECONDS = 1.0  # for one file, on a machine that also does other things


def attempt(data):
    """Load and compile bytes, or see them refused; either in time."""
    began = time.process_time()
    try:
        program = compile_patch(loads(decode(data, "fuzz")))
        check_program(program, [OPERATORS[name] for name in sorted(OPERATORS)])
        loaded = True
    except PatchError as error:
        assert str(error)
        assert error.as_dict()["problems"]
        loaded = False
    assert time.process_time() - began < SECONDS
    return loaded


def mutate(text, chance):
    """Change a patch in one to four places."""
    for _ in range(chance.randint(1, 4)):
        at, lines = chance.randrange(len(text) + 1), text.split("\n")
        line, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        kind = chance.randrange(7)
        if kind == 0:
            text = text[:at] + chance.choice(PIECES) + text[at:]
        elif kind == 1:
            text = text[:at] + text[at + chance.randint(1, 8) :]
        elif kind == 2:
            text = "\n".join([*lines[:line], *lines[line + 1 :]])
        elif kind == 3:
            lines[line], lines[other] = lines[other], lines[line]
            text = "\n".join(lines)
        elif kind == 4:
            text = "\n".join([*lines[:line], lines[other], *lines[line:]])
        elif kind == 5:
            digits = [n for n, letter in enumerate(text) if letter.isdigit()]
            at = chance.choice(digits or [0])
            text = text[:at] + chance.choice(["-", "9999999999", "0", ".5", "inf", "true"]) + text[at + 1 :]
        else:
            words = text.split(" ")
            words[chance.randrange(len(words))] = chance.choice(words)
            text = " ".join(words)
    return text


def test_mutated_patches_are_loaded_or_refused():
    chance = random.Random(1997)
    texts = [VOICE, *(path.read_text("utf-8") for path in list_patches(every=True).values())]
    loaded = sum(attempt(mutate(chance.choice(texts), chance).encode()) for _ in range(2000))
    assert 100 < loaded < 1900


def test_mutated_patches_of_parts_are_loaded_or_refused():
    chance, part = random.Random(1998), loads(VOICE)
    texts = [
        path.read_text("utf-8") for name, path in list_patches(every=True).items() if is_made_of_parts(name)
    ]
    assert len(texts) == 4
    loaded = 0
    for _ in range(1500):
        text = mutate(chance.choice(texts), chance)
        began = time.process_time()
        try:
            program = compile_patch(read(text, base_of=lambda name: part))
            check_program(program, [OPERATORS[name] for name in sorted(OPERATORS)])
            loaded += 1
        except PatchError as error:
            assert error.as_dict()["problems"]
        assert time.process_time() - began < SECONDS
    assert 75 < loaded < 1425, loaded


def is_made_of_parts(name):
    return name == "drums/kit" or name.startswith("layers/")


def test_parts_that_cross_each_other_everywhere_are_judged_in_time():
    part = loads(VOICE)
    tables = [
        f'[[part]]\npatch = "x"\nlow = {n}\nlow_velocity = {127 - n}\nhigh_velocity = {127 - n}'
        for n in range(127)
    ]
    began = time.process_time()
    with pytest.raises(PatchError, match="more than 16 parts"):
        read(HEAD + "\n".join(tables), base_of=lambda name: part)
    assert time.process_time() - began < SECONDS


@given(st.binary(max_size=400))
@settings(deadline=None)
def test_random_bytes_are_loaded_or_refused(data):
    attempt(data)


@given(
    st.lists(st.sampled_from([*PIECES, "in = ", "[osc1]\n", '"saw"', "op = ", "a.b", " = 1\n"]), max_size=60)
)
@settings(deadline=None)
def test_random_pieces_of_patches_are_loaded_or_refused(pieces):
    attempt((HEAD + "".join(pieces)).encode())


def fill(line):
    """The largest file that is made of such lines."""
    lines, total = [], 0
    while total < MOST_BYTES - 400:
        lines.append(line(len(lines)))
        total += len(lines[-1]) + 1
    return (HEAD + "\n".join(lines) + "\n").encode()


@pytest.mark.parametrize(
    "data",
    [
        fill(lambda n: f"[t{n}]"),
        fill(lambda n: f'[t{n}]\nop = "saw"'),
        fill(lambda n: f'[t{n}]\nop = "svf_lowpass"\nin = "t{n + 1}"'),
        fill(lambda n: f"k{n} = 1"),
        fill(lambda n: f"x.k{n} = 1"),
        fill(lambda n: f"d{n}" + ".a" * 900 + " = 1"),
        fill(lambda n: "[[route]]"),
        fill(lambda n: '[[route]]\nfrom = "x"\nto = "x.y"\namount = 1'),
        fill(lambda n: f"[effects.e{n}]\nop = 'delay'"),
        fill(lambda n: "[[part]]\npatch = 'x'"),
        fill(lambda n: f"[sends.e{n}]\nop = 'delay'"),
        (HEAD + '[out]\nin = """' + "\n".join(["a + b" * 100] * 400) + '"""').encode(),
        (HEAD + "x = [" + ("[" * 90 + "\n") * 2 + "]" * 180 + "]").encode(),
        (HEAD + "x = " + "{a = " * 150 + "1" + "}" * 150).encode(),
        (HEAD + "[" + ".".join("a" * 900) + "]").encode(),
        fill(lambda n: '"' + "\\u00e9" * 300 + f'{n}" = 1'),
        (HEAD + '[out]\nin = "' + "+".join(f"a{n}" for n in range(400)) + '"').encode(),
    ],
    ids=range(17),
)
def test_files_made_to_take_long_are_refused_in_time(data):
    assert not attempt(data)
