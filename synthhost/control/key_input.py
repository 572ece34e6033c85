"""Bytes from the keys of a terminal: at once, unseen, on each system in its own way."""

import contextlib
import os
import select
import sys
import time

LOOK_S = 0.005
READ_BYTES = 1024

if sys.platform == "win32":
    import ctypes
    import msvcrt

    class KeyInput:
        """Keys of a Windows console. It does not say when they come up."""

        may_ask = False
        SPECIAL = {
            "H": b"\x1b[A",
            "P": b"\x1b[B",
            "K": b"\x1b[D",
            "M": b"\x1b[C",
            "I": b"\x1b[5~",
            "Q": b"\x1b[6~",
        }

        def begin(self):
            kernel = ctypes.WinDLL("kernel32")
            self._console = kernel.GetStdHandle(-11)
            self._before = ctypes.c_uint32()
            kernel.GetConsoleMode(self._console, ctypes.byref(self._before))
            kernel.SetConsoleMode(self._console, self._before.value | 4)  # ENABLE_VIRTUAL_TERMINAL_PROCESSING

        def end(self):
            ctypes.WinDLL("kernel32").SetConsoleMode(self._console, self._before.value)

        def read(self, timeout_s):
            """What was pressed, as the bytes a Unix terminal would send."""
            end = time.monotonic() + timeout_s
            while not msvcrt.kbhit():
                if time.monotonic() >= end:
                    return b""
                time.sleep(min(LOOK_S, timeout_s))
            data = b""
            while msvcrt.kbhit():
                key = msvcrt.getwch()
                data += self.SPECIAL.get(msvcrt.getwch(), b"") if key in "\0\xe0" else key.encode()
            return data

else:
    import termios
    import tty

    class KeyInput:
        """Keys of a Unix terminal, at once and without echo."""

        may_ask = True

        def begin(self):
            self._file = sys.stdin.fileno()
            self._before = termios.tcgetattr(self._file)
            tty.setcbreak(self._file, termios.TCSANOW)

        def end(self):
            with contextlib.suppress(OSError, termios.error):
                termios.tcsetattr(
                    self._file, termios.TCSAFLUSH, self._before
                )  # what was typed meanwhile is no command

        def read(self, timeout_s):
            """Bytes; empty when none came in time, None when the terminal is gone."""
            if not select.select([self._file], [], [], timeout_s)[0]:
                return b""
            return os.read(self._file, READ_BYTES) or None
