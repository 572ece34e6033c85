"""What the audio thread may not do is refused when the image is built, by file and line."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
HEAD = """
import numba
import numpy as np

from synthhost.realtime.marks import realtime
from synthhost.realtime.operator import F32, Input, Parameter, State, operator
from synthhost.realtime.vector import load, splat, store
"""
OPERATOR = """

@operator("{name}", (Input("in"),), (Parameter("divisor", 1.0),))
def {name}(output, inputs, state, values, voice, shared, frames):
{body}
    for n in range(frames):
        store(output, n, load(inputs.in_, n) * gain)
"""
HELPERS = """

@numba.njit
def ratio(a, b):
    return a / b  # refused: divides


ratio(np.float32(1.0), np.float32(2.0))  # from now on compiled with numba's default error model


@realtime
def scratch(count):
    return np.empty(count, np.float32).sum()  # refused: allocates


@realtime
def harmless(a, b):
    return a / b


@realtime
def misspelt(shared):
    return shared.rate_herz  # misspelt
"""
GOOD = {
    "divides": "    gain = 1.0 / values.divisor + frames // 3 + frames % 7",
    "divides_in_a_helper": "    gain = harmless(shared.rate_hz, values.divisor)",
    "divides_vectors": "    gain = splat(1.0) / splat(values.divisor)",
}
REFUSED = {
    "allocates": ("    gain = np.zeros(frames, np.float32)[0]", r"calls np\.zeros, which allocates"),
    "allocates_deeper": ("    gain = scratch(frames)", r"calls np\.empty, which allocates"),
    "raises": (
        "    if frames > 32:\n        raise ValueError('too long')\n    gain = 1.0 / frames",
        "can raise ValueError",
    ),
    "asserts": ("    assert frames < 33\n    gain = 1.0 / frames", "can raise AssertionError"),
    "divides_as_python": (
        "    gain = ratio(shared.rate_hz, values.divisor) / frames",
        "divides in a function compiled for itself",
    ),
    "lists": (
        "    parts = [values.divisor, 2.0]\n    parts.append(3.0)\n    gain = parts[frames & 1]",
        "makes a list",
    ),
    "chance": ("    gain = np.random.random()", r"calls np\.random\.random, which allocates or takes a lock"),
}
UNCOMPILED = {
    "misspells": ("    gain = misspelt(shared)", "there is no field 'rate_herz'"),
    "unknown": ("    gain = lfo_depth * 2.0", "'lfo_depth' is not defined"),
    "adds_words": ("    gain = load(inputs.in_, 0) + 'loud'", r"cannot|Cannot|No implementation"),
    "opens": (
        "    gain = 1.0\n    with open('log') as file:\n        file.write('hello')",
        "is not supported",
    ),
}


def build(tmp_path, source, *options):
    """Run the build process on a module of its own. Returns (exit code, complaint)."""
    (tmp_path / "sounds.py").write_text(source)
    command = [sys.executable, "-m", "synthhost.realtime.build", str(tmp_path / "image"), *options, "sounds"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def operators(bodies):
    return HEAD + HELPERS + "".join(OPERATOR.format(name=name, body=body) for name, body in bodies.items())


def line_of(source, text):
    """Number of the line in which a text stands for the first time."""
    return source[: source.index(text)].count("\n") + 1


def test_divisions_of_operators_and_marked_helpers_are_accepted(tmp_path):
    code, complaint = build(tmp_path, operators(GOOD))
    assert (code, complaint) == (0, "")
    assert (tmp_path / "image/image.o").exists()


def test_what_allocates_raises_or_divides_like_python_is_refused_by_file_and_line(tmp_path):
    bodies = {name: body for name, (body, _) in REFUSED.items()}
    source = operators(GOOD | bodies)
    code, complaint = build(tmp_path, source)
    assert code == 1
    assert not (tmp_path / "image").exists()
    first, *lines = complaint.splitlines()
    assert first == "the image was not built:"
    guilty = {
        "allocates": line_of(source, "np.zeros"),
        "allocates_deeper": line_of(source, "# refused: allocates"),
        "raises": line_of(source, "raise ValueError"),
        "asserts": line_of(source, "assert frames"),
        "divides_as_python": line_of(source, "# refused: divides"),
        "lists": line_of(source, "parts = ["),
        "chance": line_of(source, "np.random"),
    }
    for name, (_, reason) in REFUSED.items():
        mine = [line for line in lines if f"'operator_{name}'" in line]
        assert len(mine) == 1, f"{name}: {mine}"  # one line, nothing that is harmless
        place = re.escape(f"{tmp_path / 'sounds.py'}:{guilty[name]}")
        assert re.fullmatch(f"{place}: 'operator_{name}' {reason}.*; the audio thread may not", mine[0])
    assert len(lines) == len(REFUSED)


def test_what_numba_cannot_compile_is_told_in_a_sentence_with_file_and_line(tmp_path):
    bodies = {name: body for name, (body, _) in UNCOMPILED.items()}
    source = operators(GOOD | bodies)
    code, complaint = build(tmp_path, source)
    assert code == 1
    lines = complaint.splitlines()[1:]
    guilty = {
        "misspells": line_of(source, "# misspelt"),
        "unknown": line_of(source, "lfo_depth"),
        "adds_words": line_of(source, "'loud'"),
        "opens": line_of(source, '@operator("opens"'),  # numba says no more
    }
    for name, (_, reason) in UNCOMPILED.items():
        mine = [line for line in lines if f"'operator_{name}'" in line]
        assert len(mine) == 1, f"{name}: {lines}"
        place = re.escape(f"{tmp_path / 'sounds.py'}:{guilty[name]}")
        assert re.match(f"{place}: numba cannot compile 'operator_{name}': .*({reason})", mine[0])
        assert len(mine[0]) < 400
    assert len(lines) == len(UNCOMPILED)


@pytest.mark.parametrize(
    ("source", "line", "reason"),
    (
        ("x = 1\ndef f(:\n    pass\n", 2, "invalid syntax"),
        ("x = 1\n\nimport nothing_of_the_kind\n", 3, "No module named 'nothing_of_the_kind'"),
        ("x = 1\ny = x.no_attribute\n", 2, "no attribute"),
    ),
)
def test_a_module_that_cannot_be_imported_is_told_in_a_sentence(tmp_path, source, line, reason):
    code, complaint = build(tmp_path, source)
    assert code == 1
    assert f"{tmp_path / 'sounds.py'}:{line}: " in complaint and reason in complaint


# --- the last check, on the linked object ----------------------------------------------------------------------------


def linked(text):
    """Link a module in LLVM's language whose entry is ``sneaky``."""
    from synthhost.realtime.build.link import link

    return link([[text]], [], ["sneaky"])


