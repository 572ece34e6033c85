"""The keyboard of a measurement: a process that writes into a pipe and says when (`sender.py`)."""

import json
import os
import pathlib
import subprocess
import sys
import time
from typing import IO, cast

import numpy as np

from synthhost.audio.errors import AudioError

SENDER = pathlib.Path(__file__).with_name("sender.py")
CLEAN_NS = 200_000  # a write that took longer was interrupted: its stamp says nothing


class Keyboard:
    """A sender that strikes `keys` notes; `fd` is the end of the pipe to read from."""

    def __init__(self, keys, gap_s, hold_s, seed=1, key=69):
        self.fd, write = os.pipe()
        words = (write, keys, seed, *map(float, gap_s), float(hold_s), key)
        self.longest_s = keys * gap_s[1] + 10.0
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(SENDER), *map(str, words)],
            pass_fds=[write],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )
        os.close(write)
        self._answer = cast(IO[bytes], self._process.stdout)

    def play(self, meanwhile, more_s):
        """Call `meanwhile()` each 20 ms until the last key has been struck and `more_s` have passed. Returns Strikes."""
        end = time.monotonic() + self.longest_s
        while self._process.poll() is None:
            meanwhile()
            time.sleep(0.02)
            if time.monotonic() > end:
                self._process.kill()
                raise AudioError("the process that plays the keys did not end")
        answer = self._answer.read()
        if self._process.returncode != 0:
            raise AudioError("the process that plays the keys failed")
        end = time.monotonic() + more_s
        while time.monotonic() < end:
            meanwhile()
            time.sleep(0.02)
        stamps = np.array(json.loads(answer), np.int64).reshape(-1, 2)
        return stamps[:, 0], stamps[:, 1] - stamps[:, 0] < CLEAN_NS

    def close(self):
        """End the process, close the pipe."""
        if self._process.poll() is None:
            self._process.kill()
        self._answer.close()
        self._process.wait()
        os.close(self.fd)


def roomy(gap_s, hold_s, buffer_s):
    """Gaps between keys so wide that each note is over, after the constant delay, before the next one."""
    least = max(gap_s[0], hold_s + 4 * buffer_s + 0.01)
    return least, max(gap_s[1], least + max(buffer_s, 0.02))
