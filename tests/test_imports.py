"""Imports run one way, and a package from outside has one door."""

import ast
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1] / "synthhost"
BELOW = {  # what a layer may import, besides itself
    "realtime": set(),
    "units": set(),
    "events": {"realtime"},
    "dsp": {"realtime"},
    "voices": {"dsp", "events", "realtime"},
    "engine": {"voices", "dsp", "events", "realtime"},
    "patch": {"engine", "voices", "dsp", "events", "realtime", "units"},
}
BELOW["midi"] = BELOW["formats"] = BELOW["patch"] | {"patch"}
BELOW["audio"] = BELOW["midi"] | {"midi"}
BELOW["latency"] = BELOW["audio"] | {"audio"}
BELOW["unheard"] = BELOW["latency"]
BELOW["host"] = BELOW["session"] = BELOW["latency"] | {"latency", "formats", "host", "session", "unheard"}
BELOW["rig"] = BELOW["host"]
BELOW["bench"] = BELOW["demo"] = BELOW["sheet"] = BELOW["rig"] | {"rig", "bench"}
BELOW["control"] = BELOW["__main__"] = BELOW["demo"] | {"demo", "sheet", "control", "synthhost"}
EXCEPTIONS = {  # (file, what it imports): why
    ("realtime/build/compile.py", "dsp"): "operators are compiled for the memory of voices and tables",
}
DOORS = {  # package from outside -> files or folders that may import it
    "sounddevice": {"audio/portaudio.py"},
    "jack": {"audio/jack.py"},
    "rtmidi": {"midi/ports.py"},
    "mido": {"midi/files.py"},
    "llvmlite": {"realtime"},
    "numba": {"realtime/build"},
}
DOOR_EXCEPTIONS = {
    ("bench/machine.py", "llvmlite"): "names the processor that was measured",
    ("demo/score.py", "mido"): "writes the song as a MIDI file",
}
FOR_AUDIO = {"realtime", "dsp", "events", "voices", "engine"}  # no device, file, clock or logger here
OUTSIDE_WORLD = {
    "sounddevice",
    "jack",
    "rtmidi",
    "mido",
    "soundfile",
    "serial",
    "time",
    "datetime",
    "logging",
    "warnings",
    "io",
    "pathlib",
    "shutil",
    "tempfile",
    "glob",
    "fileinput",
    "socket",
    "select",
    "selectors",
    "asyncio",
    "threading",
    "multiprocessing",
    "concurrent",
    "queue",
    "subprocess",
    "signal",
    "requests",
    "http",
    "urllib",
    "random",
    "secrets",
}
FILE_EXCEPTIONS = {
    "realtime/image.py": "finds and stores the image",
    "realtime/build": "a process of its own",
}


def python_files():
    return sorted(ROOT.rglob("*.py"))


def imports(path):
    """Full names that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            if node.module == "synthhost":
                yield from (f"synthhost.{alias.name}" for alias in node.names if alias.name != "__version__")
            else:
                yield node.module


def place(path):
    return path.relative_to(ROOT).as_posix()


def layer(path):
    return place(path).split("/")[0].removesuffix(".py")


def inside(name, folders):
    return any(name == folder or name.startswith(folder + "/") for folder in folders)


def all_imports():
    return [(path, name) for path in python_files() for name in imports(path)]


def test_layers_import_only_what_lies_below_them():
    wrong, used = [], set()
    for path, name in all_imports():
        if not name.startswith("synthhost.") or layer(path) == "__init__":
            continue
        target = name.split(".")[1]
        if target == layer(path) or target in BELOW[layer(path)]:
            continue
        used.add((place(path), target))
        if (place(path), target) not in EXCEPTIONS:
            wrong.append(f"{place(path)} imports {name}")
    assert not wrong
    assert used == set(EXCEPTIONS), "an exception is no longer needed"


def test_every_layer_has_its_place_in_the_order():
    assert {layer(path) for path in python_files()} - {"__init__"} <= set(BELOW)


@pytest.mark.parametrize("package", DOORS)
def test_a_package_from_outside_has_one_door(package):
    wrong, used = [], set()
    for path, name in all_imports():
        if name.split(".")[0] != package or inside(place(path), DOORS[package]):
            continue
        used.add((place(path), package))
        if (place(path), package) not in DOOR_EXCEPTIONS:
            wrong.append(place(path))
    assert not wrong
    assert used == {each for each in DOOR_EXCEPTIONS if each[1] == package}, (
        "an exception is no longer needed"
    )


def test_audio_code_imports_no_device_file_clock_or_logger():
    wrong = [
        f"{place(path)} imports {name}"
        for path, name in all_imports()
        if layer(path) in FOR_AUDIO
        and not inside(place(path), FILE_EXCEPTIONS)
        and name.split(".")[0] in OUTSIDE_WORLD
    ]
    assert not wrong
    assert OUTSIDE_WORLD & set(sys.stdlib_module_names)


def test_audio_code_opens_and_prints_nothing():
    for path in python_files():
        if layer(path) not in FOR_AUDIO or inside(place(path), FILE_EXCEPTIONS):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("open", "print", "input", "exec", "eval"), (
                    f"{place(path)}:{node.lineno}"
                )