def test_a_call_through_a_pointer_is_refused():
    from synthhost.realtime.build.link import AuditError

    with pytest.raises(AuditError, match=r"calls through pointers in \['sneaky'\]"):
        linked("define void @sneaky(ptr %f) {\n call void %f()\n call void %f()\n ret void\n}")


def test_a_call_out_of_the_image_is_refused():
    from synthhost.realtime.build.link import AuditError

    with pytest.raises(AuditError, match=r"leaves \['puts'\] undefined"):
        linked("declare i32 @puts(ptr)\ndefine void @sneaky(ptr %f) {\n call i32 @puts(ptr %f)\n ret void\n}")


def test_a_switch_does_not_become_a_jump_through_a_table():
    cases = "\n".join(f"  i32 {n}, label %c{n}" for n in range(40))
    bodies = "\n".join(f"c{n}:\n  store volatile i32 {n * n + 7}, ptr %p\n  ret void" for n in range(40))
    text = f"define void @sneaky(i32 %x, ptr %p) {{\nswitch i32 %x, label %c0 [\n{cases}\n]\n{bodies}\n}}"
    _, _, facts = linked(text)
    assert "sneaky" not in facts["indirect_calls"]


def test_operators_are_audited_even_if_no_entry_calls_them():
    from synthhost.realtime.build.link import AuditError, link

    arguments = ", ".join(f"i64 %{n}" for n in range(8))
    text = f"declare ptr @malloc(i64)\ndefine void @operator_x({arguments}) {{\n"
    text += " %m = call ptr @malloc(i64 %0)\n store volatile i8 1, ptr %m\n ret void\n}"
    with pytest.raises(AuditError, match=r"\['malloc'\]"):
        link([[text]], ["x"], [])
