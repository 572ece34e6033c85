"""A card that hears itself: the measuring patch is played, and what comes in is kept on the same count of frames."""

import contextlib
import time

import numpy as np

from synthhost.audio.errors import AudioError
from synthhost.audio.portaudio import choose_device, list_devices, list_inputs
from synthhost.engine.engine import Engine
from synthhost.engine.memory import zeroed
from synthhost.latency.heard import Heard, analyse
from synthhost.latency.onset import find_onset
from synthhost.latency.path_way import PortAudioWatch, open_keyboard, real_buffer
from synthhost.latency.table import milliseconds
from synthhost.midi.inputs import MidiInputs
from synthhost.midi.ports import open_sender
from synthhost.patch import compile_patch, find, load
from synthhost.realtime.image import load_image

SETTLE_S = 2.0
LATEST_S = 0.2  # a key that is not heard by then is missed
GAP_S, HOLD_S = (0.25, 0.35), 0.012  # so far apart that each note is over, whatever the driver's latency
MOST_KEYS = 60
BY_HAND_S = 30.0
SOFTEST = 1e-3  # of full scale: below it there is no cable
RINGS = 15


class Ear:
    """The measuring patch on a card that hears itself; `with` starts and ends it."""

    def __init__(self, options, longest_s):
        self.image = load_image()
        device = choose_device(list_devices(), options.device)
        listen = choose_input(device, options.listen)
        rate_hz = float(options.rate or device["rate_hz"])
        buffer_frames = real_buffer(self.image, device, options.buffer or 128, rate_hz)
        self.engine = Engine(self.image, rate_hz, buffer_frames, options.steady)
        self.engine.record.capture_on = 1
        self.engine.hand_in(self.engine.load(compile_patch(load(find(options.patch)), self.image.operators)))
        self.watch = PortAudioWatch(self.engine, buffer_frames, device, listen)
        self.name = f"{self.watch.output.name}, heard by {listen['name']}"
        self.memory = zeroed(np.dtype([("sample", "f4", (int((longest_s + SETTLE_S + 2) * rate_hz),))]))
        record = self.watch.memory[0]
        record.heard, record.input_channels = self.memory.ctypes.data, 1
        record.most_frames = self.memory["sample"].size
        self.played = []

    def __enter__(self):
        self.watch.output.start()
        self.wait(SETTLE_S)
        return self

    def __exit__(self, *_):
        self.watch.output.close()

    def collect(self):
        """Take over what was played."""
        self.played.append(self.engine.read_capture()[:, 0].copy())
        self.watch.blocks.collect()

    def wait(self, seconds):
        """Let it run."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.collect()
            time.sleep(0.02)

    def heard(self):
        """What came in so far, ``float32[N]``."""
        return self.memory["sample"][0][: int(self.watch.memory[0].heard_frames)].copy()


def choose_input(device, wanted):
    """The input that hears the device: the one that is asked for, else the card's own. Raises AudioError."""
    inputs = [i for i in list_inputs() if i["api"] == device["api"].replace(" exclusive", "")]
    if wanted:
        inputs = [i for i in inputs if wanted.lower() in i["name"].lower()]
    same = [i for i in inputs if i["number"] == device["number"] or i["name"] == device["name"]]
    if not (same or inputs):
        asked = f"matches '{wanted}'" if wanted else f"hears '{device['name']}'"
        raise AudioError(
            f"no input of {device['api']} {asked}: choose card and input with --device and --listen"
        )
    return (same or inputs)[0]


