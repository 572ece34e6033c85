"""Set-up on a fresh machine: which Python, what is made when, and what is said when it cannot be."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

import bootstrap

PROJECT = Path(bootstrap.__file__).parent


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A folder with nothing set up, and a list of what set-up does there; neither venv nor pip really runs."""
    done = []
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    monkeypatch.delenv("PYTHON", raising=False)
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / ".venv" / "synthhost-ready.json")
    monkeypatch.setattr(bootstrap, "VENV_PYTHON", sys.executable)

    def make_venv():
        done.append("venv")
        bootstrap.VENV.mkdir(exist_ok=True)

    def pip_install(step, *what):
        assert not bootstrap.STAMP.exists(), "the environment is marked ready while it changes"
        done.append(what)

    monkeypatch.setattr(bootstrap, "make_venv", make_venv)
    monkeypatch.setattr(bootstrap, "pip_install", pip_install)
    return done


RUNTIME = ("--editable", ".")
WITH_TESTS = ("--editable", ".[test]")
RTMIDI = ("--only-binary", ":all:", "python-rtmidi==1.5.8")


def change_stamp(**changes):
    bootstrap.STAMP.write_text(json.dumps({**json.loads(bootstrap.STAMP.read_text()), **changes}))


def run_bootstrap(folder, *words, **environment):
    """Run the real bootstrap.py of a folder; return its exit status and all it wrote."""
    asked = {**{key: value for key, value in os.environ.items() if key != "PYTHON"}, **environment}
    command = [sys.executable, folder / "bootstrap.py", *words]
    done = subprocess.run(command, env=asked, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


# which Python


def test_every_python_since_3_7_can_read_the_file():
    ast.parse((PROJECT / "bootstrap.py").read_text(encoding="utf-8"), feature_version=(3, 7))


def test_this_python_is_used_when_it_suits(machine):
    assert bootstrap.choose_python() == sys.executable


def test_the_python_that_is_named_is_used(machine, monkeypatch):
    monkeypatch.setenv("PYTHON", sys.executable)
    monkeypatch.setattr(bootstrap.sys, "executable", "/another/python")
    monkeypatch.setattr(bootstrap, "become", lambda command: command)
    assert bootstrap.main(["demo", "--silent"])[1:] == [
        str(bootstrap.ROOT / "bootstrap.py"),
        "demo",
        "--silent",
    ]
    assert "PYTHON" not in os.environ, "the Python that was chosen would choose again"


@pytest.mark.parametrize("named", ["no-such-python", "/dev/null"])
def test_a_named_python_that_does_not_start_is_refused_in_one_sentence(named):
    status, said = run_bootstrap(PROJECT, "demo", PYTHON=named)
    assert status == 3
    assert said == f"synthhost: synthhost needs Python 3.11 to 3.14; PYTHON={named} is none of them.\n"


def test_an_old_python_is_refused_in_one_sentence(machine, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "OLDEST", (3, 98))
    monkeypatch.setattr(bootstrap, "NEWEST", (3, 99))
    assert bootstrap.main(["demo"]) == 3
    assert re.fullmatch(
        r"synthhost: .*needs Python 3.98 to 3.99; this is 3\.\d+\. .*\n", capsys.readouterr().err
    )
    assert machine == []


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")
def test_an_old_python_finds_a_newer_one_on_the_path(machine, monkeypatch, tmp_path):
    newer = tmp_path / "python3.98"
    newer.write_text("#!/bin/sh\nprintf /the/newer/python\n")
    newer.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(bootstrap, "OLDEST", (3, 98))
    monkeypatch.setattr(bootstrap, "NEWEST", (3, 99))
    assert bootstrap.choose_python() == "/the/newer/python"


# what is made when


def test_a_fresh_machine_gets_what_the_demo_needs_and_no_more(machine):
    bootstrap.set_up()
    assert machine == ["venv", RUNTIME, RTMIDI]


def test_a_ready_environment_is_left_alone(machine):
    bootstrap.set_up("test")
    machine.clear()
    bootstrap.set_up("test")
    bootstrap.set_up()
    assert machine == []


def test_tests_after_a_demo_only_add_what_tests_need(machine):
    bootstrap.set_up()
    machine.clear()
    bootstrap.set_up("test")
    assert machine == [WITH_TESTS, RTMIDI]


def test_changed_dependencies_need_pip_only(machine, tmp_path):
    bootstrap.set_up()
    machine.clear()
    text = (tmp_path / "pyproject.toml").read_text(encoding="utf-8")
    changed = text.replace('"click>=8.1,<9"', '"click>=8.2,<9"')
    assert changed != text
    (tmp_path / "pyproject.toml").write_text(changed, encoding="utf-8")
    bootstrap.set_up()
    assert machine == [RUNTIME, RTMIDI]


@pytest.mark.parametrize(
    "damage",
    [
        lambda: bootstrap.STAMP.unlink(),
        lambda: bootstrap.STAMP.write_text(bootstrap.STAMP.read_text()[:20]),
        lambda: bootstrap.STAMP.write_text("[]"),
        lambda: change_stamp(python="3.10 /usr"),
        lambda: change_stamp(folder="/where/it/was/before"),
        lambda: setattr(bootstrap, "VENV_PYTHON", "/gone"),
    ],
    ids=["no stamp", "torn stamp", "strange stamp", "other Python", "moved folder", "broken interpreter"],
)
def test_a_half_made_or_foreign_environment_is_made_anew(machine, monkeypatch, damage):
    bootstrap.set_up()
    machine.clear()
    monkeypatch.setattr(bootstrap, "VENV_PYTHON", bootstrap.VENV_PYTHON)  # given back after the test
    damage()
    bootstrap.set_up()
    assert machine == ["venv", RUNTIME, RTMIDI]


def test_an_interrupted_setup_is_not_marked_ready(machine, monkeypatch):
    def interrupted(step, *what):
        raise KeyboardInterrupt

    monkeypatch.setattr(bootstrap, "pip_install", interrupted)
    assert bootstrap.main(["setup"]) == 130
    assert bootstrap.VENV.exists()
    assert not bootstrap.STAMP.exists()


# when it cannot be


def fail(*_arguments):
    raise bootstrap.CannotSetUp("pip cannot install them:\n    the last line of pip")


def test_without_a_network_the_last_lines_of_pip_are_shown(machine, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "pip_install", fail)
    assert bootstrap.main(["demo"]) == 3
    assert "the last line of pip" in capsys.readouterr().err
    assert not bootstrap.STAMP.exists()


def test_an_instrument_that_played_still_plays_when_more_cannot_be_installed(machine, monkeypatch):
    bootstrap.set_up()
    monkeypatch.setattr(bootstrap, "pip_install", fail)
    assert bootstrap.main(["test"]) == 3
    bootstrap.set_up()  # would raise


def test_without_a_ready_made_rtmidi_setup_goes_on_and_says_what_is_missing(machine, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "pip_install", lambda step, *what: fail() if what == RTMIDI else None)
    assert bootstrap.main(["setup"]) == 0
    assert bootstrap.STAMP.exists()
    said = [line for line in capsys.readouterr().err.splitlines() if "python-rtmidi" in line]
    assert len(said) == 1
    assert "no software MIDI ports" in said[0]
    assert "raw MIDI devices and JACK work" in said[0]


@pytest.fixture
def steps(monkeypatch):
    """The commands of the set-up; those that let venv install pip fail, as on Debian without python3-venv."""
    commands = []

    def execute(step, command, trouble):
        commands.append(command)
        if "venv" in command and "--without-pip" not in command:
            raise bootstrap.CannotSetUp(trouble)

    monkeypatch.setattr(bootstrap, "execute", execute)
    return commands


def test_without_ensurepip_the_environment_is_made_without_pip(steps, monkeypatch):
    monkeypatch.setattr(bootstrap, "find_pip", lambda: ["pip"])
    bootstrap.make_venv()
    assert [command[-1] for command in steps] == [str(bootstrap.VENV), "--without-pip"]


def test_without_any_pip_one_line_names_the_package(steps, monkeypatch):
    monkeypatch.setattr(bootstrap.subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=1))
    with pytest.raises(bootstrap.CannotSetUp, match=r"^.*sudo apt install python3(\.\d+)?-venv$"):
        bootstrap.make_venv()


