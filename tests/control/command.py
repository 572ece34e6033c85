"""Helpers of the command line's tests: run it as a person does, in a process of its own, and watch it play."""

import json
import os
import pathlib
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
FIFTHS = ROOT / "patches" / "lead" / "fifths.toml"


def run(*arguments, folder=None, seconds=60):
    """Run ``synthhost …`` to its end; never with a traceback."""
    command = [sys.executable, "-m", "synthhost", *map(str, arguments)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=seconds,
        env=ENVIRONMENT,
        cwd=folder,
        encoding="utf-8",
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return done


class Playing:
    """A ``synthhost play --json-status`` on the virtual device, with a pipe for a keyboard."""

    def __init__(self, tmp_path, *arguments):
        self.cable = tmp_path / "keyboard"
        if not self.cable.exists():
            os.mkfifo(self.cable)
        self._keys = os.open(self.cable, os.O_RDWR)
        command = [sys.executable, "-m", "synthhost", "play", *map(str, arguments)]
        command += ["--audio", "virtual", "--json-status", "--midi-raw", str(self.cable)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT, encoding="utf-8"
        )
        self.lines = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def press(self, *data):
        """Send MIDI bytes."""
        os.write(self._keys, bytes(data))

    def wait_for(self, wanted, seconds=20.0):
        """Wait for a line of status of which `wanted` says yes; lines are taken once."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            while self.lines:
                line = self.lines.pop(0)
                if wanted(line):
                    return line
            if self.process.poll() is not None and not self._reader.is_alive() and not self.lines:
                break
            time.sleep(0.01)
        raise AssertionError(f"did not come; exit code {self.process.poll()}, {self.problems()}")

    def message(self, words, seconds=20.0):
        """Wait for a sentence with these words."""
        return self.wait_for(lambda line: words in line.get("text", ""), seconds)["text"]

    def status(self, seconds=20.0, **wanted):
        """Wait for a status with these facts."""
        return self.wait_for(
            lambda line: line["event"] == "status" and all(line[k] == v for k, v in wanted.items()), seconds
        )

    def problems(self):
        if self.process.poll() is None:
            self.process.kill()
        return self.process.stderr.read()

    def end(self, signal):
        """End it; returns the last line and what was written to standard error."""
        self.process.send_signal(signal)
        self.process.wait(20)
        self._reader.join(5)
        return self.lines[-1], self.process.stderr.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join(5)
        self.process.stdout.close()
        self.process.stderr.close()
        os.close(self._keys)
