"""The terminal while an instrument is played on it: keys come at once and unseen, one line is drawn again and again.

It is left as it was found, whatever happens.
"""

import atexit
import contextlib
import os
import shutil
import sys
import threading
import time

from synthhost.control.key_input import KeyInput
from synthhost.control.typed import ANSWERED, ASK, BEGIN, END, KITTY, KeyReader

ANSWER_S = (
    0.3  # a terminal answers within milliseconds; over a slow line perhaps later, which is heard as well
)
LOOK_S = 0.005
HIDE_CURSOR, SHOW_CURSOR, CLEAR = "\x1b[?25l", "\x1b[?25h", "\r\x1b[K"


def is_there():
    """Whether somebody sits at a terminal: we may read its keys and write to it."""
    if not (sys.stdin and sys.stdout and sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    if os.environ.get("TERM") == "dumb":
        return False
    return (
        not hasattr(os, "tcgetpgrp") or os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    )  # not in the background


class Terminal:
    """Reads keys and draws a line. `open` it, `close` it; both may be called again."""

    def __init__(self):
        self.true_key_up = False
        self.ended = False  # the terminal itself is gone
        self._reader, self._lock, self._line = KeyReader(), threading.RLock(), ""
        self._is_open = False
        self._input = KeyInput()

    def open(self, ask=True):
        """Begin; `ask` finds out whether the terminal tells when keys come up."""
        if self._is_open:
            return
        self._input.begin()
        self._is_open = True
        atexit.register(self.close)
        self._write(HIDE_CURSOR)
        if ask and self._input.may_ask:
            self._write(ASK.decode())
            end = time.monotonic() + ANSWER_S
            while time.monotonic() < end and not self.ended:
                if any(key.name == ANSWERED for key in self._read(LOOK_S)):
                    break  # keys that were pressed meanwhile are not played

    def close(self):
        """Leave the terminal as it was."""
        if not self._is_open:
            return
        self._is_open = False
        atexit.unregister(self.close)
        with self._lock:
            if self.true_key_up:
                self._write(END.decode())
            self._write(CLEAR + SHOW_CURSOR)
            self._line = ""
            self.true_key_up = False
        self._input.end()

    def keys(self, timeout_s):
        """Wait up to a time for keys; returns those that were pressed or let go, as soon as there are some."""
        return [key for key in self._read(timeout_s) if key.name not in (KITTY, ANSWERED)]

    def _read(self, timeout_s):
        try:
            data = self._input.read(timeout_s)
        except OSError:
            data = None
        if data is None:
            self.ended = True
            return []
        keys = self._reader.read(data, idle=not data and timeout_s > 0)
        if any(key.name == KITTY for key in keys) and not self.true_key_up:
            self.true_key_up = True
            self._write(BEGIN.decode())
        return keys

    def draw(self, line):
        """Show the live line, cut to the terminal's width."""
        with self._lock:
            line = clipped(line, shutil.get_terminal_size().columns - 1)
            if line != self._line:
                self._write(CLEAR + line)
                self._line = line

    def say(self, text):
        """Write something that stays, above the live line."""
        with self._lock:
            self._write(f"{CLEAR}{text}\n{self._line}")

    def _write(self, text):
        with contextlib.suppress(OSError, ValueError):  # nobody looks any more
            sys.stdout.write(text)
            sys.stdout.flush()


def clipped(text, columns):
    """The beginning of a text that fits; what would move the cursor is left out."""
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= columns else text[: max(columns - 1, 0)] + "…"
