"""The reference voice written by hand in C++, compiled by the user's own compiler; see ``bench/reference_voice.cpp``."""

import ctypes
import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile

import numpy as np

from synthhost.realtime.image import PACKAGE, cache_folder

# -nostartfiles leaves out the start-up code by which -ffast-math would make denormals zero in all of this process.
FLAGS = (
    "-O3",
    "-march=native",
    "-ffast-math",
    "-fPIC",
    "-shared",
    "-nostartfiles",
    "-std=c++17",
    "-Wno-psabi",
)
NAME = "reference_voice.cpp"
COMPILE_S = 120


class NoReferenceError(Exception):
    """There is nothing to compare with; the message says why."""


def source():
    """Where the C++ file is: inside the package, or beside it in a source tree. Raises NoReferenceError."""
    for folder in (PACKAGE / "bench", PACKAGE.parent / "bench"):
        if (folder / NAME).is_file():
            return folder / NAME
    raise NoReferenceError(f"{NAME} is not installed; it is in the source tree, in bench/")


def compiler():
    """The C++ compiler: ``CXX``, else g++. Raises NoReferenceError."""
    wanted = os.environ.get("CXX") or "g++"
    path = shutil.which(wanted)
    if path is None:
        raise NoReferenceError(f"no C++ compiler: {wanted} is not installed (Debian: apt install g++)")
    return path


def compile_reference(lanes=8):
    """The compiled kernel, from the cache or compiled now (about 2 s). Raises NoReferenceError.

    `lanes` is how many voices lie side by side: 8 fill an AVX2 register, 16 one of AVX-512.
    """
    program, file, flags = compiler(), source(), (*FLAGS, f"-DLANES={lanes}")
    with open(program, "rb") as binary:
        parts = (file.read_bytes(), repr(flags).encode(), hashlib.file_digest(binary, "sha256").digest())
    key = hashlib.sha256(b"\0".join(parts)).hexdigest()[:20]
    target = cache_folder().parent / "bench" / f"reference-{key}.so"
    if not target.is_file():
        run_compiler(program, file, target, flags)
    return target


def run_compiler(program, file, target, flags=FLAGS):
    """Compile into a file of another name, then put it where it belongs. Raises NoReferenceError."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
            made = pathlib.Path(scratch) / target.name
            command = [program, *flags, "-o", str(made), str(file)]
            done = subprocess.run(command, capture_output=True, text=True, timeout=COMPILE_S)
            if done.returncode != 0:
                raise NoReferenceError(f"{program} refuses {file.name}: {done.stderr.strip()[-500:]}")
            os.replace(made, target)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoReferenceError(f"{file.name} could not be compiled: {error}") from None


class ReferenceVoices:
    """Some voices of the C++ kernel; `render` makes one block, as a driver would call it."""

    def __init__(self, voices, frames, rate_hz, settle_blocks=0, lanes=8):
        library = ctypes.CDLL(str(compile_reference(lanes)))
        library.reference_create.restype = ctypes.c_void_p
        library.reference_create.argtypes = [ctypes.c_int, ctypes.c_float]
        library.reference_render.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int]
        library.reference_render.restype = None
        library.reference_destroy.argtypes = [ctypes.c_void_p]
        self.output = np.zeros((frames, 2), np.float32)
        self._library, self._render = library, library.reference_render
        self._memory = library.reference_create(voices, rate_hz)
        self._arguments = (self._memory, self.output.ctypes.data, frames)
        for _ in range(settle_blocks):
            self.render()

    def render(self):
        """One block."""
        self._render(*self._arguments)

    def close(self):
        """Give the memory back."""
        if self._memory:
            self._library.reference_destroy(self._memory)
            self._memory = None
