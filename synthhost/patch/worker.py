"""The worker process: reads, checks and compiles patches, and watches their files, far from the audio thread.

The host talks to it through a pipe; what comes back is a Program (plain arrays, some kilobytes) or a sentence. A crash here
cannot touch a note.
"""

import contextlib
import os
import pathlib
import pickle
import queue
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace

from synthhost.engine.program import Program
from synthhost.patch.compile import compile_patch
from synthhost.patch.errors import PatchError
from synthhost.patch.files import find, load
from synthhost.patch.programs import patch_for_program

SOURCE = pathlib.Path(__file__).resolve().parents[2]  # where `import synthhost` finds this very package
LOOK_S = 0.25  # how often files are looked at where the system does not tell of changes


@dataclass(frozen=True)
class Prepared:
    """The worker's answer: a program, or why there is none. `tag` is what the host sent along.

    `first` is set on the answer to a request to watch: nothing was saved yet.
    """

    tag: object
    path: str
    program: Program | None
    error: str | None = None
    first: bool = False


def prepare(path, table, tag=None):
    """Read and compile one patch file; every trouble becomes a sentence."""
    try:
        return Prepared(tag, str(path), compile_patch(load(path), table))
    except PatchError as error:
        return Prepared(tag, str(path), None, "\n".join(str(problem) for problem in error.problems))
    except OSError as error:
        return Prepared(tag, str(path), None, f"{path}: {error.strerror or error}")


def sources_of(path):
    """A patch file and the files it builds on or plays, as far as they can be read."""
    try:
        patch = load(path)
    except (PatchError, OSError):
        return [path]
    files, more = [path], [patch.base, *(table.patch for table in patch.parts)]
    while more:
        patch = more.pop()
        if patch is not None:
            files.append(str(patch.path))
            more.append(patch.base)
    return list(dict.fromkeys(files))


def version_of(file):
    """What differs when a file was saved again; None while it is not there."""
    try:
        facts = os.stat(file)
    except (OSError, ValueError):
        return None
    return facts.st_mtime_ns, facts.st_size, facts.st_ino


class Watch:
    """Prepares patches again whenever their files, or those they build on, are saved.

    The system's notice of a change only wakes us, and a look four times a second does so where there is none (network
    drives); what counts is whether a file differs from what it was.
    """

    def __init__(self, answer, table):
        self._answer, self._table = answer, table
        self._tags = {}  # path -> tag
        self._versions = {}  # path -> {file: version}
        self._lock, self._wake = threading.Lock(), threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def add(self, path, tag):
        """Watch a patch from now on; it is prepared once at once, since it may have been saved since it was read."""
        with self._lock:
            self._tags[path] = tag
            self._note(path)
        self._answer(replace(prepare(path, self._table, tag), first=True))
        self._wake.set()

    def remove(self, path):
        """Do not watch a patch any more."""
        with self._lock:
            self._tags.pop(path, None)
            self._versions.pop(path, None)
        self._wake.set()

    def _note(self, path):
        self._versions[path] = {file: version_of(file) for file in sources_of(path)}

    def _saved(self):
        """Patches of which a file differs from what it was, with their tags."""
        found = []
        with self._lock:
            for path, files in list(self._versions.items()):
                if any(version_of(file) != version for file, version in files.items()):
                    self._note(path)
                    found.append((path, self._tags[path]))
        return found

    def _folders(self):
        """The folders to look into: of the files, and of what they are links to."""
        with self._lock:
            files = [file for files in self._versions.values() for file in files]
        folders = {
            os.path.dirname(full(file)) for file in files for full in (os.path.abspath, os.path.realpath)
        }
        return sorted(folder for folder in folders if os.path.isdir(folder))

    def _run(self):
        while True:
            self._wake.clear()
            folders = self._folders()
            for _ in self._looks(folders):
                for path, tag in self._saved():
                    self._answer(prepare(path, self._table, tag))
                if self._folders() != folders:
                    break

    def _looks(self, folders):
        """Yield when something may have changed, until there are other folders to look into."""
        from watchfiles import watch

        if not folders:
            self._wake.wait(LOOK_S)
            yield
            return
        look_ms = int(LOOK_S * 1000)
        with contextlib.suppress(OSError):  # a folder has just gone
            yield from watch(
                *folders,
                stop_event=self._wake,
                debounce=50,
                step=10,
                rust_timeout=look_ms,
                yield_on_timeout=True,
                recursive=False,
                raise_interrupt=False,
            )


