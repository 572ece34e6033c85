"""The image: all machine code of the audio and MIDI threads, built once, proven, stored, loaded without a compiler.

``load_image()`` finds the image for this processor, these versions and this source in the user's cache, or has it built by
another process. A stored image that is damaged, stale or somebody else's is built anew, never trusted.
"""

import atexit
import contextlib
import ctypes
import hashlib
import json
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from typing import Any

MODULES = (  # whose operators and entries make up the image
    "synthhost.dsp",
    "synthhost.events.ring",
    "synthhost.engine.callback",
    "synthhost.midi.reader",
    "synthhost.midi.decode",
    "synthhost.audio.jack_process",
    "synthhost.audio.virtual_loop",
    "synthhost.latency.probe",
)
SOURCES = (  # whose text is the image's text: all that MODULES import of ours
    "realtime",
    "dsp",
    "events",
    "voices",
    "engine",
    "midi/reader.py",
    "midi/decode.py",
    "midi/sysex.py",
    "midi/touch.py",
    "audio/jack_process.py",
    "audio/virtual_loop.py",
    "audio/block_log.py",
    "latency/probe.py",
    "latency/striker.py",
    "latency/watch.py",
)
PACKAGE = pathlib.Path(__file__).resolve().parents[1]
C_TYPES: dict[str, Any] = {
    "void": None,
    "int32": ctypes.c_int32,
    "uint32": ctypes.c_uint32,
    "int64": ctypes.c_int64,
    "float32": ctypes.c_float,
    "address": ctypes.c_void_p,
    "ulong": ctypes.c_ulong,
}


class ImageError(Exception):
    """There is no image and none could be built; the message says why and what to do."""


class Image:
    """Loaded machine code: its entries by name, its operators by index, and what is known of it."""

    def __init__(self, code, manifest, folder):
        self.code, self.manifest, self.folder = code, manifest, folder
        self.operators = [operator["name"] for operator in manifest["operators"]]
        self._addresses, self._keep = link_object(code, list(manifest["entries"]))

    def address(self, name):
        """Address of an entry, for a driver."""
        return self._addresses[name]

    def addresses(self):
        """Addresses of all entries."""
        return list(self._addresses.values())

    def function(self, name, keep_gil=False):
        """An entry as a ctypes function. With `keep_gil` a short call does not let other Python threads in."""
        result, *arguments = self.manifest["entries"][name]
        kind = ctypes.PYFUNCTYPE if keep_gil else ctypes.CFUNCTYPE
        return kind(C_TYPES[result], *[C_TYPES[a] for a in arguments])(self.address(name))


def link_object(code, names):
    """Bring object code into this process. Returns ({entry: address}, what must be kept alive)."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    triple = llvm.get_process_triple() + ("-elf" if sys.platform == "win32" else "")
    machine = llvm.Target.from_triple(triple).create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        reloc="pic",
        codemodel="default",
    )
    if sys.platform == "win32":
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
        engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        engine.finalize_object()
        return {name: engine.get_function_address(name) for name in names}, engine
    compiler = llvm.create_lljit_compiler(machine)
    builder = llvm.JITLibraryBuilder().add_object_img(code).add_current_process()
    for name in names:
        builder.export_symbol(name)
    tracker = builder.link(compiler, "synthhost")
    return {name: tracker[name] for name in names}, (compiler, tracker)


def cache_folder():
    """Where images are stored for this user."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or pathlib.Path.home() / "AppData/Local"
    elif sys.platform == "darwin":
        base = pathlib.Path.home() / "Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "synthhost" / "images"


def image_key(checked=False):
    """What an image depends on, as a short digest: source, versions, processor, kind of build."""
    import llvmlite.binding as llvm

    digest = hashlib.sha256()
    for source in SOURCES:
        for path in sorted((PACKAGE / source).rglob("*.py")) or [PACKAGE / source]:
            digest.update(f"{path.relative_to(PACKAGE).as_posix()}\0".encode())
            digest.update(path.read_bytes())
    facts = [
        llvm.get_process_triple(),
        llvm.get_host_cpu_name(),
        llvm.get_host_cpu_features().flatten(),
        str(checked),
    ]
    for package in ("numba", "llvmlite", "numpy"):
        try:
            facts.append(version(package))
        except PackageNotFoundError:
            facts.append("none")
    digest.update("\0".join(facts).encode())
    return digest.hexdigest()[:20]


