"""MIDI ports of the system by python-rtmidi: WinMM, Core MIDI, and on Linux the software ports of the ALSA sequencer.

RtMidi calls back into Python, so a note waits for whoever holds the interpreter. On Linux, keyboards are therefore
read as raw devices (`raw.py`). RtMidi's JACK back end would call Python in JACK's real-time thread: it is never used.
"""

import gc
import os
import re
import sys
import time
from dataclasses import dataclass

import numpy as np

from synthhost.midi.decode import DECODER, SYSEX_BYTES, counters
from synthhost.midi.kinds import OWN_NAME
from synthhost.midi.touch import Touch
from synthhost.realtime.clock import CLOCK, fill_clock

SEQUENCER = "/dev/snd/seq"
APIS = {"linux": "API_LINUX_ALSA", "darwin": "API_MACOSX_CORE", "win32": "API_WINDOWS_MM"}
IN_FLIGHT_S = 0.02
LONGEST = 1 + SYSEX_BYTES + 1  # F0, and so much that the decoder counts it as too long
MESSAGE_BYTES = 3  # F7 ends a long one, or the message that cut it short: RtMidi joins that to it on Linux


@dataclass(frozen=True)
class Port:
    """An input port: the name that its maker gave it, and how RtMidi calls it now."""

    name: str
    system_name: str
    home = ""

    @property
    def path(self):
        """Where it is now."""
        return self.system_name

    @property
    def card(self):
        """Number of the ALSA sound card it belongs to; None for software. Cards have four clients each, from 16."""
        match = re.search(r" (\d+):\d+$", self.system_name) if sys.platform == "linux" else None
        client = int(match[1]) if match else 0
        return (client - 16) // 4 if 16 <= client < 128 else None


def ports_available():
    """Whether ports can be listed and opened: (True, "") or (False, a sentence that says why not)."""
    try:
        import rtmidi
    except ImportError:
        return (
            False,
            "python-rtmidi is not installed: 'pip install synthhost[rtmidi]' adds the system's MIDI ports",
        )
    api = getattr(rtmidi, APIS.get(sys.platform, ""), None)
    if api is None or api not in rtmidi.get_compiled_api():
        return (
            False,
            f"python-rtmidi was built without this system's MIDI ({APIS.get(sys.platform, sys.platform)})",
        )
    if sys.platform == "linux" and not os.access(SEQUENCER, os.R_OK | os.W_OK):
        why = "may not be opened by this user" if os.path.exists(SEQUENCER) else "is not there"
        return False, f"no software MIDI ports: the ALSA sequencer {SEQUENCER} {why}"
    return True, ""


def plain_name(system_name):
    """A port's name without the numbers that change from one plugging in to the next."""
    pattern = r" \d+:\d+$" if sys.platform == "linux" else r" \d+$" if sys.platform == "win32" else r"$"
    return re.sub(pattern, "", system_name)


def loosely(wanted, name):
    """Whether every word of `wanted` is in the name, in any case and order."""
    return all(word in name.casefold() for word in wanted.casefold().split())


class PortLister:
    """Knows the system's input ports. It keeps one RtMidi client, since making one takes long."""

    def __init__(self):
        self._client = None

    def list(self):
        """All input ports. Returns (ports, sentence why there are none)."""
        available, reason = ports_available()
        if not available:
            self._client = None
            return [], reason
        try:
            self._client = self._client or new_client()
            names = [name or "" for name in self._client.get_ports()]
        except OSError as error:  # RtMidi's errors are among them
            self._client = None
            return [], f"the system's MIDI ports cannot be listed: {error}"
        return [Port(plain_name(name), name) for name in names], ""


def list_ports():
    """Input ports of the system; none where RtMidi cannot be used (`ports_available` says why)."""
    return PortLister().list()[0]


def new_client():
    """A new RtMidi input client; raises OSError when the system refuses."""
    import rtmidi

    return rtmidi.MidiIn(getattr(rtmidi, APIS[sys.platform]), name=OWN_NAME)


