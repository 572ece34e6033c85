"""The patch package is on the way to the first sound: it stays light and quick."""

import subprocess
import sys
import time

from synthhost.patch import compile_patch, find, load

HEAVY = {"numba", "llvmlite", "difflib", "jsonschema", "sounddevice", "mido", "click", "rich"}


def test_importing_it_brings_in_no_compiler_and_no_device():
    code = "import sys, numpy; before = set(sys.modules); import synthhost.patch; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & {name.partition(".")[0] for name in done.stdout.split()}


def test_a_patch_is_read_and_compiled_in_a_few_milliseconds():
    path, best = find("keys/electric-piano"), 1.0
    for _ in range(20):
        began = time.process_time()
        compile_patch(load(path))
        best = min(best, time.process_time() - began)
    assert best < 0.005
