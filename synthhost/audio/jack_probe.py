"""The measuring client on JACK's graph: keys at known frames into `midi_in`, the sound of `out_left` back."""

import numpy as np

from synthhost.audio.errors import AudioError
from synthhost.audio.jack import open_client
from synthhost.engine.memory import zeroed
from synthhost.latency.probe import KEYS, PROBE, RECORD_FRAMES


class JackProbe:
    """Strikes keys and records, as another program on the graph would. `messages` are (frame, three bytes), rising."""

    def __init__(self, image, messages, server=None, name="synthhost-probe"):
        self.jack, self.client = open_client(name, server)
        self.memory = zeroed(PROBE)
        record = self.memory[0]
        if len(messages) > KEYS:
            raise ValueError(f"at most {KEYS} messages")
        for number, (frame, data) in enumerate(messages):
            record.message_frame[number] = frame
            record.message[number, :3] = data
        record.count = len(messages)
        library, ffi = self.jack._lib, self.jack._ffi
        midi = self.client.midi_outports.register("midi_out")
        sound = self.client.inports.register("sound_in")
        for field, function in (
            ("port_get_buffer", "jack_port_get_buffer"),
            ("midi_clear_buffer", "jack_midi_clear_buffer"),
            ("midi_event_write", "jack_midi_event_write"),
        ):
            record[field] = int(ffi.cast("intptr_t", ffi.addressof(library, function)))
        record.midi_out, record.sound_in = (int(ffi.cast("intptr_t", port._ptr)) for port in (midi, sound))
        callback = ffi.cast("JackProcessCallback", image.address("jack_probe"))
        if library.jack_set_process_callback(
            self.client._ptr, callback, ffi.cast("void *", self.memory.ctypes.data)
        ):
            raise AudioError("JACK refused the probe's process callback")

    def start(self, instrument="synthhost"):
        """Join the graph between `instrument`'s ports; frame 0 is the first cycle after that."""
        self.client.activate()
        self.client.connect(self.client.midi_outports[0], f"{instrument}:midi_in")
        self.client.connect(f"{instrument}:out_left", self.client.inports[0])

    @property
    def done_frames(self):
        return int(self.memory[0].recorded)

    def recorded(self):
        """The sound so far, as ``float32[N]``."""
        return np.array(self.memory[0].sound[: min(self.done_frames, RECORD_FRAMES)])

    def close(self):
        self.client.deactivate()
        self.client.close()
