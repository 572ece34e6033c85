"""The measuring clients on JACK's graph: keys at known frames into an instrument, its sound back on the same frame count."""

import numpy as np

from synthhost.audio.block_log import BlockReader
from synthhost.audio.errors import AudioError
from synthhost.audio.jack import open_client
from synthhost.engine.memory import zeroed
from synthhost.latency.probe import MESSAGES, PROBE, RECORD_FRAMES
from synthhost.realtime.clock import fill_clock

FUNCTIONS = ("port_get_buffer", "midi_clear_buffer", "midi_event_write", "last_frame_time")
TORN = -(1 << 39)  # frames below this one mark torn cycles


class ProbeClient:
    """One of the two clients: a name, its ports, its compiled process callback, its memory."""

    def __init__(self, image, name, entry, server):
        self.jack, self.client = open_client(name, server)
        self.memory = zeroed(PROBE)
        self.record = self.memory[0]
        self.image, self.entry = image, entry
        self.blocks = BlockReader(self.record.log)
        fill_clock(self.record.clock)
        library, ffi = self.jack._lib, self.jack._ffi
        for name in FUNCTIONS:
            self.record[name] = int(ffi.cast("intptr_t", ffi.addressof(library, f"jack_{name}")))
        self.record.client = int(ffi.cast("intptr_t", self.client._ptr))

    def use(self, field, port):
        """Give a port to the process callback."""
        self.record[field] = int(self.jack._ffi.cast("intptr_t", port._ptr))

    def activate(self, origin):
        """Join the graph; JACK's frame time `origin` counts as frame 0."""
        library, ffi = self.jack._lib, self.jack._ffi
        self.record.origin = origin
        callback = ffi.cast("JackProcessCallback", self.image.address(self.entry))
        memory = ffi.cast("void *", self.memory.ctypes.data)
        if library.jack_set_process_callback(self.client._ptr, callback, memory):
            raise AudioError("JACK refused the probe's process callback")
        self.client.activate()

    def close(self):
        self.client.deactivate()
        self.client.close()


class JackProbe:
    """Strikes keys and listens, as two other programs on the graph would.

    `messages` are (frame, three bytes), rising. Frame 0 lies `start_s` after the call of `start`.
    """

    def __init__(self, image, messages, server=None):
        if len(messages) > MESSAGES:
            raise ValueError(f"at most {MESSAGES} messages")
        self.striker = ProbeClient(image, "synthhost-striker", "jack_striker", server)
        self.listener = ProbeClient(image, "synthhost-listener", "jack_listener", server)
        self.rate_hz = self.striker.client.samplerate
        self.xruns = 0
        self.striker.client.set_xrun_callback(self._note_xrun)
        record = self.striker.record
        for number, (frame, data) in enumerate(messages):
            record.message_frame[number] = frame
            record.message[number, :3] = data
        record.count = len(messages)
        self.end_frame = messages[-1][0] if messages else 0
        for name in ("clicks", "sounds"):  # touch the pages now: the first touch costs time
            self.listener.record[name][: min(self.end_frame + 10 * self.rate_hz, RECORD_FRAMES)] = 0.0

    def _note_xrun(self, delayed_us):
        self.xruns += 1

    def start(self, instrument, into="midi_in", start_s=0.3):
        """Join the graph on both sides of `instrument`, the name of its client; keys come `into` that port."""
        strike, listen = self.striker.client, self.listener.client
        midi = strike.midi_outports.register("midi")
        click_out = strike.outports.register("click")
        click_in = listen.inports.register("click")
        sound = listen.inports.register("sound")
        self.striker.use("midi", midi)
        self.striker.use("click", click_out)
        self.listener.use("click", click_in)
        self.listener.use("sound", sound)
        self.origin = (strike.frame_time + int(start_s * self.rate_hz)) & 0xFFFFFFFF
        self.striker.activate(self.origin)
        self.listener.activate(self.origin)
        strike.connect(click_out, click_in)
        strike.connect(midi, f"{instrument}:{into}")
        strike.connect(f"{instrument}:out_left", sound)

    def collect(self):
        """Take the logs over, before they are overwritten; call it at least once a second."""
        self.striker.blocks.collect()
        self.listener.blocks.collect()

    @property
    def done_frames(self):
        return int(self.listener.record.heard)

    def sound(self):
        """What was heard so far, as ``float32[N]``, on the frames of JACK's graph."""
        return np.array(self.listener.record.sounds[: self.done_frames])

    def clicks(self):
        """The frames on which the striker's impulses were heard."""
        return np.flatnonzero(self.listener.record.clicks[: self.done_frames] > 0.5)

    def sent_frames(self):
        """The frames on which the messages went out."""
        return np.array(self.striker.record.sent_frame[: int(self.striker.record.next)])

    def close(self):
        self.listener.close()
        self.striker.close()


def whole_cycles(probe, instrument_blocks):
    """The first frames of all cycles that the machine left whole, and how many were torn.

    A cycle is whole when striker, instrument and listener all took part in it, once, one after the other, and JACK had
    not begun the next one before they were through. The sound has no say in that.
    """
    instrument = np.array(instrument_blocks)
    frames = ((instrument[0] - probe.origin + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)
    instrument[0] = np.where(instrument_blocks[0] < 0, 2 * TORN, frames)
    logs = [once(log) for log in (probe.striker.blocks.blocks(), instrument, probe.listener.blocks.blocks())]
    common = logs[0][0]
    for log in logs[1:]:
        common = np.intersect1d(common, log[0], assume_unique=True)
    strike, play, listen = (log[:, np.searchsorted(log[0], common)] for log in logs)
    in_turn = (strike[2] <= play[1]) & (play[2] <= listen[1])
    span = min(log[0][-1] for log in logs) - max(log[0][0] for log in logs)
    period = int(np.median(np.diff(common))) if len(common) > 1 else 1
    whole = common[in_turn]
    return whole, max(int(span // period) + 1 - len(whole), 0), period


def once(log):
    """The blocks of a log whose frame is there exactly once and not torn, in order."""
    frames, first, counts = np.unique(log[0], return_index=True, return_counts=True)
    return log[:, first[(counts == 1) & (frames > TORN)]]
