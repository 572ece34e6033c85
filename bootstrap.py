"""Set synthhost up and run it: the standard library alone, and nothing outside this folder changes.

    python3 bootstrap.py demo [options]    hear the instrument (options: those of `synthhost demo`)
    python3 bootstrap.py run COMMAND …     any other command of synthhost
    python3 bootstrap.py test [options]    format, lint, types, then the tests (options: those of pytest)
    python3 bootstrap.py test-all          the same with the slow tests
    python3 bootstrap.py setup [--test]    only set up
    python3 bootstrap.py clean             remove what set-up and tests made

On Windows write `py` for `python3`. PYTHON=/path/to/python chooses another Python (3.11 to 3.14).
The first command makes `.venv`; the others find it ready. Exit status 3: set-up cannot go on, and a
sentence says why.
"""

# Older Pythons must be able to read this file, so that it can look for a newer one: no newer syntax here.

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

OLDEST, NEWEST = (3, 11), (3, 14)  # numba has ready-made packages for these
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "synthhost-ready.json"
CANNOT_SET_UP = 3
CACHES = (".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", "build", "dist")


class CannotSetUp(Exception):
    """Set-up cannot go on; the message is the sentence the user reads."""


class CommandFailed(CannotSetUp):
    """A step of the set-up failed; the message ends with the last lines it wrote."""


# ---- which Python -------------------------------------------------------------------------------


def interpreter(command):
    """Ask the Python that `command` starts for its version and path; None when it does not start."""
    question = "import sys; print(sys.version_info[0], sys.version_info[1], sys.executable)"
    with contextlib.suppress(OSError, ValueError, subprocess.SubprocessError):
        answer = subprocess.run(
            [*command, "-c", question], capture_output=True, text=True, timeout=60, check=True
        )
        major, minor, path = answer.stdout.strip().split(" ", 2)
        return (int(major), int(minor)), path
    return None


def suits(version):
    """Say whether synthhost runs on this version of Python."""
    return OLDEST <= tuple(version[:2]) <= NEWEST


def choose_python():
    """Return the path of the Python to use: the one named by PYTHON, else this one, else one that is installed."""
    needed = "synthhost needs Python {}.{} to {}.{}".format(*OLDEST, *NEWEST)
    named = os.environ.get("PYTHON")
    if named:
        found = interpreter([named])
        if found is None:
            raise CannotSetUp(f"PYTHON={named} is not a Python that starts; {needed}.")
        if not suits(found[0]):
            raise CannotSetUp(f"{needed}, and PYTHON={named} is {found[0][0]}.{found[0][1]}.")
        return found[1]
    if suits(sys.version_info):
        return sys.executable
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        found = interpreter(["py", f"-3.{minor}"] if os.name == "nt" else [f"python3.{minor}"])
        if found and suits(found[0]):
            return found[1]
    this = "{}.{}".format(*sys.version_info[:2])
    raise CannotSetUp(
        f"{needed}; this is {this} and no other was found. Install one, or name it: PYTHON=/path/to/it."
    )


def base_python():
    """Return this Python; inside a virtual environment the one it was made from, as `.venv` may be rebuilt."""
    return sys.executable if sys.prefix == sys.base_prefix else sys._base_executable


# ---- what a ready environment was made from -----------------------------------------------------


def wanted(groups):
    """Describe the environment we want: this Python, this folder, and a hash of each group of dependencies."""
    tables = project()
    lists = {
        "runtime": [tables["dependencies"], tables["scripts"], tables["optional-dependencies"]["rtmidi"]]
    }
    lists.update((group, tables["optional-dependencies"][group]) for group in groups)
    hashes = {name: hashlib.sha256(json.dumps(asked).encode()).hexdigest() for name, asked in lists.items()}
    return {
        "python": "{}.{} ".format(*sys.version_info) + sys.base_prefix,
        "folder": str(ROOT),
        "asked": hashes,
    }


