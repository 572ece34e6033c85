"""Where the player sits: keys that steer, keys that play, the live line; all in the control thread, far from the sound."""

import os
import signal
import time

from synthhost.control.computer_keys import ComputerKeys
from synthhost.control.live_line import LiveLine
from synthhost.control.typed import RELEASE

TICK_S = 0.02
STEP_DB = 1.0
LOUDEST_DB, SOFTEST_DB = 12.0, -96.0


class Desk:
    """Without a terminal: only the time passes."""

    def wait(self):
        """Let a tick pass."""
        time.sleep(TICK_S)

    def draw(self):
        """There is nothing to draw on."""

    def close(self):
        """There is nothing to leave."""


class Stage:
    """A terminal on which an instrument is played.

    Parameters
    ----------
    terminal : a `Terminal`, which is opened
    touch : how the computer's keys are read, or None if they do not play
    stop : told when the player wants to end
    """

    def __init__(self, host, terminal, touch, stop):
        self.host, self.terminal, self.stop = host, terminal, stop
        terminal.open(ask=touch is not None)
        self.keys = ComputerKeys(host, touch, terminal.true_key_up) if touch is not None else None
        self.line = LiveLine(host)
        self._wanted = None  # the patch that was asked for last
        self._suspend = False
        self._next_tick = time.monotonic() + TICK_S
        self._actions = {
            "escape": self._panic,
            "page up": lambda: self._browse(-1),
            "page down": lambda: self._browse(1),
            "+": lambda: self._louder(STEP_DB),
            "=": lambda: self._louder(STEP_DB),
            "-": lambda: self._louder(-STEP_DB),
            "ctrl-c": self._end,
            "ctrl-d": self._end,
            "ctrl-z": self._want_pause,
        }
        if self.keys is None:
            self._actions["q"] = self._end
        self._before = signal.signal(signal.SIGTSTP, self._want_pause) if hasattr(signal, "SIGTSTP") else None

    def explain(self):
        """What the keys do, in some lines."""
        keys = self.keys.explain() if self.keys else []
        end = "Ctrl-C ends" if self.keys else "q or Ctrl-C ends"
        return [*keys, f"Esc panic; PgUp/PgDn patch; +/− volume; {end}"]

    def wait(self):
        """Let a tick pass; what is typed meanwhile is done at once."""
        while (left := self._next_tick - time.monotonic()) > 0:
            for key in self.terminal.keys(left):
                self._take(key)
            if self.keys:
                self.keys.true_key_up = self.terminal.true_key_up
                self.keys.tick()
            if self._suspend:
                self._pause()
            if self.stop.wanted:
                return
            if self.terminal.ended:
                self._end()
        self._next_tick = time.monotonic() + TICK_S

    def _take(self, key):
        if key.name in self._actions:
            if key.kind != RELEASE:
                self._actions[key.name]()
        elif self.keys:
            self.keys.play(key)

    def _panic(self):
        if self.keys:
            self.keys.let_go()
        self.host.silence()

    def _end(self):
        self.stop.wanted = True

    def _louder(self, step_db):
        self.host.set_volume(min(max(self.host.volume_db + step_db, SOFTEST_DB), LOUDEST_DB))

    def _browse(self, step):
        """Ask for the next or the previous patch in the list."""
        from synthhost.patch import list_patches

        patches = list_patches()
        names, paths = list(patches), [str(path) for path in patches.values()]
        if self._wanted in names:
            place = names.index(self._wanted)
        elif self.host.patch_path in paths:
            place = paths.index(self.host.patch_path)
        else:  # a file of one's own: it stands before the list
            place = -1 if step > 0 else 0
        self._wanted = names[(place + step) % len(names)]
        self.host.load_patch(self._wanted)

    def _want_pause(self, *_):
        self._suspend = True

    def _pause(self):
        """The shell's Ctrl-Z: give the terminal back, stop, go on when we are fetched again."""
        self._suspend = False
        if self.keys:
            self.keys.let_go()
        self.terminal.close()
        os.kill(os.getpid(), signal.SIGSTOP)
        self.terminal.open(ask=self.keys is not None)

    def draw(self):
        """Draw the live line, as often as an eye can follow."""
        if self.line.due():
            self.terminal.draw(self.line.text(self.keys.octave if self.keys else None))

    def close(self):
        """Let all keys go and leave the terminal."""
        if self.keys:
            self.keys.let_go()
        self.terminal.close()
        if self._before is not None:
            signal.signal(signal.SIGTSTP, self._before)