def test_an_environment_without_pip_is_filled_from_outside(monkeypatch, tmp_path):
    monkeypatch.setattr(bootstrap, "VENV_PYTHON", sys.executable)
    outcomes = iter([1, 0])  # its own pip, this Python's pip
    monkeypatch.setattr(
        bootstrap.subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=next(outcomes))
    )
    assert bootstrap.find_pip() == [bootstrap.BASE_PYTHON, "-m", "pip", "--python", sys.executable]


def test_a_failing_step_ends_with_its_last_lines(capsys):
    lines = "; ".join(f"print('line {n}')" for n in range(30))
    with pytest.raises(bootstrap.CannotSetUp) as trouble:
        bootstrap.execute("trying", [sys.executable, "-c", f"{lines}; raise SystemExit(1)"], "it failed:")
    assert str(trouble.value).splitlines() == ["it failed:", *(f"    line {n}" for n in range(22, 30))]
    assert re.fullmatch(r"synthhost: trying \.\.\. failed after \d+\.\d s\n", capsys.readouterr().err)


# the commands


@pytest.fixture
def checks(machine, monkeypatch):
    """The checks that were run, as words after `python -m`, and the tools that shall fail."""
    ran, fails = [], []

    def run(command, **_options):
        ran.append(command[2:])
        return SimpleNamespace(returncode=int(command[2] in fails))

    monkeypatch.setattr(bootstrap, "set_up", lambda *groups: None)
    monkeypatch.setattr(bootstrap.subprocess, "run", run)
    return SimpleNamespace(ran=ran, fails=fails)


