"""The command line: help like a manual page, exit codes that mean something, never a traceback."""

import json
import os
import random
import string

import pytest

from synthhost.control.cli import COMMANDS, main
from tests.control.command import run

SUBCOMMANDS = [("patch", n) for n in ("list", "show", "check", "schema")]
SUBCOMMANDS += [("image", n) for n in ("info", "build", "check")]


@pytest.fixture
def call(capsys, monkeypatch, tmp_path):
    """Run the command line in this process, in an empty folder: (exit code, words, complaints)."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return ended.value.code or 0, said.out, said.err

    return call


def test_help_of_all_lists_every_command(call):
    code, words, _ = call("--help")
    assert code == 0
    assert all(f"  {name} " in words for name in COMMANDS)
    assert "Exit codes: 0 fine, 1 a file is bad" in words


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_every_command_has_examples(call, name):
    code, words, _ = call(name, "--help")
    assert code == 0
    assert "Examples:" in words
    assert f"synthhost {name}" in words
    assert call(name, "-h")[1] == words


@pytest.mark.parametrize("names", SUBCOMMANDS, ids=" ".join)
def test_help_of_every_part_of_a_command_says_what_it_does(call, names):
    code, words, _ = call(*names, "--help")
    assert code == 0
    assert len(words.splitlines()) > 4


def test_the_version_is_told(call):
    assert call("--version")[:2] == (0, "synthhost, version 0.1.0\n")


def test_a_command_is_spelled_right_for_you(call):
    code, _, complaint = call("paly")
    assert code == 2
    assert "Did you mean 'play'?" in complaint
    code, _, complaint = call("xyzzy")
    assert code == 2
    assert "There are: play, demo, render" in complaint


@pytest.mark.parametrize(
    "arguments",
    [
        ("play", "--rate", "fast"),
        ("play", "--rate", "7"),
        ("play", "--buffer", "1"),
        ("play", "--polyphony", "0"),
        ("play", "--volume", "loud"),
        ("play", "--channel", "17"),
        ("play", "--timing", "late"),
        ("play", "--audio", "tape"),
        ("play", "--midi-raw"),
        ("play", "one", "two"),
        ("play", "--tempo", "120"),
        ("render",),
        ("render", "missing.mid"),
        ("render", "."),
        ("patch", "sing"),
        ("patch", "show"),
        ("patch", "check"),
        ("image", "paint"),
        ("devices", "all"),
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_is_exit_code_2(call, arguments):
    code, _, complaint = call(*arguments)
    assert code == 2
    assert "Error: " in complaint


def test_a_machine_that_lacks_something_is_exit_code_3():
    done = run("play", "--audio", "portaudio", "--device", "no such sound card")
    assert done.returncode == 3
    assert done.stderr.startswith("synthhost: ")


def test_several_patches_that_match_are_listed(call):
    code, _, complaint = call("play", "a", "--audio", "virtual", "--seconds", "0")
    assert code == 1
    assert "'a' could be bass/" in complaint and "write more of the name" in complaint
    assert "write more of the name" in complaint


def test_bad_patch_files_are_exit_code_1(call, tmp_path):
    (tmp_path / "broken.toml").write_text('format = "synthhost/patch"\nversion = \n')
    (tmp_path / "binary.toml").write_bytes(bytes(range(256)))
    (tmp_path / "folder.toml").mkdir()
    os.mkfifo(tmp_path / "pipe.toml")
    for name, words in (
        ("broken.toml", "broken.toml:2"),
        ("binary.toml", "UTF-8"),
        ("folder.toml", "folder"),
        ("missing.toml", "no such file"),
        ("pipe.toml", "pipe.toml"),
    ):
        for command in (("play", "--audio", "virtual"), ("patch", "show"), ("patch", "check")):
            code, _, complaint = call(*command, name)
            assert code == 1, (command, name)
            assert words in complaint


def test_a_file_that_cannot_be_read_is_a_sentence(call):
    code, _, complaint = call("patch", "check", "/proc/self/mem")
    assert code == 1
    assert "cannot be read" in complaint


def test_random_command_lines_end_in_a_sentence(call, tmp_path):
    """Anything may be typed: names, numbers, files of noise, options in odd places."""
    (tmp_path / "noise.mid").write_bytes(random.Random(1).randbytes(2000))
    (tmp_path / "noise.toml").write_bytes(random.Random(2).randbytes(2000))
    (tmp_path / "a.session").write_text('{"format": "synthhost/session", "version": 1}\n{"slot"')
    chance = random.Random(5)
    words = [
        *COMMANDS,
        "list",
        "show",
        "check",
        "noise.mid",
        "noise.toml",
        "a.session",
        ".",
        "/",
        "",
        "-",
        "--",
    ]
    words += [
        "--json",
        "-o",
        "out.wav",
        "--patch",
        "--rate",
        "48000",
        "--bits",
        "-5",
        "1e400",
        "../..",
        "\x01",
        "ö\udcff",
    ]
    for _ in range(150):
        command = chance.choice(
            ["render", "patch", "patch show", "patch check", "patch list", "", "image sing"]
        )
        line = command.split() + chance.choices(words, k=chance.randint(0, 4))
        if chance.random() < 0.3:
            line.append("".join(chance.choices(string.printable, k=8)))
        if {"play", "demo", "bench", "latency", "doctor", "build", "schema"} & set(line[:2]):
            continue  # tried elsewhere; they take long
        assert call(*line)[0] in (0, 1, 2, 3), line


def test_json_is_json(call):
    for arguments in (
        ("patch", "list", "--json"),
        ("patch", "list", "bass", "--json"),
        ("patch", "show", "round-bass", "--json"),
        ("patch", "check", "round-bass", "--json"),
        ("patch", "schema"),
        ("devices", "--json"),
        ("image", "info", "--json"),
    ):
        code, words, _ = call(*arguments)
        assert code == 0, arguments
        assert json.loads(words)


def test_a_reader_that_stops_reading_is_no_fault():
    import subprocess
    import sys

    from tests.control.command import ENVIRONMENT

    command = f"{sys.executable} -m synthhost patch schema | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, env=ENVIRONMENT)
    assert done.stderr == ""