def project():
    """Return the project table of pyproject.toml."""
    tomllib = importlib.import_module("tomllib")  # absent from the older Pythons that only read this file
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def read_stamp():
    """Return what the environment was made from; empty when it was never finished."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
        return stamp if isinstance(stamp, dict) and isinstance(stamp.get("asked"), dict) else {}
    except (OSError, ValueError):
        return {}


def usable(stamp, want):
    """Say whether the environment is finished, was made by this Python in this folder, and still starts."""
    same = all(stamp.get(key) == want[key] for key in ("python", "folder"))
    return same and interpreter([str(VENV_PYTHON)]) is not None


# ---- making it ----------------------------------------------------------------------------------


@contextlib.contextmanager
def step(name):
    """Show one line per step of the set-up, with its seconds (on stderr: stdout belongs to the command)."""
    print(f"synthhost: {name} ...", end=" ", file=sys.stderr, flush=True)
    start = time.monotonic()
    try:
        yield
    except BaseException:
        print("stopped", file=sys.stderr)
        raise
    print(f"{time.monotonic() - start:.1f} s", file=sys.stderr, flush=True)


def execute(command, trouble):
    """Run one command of the set-up quietly; when it fails, raise `trouble` with the last lines it wrote."""
    environment = dict(
        os.environ, PIP_USER="0"
    )  # a user-wide `pip install --user` setting breaks environments
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL}
    done = subprocess.run(
        [str(word) for word in command], cwd=str(ROOT), env=environment, text=True, errors="replace", **output
    )
    if done.returncode:
        raise CommandFailed(
            trouble + "\n" + "\n".join("    " + line for line in done.stdout.splitlines()[-8:])
        )


def has_ensurepip():
    """Say whether this Python brings its own pip; Debian and Ubuntu keep it in a package of its own."""
    try:
        importlib.import_module("ensurepip")
    except ImportError:
        return False
    return True


def works(command):
    """Say whether a command starts and succeeds."""
    try:
        return subprocess.run([str(word) for word in command], capture_output=True).returncode == 0
    except OSError:
        return False


def outer_pip():
    """Return this Python's own pip, told to install into the environment (allowed under PEP 668)."""
    return [base_python(), "-m", "pip", "--python", VENV_PYTHON]


def make_venv():
    """Make an empty environment, without a pip of its own when this Python cannot give it one."""
    if has_ensurepip():
        return execute([base_python(), "-m", "venv", VENV], "the environment .venv cannot be made:")
    execute(
        [base_python(), "-m", "venv", "--without-pip", VENV], f"this Python has no venv; {apt_install()}."
    )
    if not works([*outer_pip(), "--version"]):
        raise CannotSetUp(f"this Python has no pip to install with; {apt_install()}.")


def apt_install():
    """Return what to type on Debian or Ubuntu for the missing packages of this Python."""
    ours = os.path.realpath(base_python()) == os.path.realpath("/usr/bin/python3")
    package = "python3-venv" if ours else "python{}.{}-venv".format(*sys.version_info)
    return f"on Debian or Ubuntu: sudo apt install {package}"


def pip_install(*what):
    """Install into the environment with one call of pip."""
    own = [VENV_PYTHON, "-m", "pip"]
    pip = own if works([*own, "--version"]) else outer_pip()
    # Compiling everything takes longer than the demo's few imports do, unless Python may not keep the result.
    later = [] if sys.dont_write_bytecode else ["--no-compile"]
    options = ["--quiet", "--disable-pip-version-check", "--no-input", "--prefer-binary", *later]
    execute(
        [*pip, "install", *options, *what],
        "pip could not install the packages (is there a network?); it said:",
    )


def install_rtmidi():
    """Install python-rtmidi when it comes ready-made; without it set-up goes on, and says what is missing."""
    try:
        pip_install("--only-binary", ":all:", *project()["optional-dependencies"]["rtmidi"])
    except CommandFailed:
        version = "{}.{}".format(*sys.version_info)
        return (
            f"no ready-made python-rtmidi for Python {version}: no software MIDI ports (ALSA sequencer, "
            "WinMM, Core MIDI); raw MIDI devices and JACK work."
        )
    return ""