def work(requests, answers):
    """The worker's life: answer requests until they end; send a patch again when its file changes."""
    lock = threading.Lock()

    def answer(prepared):
        data = pickle.dumps(prepared)
        with lock, contextlib.suppress(OSError):
            answers.write(data)
            answers.flush()

    table = pickle.load(requests)
    watched = Watch(answer, table)
    while True:
        try:
            request, tag, name = pickle.load(requests)
        except (EOFError, OSError, pickle.UnpicklingError):
            return
        if request == "watch":
            watched.add(name, tag)
        elif request == "unwatch":
            watched.remove(name)
        elif request == "prepare":
            answer(prepare_named(name, table, tag))
        elif request == "program":
            number, bank, channel = name
            answer(prepare_numbered(number, bank, channel, table, tag))


def main():
    """The worker process: requests come by standard input, answers leave by standard output, nothing else does."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    work(sys.stdin.buffer, answers)
    os._exit(0)  # the thread that watches has nothing to finish


def prepare_named(name, table, tag):
    """Prepare the patch that a name means."""
    try:
        return prepare(find(name), table, tag)
    except PatchError as error:
        return Prepared(tag, str(name), None, str(error))


def prepare_numbered(number, bank, channel, table, tag):
    """Prepare the patch that a MIDI program change means."""
    try:
        return prepare(patch_for_program(number, bank >> 7, channel, fine=bank & 127), table, tag)
    except PatchError as error:
        return Prepared(tag, f"program {number}", None, str(error))


class Worker:
    """The host's end: requests go in, answers are taken without waiting.

    It is a session of its own, so Ctrl-C in the terminal is the host's alone; it ends when its input ends.
    """

    def __init__(self, table):
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from synthhost.patch.worker import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join([str(SOURCE), os.environ.get("PYTHONPATH", "")]),
            },
            start_new_session=True,
        )
        assert self._process.stdin and self._process.stdout
        self._requests, self._replies = self._process.stdin, self._process.stdout
        self.began_s = time.monotonic()
        self._answers: queue.SimpleQueue = queue.SimpleQueue()
        threading.Thread(target=self._listen, name="worker's answers", daemon=True).start()
        self._put(list(table))

    def _listen(self):
        with contextlib.suppress(EOFError, OSError, ValueError, pickle.UnpicklingError):
            while True:
                self._answers.put(pickle.load(self._replies))

    def _put(self, data):
        with contextlib.suppress(OSError, ValueError):  # it has ended; the host sees it and starts another
            self._requests.write(pickle.dumps(data))
            self._requests.flush()

    def prepare(self, name, tag=None):
        """Ask for a patch by name or path."""
        self._put(("prepare", tag, str(name)))

    def prepare_program(self, number, channel, tag=None, bank=0):
        """Ask for the patch of a MIDI program number; `channel` counts from 1, `bank` is MSB * 128 + LSB."""
        self._put(("program", tag, (number, bank, channel)))

    def watch(self, path, tag=None):
        """Ask for a patch again whenever its file, or one it builds on, is saved."""
        self._put(("watch", tag, str(path)))

    def unwatch(self, path):
        """Do not watch a patch any more."""
        self._put(("unwatch", None, str(path)))

    def answers(self):
        """What the worker has sent since the last call."""
        found = []
        with contextlib.suppress(queue.Empty):
            while True:
                found.append(self._answers.get_nowait())
        return found

    @property
    def alive(self):
        return self._process.poll() is None

    def close(self):
        """Let the worker end."""
        with contextlib.suppress(OSError, ValueError):
            self._requests.close()
        try:
            self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._replies.close()
