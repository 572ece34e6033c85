"""`synthhost play` on a terminal of its own: keys typed as a terminal sends them, and the screen as a person sees it."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import threading
import time

import pyte

from tests.control.command import ENVIRONMENT

COLUMNS, LINES = 120, 45
QUERY, ANSWER = b"\x1b[?u\x1b[c", b"\x1b[?0u\x1b[?62;c"
PLAIN_ANSWER = b"\x1b[?62;c"


class Seat:
    """A terminal, with or without the kitty keyboard protocol, on which synthhost plays the virtual device."""

    def __init__(self, *arguments, kitty=False, code="from synthhost.control.cli import main; main()"):
        self.kitty, self.sent, self._pulled = kitty, b"", False
        self.screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self.screen)
        self.master, line = pty.openpty()
        fcntl.ioctl(line, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self.before = termios.tcgetattr(line)
        self._line = line
        command = [sys.executable, "-c", code, "play", "--audio", "virtual", *map(str, arguments)]
        self.process = subprocess.Popen(
            command,
            stdin=line,
            stdout=line,
            stderr=line,
            env={**ENVIRONMENT, "TERM": "xterm-256color"},
            preexec_fn=self._take_terminal,
        )
        self._lock = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @staticmethod
    def _take_terminal():
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def _read(self):
        while not self._pulled:
            if not select.select([self.master], [], [], 0.05)[0]:
                continue
            try:
                data = os.read(self.master, 4096)
            except OSError:
                return
            if not data:
                return
            self.sent += data
            if QUERY in data:
                os.write(self.master, ANSWER if self.kitty else PLAIN_ANSWER)
            with self._lock:  # pyte knows no private sequences of this kind
                self._stream.feed(
                    data.replace(b"\x1b[>15u", b"").replace(b"\x1b[<u", b"").replace(b"\x1b[?u", b"")
                )

    def type(self, data):
        """Send what a terminal sends."""
        os.write(self.master, data if isinstance(data, bytes) else data.encode())

    def text(self):
        """The screen's lines as one text."""
        with self._lock:
            return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    def live_line(self):
        """The lowest line."""
        return self.text().rsplit("\n", 1)[-1]

    def wait_for(self, *words, seconds=20.0):
        """Wait until all words are on the screen; returns it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            text = self.text()
            if all(word in text for word in words):
                return text
            time.sleep(0.01)
        raise AssertionError(f"{words} did not come:\n{self.text()}")

    def wait_line(self, *words, seconds=20.0):
        """Wait until all words are in the live line; returns it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            line = self.live_line()
            if all(word in line for word in words):
                return line
            time.sleep(0.01)
        raise AssertionError(f"{words} did not come:\n{self.text()}")

    def end(self, seconds=10.0):
        """Wait for the end; returns the exit code."""
        return self.process.wait(seconds)

    def pull(self):
        """Close the terminal's window."""
        self._pulled = True
        self._reader.join()
        os.close(self._line)
        self._line = None
        os.close(self.master)
        self.master = None

    def restored(self):
        """Whether the terminal is as it was before, and the cursor is shown."""
        return termios.tcgetattr(self._line) == self.before and not self.screen.cursor.hidden

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.master is not None:
            self.pull()
