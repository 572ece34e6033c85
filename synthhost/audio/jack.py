"""A native JACK client: MIDI and sound in the same cycle, so a key sounds on the frame it was struck on.

JACK-Client does everything but the callbacks, which are compiled (`audio/jack_process.py`). The same client serves
PipeWire through its libjack.
"""

import ctypes
import os
import sys
import threading
import time

from synthhost.audio.errors import AudioError
from synthhost.audio.jack_keyboards import JackKeyboards
from synthhost.audio.jack_process import JACK
from synthhost.audio.priority import lock_memory, priority_of, threads
from synthhost.audio.speakers import Speakers
from synthhost.engine.memory import zeroed

LIBRARY_ADVICE = (
    "the JACK library is not installed: 'apt install libjack-jackd2-0' (or pipewire-jack) mends it"
)
NOT_ON_WINDOWS = (
    "the JACK library is not installed: on Windows synthhost plays through ASIO, so nothing is missing"
)
SERVER_ADVICE = (
    "no JACK server runs (start one with 'jackd' or qjackctl; "
    "under PipeWire start synthhost with 'pw-jack synthhost …')"
)
LOOK_S = 1.0  # a keyboard whose program was not ready is tried again
CALLBACKS = (  # JACK's name, type and our entry
    ("process", "JackProcessCallback", "jack_process"),
    ("port_connect", "JackPortConnectCallback", "jack_connected"),
    ("port_registration", "JackPortRegistrationCallback", "jack_registered"),
)


def import_jack():
    """The JACK-Client module. Raises AudioError if libjack is missing."""
    try:
        import jack
    except OSError:
        raise AudioError(NOT_ON_WINDOWS if sys.platform == "win32" else LIBRARY_ADVICE) from None
    except ImportError:
        raise AudioError(
            "the Python package JACK-Client is not installed: 'pip install JACK-Client' mends it"
        ) from None
    return jack


def quiet(jack):
    """Keep libjack from printing to the terminal what we say better."""
    jack.set_error_function(lambda message: None)
    jack.set_info_function(lambda message: None)


def open_client(name="synthhost", server=None):
    """A JACK client that does nothing yet. Raises AudioError if no server runs."""
    jack = import_jack()
    quiet(jack)
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    try:
        return jack, jack.Client(name, no_start_server=True, servername=server)
    except jack.JackOpenError:
        raise AudioError(SERVER_ADVICE) from None


class LatencyRange(ctypes.Structure):
    """jack_latency_range_t."""

    _fields_ = [("least_frames", ctypes.c_uint32), ("most_frames", ctypes.c_uint32)]


def playback_frames(jack, port):
    """From a port to the converter, as JACK reports it (JACK-Client 0.5 has no word for it: ask the library itself)."""
    found, playback = LatencyRange(), 1
    address = int(jack._ffi.cast("intptr_t", port._ptr))
    ask = ctypes.CDLL(jack._libname).jack_port_get_latency_range
    ask(ctypes.c_void_p(address), playback, ctypes.byref(found))
    return found.most_frames


class JackOutput:
    """Plays an engine as a JACK client with ports `out_left`, `out_right`, `midi_in` and `keyboard_1` … `keyboard_8`.

    Open the client first (`open_client`), since the server decides sample rate and buffer.
    """

    kind = "jack"

    def __init__(self, engine, jack, client, connect=True, speakers=Speakers()):  # noqa: B008 (it never changes)
        self.engine, self.jack, self.client, self.connect = engine, jack, client, connect
        self.speakers = speakers
        self.buffer_frames, self.rate_hz = client.blocksize, client.samplerate
        self._next_look, self._changes = 0.0, 0
        self.name = f"JACK client '{client.name}'"
        self.lost = threading.Event()
        self.xruns = 0
        self.memory = zeroed(JACK)
        lock_memory(self.memory)
        self.priority = "not started"
        self._set_up()

    def _set_up(self):
        client, record = self.client, self.memory[0]
        library, ffi = self.jack._lib, self.jack._ffi
        left = client.outports.register("out_left", is_terminal=True)
        right = client.outports.register("out_right", is_terminal=True)
        record.engine = self.engine.address
        record.client = int(ffi.cast("intptr_t", client._ptr))
        for name in (
            "port_get_buffer",
            "midi_get_event_count",
            "midi_event_get",
            "last_frame_time",
            "port_by_id",
        ):
            record[name] = int(ffi.cast("intptr_t", ffi.addressof(library, f"jack_{name}")))
        for name, port in (("out_left", left), ("out_right", right)):
            record[name] = int(ffi.cast("intptr_t", port._ptr))
        self.keyboards = JackKeyboards(self.jack, client, record, self.connect)
        for name, kind, ours in CALLBACKS:
            callback = ffi.cast(kind, self.engine.image.address(ours))
            memory = ffi.cast("void *", self.memory.ctypes.data)
            if getattr(library, f"jack_set_{name}_callback")(client._ptr, callback, memory):
                raise AudioError(f"JACK refused the {name} callback")
        client.set_shutdown_callback(lambda status, reason: self.lost.set())
        client.set_xrun_callback(self._note_xrun)

    def _note_xrun(self, delayed_us):
        self.xruns += 1

    def start(self):
        """Begin to play and connect to a pair of loudspeakers; `look` connects keyboards."""
        before = threads()
        self.client.activate()
        new = [priority_of(thread) for thread in threads() - before]
        self.priority = next(
            (p for p in new if p.startswith("SCHED")), "normal (JACK runs without real-time priority)"
        )
        if self.connect:
            self._connect()

    def _connect(self):
        client = self.client
        speakers = client.get_ports(is_audio=True, is_input=True, is_physical=True)
        first = self.speakers.first - 1
        for port, speaker in zip(client.outports, speakers[first : first + 2], strict=False):
            client.connect(port, speaker)

    def look(self):
        """Follow what happens at the server: keyboards that come and go, another buffer. Returns sentences."""
        changes = int(self.memory[0].changes)
        if time.monotonic() < self._next_look and changes == self._changes:
            return []
        self._next_look, self._changes = time.monotonic() + LOOK_S, changes
        try:
            sentences = self.keyboards.look()
        except self.jack.JackError:  # a port or the server went just now: the next look tells
            return []
        if self.client.blocksize != self.buffer_frames:
            sentences.append(
                f"JACK changed its buffer from {self.buffer_frames} to {self.client.blocksize} frames; the sound goes on"
            )
            self.buffer_frames = self.client.blocksize
        return sentences

    @property
    def output_s(self):
        """How long the graph takes from our port to the converter, as JACK reports it."""
        frames = [playback_frames(self.jack, port) for port in self.client.outports]
        return max(frames, default=0) / self.rate_hz

    def alive(self):
        return not self.lost.is_set()

    def close(self):
        """Leave the graph. A server that has died may not answer, so the wait has an end."""
        thread = threading.Thread(target=self._close, daemon=True)
        thread.start()
        thread.join(3.0)

    def _close(self):
        if not self.lost.is_set():
            self.client.deactivate()
        self.client.close()

    def describe(self):
        pairs = [c.name for port in self.client.outports for c in self.client.get_all_connections(port)]
        return f"{self.name}, " + (
            f"connected to {', '.join(pairs)}" if pairs else "NOT CONNECTED to any loudspeaker"
        )