def through_cable(options):
    """The computer strikes, the card hears its own output. Raises AudioError."""
    keys = min(options.keys, MOST_KEYS)
    with Ear(options, keys * GAP_S[1] + 1.0) as ear, contextlib.ExitStack() as stack:
        ring = ear.engine.ring_address(0)
        if options.midi_out:
            stack.enter_context(contextlib.closing(MidiInputs(ear.image, [ring], poll_s=None)))
            send = stack.enter_context(contextlib.closing(sender(options.midi_out)))
            sent_ns = strike_through(send, keys, ear)
            way = f"MIDI cable from {options.midi_out}, audio cable"
        else:
            keyboard, _ = open_keyboard(ear.image, ring, stack, keys, GAP_S, HOLD_S)
            sent_ns, clean = keyboard.play(ear.collect, LATEST_S)
            sent_ns, way = sent_ns[clean], "audio cable; keys struck by this computer"
        ear.collect()
        return judge(ear, sent_ns, way)


def sender(name):
    """An open MIDI output. Raises AudioError."""
    try:
        return open_sender(name)
    except OSError as error:
        raise AudioError(str(error)) from None


def strike_through(send, keys, ear):
    """Send keys out by a MIDI port; when each was given to it, in nanoseconds."""
    chance, sent = np.random.default_rng(1), []
    for _ in range(keys):
        ear.wait(chance.uniform(GAP_S[0], GAP_S[1]) - HOLD_S)
        sent.append(time.perf_counter_ns())
        send.send(bytes((0x90, 69, 100)))
        time.sleep(HOLD_S)
        send.send(bytes((0x80, 69, 64)))
    ear.wait(LATEST_S)
    return np.array(sent)


def judge(ear, sent_ns, way):
    """From each key to its sound as the input heard it. Raises AudioError if there is no cable."""
    rate_hz, output = ear.engine.rate_hz, ear.watch.output
    heard, played = ear.heard(), np.concatenate(ear.played)
    if ear.engine.record.capture_dropped:
        raise AudioError("the sound could not be taken over fast enough: measure again with less load")
    if np.abs(heard).max(initial=0.0) < SOFTEST:
        raise AudioError(
            f"nothing comes in at '{output.name}': join its output and its input with a cable, and turn the input up"
        )
    frames, begun, _ = ear.watch.blocks.blocks()
    due = ear.watch.due_ns(frames, begun, rate_hz)
    delays, trips = [], []
    for when in sent_ns:
        place = max(int(np.searchsorted(due, when)) - 1, 0)
        start = int(frames[place] + (when - due[place]) * 1e-9 * rate_hz)
        end = start + int(LATEST_S * rate_hz)
        out, back = (find_onset(sound, start, end, rate_hz) for sound in (played, heard))
        if out is None or back is None:
            continue
        block = int(np.searchsorted(frames, back, "right")) - 1
        came_ns = due[block] + (back - frames[block]) * 1e9 / rate_hz - output.input_s * 1e9
        delays.append(float(came_ns - when) * 1e-9)
        trips.append((back - out) / rate_hz)
    trip_s, reported_s = float(np.median(trips)) if trips else None, output.output_s + output.input_s
    counts = {"keys": len(sent_ns), "heard": len(delays)}
    return Heard(way, ear.name, tuple(delays), counts, trip_s, reported_s, hidden(trip_s, reported_s))


def hidden(trip_s, reported_s):
    """What is to be said when out and in again takes longer, or less, than the driver says."""
    if trip_s is None or abs(trip_s - reported_s) < 0.0002:
        return ()
    return (
        f"The driver is wrong by {milliseconds(trip_s - reported_s)} ms; whether on its way out or in nobody can tell from "
        "here, so key to sound is uncertain by that.",
    )


def by_hand(options, tell):
    """You strike, a microphone hears key and loudspeaker. Raises AudioError."""
    with Ear(options, BY_HAND_S) as ear:
        rings = [ear.engine.ring_address(number) for number in range(RINGS)]
        with contextlib.closing(MidiInputs(ear.image, rings)) as keyboards:
            tell("\n".join(keyboards.describe()))
            tell(
                f"Strike a key twenty times with a fingernail, half a second apart: {BY_HAND_S:.0f} s from now."
            )
            ear.wait(BY_HAND_S)
        return analyse(ear.heard(), None, ear.engine.rate_hz, ear.name, "microphone near the key")
