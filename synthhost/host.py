"""The host: the one object with a lifetime, and the verbs that every control surface speaks.

It lives in the process that plays. Audio and MIDI threads are machine code; the work that takes long (reading and compiling
patches, watching files) is the worker process's. What is left here is short.
"""

import gc
import numbers
import sys
import time
from typing import Any

import numpy as np

from synthhost.audio.choose import Output, open_output
from synthhost.audio.errors import AudioError
from synthhost.audio.jack import JackOutput
from synthhost.audio.jack_keyboards import JACK_KEYS
from synthhost.audio.jack_process import FIRST_PORT
from synthhost.audio.priority import lock_memory, make_realtime
from synthhost.audio.speakers import first_pair
from synthhost.engine.arrivals import Arrivals
from synthhost.engine.engine import Engine
from synthhost.engine.memory import SLOTS
from synthhost.engine.program import Program
from synthhost.events.event import ALL, CONTROL, MACRO, NOTE_OFF, NOTE_ON, PANIC, POLYPHONY, PROGRAM_WANTED
from synthhost.midi.inputs import MidiInputs
from synthhost.midi.touch import SUSTAIN, Touch
from synthhost.patch.worker import Worker
from synthhost.unheard import Unheard
from synthhost.units import db_from_gain, gain_from_db

FADE_S = 0.05
OWN_PORT = 15  # of the computer's keys, and of all that is played without a keyboard; JACK's midi_in too
SWITCH_INTERVAL_S = 1e-4
BIG_GAP_S = 0.2
RETRY_S = 1.0  # between two attempts to open a lost device, or to start a worker that ended
WATCHED, LOAD = "watched", "load"  # why a patch was prepared: its file was saved; somebody asked for it