@pytest.mark.parametrize("failing", ["ruff", "mypy", "pytest"])
def test_every_check_runs_also_after_one_has_failed(checks, capsys, failing):
    checks.fails.append(failing)
    assert bootstrap.main(["test"]) == 1
    assert [words[0] for words in checks.ran] == ["ruff", "ruff", "mypy", "pytest", "pytest"]
    assert capsys.readouterr().out.splitlines()[-1].startswith("synthhost: FAILED: ")


def test_the_last_line_says_that_all_passed(checks, capsys):
    assert bootstrap.main(["test"]) == 0
    said = "synthhost: format, lint, types, tests, tests in real time passed (0 s)"
    assert capsys.readouterr().out.splitlines()[-1] == said


@pytest.mark.parametrize(("command", "marks"), [("test", "not slow and "), ("test-all", "")])
def test_all_tests_run_side_by_side_or_one_by_one(checks, command, marks):
    assert bootstrap.main([command]) == 0
    beside, alone = checks.ran[-2:]
    assert beside[:4] == ["pytest", "-m", f"{marks}not alone", "-n"] and int(beside[4]) >= 1
    assert alone == ["pytest", "-m", f"{marks}alone"]


@pytest.mark.parametrize(("command", "marker"), [("test", ["-m", "not slow"]), ("test-all", [])])
def test_slow_tests_are_part_of_test_all_only(checks, command, marker):
    assert bootstrap.main([command, "-x"]) == 0
    assert checks.ran[-1] == ["pytest", *marker, "-x"]


@pytest.mark.parametrize(
    ("words", "called"), [(["demo", "--silent"], None), (["run", "play", "a b"], ["play", "a b"])]
)
def test_words_after_the_command_reach_synthhost(machine, monkeypatch, words, called):
    monkeypatch.setattr(bootstrap, "become", lambda command: command)
    assert bootstrap.main(words) == [sys.executable, "-m", "synthhost", *(called or words)]


def test_help_lists_every_command(capsys):
    assert bootstrap.main(["--help"]) == 0
    said = capsys.readouterr().out
    assert all(f"bootstrap.py {command} " in said for command in bootstrap.COMMANDS)
    assert bootstrap.main([]) == bootstrap.main(["dmeo"]) == 2


def test_make_only_calls_bootstrap_and_the_measuring_of_figures():
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    recipes = [line.strip() for line in makefile.splitlines() if line.startswith("\t")]
    assert recipes == ["@$(PYTHON) bootstrap.py $@ $(ARGS)", "@.venv/bin/python tools/figures.py measure"]
    targets = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split()
    assert set(targets) - {"figures"} == bootstrap.COMMANDS.keys() - {"run"}


# for real: these make environments


def copy_project(folder):
    """Copy what packaging and set-up read."""
    for name in ("bootstrap.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(PROJECT / name, folder)
    for name in ("synthhost", "patches", "bench"):
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.mark.slow
def test_setup_for_real_makes_an_environment_that_imports_synthhost(tmp_path):
    folder = copy_project(tmp_path)
    status, said = run_bootstrap(folder, "setup")
    assert status == 0, said
    python = folder / bootstrap.VENV.name / Path(bootstrap.VENV_PYTHON).relative_to(bootstrap.VENV)
    where = subprocess.check_output(
        [python, "-c", "import synthhost; print(synthhost.__file__)"], cwd="/", text=True
    )
    assert Path(where.strip()) == folder / "synthhost" / "__init__.py"
    assert "installing" not in run_bootstrap(folder, "setup")[1]


@pytest.mark.slow
def test_setup_for_real_without_packages_to_be_had_ends_with_a_sentence(tmp_path):
    folder = copy_project(tmp_path)
    status, said = run_bootstrap(folder, "setup", PIP_NO_INDEX="1")
    assert status == 3
    assert "is there a network?" in said
    assert "Traceback" not in said
    assert not (folder / ".venv" / "synthhost-ready.json").exists()


@pytest.mark.slow
def test_the_wheel_carries_the_patches_and_works_elsewhere(tmp_path):
    folder = copy_project(tmp_path)
    options = ["--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*bootstrap.find_pip(), "wheel", *options, "-w", tmp_path / "out", folder], check=True)
    (wheel,) = (tmp_path / "out").glob("synthhost-*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("synthhost/patches/")}
    patches = [path for path in (PROJECT / "patches").rglob("*") if path.is_file()]
    assert packed == {f"synthhost/{path.relative_to(PROJECT).as_posix()}" for path in patches}
    elsewhere = tmp_path / "elsewhere"
    subprocess.run([*bootstrap.find_pip(), "install", *options, "--target", elsewhere, wheel], check=True)
    code = "import synthhost; print(synthhost.__file__)"
    found = {**os.environ, "PYTHONPATH": str(elsewhere)}
    where = subprocess.check_output([sys.executable, "-c", code], env=found, cwd=tmp_path / "out", text=True)
    assert Path(where.strip()) == elsewhere / "synthhost" / "__init__.py"
