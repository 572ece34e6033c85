"""The worker process: reads, checks and compiles patches, and watches their files, far from the audio thread.

The host talks to it through a pipe; what comes back is a Program (plain arrays, some kilobytes) or a sentence. A crash here
cannot touch a note.
"""

import contextlib
import multiprocessing
import pathlib
import threading
from dataclasses import dataclass

from synthhost.engine.program import Program
from synthhost.patch.compile import compile_patch
from synthhost.patch.errors import PatchError
from synthhost.patch.files import find, load
from synthhost.patch.programs import patch_for_program


@dataclass(frozen=True)
class Prepared:
    """The worker's answer: a program, or why there is none. `tag` is what the host sent along."""

    tag: object
    path: str
    program: Program | None
    error: str | None = None


def prepare(path, table, tag=None):
    """Read and compile one patch file; every trouble becomes a sentence."""
    try:
        return Prepared(tag, str(path), compile_patch(load(path), table))
    except PatchError as error:
        return Prepared(tag, str(path), None, "\n".join(str(problem) for problem in error.problems))
    except OSError as error:
        return Prepared(tag, str(path), None, f"{path}: {error.strerror or error}")


def sources_of(path):
    """A patch file and the files it builds on, as far as they can be read."""
    try:
        patch = load(path)
    except (PatchError, OSError):
        return {str(path)}
    files = {str(path)}
    while patch.base is not None:
        patch = patch.base
        files.add(str(patch.path))
    return files


def work(pipe, table):
    """The worker's life: answer requests until the pipe closes; send a patch again when its file changes."""
    watched = {}  # path -> tag
    lock, wake = threading.Lock(), threading.Event()

    def answer(prepared):
        with lock:
            pipe.send(prepared)

    def watch():
        from watchfiles import watch

        while True:
            wake.clear()
            files = {file: path for path in list(watched) for file in sources_of(path)}
            folders = {str(pathlib.Path(file).parent) for file in files}
            if not folders:
                wake.wait()
                continue
            for changes in watch(
                *folders, stop_event=wake, debounce=50, step=10, rust_timeout=500, recursive=False
            ):
                touched = {files[file] for _, file in changes if file in files}
                for path in sorted(touched):
                    answer(prepare(path, table, watched[path]))
                if touched:
                    break  # a patch may build on other files now

    threading.Thread(target=watch, daemon=True).start()
    while True:
        try:
            request, tag, name = pipe.recv()
        except (EOFError, OSError, KeyboardInterrupt):
            return
        if request == "watch":
            watched[name] = tag
            wake.set()
        elif request == "unwatch":
            watched.pop(name, None)
        elif request == "prepare":
            answer(prepare_named(name, table, tag))
        elif request == "program":
            number, channel = name
            answer(prepare_numbered(number, channel, table, tag))


def prepare_named(name, table, tag):
    """Prepare the patch that a name means."""
    try:
        return prepare(find(name), table, tag)
    except PatchError as error:
        return Prepared(tag, str(name), None, str(error))


def prepare_numbered(number, channel, table, tag):
    """Prepare the patch that a MIDI program change means."""
    try:
        return prepare(patch_for_program(number, channel=channel), table, tag)
    except PatchError as error:
        return Prepared(tag, f"program {number}", None, str(error))


class Worker:
    """The host's end of the worker: requests go in, answers are taken without waiting."""

    def __init__(self, table):
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=work, args=(theirs, list(table)), name="synthhost worker", daemon=True
        )
        self._process.start()
        theirs.close()

    def prepare(self, name, tag=None):
        """Ask for a patch by name or path."""
        self._send("prepare", tag, name)

    def prepare_program(self, number, channel, tag=None):
        """Ask for the patch of a MIDI program number; `channel` counts from 1."""
        self._send("program", tag, (number, channel))

    def watch(self, path, tag=None):
        """Ask for a patch again whenever its file, or one it builds on, is saved."""
        self._send("watch", tag, str(path))

    def _send(self, *request):
        with contextlib.suppress(OSError):  # the worker has ended; the host sees it and starts another
            self._pipe.send(request)

    def answers(self):
        """What the worker has sent since the last call."""
        found = []
        try:
            while self._pipe.poll():
                found.append(self._pipe.recv())
        except (EOFError, OSError):
            pass
        return found

    @property
    def alive(self):
        return self._process.is_alive()

    def close(self):
        """Let the worker end."""
        self._pipe.close()
        self._process.join(1.0)
        if self._process.is_alive():
            self._process.terminate()