def receiver(push, decoder, ring, clock, port):
    """The callback: stamp and push, nothing else. Of what RtMidi has joined without limit only `LONGEST` bytes are taken."""

    def receive(event, _data):
        message = event[0]
        data = bytes(message[:LONGEST])
        if len(message) > LONGEST:
            data += bytes(message[-MESSAGE_BYTES:])
        push(decoder, ring, clock, port, data, len(data))

    return receive


class PortInput:
    """Notes from a port of the system. Raises OSError when it cannot be opened."""

    def __init__(self, image, ring_address, port_wanted, port, name=None, touch=Touch()):  # noqa: B008 (it never changes)
        self.name, self.port = name or port_wanted.name, port
        self._memory = np.zeros(1, DECODER), np.zeros(1, CLOCK)
        fill_clock(self._memory[1][0])
        touch.fill(self._memory[0][0].touch)
        addresses = self._memory[0].ctypes.data, ring_address, self._memory[1].ctypes.data, port
        # Called without giving up the interpreter: so all that write to this ring do so one after the other.
        self._push = image.function("push_bytes", keep_gil=True)
        self._release = image.function("push_release", keep_gil=True)
        self._addresses = addresses
        self._client = new_client()
        self._client.ignore_types(sysex=False, timing=False, active_sense=False)
        self._receive = receiver(self._push, *addresses)
        self._client.set_callback(self._receive)
        # Quirk: python-rtmidi 1.5 frees this tuple while its thread may still wait for the interpreter with it.
        self._kept = [kept for kept in gc.get_referrers(self._receive) if isinstance(kept, tuple)]
        names = self._client.get_ports()
        if port_wanted.system_name not in names:
            raise OSError(f"the MIDI port '{self.name}' is not there any more")
        self._client.open_port(names.index(port_wanted.system_name), name=OWN_NAME)

    @property
    def is_open(self):
        """Whether it was not closed; that a port is gone shows in the list only."""
        return self._client is not None

    def counters(self):
        """Bytes, messages and troubles so far."""
        return counters(self._memory[0][0])

    def settle(self):
        """Make losses good: if the ring was full, the port's notes are released now."""
        self._push(*self._addresses, b"", 0)

    def describe(self):
        """One line for people."""
        count = self._memory[0][0].bytes
        return (
            f"port {self.port}: {self.name}, by RtMidi, {'open' if self.is_open else 'closed'}, {count} bytes"
        )

    def close(self):
        """Close the port and release its notes. May be called twice.

        A message that came just now waits for the interpreter that we hold: it gets time to pass, since RtMidi
        waits for its thread while closing, and that thread would wait for us.
        """
        client, self._client = self._client, None
        if client is not None:
            client.cancel_callback()
            time.sleep(IN_FLIGHT_S)
            client.close_port()
            self._release(*self._addresses)


class PathSender:
    """A raw MIDI device to be written to."""

    def __init__(self, path):
        self._file = open(path, "wb", buffering=0)  # noqa: SIM115 (lives until `close`)

    def send(self, message):
        """Send the bytes of one message."""
        self._file.write(message)

    def close(self):
        self._file.close()


class PortSender:
    """An output port of the system."""

    def __init__(self, wanted):
        import rtmidi

        self._client = rtmidi.MidiOut(getattr(rtmidi, APIS[sys.platform]), name=OWN_NAME)
        names = self._client.get_ports()
        found = [number for number, name in enumerate(names) if loosely(wanted, name)]
        if not found:
            raise OSError(f"no MIDI output matches '{wanted}'. There are: {'; '.join(names) or 'none'}")
        self._client.open_port(found[0], name=OWN_NAME)

    def send(self, message):
        """Send the bytes of one message."""
        self._client.send_message(message)

    def close(self):
        self._client.close_port()


def open_sender(wanted):
    """A MIDI output by words of its name, or a raw device by its path. Raises OSError with a sentence."""
    if os.path.exists(wanted):
        return PathSender(wanted)
    available, reason = ports_available()
    if not available:
        raise OSError(reason)
    return PortSender(wanted)
