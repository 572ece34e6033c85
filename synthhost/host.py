"""The host: the one object with a lifetime, and the verbs that every control surface speaks.

It lives in the process that plays. Audio and MIDI threads are machine code; the work that takes long (reading and compiling
patches, watching files) is the worker process's. What is left here is short.
"""

import gc
import sys
import time

from synthhost.audio.choose import open_output
from synthhost.audio.errors import AudioError
from synthhost.audio.priority import lock_memory
from synthhost.engine.engine import Engine
from synthhost.engine.memory import SLOTS
from synthhost.events.event import ALL, NOTE_OFF, NOTE_ON, PANIC, POLYPHONY, PROGRAM_WANTED
from synthhost.midi.inputs import MidiInputs
from synthhost.patch.worker import Worker
from synthhost.units import gain_from_db

FADE_S = 0.05
MIDI_RINGS = 15  # ring 15 is JACK's own MIDI port
SWITCH_INTERVAL_S = 1e-4
BIG_GAP_S = 0.2


class Host:
    """Plays patches from keyboards. Open it, call its verbs from one thread, call `tick` often, close it.

    Parameters
    ----------
    image : the loaded machine code (`synthhost.realtime.image.load_image`)
    tell : called with a sentence when something happens that the player should know
    """

    def __init__(self, image, tell=print):
        self.image, self.tell = image, tell
        self.engine = self.output = self.inputs = self.worker = None
        self.slot = None  # the slot that plays on all channels
        self.patch_path = self.patch_name = None
        self._options = {}
        self._volume = 1.0
        self._channel = ALL
        self._lost_since = None

    # --- life ---------------------------------------------------------------------------------------------------------

    def open(
        self,
        audio="auto",
        device=None,
        rate_hz=None,
        buffer_frames=None,
        steady=True,
        polyphony=256,
        volume_db=-3.0,
        connect=True,
    ):
        """Open the output, silent; `start` begins to play. Raises AudioError."""
        self._volume = gain_from_db(volume_db)

        def make_engine(rate, buffer):
            return Engine(self.image, rate, buffer, steady, polyphony, volume=0.0)

        self._options = {"audio": audio, "device": device, "rate_hz": rate_hz, "buffer_frames": buffer_frames}
        self.engine, self.output = open_output(make_engine, **self._options, tell=self.tell, connect=connect)
        refusal = lock_memory(self.engine.memory, self.image.addresses())
        self.memory_locked = refusal or "locked"

    def start(self, program=None, path=None, channel=None):
        """Begin to play with a prepared program on all channels (or one, 1 … 16), and fade in."""
        self._channel = ALL if channel is None else channel - 1
        if program is not None:
            self.hand_in(program, path)
        self.engine.set_volume(self._volume, FADE_S)
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        gc.collect()
        gc.freeze()
        self.output.start()

    def start_worker(self):
        """Start the process that prepares patches; the patch that plays is heard again whenever its file is saved."""
        self.worker = Worker(self.image.operators)
        if self.patch_path:
            self.worker.watch(self.patch_path, "watched")

    def open_midi(self, names=None, raw_paths=()):
        """Listen to keyboards: those that match, or all there are."""
        rings = [self.engine.ring_address(number) for number in range(MIDI_RINGS)]
        if self.output.kind == "jack" and names is None and self.output.has_keyboards():
            names = []  # they come through JACK, on the frame; nothing is heard twice
        self.inputs = MidiInputs(self.image, rings, names, raw_paths, self.tell)

    def close(self):
        """Fade out, stop, give everything back."""
        if self.inputs is not None:
            self.inputs.close()
        if self.engine is not None and self.output is not None:
            if self.output.alive():
                self.engine.set_volume(0.0, FADE_S)
                time.sleep(FADE_S + 2 * self.output.buffer_frames / self.engine.rate_hz + 0.02)
            self.output.close()
        if self.worker is not None:
            self.worker.close()
        gc.unfreeze()

    # --- verbs --------------------------------------------------------------------------------------------------------

    def note_on(self, key, velocity=0.8, channel=1):
        """Strike a key: 0 … 127, velocity 0 … 1, channel 1 … 16."""
        self._check("key", key, 0, 127)
        self._check("velocity", velocity, 0.0, 1.0)
        self._check("channel", channel, 1, 16)
        self.engine.push(NOTE_ON, port=15, channel=channel - 1, key=key, value=velocity)

    def note_off(self, key, channel=1):
        """Let a key go."""
        self._check("key", key, 0, 127)
        self._check("channel", channel, 1, 16)
        self.engine.push(NOTE_OFF, port=15, channel=channel - 1, key=key)

    def set_parameter(self, address, value):
        """Move one number of the patch that plays, for example ``filter.cutoff_hz``, in the unit of its name."""
        from synthhost.patch import load, settings_of
        from synthhost.patch.settings import lookup

        setting = lookup(settings_of(load(self.patch_path)), address)
        self.engine.set_value(self.slot, address, setting.encode(value))

    def hand_in(self, program, path=None):
        """Let all channels play a prepared program from their next note on; what rings is not cut.

        A program with the graph of the one that plays only gives its numbers, which ringing notes hear too.
        """
        if (
            self.slot is not None
            and self.engine.program(self.slot).graph == program.graph
            and path == self.patch_path
        ):
            self.engine.update(program, self.slot)
            return
        slot = self.engine.load(program)
        self.engine.hand_in(slot, channel=self._channel)
        self.slot, self.patch_path, self.patch_name = slot, path, program.name

    def load_patch(self, name):
        """Ask for another patch by name; it is heard from the next note on after it is prepared."""
        self.worker.prepare(name, "load")

    def set_volume(self, db):
        """Move the volume, in decibels."""
        self._check("volume_db", db, -96.0, 12.0)
        self._volume = gain_from_db(db)
        self.engine.set_volume(self._volume)

    def set_polyphony(self, voices):
        """Let at most so many notes sound."""
        self._check("polyphony", voices, 1, 1024)
        self.engine.push(POLYPHONY, a=voices)

    def silence(self):
        """Panic: everything is silent within 3 ms."""
        self.engine.push(PANIC)

    def _check(self, name, value, low, high):
        if not low <= value <= high:
            raise ValueError(f"{name} = {value} is outside {low} … {high}")

    # --- what must be done now and then ---------------------------------------------------------------------------------

    def tick(self):
        """Do what waits: prepared patches come in, program changes are answered, a lost device is opened again."""
        for event in self.engine.collect():
            if event.kind == PROGRAM_WANTED:
                self._want_program(int(event.a), int(event.port), int(event.channel))
        if self.worker is not None:
            for answer in self.worker.answers():
                self._take(answer)
            if not self.worker.alive:
                self.tell("The worker process ended and is started again; what plays is not touched.")
                self.worker.close()
                self.start_worker()
        if not self.output.alive():
            self._reopen()

    def _want_program(self, number, port, channel):
        """A keyboard changed to a program that is not loaded: have it prepared for that channel."""
        if self.worker is not None:
            self.worker.prepare_program(number, channel + 1, (number, port, channel))

    def _take(self, answer):
        """Bring in what the worker prepared, or say why there is nothing."""
        if answer.program is None:
            self.tell(f"{answer.error}\n  (nothing changed: the sound plays on as it was)")
        elif isinstance(answer.tag, tuple):
            number, port, channel = answer.tag
            self.engine.hand_in(self.engine.load(answer.program), port, channel)
            self.tell(f"program {number} on channel {channel + 1}: {answer.program.name}")
        else:
            again = answer.tag == "watched"
            self.hand_in(answer.program, answer.path)
            if not again:
                self.worker.watch(answer.path, "watched")
            self.tell(f"{'heard again' if again else 'playing'}: {answer.program.name}")

    def _reopen(self):
        """The device or server is gone: release the notes, try again each second, keep engine and patch."""
        now = time.monotonic()
        if self._lost_since is None:
            self._lost_since = now
            self.tell(f"{self.output.name} is gone; it is opened again as soon as it is back.")
            self.output.close()
            self._next_try = now
        if now < self._next_try:
            return
        self._next_try = now + 1.0
        engine = self.engine

        def keep_engine(rate, buffer):
            if rate != engine.rate_hz:
                raise AudioError(
                    f"it came back with {rate:.0f} Hz, but the engine plays at {engine.rate_hz:.0f} Hz"
                )
            self.image.function("refit_engine")(engine.address, buffer)
            return engine

        try:
            _, self.output = open_output(
                keep_engine, **{**self._options, "audio": self.output.kind}, tell=lambda s: None
            )
            if now - self._lost_since > BIG_GAP_S:
                self.silence()
            self.output.start()
        except AudioError:
            return
        self.tell(f"{self.output.name} is back after {time.monotonic() - self._lost_since:.1f} s.")
        self._lost_since = None

    # --- report ---------------------------------------------------------------------------------------------------------

    def budget(self):
        """Key-to-sound by stage: (stage, least seconds, most seconds, how it is known)."""
        rate, record = self.engine.rate_hz, self.engine.record
        buffer_s = self.output.buffer_frames / rate
        jack, steady = self.output.kind == "jack", bool(record.timing.steady)
        wait = (0.0, 0.0) if jack else (buffer_s, buffer_s) if steady else (0.0, buffer_s)
        return [
            ("key and USB", 0.001, 0.002, "assumed"),
            ("wait for the buffer", *wait, "on the frame of the JACK cycle" if jack else "by design"),
            ("grid of 32 frames", *[float(record.timing.delay_frames) / rate] * 2, "by design"),
            ("output", *[max(self.output.output_s, buffer_s)] * 2, "reported by the driver"),
            ("converter", 0.001, 0.001, "assumed"),
        ]

    def report(self):
        """What the engine has counted, as plain data."""
        record = self.engine.record
        stats = record.stats
        numbers = {
            name: int(stats[name])
            for name in stats.dtype.names
            if name not in ("sizes", "peak", "peak_hold") and not name.startswith("apart")
        }
        period_ns = self.output.buffer_frames / self.engine.rate_hz * 1e9
        peak, stats.peak = float(stats.peak), 0.0
        return {
            "patch": self.patch_name,
            "device": self.output.name,
            "audio": self.output.kind,
            "rate_hz": self.engine.rate_hz,
            "buffer_frames": self.output.buffer_frames,
            "callback_sizes": sorted({int(size) for size in stats.sizes if size}),
            "priority": self.output.priority,
            "memory": self.memory_locked,
            "load": numbers["block_ns"] / period_ns,
            "load_max": numbers["block_ns_max"] / period_ns,
            "peak": peak,
            "frame": int(record.frame),
            "slots_free": SLOTS - len(self.engine.slots_in_use()),
            "events_dropped": sum(int(ring.dropped) for ring in record.rings),
            **numbers,
        }
