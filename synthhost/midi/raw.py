"""Raw MIDI inputs: the devices of ALSA, a FIFO, a pseudo-terminal; each with its own native thread (`reader.py`)."""

import contextlib
import ctypes
import os
import pathlib
import re
import stat
import threading
import weakref
from dataclasses import dataclass

import numpy as np

from synthhost.midi.decode import counters
from synthhost.midi.kinds import sequencer_names, usb_identity, why_left_out
from synthhost.midi.reader import ENDED, FAILED, IDLE, POLLIN, READER, RUNNING
from synthhost.midi.touch import Touch
from synthhost.realtime.clock import fill_clock
from synthhost.realtime.machine import store_release

STATES = {IDLE: "stopped", RUNNING: "reading", ENDED: "hung up", FAILED: "failed while reading"}
JOIN_S = 1.0


@dataclass(frozen=True)
class RawDevice:
    """One input of an ALSA raw MIDI device, as its maker named it."""

    name: str
    path: str
    card: int
    home: str = ""  # what stays the same when it is plugged in again: its USB identity


def list_raw_midi(asound="/proc/asound", devices="/dev/snd", cards="/sys/class/sound"):
    """List the inputs of all raw MIDI devices; none where there is no ALSA.

    A device with several inputs is listed, and can be opened, that many times: ALSA gives out the next free input. The last
    ones are left out if they are for a DAW; only the sequencer's list knows their names.
    """
    ports = sequencer_names(asound)
    found = []
    for place in sorted(pathlib.Path(asound).glob("card[0-9]*/midi[0-9]*")):
        card, device = place.parent.name[4:], place.name[4:]
        try:
            lines = place.read_text(errors="replace").splitlines()
        except OSError:  # unplugged just now
            continue
        name = lines[0].strip() if lines and lines[0].strip() else f"card {card} device {device}"
        inputs = sum(re.match(r"Input \d+", line) is not None for line in lines)
        names = ports.get(int(card) * 4 + int(device), [])[:inputs]
        while inputs > 1 and len(names) == inputs and why_left_out(names[-1]):
            names, inputs = names[:-1], inputs - 1
        home = usb_identity(int(card), asound, cards)
        found += [RawDevice(name, f"{devices}/midiC{card}D{device}", int(card), home)] * inputs
    return found


def open_input(path):
    """Open a device, FIFO or terminal for reading. Returns (file descriptor, whether it is a FIFO)."""
    if not hasattr(os, "O_NONBLOCK"):
        raise OSError(f"{path}: raw MIDI can be read on Linux and macOS only")
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    mode = os.fstat(fd).st_mode
    if not stat.S_ISFIFO(mode) and not stat.S_ISCHR(mode):
        os.close(fd)
        raise OSError(f"{path} is neither a device nor a FIFO")
    if os.isatty(fd):
        import tty

        tty.setraw(fd)  # a terminal would turn some bytes into others, and wait for the end of a line
    return fd, stat.S_ISFIFO(mode)


class RawMidiInput:
    """Notes from a raw MIDI device, a FIFO, a pseudo-terminal or an open file, read by a native thread.

    `image` is the loaded machine code, `ring_address` the ring that this thread alone writes to, `port` its number.
    A FIFO waits for its first writer, and for the next when one goes away; anything else ends with its sender.
    Whenever the sender is gone, the port's notes are released.

    Raises OSError when the path cannot be opened.
    """

    def __init__(self, image, ring_address, path_or_fd, port, name=None, touch=Touch()):  # noqa: B008 (it never changes)
        self.path = path_or_fd
        self.port = port
        self.name = name or (f"file {path_or_fd}" if isinstance(path_or_fd, int) else os.fspath(path_or_fd))
        if isinstance(path_or_fd, int):
            fd, is_fifo = os.dup(path_or_fd), False
        else:
            fd, is_fifo = open_input(path_or_fd)
        wake_read, wake_write = os.pipe()
        memory = np.zeros(1, READER)
        self.reader = reader = memory[0]
        libc = ctypes.CDLL(None)
        reader.poll = ctypes.cast(libc.poll, ctypes.c_void_p).value
        reader.read = ctypes.cast(libc.read, ctypes.c_void_p).value
        reader.ring, reader.port, reader.is_fifo = ring_address, port, is_fifo
        reader.wake.fd, reader.wake.events = wake_read, POLLIN
        reader.input.fd, reader.input.events = fd, POLLIN
        fill_clock(reader.clock)
        touch.fill(reader.decoder.touch)
        reader.state = RUNNING
        self.thread = threading.Thread(
            target=image.function("read_midi"),
            args=(memory.ctypes.data,),
            name=f"midi {self.name}",
            daemon=True,
        )
        self.thread.start()
        self._stop = weakref.finalize(self, stop, memory, self.thread, image, (fd, wake_read, wake_write))

    @property
    def state(self):
        """IDLE, RUNNING, ENDED or FAILED of `reader.py`."""
        return int(self.reader.state)

    @property
    def is_open(self):
        """Whether the thread still reads."""
        return self.thread.is_alive() and self.state == RUNNING

    def counters(self):
        """Bytes, messages and troubles so far."""
        own = {name: int(self.reader[name]) for name in ("reads", "hang_ups")}
        return counters(self.reader.decoder) | own

    def settle(self):
        """Nothing to do: the native thread makes losses good by itself."""

    def describe(self):
        """One line for people."""
        state = "waiting for a writer" if self.is_open and self.reader.waiting else STATES[self.state]
        path = "" if self.name == str(self.path) else f" ({self.path})"
        return (
            f"port {self.port}: {self.name}{path}, native thread, {state}, {self.reader.decoder.bytes} bytes"
        )

    def close(self):
        """Stop the thread; it releases the port's notes. May be called twice."""
        self._stop()


def stop(memory, thread, _image, files):
    """Stop a reader's thread and close its files; the memory and the image stay as long as the thread may use them."""
    store_release(memory[0], "stop", 1)
    os.write(files[2], b"\0")
    thread.join(JOIN_S)
    if not thread.is_alive():
        for file in files:
            with contextlib.suppress(OSError):
                os.close(file)
