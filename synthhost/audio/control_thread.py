"""The one thread that opens, starts, stops and closes sound cards.

ASIO drivers are COM objects that belong to the thread which made them, and some show windows: that thread has COM
initialised and answers window messages. Nobody else waits for a driver longer than a limit.
"""

import ctypes
import queue
import sys
import threading

from synthhost.audio.errors import AudioError

LIMIT_S = 20.0
MESSAGES_S = 0.05


class ControlThread:
    """Runs functions one after the other in a thread of its own, started by the first call."""

    def __init__(self):
        self._jobs = queue.SimpleQueue()
        self._thread = None
        self._stuck = None

    def call(self, function, *arguments, limit_s=LIMIT_S):
        """Run a function there and return what it returns, or raise what it raises. Raises AudioError after `limit_s`."""
        if threading.current_thread() is self._thread:
            return function(*arguments)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="audio control", daemon=True)
            self._thread.start()
        if self._stuck is not None and not self._stuck.is_set():
            raise AudioError("the sound card's driver still does not answer: unplug the card, or start again")
        done, outcome = threading.Event(), []
        self._jobs.put((function, arguments, outcome, done))
        if not done.wait(limit_s):
            self._stuck = done
            raise AudioError(
                f"the sound card's driver did not answer for {limit_s:.0f} s: unplug the card, or start again "
                "with --no-asio"
            )
        result, error = outcome
        if error is not None:
            raise error
        return result

    def _work(self):
        wait_s = None
        if sys.platform == "win32":
            wait_s = MESSAGES_S
            ctypes.WinDLL("ole32").CoInitialize(None)
        while True:
            try:
                function, arguments, outcome, done = self._jobs.get(timeout=wait_s)
            except queue.Empty:
                answer_messages()
                continue
            try:
                outcome[:] = function(*arguments), None
            except BaseException as error:
                outcome[:] = None, error
            done.set()


def answer_messages():
    """Hand over the messages of windows that belong to this thread: a driver's control panel lives on them (Windows)."""
    if sys.platform == "win32":
        from ctypes import wintypes

        user, message = ctypes.WinDLL("user32"), wintypes.MSG()
        while user.PeekMessageW(ctypes.byref(message), None, 0, 0, 1):
            user.TranslateMessage(ctypes.byref(message))
            user.DispatchMessageW(ctypes.byref(message))


CONTROL = ControlThread()