def remove(folder):
    """Remove a folder and everything in it."""
    try:
        if folder.exists():
            shutil.rmtree(str(folder))
    except OSError as error:
        raise CannotSetUp(f"{folder} cannot be removed ({error}); remove it and try again.") from None


def set_up(*groups):
    """Make the environment ready: nothing when it is, pip when dependencies changed, else all from new.

    The stamp is written last, so an interrupted set-up is seen as half-made. When pip fails, the old stamp
    comes back: an instrument that played before plays on without a network.
    """
    want, stamp, missing = wanted(groups), read_stamp(), ""
    if not usable(stamp, want):
        stamp = {}
        with step("making .venv"):
            remove(VENV)
            make_venv()
    if want["asked"].items() <= stamp.get("asked", {}).items():
        return
    with contextlib.suppress(FileNotFoundError):
        STAMP.unlink()
    try:
        with step("installing packages (the first time about 200 MB)"):
            pip_install("--editable", ".[{}]".format(",".join(groups)) if groups else ".")
            missing = install_rtmidi()
    except CommandFailed:
        if stamp:
            STAMP.write_text(json.dumps(stamp), encoding="utf-8")
        raise
    if missing:
        print(f"synthhost: {missing}", file=sys.stderr)
    STAMP.write_text(json.dumps(want), encoding="utf-8")


# ---- the commands -------------------------------------------------------------------------------


def become(command):
    """Run `command` in our place and give its exit status; signals reach it as if it had been started alone."""
    sys.stdout.flush()
    command = [str(word) for word in command]
    if os.name == "nt":  # exec on Windows does not wait
        return subprocess.run(command).returncode
    return os.execv(command[0], command)


def demo(arguments):
    """Let the instrument be heard."""
    return run(["demo", *arguments])


def run(arguments):
    """Run a command of synthhost."""
    set_up()
    return become([VENV_PYTHON, "-m", "synthhost", *arguments])


def test(arguments, chosen=("-m", "not slow")):
    """Run every check, also after one has failed; the tests come last, then one line says what failed."""
    set_up("test")
    checks = {
        "format": ["ruff", "format", "--check", "."],
        "lint": ["ruff", "check", "."],
        "types": ["mypy"],
        "tests": ["pytest", *chosen, *arguments],
    }
    start, failed = time.monotonic(), []
    for name, words in checks.items():
        print(f"synthhost: {name}: {' '.join(words)}", flush=True)
        if subprocess.run([str(VENV_PYTHON), "-m", *words], cwd=str(ROOT)).returncode:
            failed.append(name)
    outcome = "FAILED: " + ", ".join(failed) if failed else ", ".join(checks) + " passed"
    print(f"synthhost: {outcome} ({time.monotonic() - start:.0f} s)", flush=True)
    return 1 if failed else 0


def test_all(arguments):
    """Run every check with the slow tests."""
    return test(arguments, chosen=())


def setup(arguments):
    """Make the environment ready and run nothing."""
    set_up(*(["test"] if "--test" in arguments else []))
    print(f"synthhost: ready: {VENV_PYTHON}", file=sys.stderr)
    return 0


def clean(_arguments):
    """Remove the environment and the caches of the tools; the next command makes them again."""
    for name in (VENV.name, *CACHES):
        remove(ROOT / name)
    return 0


COMMANDS = {"demo": demo, "run": run, "test": test, "test-all": test_all, "setup": setup, "clean": clean}


def main(arguments):
    """Choose a Python, then do the command with it; return the exit status."""
    if not arguments or arguments[0] not in COMMANDS:
        print(__doc__)
        return 0 if arguments[:1] in (["--help"], ["-h"], ["help"]) else 2
    try:
        python = choose_python()
        if python != sys.executable:
            os.environ.pop("PYTHON", None)
            return become([python, __file__, *arguments])
        return COMMANDS[arguments[0]](arguments[1:])
    except CannotSetUp as trouble:
        print(f"synthhost: {trouble}", file=sys.stderr)
        return CANNOT_SET_UP
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