def trusted(facts):
    """Whether only this user (or root) could have written what these facts of a file (`os.stat_result`) are of."""
    if not hasattr(os, "getuid"):
        return True
    return facts.st_uid in (os.getuid(), 0) and not facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def read_trusted(path):
    """Bytes of a file that nobody else could have written. Raises PermissionError for any other."""
    with open(path, "rb") as file:
        if not trusted(os.fstat(file.fileno())):
            raise PermissionError(f"{path} could have been written by somebody else")
        return file.read()


def stored_image(folder):
    """The image in a folder, or None if there is none that can be trusted."""
    try:
        if not trusted(folder.stat()):
            return None
        code, manifest = read_trusted(folder / "image.o"), json.loads(read_trusted(folder / "manifest.json"))
        if hashlib.sha256(code).hexdigest() != manifest["sha256"]:
            return None
        return Image(code, manifest, folder)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError):
        return None


def load_image(progress=None, checked=None):
    """The image for this machine, from the cache or built now (10 to 60 s, once).

    `progress` is called as ``progress(done, total, name)`` while it is built. ``SYNTHHOST_CHECKED=1`` in the environment
    chooses the build with bounds checks. Raises ImageError.
    """
    if checked is None:
        checked = os.environ.get("SYNTHHOST_CHECKED", "") not in ("", "0")
    folder = cache_folder() / image_key(checked)
    image = stored_image(folder)
    if image is None:
        with one_builder(folder):
            image = stored_image(folder) or build_image(folder, progress, checked)
    return image


@contextlib.contextmanager
def one_builder(folder):
    """Let one process at a time build into a folder; the others wait and find its image."""
    try:
        import fcntl

        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = open(folder.with_suffix(".lock"), "w")  # noqa: SIM115 (closed below)
    except (ImportError, OSError):  # Windows, or a read-only home: at worst it is built twice
        yield
        return
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build_image(folder, progress=None, checked=False):
    """Have an image built by another process and store it in `folder`, replacing what is there."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        scratch = pathlib.Path(tempfile.mkdtemp(prefix="build-", dir=folder.parent))
    except OSError:  # a read-only home: it works, but is built each time
        scratch = pathlib.Path(tempfile.mkdtemp(prefix="synthhost-build-"))
    atexit.register(shutil.rmtree, scratch, ignore_errors=True)
    run_build(scratch / "image", progress, checked)
    for path in (scratch / "image", *(scratch / "image").iterdir()):  # whatever the umask says
        path.chmod(path.stat().st_mode & ~(stat.S_IWGRP | stat.S_IWOTH))
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):  # another process was faster, or what is there cannot be removed
        os.replace(scratch / "image", folder)
    image = stored_image(folder) or stored_image(scratch / "image")
    if image is None:
        raise ImageError(f"the image was built but cannot be read back from {folder}: is the disk full?")
    return image


def run_build(target, progress, checked):
    """Run the build process and follow what it says."""
    command = [
        sys.executable,
        "-m",
        "synthhost.realtime.build",
        str(target),
        *(["--checked"] if checked else []),
        *MODULES,
    ]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(PACKAGE.parent), os.environ.get("PYTHONPATH", "")]),
    }
    with tempfile.TemporaryFile("w+") as complaints:
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=complaints, text=True, env=environment
        ) as process:
            for line in process.stdout or ():
                done, total, name = line.split(" ", 2)
                if progress:
                    progress(int(done), int(total), name.strip())
        if process.returncode != 0:
            complaints.seek(0)
            text = complaints.read().strip()
            if "No module named 'numba'" in text:
                text = "numba is not installed; 'pip install numba' mends it"
            raise ImageError(f"the audio code could not be built.\n{text[-3000:]}")