class Host:
    """Plays patches from keyboards. Open it, call its verbs from one thread, call `tick` often, close it.

    Parameters
    ----------
    image : the loaded machine code (`synthhost.realtime.image.load_image`)
    tell : called with a sentence when something happens that the player should know
    """

    engine: Engine  # from `open` on
    output: Output
    inputs: MidiInputs | None = None
    worker: Worker | None = None
    memory_locked = "not open"

    def __init__(self, image, tell=print):
        self.image, self.tell = image, tell
        self.slot: int | None = None  # the slot that plays on all channels
        self.program: Program | None = None  # what is in it
        self.patch_path: str | None = None
        self.patch_name: str | None = None
        self._opened = False
        self._options: dict = {}
        self._settings: dict | None = None  # of the patch that plays, once somebody has asked
        self.volume = 1.0
        self._channel = ALL
        self._lost_since: float | None = None
        self._next_try = 0.0
        self._refusal = ""
        self._peak = self.level = 0.0  # highest since the last report; since the last tick
        self.last_note: Any = None  # the last events that came, for the eye
        self.last_control: Any = None
        self.reopened = 0  # how often a device was lost and came back
        self._switch_interval_s = sys.getswitchinterval()

    # --- life ---------------------------------------------------------------------------------------------------------

    def open(
        self,
        audio="auto",
        device=None,
        rate_hz=None,
        buffer_frames=None,
        steady=True,
        polyphony=256,
        volume_db=-12.0,
        connect=True,
        speakers=first_pair,
    ):
        """Open the output, silent; `start` begins to play. Raises AudioError."""
        self.volume = gain_from_db(volume_db)

        def make_engine(rate, buffer):
            return Engine(self.image, rate, buffer, steady, polyphony, volume=0.0)

        self._options = {
            "device": device,
            "rate_hz": rate_hz,
            "buffer_frames": buffer_frames,
            "connect": connect,
            "speakers": speakers,
        }
        self.engine, self.output = open_output(make_engine, audio, tell=self.tell, **self._options)
        self._opened = True
        self.arrivals, self._unheard = Arrivals(self.engine), Unheard(self)
        self.memory_locked = lock_memory(self.engine.memory, self.image.addresses()) or "locked"

    def start(self, program=None, path=None, channel=None):
        """Begin to play with a prepared program on all channels (or one, 1 … 16), and fade in."""
        if channel is not None:
            check_whole("channel", channel, 1, 16)
        self._channel = ALL if channel is None else channel - 1
        if program is not None:
            self.hand_in(program, path)
        self.engine.set_volume(self.volume, FADE_S)
        self.engine.record.governor.on = 1
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        gc.collect()
        gc.freeze()
        self.output.start()

    def start_worker(self):
        """Start the process that prepares patches; the patch that plays is heard again whenever its file is saved."""
        self.worker = Worker(self.image.operators)
        if self.patch_path:
            self.worker.watch(self.patch_path, WATCHED)
        return self.worker

    def open_midi(self, names=None, raw_paths=(), touch_of=lambda name: Touch()):
        """Listen to keyboards: those that match, or all there are. `touch_of` says how the one of a name is read."""
        ports = OWN_PORT
        if isinstance(self.output, JackOutput):
            ports = FIRST_PORT  # the others are JACK's
            self.output.keyboards.listen(names, touch_of)
            self.output.look()
            names = self.output.keyboards.left_to_us()
        rings = [self.engine.ring_address(number) for number in range(ports)]
        self.inputs = MidiInputs(
            self.image, rings, names, raw_paths, lambda text: self.tell(text), opened=hurry, touch_of=touch_of
        )

    def keyboards(self):
        """Names of the keyboards that can be played now."""
        names = [item.name for item in self.inputs.open.values()] if self.inputs else []
        return names + (self.output.keyboards.names() if isinstance(self.output, JackOutput) else [])

    def describe_keyboards(self):
        """One line for each keyboard, and for each that is missing."""
        if isinstance(self.output, JackOutput):
            yield from self.output.keyboards.describe()
        if self.inputs is not None:
            yield from self.inputs.describe()

    def port_name(self, port):
        """Whose keys come by a port."""
        if port == OWN_PORT:
            return JACK_KEYS if self.output.kind == "jack" else "this computer"
        names = {number: name for name, number in self.inputs.numbers.items()} if self.inputs else {}
        if isinstance(self.output, JackOutput):
            names |= self.output.keyboards.port_names()
        return names.get(port, f"port {port}")

    def close(self):
        """Fade out, stop, give everything back. May be called at any time, also when `open` failed."""
        if self.inputs is not None:
            self.inputs.close()
        if self._opened:
            if self.output.alive():
                self.engine.set_volume(0.0, FADE_S)
                time.sleep(FADE_S + 2 * self.output.buffer_frames / self.engine.rate_hz + 0.02)
            self.output.close()
        if self.worker is not None:
            self.worker.close()
        sys.setswitchinterval(self._switch_interval_s)
        gc.unfreeze()

    # --- verbs --------------------------------------------------------------------------------------------------------

    def note_on(self, key, velocity=0.8, channel=1):
        """Strike a key: 0 … 127, velocity 0 … 1, channel 1 … 16. Raises ValueError."""
        check_whole("key", key, 0, 127)
        check("velocity", velocity, 0.0, 1.0)
        check_whole("channel", channel, 1, 16)
        self.engine.push(NOTE_ON, port=OWN_PORT, channel=channel - 1, key=key, value=velocity)

    def note_off(self, key, channel=1):
        """Let a key go."""
        check_whole("key", key, 0, 127)
        check_whole("channel", channel, 1, 16)
        self.engine.push(NOTE_OFF, port=OWN_PORT, channel=channel - 1, key=key)

    def controller(self, number, value, channel=1):
        """Move a controller: 0 … 119, value 0 … 127, channel 1 … 16. Raises ValueError."""
        check_whole("controller", number, 0, 119)
        check("value", value, 0.0, 127.0)
        check_whole("channel", channel, 1, 16)
        self.engine.push(CONTROL, port=OWN_PORT, channel=channel - 1, key=number, value=value)

    def pedal(self, down, channel=1):
        """Press or lift the sustain pedal."""
        self.controller(SUSTAIN, 127.0 if down else 0.0, channel)

    def set_parameter(self, address, value):
        """Move one number of the patch that plays, for example ``filter.cutoff_hz``, in the unit of its name.

        Raises ValueError, with the range, or the closest address.
        """
        from synthhost.patch.settings import lookup

        if self.program is None:
            raise ValueError(f"no patch plays, so there is no {address} to set")
        setting = lookup(self.settings(), address)
        if address not in self.program.addresses:
            raise ValueError(f"{address} is not in the patch as it plays now: its file has changed since")
        if not self._holds_slot():
            raise ValueError(
                f"{self.patch_name} is not played by any channel now, so there is no {address} to set"
            )
        self.engine.set_value(self.slot, address, setting.encode(value))

    def turn_macro(self, macro, value):
        """Turn one of the patch's own knobs, 1 … 4, to 0 … 1, on all channels, as controllers 16 … 19 do."""
        check_whole("macro", macro, 1, 4)
        check("value", value, 0.0, 1.0)
        self.engine.push(MACRO, port=ALL, channel=ALL, a=macro - 1, value=value)

    def settings(self):
        """All that can be moved in the patch that plays: address -> Setting."""
        from synthhost.patch import load, settings_of

        if self._settings is None:
            self._settings = settings_of(load(self.patch_path)) if self.patch_path else {}
        return self._settings

    def hand_in(self, program, path=None):
        """Let all channels play a prepared program from their next note on; what rings is not cut.

        A program with the graph of the one that plays only gives its numbers, which ringing notes hear too: then it
        returns True. Raises BufferError if all slots are in use.
        """
        rings = False
        if (
            self.program
            and self.program.graph == program.graph
            and path == self.patch_path
            and self._holds_slot()
        ):
            self.engine.update(program, self.slot)
            rings = True
        else:
            slot = self.engine.load(program)
            self.engine.hand_in(slot, channel=self._channel)
            self.slot = slot
        self.program, self._settings = program, None
        self.patch_path, self.patch_name = path, program.name
        return rings

    def _holds_slot(self):
        """Whether our program is still in its slot: it comes home when no channel plays it any more."""
        return self.slot in self.engine.slots_in_use() and self.engine.program(self.slot) is self.program

    def load_patch(self, name):
        """Ask for another patch by name; it is heard from the next note on after it is prepared."""
        if self.worker is None:
            self.worker = self.start_worker()
        self.worker.prepare(name, LOAD)

    @property
    def volume_db(self):
        """Where the volume stands, in decibels."""
        return db_from_gain(self.volume)

    @property
    def listened_channel(self):
        """The channel that is listened to, counted from 0, or ALL."""
        return self._channel

    def set_volume(self, db):
        """Move the volume, in decibels."""
        check("volume_db", db, -96.0, 12.0)
        self.volume = gain_from_db(db)
        self.engine.set_volume(self.volume)

    def set_polyphony(self, voices):
        """Let at most so many notes sound."""
        check_whole("polyphony", voices, 1, 1024)
        self.engine.push(POLYPHONY, a=voices)

    def set_tuning(self, octaves):
        """Let each of the 128 keys sound at log2 of so many hertz from its next note on; `formats.scala` makes them."""
        if len(octaves) != 128:
            raise ValueError(f"a tuning has a pitch for each of 128 keys, not for {len(octaves)}")
        self.engine.tune(octaves)

    def silence(self):
        """Panic: everything is silent within 3 ms."""
        self.engine.push(PANIC)

    # --- what must be done now and then ---------------------------------------------------------------------------------

    def tick(self):
        """Do what waits: prepared patches come in, program changes are answered, a lost device is opened again."""
        for event in self.engine.collect():
            if event.kind == PROGRAM_WANTED:
                self._want_program(int(event.a), int(event.b), int(event.port), int(event.channel))
        self._listen()
        if self.worker is not None:
            for answer in self.worker.answers():
                self._take(answer)
            if not self.worker.alive and time.monotonic() >= self.worker.began_s + RETRY_S:
                self.tell("The worker process ended and is started again; what plays is not touched.")
                self.worker.close()
                self.start_worker()
        if not self.output.alive():
            self._reopen()
        elif isinstance(self.output, JackOutput):
            for sentence in self.output.look():
                self.tell(f"{sentence}.")
            if self.inputs is not None:
                self.inputs.listen_to(self.output.keyboards.left_to_us())  # nothing is heard twice

    def _listen(self):
        """Notice what arrives and how loud it is; say why if it cannot be heard."""
        stats = self.engine.record.stats
        self.level, stats.peak = float(stats.peak), 0.0
        self._peak = max(self._peak, self.level)
        events = self.arrivals.new()
        for event in events:
            if event.kind == NOTE_ON:
                self.last_note = event
            elif event.kind == CONTROL:
                self.last_control = event
        if (reason := self._unheard.look(events, self.level)) is not None:
            self.tell(reason)

    def _want_program(self, number, bank, port, channel):
        """A keyboard changed to a program that is not loaded: have it prepared for that channel."""
        if self.worker is not None and self._channel in (ALL, channel):
            self.worker.prepare_program(number, channel + 1, (number, port, channel), bank)

    def _take(self, answer):
        """Bring in what the worker prepared, or say why there is nothing."""
        if answer.tag == WATCHED and answer.path != self.patch_path:
            return  # another patch plays by now
        if answer.program is None:
            self.tell(f"{answer.error}\n  (nothing changed: the sound plays on as it was)")
            return
        try:
            self._bring_in(answer)
        except BufferError as error:
            self.tell(f"{answer.program.name} is not heard: {error}")

    def _bring_in(self, answer):
        """Let a prepared program play, where it was wanted."""
        program = answer.program
        if isinstance(answer.tag, tuple):
            number, port, channel = answer.tag
            self.engine.hand_in(self.engine.load(program), port, channel)
            self.tell(f"program {number} on channel {channel + 1}: {program.name}")
        elif answer.tag == WATCHED:
            if not (answer.first and self.program is not None and same(program, self.program)):
                rings = self.hand_in(program, answer.path)
                self.tell(f"heard again{'' if rings else ' from the next note on'}: {program.name}")
        else:
            before = self.patch_path
            self.hand_in(program, answer.path)
            if self.worker is not None and before != answer.path:
                self.worker.unwatch(before)
                self.worker.watch(answer.path, WATCHED)
            self.tell(f"playing: {program.name}")

    def _reopen(self):
        """The device or server is gone: release the notes, try again each second, keep engine and patch."""
        now = time.monotonic()
        if self._lost_since is None:
            self._lost_since, self._next_try, self._refusal = now, now, ""
            self._lost_since -= getattr(
                self.output, "silent_s", 0.0
            )  # it may have been silent before it was missed
            trouble = getattr(self.output, "trouble", None) or "is gone"
            self.tell(f"{self.output.name} {trouble}; it is opened again as soon as it is back.")
            self.output.close()
        if now < self._next_try:
            return
        self._next_try = now + RETRY_S
        options, before = {**self._options, "rate_hz": self.engine.rate_hz}, self.output
        try:
            _, self.output = open_output(
                self._keep_engine, self.output.kind, tell=lambda sentence: None, **options
            )
            if now - self._lost_since > BIG_GAP_S:
                self._release_notes()
            if isinstance(self.output, JackOutput) and isinstance(before, JackOutput):
                self.output.keyboards.take_over(before.keyboards)
            self.output.start()
        except AudioError as error:
            self._refuse(str(error))
            return
        self.tell(f"{self.output.name} is back after {time.monotonic() - self._lost_since:.1f} s.")
        self._lost_since = None
        self.reopened += 1

    def _keep_engine(self, rate, buffer):
        """Fit the engine to a device that came back. Raises AudioError when its rate is another one now."""
        if rate != self.engine.rate_hz:
            raise AudioError(
                f"it came back with {rate:.0f} Hz, but the engine plays at {self.engine.rate_hz:.0f} Hz"
            )
        self.image.function("refit_engine")(self.engine.address, buffer)
        return self.engine

    def _release_notes(self):
        """Silence what was struck before a gap. A ring that filled up meanwhile is no reason to stay away."""
        try:
            self.silence()
        except BufferError as error:
            self.tell(str(error))

    def _refuse(self, reason):
        """Say once why a device that is there cannot be opened again."""
        if "came back" in reason and reason != self._refusal:
            self._refusal = reason
            self.tell(reason)

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
        peak = max(self._peak, float(stats.peak))
        self._peak = stats.peak = 0.0
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
            "allowed": min(int(record.polyphony), int(record.governed)),
            "frame": int(record.frame),
            "reopened": self.reopened,
            "slots_free": SLOTS - len(self.engine.slots_in_use()),
            "events_dropped": sum(int(ring.dropped) for ring in record.rings),
            **numbers,
        }


def same(program, other):
    """Whether two programs sound the same."""
    return program.graph == other.graph and np.array_equal(program.values, other.values)


def check(name, value, low, high):
    """Raise a ValueError that names parameter, value and range, unless a number is in it."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not low <= value <= high:
        raise ValueError(f"{name} = {value!r} must be a number, {low:g} … {high:g}")


def check_whole(name, value, low, high):
    """The same for whole numbers."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or not low <= value <= high:
        raise ValueError(f"{name} = {value!r} must be a whole number, {low} … {high}")


def hurry(item):
    """Give the native thread that reads a keyboard real-time priority, so that no key waits behind other programs."""
    thread = getattr(item, "thread", None)
    if thread is not None and thread.native_id is not None:
        make_realtime(thread.native_id)
