"""Set synthhost up and run it. Needs the standard library alone; changes nothing outside this folder.

    python3 bootstrap.py demo [options]    hear the instrument (options: those of `synthhost demo`)
    python3 bootstrap.py run COMMAND ...   any other command of synthhost
    python3 bootstrap.py test [options]    format, lint, types, then the tests (options: those of pytest)
    python3 bootstrap.py test-all          the same with the slow tests
    python3 bootstrap.py setup [--test]    only set up
    python3 bootstrap.py clean             remove what set-up and tests made

On Windows write `py` for `python3`. PYTHON=/path/to/python chooses another Python (3.11 to 3.14). The first
command makes `.venv`, the next find it ready. Exit status 3: set-up cannot go on, and a sentence says why.
"""

# Older Pythons read this file to look for a newer one, so it is written in their syntax.

import contextlib
import hashlib
import importlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

OLDEST, NEWEST = (3, 11), (3, 14)  # numba comes ready-made for these
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
VENV_PYTHON = str(VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
STAMP = VENV / "synthhost-ready.json"
THIS = "{}.{}".format(*sys.version_info)
# The Python that makes .venv is never the one in it.
BASE_PYTHON = sys.executable if sys.prefix == sys.base_prefix else sys._base_executable
MOST_WORKERS = 8
CACHES = (".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache", "build", "dist")


class CannotSetUp(Exception):
    """Set-up cannot go on; the message is the sentence the user reads, with the last lines of what failed."""


def suitable(command):
    """Return the path of the Python that `command` starts; nothing when it does not start or is no version for us."""
    suits = f"sys.executable if {OLDEST} <= sys.version_info[:2] <= {NEWEST} else ''"
    question = f"import os, sys; sys.stdout.buffer.write(os.fsencode({suits}))"
    try:
        return os.fsdecode(subprocess.check_output([*command, "-c", question], stderr=subprocess.DEVNULL))
    except (OSError, subprocess.SubprocessError):
        return ""


def choose_python():
    """Return the path of the Python to use: the one PYTHON names, else this one, else the newest installed."""
    needs = "synthhost needs Python {}.{} to {}.{}".format(*OLDEST, *NEWEST)
    named = os.environ.get("PYTHON")
    if named:
        path = suitable([named] if shutil.which(named) else named.split())
        if path:
            return path
        raise CannotSetUp(f"{needs}; PYTHON={named} is none of them.")
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return sys.executable
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        path = suitable(["py", f"-3.{minor}"] if os.name == "nt" else [f"python3.{minor}"])
        if path:
            return path
    raise CannotSetUp(f"{needs}; this is {THIS}. Install one of them, or name it: PYTHON=/path/to/python")


def project():
    """Return the project table of pyproject.toml."""
    tomllib = importlib.import_module("tomllib")  # unknown to the older Pythons that read this file
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def wanted(groups):
    """Describe the environment we want: this Python, this folder, a hash of each group of dependencies."""
    extras = project()["optional-dependencies"]
    asked = {"runtime": [project()["dependencies"], project()["scripts"], extras["rtmidi"]]}
    asked.update((group, extras[group]) for group in groups)
    hashes = {name: hashlib.sha256(json.dumps(what).encode()).hexdigest() for name, what in asked.items()}
    return {"python": f"{THIS} {sys.base_prefix}", "folder": str(ROOT), "asked": hashes}


def read_stamp(want):
    """Return the stamp of an environment worth keeping: finished, of this Python and folder, and it starts."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
        same = (stamp["python"], stamp["folder"]) == (want["python"], want["folder"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return stamp if same and suitable([VENV_PYTHON]) else None


def execute(step, command, trouble):
    """Run a step of the set-up, shown as one line; when it fails, say `trouble` and the last lines it wrote."""
    print(f"synthhost: {step} ...", end=" ", file=sys.stderr, flush=True)  # stdout belongs to the command
    environment = dict(os.environ, PIP_USER="0")  # a setting "install for the user" breaks environments
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    start = time.monotonic()
    done = subprocess.run(command, cwd=str(ROOT), env=environment, text=True, errors="replace", **quiet)
    seconds = time.monotonic() - start
    print(f"{'failed' if done.returncode else 'done'} after {seconds:.1f} s", file=sys.stderr)
    if done.returncode:
        said = [line for line in done.stdout.splitlines() if line.strip() and "note:" not in line]
        raise CannotSetUp("\n    ".join([trouble, *said[-8:]]))


def no_pip():
    """Say which package gives this Python a pip."""
    default = os.path.realpath(BASE_PYTHON) == os.path.realpath("/usr/bin/python3")
    package = "python3-venv" if default else f"python{THIS}-venv"
    return f"this Python brings no pip for .venv; on Debian or Ubuntu: sudo apt install {package}"


def find_pip():
    """Return the pip of the environment, else this Python's own, told to install there (PEP 668 allows it)."""
    for pip in ([VENV_PYTHON, "-m", "pip"], [BASE_PYTHON, "-m", "pip", "--python", VENV_PYTHON]):
        if subprocess.run([*pip, "--version"], capture_output=True).returncode == 0:
            return pip
    raise CannotSetUp(no_pip())


def make_venv():
    """Make an empty environment, without a pip of its own when this Python has none to give.

    Debian and Ubuntu keep ensurepip, which gives it, in a package apart, and pip itself in another.
    """
    venv = [BASE_PYTHON, "-m", "venv", "--clear", str(VENV)]
    with contextlib.suppress(CannotSetUp):
        return execute("making .venv", venv, "")
    execute("making .venv without a pip of its own", [*venv, "--without-pip"], no_pip())
    find_pip()


def pip_install(step, *what):
    """Install into the environment with one call of pip."""
    # To compile every module takes longer than to compile the few that are imported, when they are.
    later = [] if sys.dont_write_bytecode else ["--no-compile"]
    options = ["--quiet", "--disable-pip-version-check", "--no-input", "--prefer-binary", *later]
    execute(step, [*find_pip(), "install", *options, *what], "pip cannot install them (is there a network?):")


def install_rtmidi():
    """Install python-rtmidi if it comes ready-made for this Python, else say what is missing without it."""
    required = project()["optional-dependencies"]["rtmidi"]
    missing = "no software MIDI ports (ALSA sequencer, WinMM, Core MIDI); raw MIDI devices and JACK work"
    try:
        pip_install("installing software MIDI ports", "--only-binary", ":all:", *required)
    except CannotSetUp:
        print(f"synthhost: no ready-made python-rtmidi for Python {THIS}: {missing}.", file=sys.stderr)


def set_up(*groups):
    """Make the environment ready: nothing to do, only pip when dependencies changed, or all from new.

    The stamp is written last, so an interrupted set-up is known as half-made. When pip fails, the old stamp
    comes back: an instrument that played before also plays without a network.
    """
    want = wanted(groups)
    stamp = read_stamp(want)
    if stamp and want["asked"].items() <= stamp["asked"].items():
        return
    if not stamp:
        make_venv()
    STAMP.unlink(missing_ok=True)
    try:
        pip_install("installing packages", "--editable", f".[{','.join(groups)}]" if groups else ".")
    except CannotSetUp:
        if stamp:
            STAMP.write_text(json.dumps(stamp), encoding="utf-8")
        raise
    install_rtmidi()
    STAMP.write_text(json.dumps(want), encoding="utf-8")


def become(command):
    """Run `command` in our place and give its exit status; signals reach it as if it had been started alone."""
    sys.stdout.flush()
    if os.name == "nt":  # there exec does not wait
        return subprocess.run(command).returncode
    return os.execv(command[0], command)


def run(command, *arguments):
    """Run a command of synthhost."""
    set_up()
    words = arguments if command == "run" else (command, *arguments)
    return become([VENV_PYTHON, "-m", "synthhost", *words])


def test(command, *arguments):
    """Run every check, also after one has failed; the tests come last, then one line says what failed.

    Tests that only compute run side by side, then those in real time one by one. With options of pytest's own, all run one
    by one.
    """
    set_up("test")
    chosen = [] if command == "test-all" else ["not slow"]
    checks = {
        "format": ["ruff", "format", "--check"],
        "lint": ["ruff", "check"],
        "types": ["mypy"],
    }
    if arguments:
        checks["tests"] = ["pytest", *[word for mark in chosen for word in ("-m", mark)], *arguments]
    else:
        workers = str(min(os.cpu_count() or 1, MOST_WORKERS))
        checks["tests"] = ["pytest", "-m", " and ".join([*chosen, "not alone"]), "-n", workers]
        checks["tests in real time"] = ["pytest", "-m", " and ".join([*chosen, "alone"])]
    start, failed = time.monotonic(), []
    for name, words in checks.items():
        print(f"synthhost: {name}: {' '.join(words)}", flush=True)
        if subprocess.run([VENV_PYTHON, "-m", *words], cwd=str(ROOT)).returncode:
            failed.append(name)
    outcome = "FAILED: " + ", ".join(failed) if failed else ", ".join(checks) + " passed"
    print(f"synthhost: {outcome} ({time.monotonic() - start:.0f} s)", flush=True)
    return 1 if failed else 0


def setup(_command, *arguments):
    """Make the environment ready and run nothing."""
    set_up(*(["test"] if "--test" in arguments else []))
    print(f"synthhost: ready: {VENV_PYTHON} -m synthhost", file=sys.stderr)
    return 0


def clean(*_words):
    """Remove the environment and the caches of the tools; the next command makes them again."""
    for name in (VENV.name, *CACHES):
        shutil.rmtree(str(ROOT / name), ignore_errors=True)
    return 0


COMMANDS = {"demo": run, "run": run, "test": test, "test-all": test, "setup": setup, "clean": clean}


def main(words):
    """Choose a Python, do the command with it, and return the exit status."""
    if not words or words[0] not in COMMANDS:
        print(__doc__)
        return 0 if words[:1] in (["--help"], ["-h"], ["help"]) else 2
    try:
        python = choose_python()
        if python == sys.executable:
            return COMMANDS[words[0]](*words)
        os.environ.pop("PYTHON", None)
        return become([python, str(ROOT / "bootstrap.py"), *words])
    except CannotSetUp as trouble:
        print(f"synthhost: {trouble}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
