"""The patch package is on the way to the first sound: it stays light and quick."""

import subprocess
import sys
import time
import tomllib

from synthhost.patch import compile_patch, find, load

HEAVY = {"numba", "llvmlite", "difflib", "jsonschema", "sounddevice", "mido", "click", "rich"}


def test_importing_it_brings_in_no_compiler_and_no_device():
    code = "import sys, numpy; before = set(sys.modules); import synthhost.patch; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & {name.partition(".")[0] for name in done.stdout.split()}


def test_reading_and_compiling_a_patch_takes_a_few_times_what_its_toml_alone_takes():
    path = find("keys/electric-piano")
    text, toml_s, patch_s = path.read_text("utf-8"), [], []
    for _ in range(20):
        began = time.process_time()
        tomllib.loads(text)
        read = time.process_time()
        compile_patch(load(path))
        toml_s.append(read - began)
        patch_s.append(time.process_time() - read)
    assert min(patch_s) < 8 * min(toml_s)
