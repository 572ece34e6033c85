"""The reference voice in Faust (https://faust.grame.fr), if its compiler is installed; see ``bench/reference_voice.dsp``.

Faust computes every sample of everything: this is what a per-sample compiler costs, not a rival at control rate.
"""

import ctypes
import hashlib
import pathlib
import shutil
import subprocess
import tempfile

import numpy as np

from synthhost.bench.reference import FLAGS, NoReferenceError, compiler, run_compiler
from synthhost.realtime.image import PACKAGE, cache_folder

NAME = "reference_voice.dsp"
ARCHITECTURE = """
#include <cstdlib>
struct Meta { void declare(const char *, const char *) {} };
struct UI {
    void openVerticalBox(const char *) {}
    void closeBox() {}
};
struct dsp { virtual ~dsp() {} };
#define FAUSTFLOAT float
<<includeIntrinsic>>
<<includeclass>>
extern "C" {
void *faust_create(int rate_hz) { mydsp *voices = new mydsp(); voices->init(rate_hz); return voices; }
void faust_render(void *voices, float **output, int frames) { ((mydsp *)voices)->compute(frames, nullptr, output); }
void faust_destroy(void *voices) { delete (mydsp *)voices; }
}
"""
COMPILE_S = 120


def compile_faust(voices):
    """The compiled voices, from the cache or compiled now. Raises NoReferenceError."""
    faust = shutil.which("faust")
    if faust is None:
        raise NoReferenceError("not installed")
    files = [
        folder / NAME for folder in (PACKAGE / "bench", PACKAGE.parent / "bench") if (folder / NAME).is_file()
    ]
    if not files:
        raise NoReferenceError(f"{NAME} is not installed; it is in the source tree, in bench/")
    facts = (files[0].read_bytes(), repr((FLAGS, voices, ARCHITECTURE)).encode())
    key = hashlib.sha256(b"\0".join(facts)).hexdigest()[:20]
    target = cache_folder().parent / "bench" / f"faust-{key}.so"
    if not target.is_file():
        text = files[0].read_text("utf-8").replace("VOICES = 1;", f"VOICES = {voices};")
        with tempfile.TemporaryDirectory() as scratch:
            source = translate(faust, text, pathlib.Path(scratch))
            run_compiler(compiler(), source, target)
    return target


def translate(faust, text, scratch):
    """From Faust to C++. Returns the file; raises NoReferenceError."""
    (scratch / "voices.dsp").write_text(text, "utf-8")
    (scratch / "architecture.cpp").write_text(ARCHITECTURE, "utf-8")
    made = scratch / "voices.cpp"
    command = [faust, "-lang", "cpp", "-a", "architecture.cpp", "-o", str(made), "voices.dsp"]
    try:
        done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, timeout=COMPILE_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoReferenceError(f"faust does not run: {error}") from None
    if done.returncode != 0:
        raise NoReferenceError(f"faust refuses {NAME}: {done.stderr.strip()[-300:]}")
    return made


class FaustVoices:
    """Some voices; `render` makes one block, as a driver would call it."""

    def __init__(self, voices, frames, rate_hz, settle_blocks=0):
        library = ctypes.CDLL(str(compile_faust(voices)))
        library.faust_create.restype = ctypes.c_void_p
        library.faust_render.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int]
        library.faust_destroy.argtypes = [ctypes.c_void_p]
        self.output = np.zeros((2, frames), np.float32)
        self._channels = (ctypes.c_void_p * 2)(*[channel.ctypes.data for channel in self.output])
        self._library, self._render = library, library.faust_render
        self._memory = library.faust_create(rate_hz)
        self._arguments = (self._memory, self._channels, frames)
        for _ in range(settle_blocks):
            self.render()

    def render(self):
        """One block."""
        self._render(*self._arguments)

    def close(self):
        """Give the memory back."""
        if self._memory:
            self._library.faust_destroy(self._memory)
            self._memory = None
