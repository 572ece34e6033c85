"""Key-to-sound along the whole path: bytes in a pipe, the native MIDI thread, the engine, a device."""

import contextlib
import sys
import time

import numpy as np

from synthhost.audio.block_log import BlockReader
from synthhost.audio.choose import VIRTUAL_RATE_HZ
from synthhost.audio.errors import AudioError
from synthhost.audio.portaudio import PortAudioOutput, choose_device, list_devices
from synthhost.audio.priority import lock_memory, make_realtime
from synthhost.audio.virtual import VirtualOutput
from synthhost.engine.engine import Engine
from synthhost.engine.memory import zeroed
from synthhost.engine.timing import OFF_BLOCKS
from synthhost.latency.device_clock import due_times_ns
from synthhost.latency.facts import wine
from synthhost.latency.keyboard import Keyboard, roomy
from synthhost.latency.load import VOICES, Storm, sustain
from synthhost.latency.native_keyboard import NativeKeyboard
from synthhost.latency.onset import find_onset
from synthhost.latency.result import MEASURED, REPORTED, Measurement, assumed_stages, lateness, stage_of
from synthhost.latency.watch import WATCH
from synthhost.midi.raw import RawMidiInput
from synthhost.realtime.clock import fill_clock

SWITCH_INTERVAL_S = 1e-4  # as the host sets it
SETTLE_S = {"virtual": 0.2, "portaudio": 2.0}  # the loop that filters the device's clock needs some time
NOTICED_S = 0.15


class VirtualWatch:
    """The virtual device and when its blocks were due."""

    hardware, output_how = False, "one buffer, as a sound card"

    def __init__(self, engine, buffer_frames):
        self.output = VirtualOutput(engine, buffer_frames)
        self.output_s = buffer_frames / engine.rate_hz
        self.blocks = BlockReader(self.output.memory[0].log)

    def due_ns(self, frames, begun_ns, rate_hz):
        return self.output.began_ns() + frames * (1e9 / rate_hz)


class PortAudioWatch:
    """A PortAudio stream whose compiled callback runs between two looks at the clock."""

    output_how = "as PortAudio reports it"

    def __init__(self, engine, buffer_frames, device, listen=None):
        self.memory = zeroed(WATCH)
        lock_memory(self.memory)
        record = self.memory[0]
        fill_clock(record.clock)
        record.engine = engine.address
        self.output = PortAudioOutput(engine, device, buffer_frames, self.memory.ctypes.data, listen=listen)
        self.output_s = self.output.output_s
        self.hardware = "JACK" not in device["api"] and wine() is None
        self.blocks = BlockReader(record.log)

    def due_ns(self, frames, begun_ns, rate_hz):
        return due_times_ns(frames, begun_ns, rate_hz)


def measure_path(
    image,
    program,
    out="virtual",
    buffer_frames=128,
    rate_hz=None,
    keys=200,
    load=False,
    steady=True,
    device=None,
    gap_s=(0.03, 0.05),
    hold_s=0.012,
    seed=1,
):
    """Measure from the write of a key's bytes into a pipe to the moment its first frame leaves the device.

    On Windows, where no pipe can be read without Python, from the moment the bytes reach the decoder.

    Parameters
    ----------
    image, program : the machine code and the patch that is played; its attack must be 0
    out : ``virtual`` or ``portaudio`` (`device`: words of its name)
    buffer_frames, rate_hz : what to ask for; None takes the device's rate
    keys, gap_s, hold_s, seed : how many keys, how far apart (least, most), how long they are held, which random times
    load : whether a storm of Python threads and 256 voices of another patch share the process
    steady : the engine's timing: arrival + one buffer, or the start of the next buffer

    Returns a Measurement. Raises AudioError.
    """
    if out == "portaudio":
        device = choose_device(list_devices(), device)
        rate_hz = rate_hz or device["rate_hz"]
        buffer_frames = real_buffer(image, device, buffer_frames, rate_hz)
    rate_hz = float(rate_hz or VIRTUAL_RATE_HZ)
    engine = Engine(image, rate_hz, buffer_frames, steady, polyphony=VOICES + 64)
    lock_memory(engine.memory)
    engine.record.capture_on = 1
    engine.hand_in(engine.load(program))
    if load:
        sustain(engine)
    watch = (
        VirtualWatch(engine, buffer_frames)
        if out == "virtual"
        else PortAudioWatch(engine, buffer_frames, device)
    )
    gap_s = roomy(gap_s, hold_s, buffer_frames / rate_hz)
    sound = []

    def collect():
        sound.append(engine.read_capture()[:, 0].copy())
        watch.blocks.collect()

    interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    try:
        watch.output.start()
        with contextlib.ExitStack() as stack:
            stack.callback(watch.output.close)
            buffer_frames = (
                watch.output.buffer_frames
            )  # an ASIO driver may have another one than was asked for
            settle(collect, SETTLE_S[out])
            keyboard, keys_come_by = open_keyboard(
                image, engine.ring_address(0), stack, keys, gap_s, hold_s, seed
            )
            if load:
                stack.enter_context(Storm())
            sent_ns, clean = keyboard.play(collect, NOTICED_S + 0.1)
    finally:
        sys.setswitchinterval(interval)
    collect()
    if engine.record.capture_dropped:
        raise AudioError("the sound could not be taken over fast enough: measure again with less load")
    name = f"{watch.output.name}, {watch.output.priority}; keys {keys_come_by}"
    return evaluate(engine, watch, np.concatenate(sound), sent_ns, clean, name, load, steady, buffer_frames)


def real_buffer(image, device, buffer_frames, rate_hz):
    """The buffer that an ASIO driver gives when it is asked for one; the others give what they are asked for."""
    if "ASIO" not in device["api"]:
        return buffer_frames
    output = PortAudioOutput(Engine(image, rate_hz, buffer_frames), device, buffer_frames)
    output.start()
    output.close()
    return output.buffer_frames


def open_keyboard(image, ring_address, stack, *how):
    """A keyboard that plays into a ring until `stack` ends, and by what thread its keys come."""
    if sys.platform == "win32":
        keyboard = stack.enter_context(contextlib.closing(NativeKeyboard(image, ring_address, *how)))
        return keyboard, f"struck in this process, {keyboard.priority}"
    piped = stack.enter_context(contextlib.closing(Keyboard(*how)))
    reader = RawMidiInput(image, ring_address, piped.fd, 0, "measured")
    stack.callback(reader.close)
    return piped, make_realtime(reader.thread.native_id)


def settle(collect, seconds):
    """Let the device run for a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        collect()
        time.sleep(0.02)


def evaluate(engine, watch, sound, sent_ns, clean, name, load, steady, buffer_frames):
    """What was found, as a Measurement."""
    buffer_s = buffer_frames / engine.rate_hz
    blocks = watch.blocks.blocks()
    due = watch.due_ns(blocks[0], blocks[1], engine.rate_hz)
    values, found = judge_keys(blocks, due, sound, sent_ns, clean, engine.rate_hz, buffer_s, watch.output_s)
    stats = engine.record.stats
    counts = found | {
        "late_blocks": int(stats.late_blocks),
        "lost_blocks": int(stats.lost_blocks),
        "late_events": int(stats.late_events),
        "voices_max": int(stats.voices_max),
        "block_median_s": float(np.median(blocks[2] - blocks[1])) * 1e-9,
        "block_max_s": int(stats.block_ns_max) * 1e-9,
    }
    return Measurement(
        f"synthhost, {watch.output.kind}" + ("" if steady else ", immediate"),
        name,
        buffer_frames,
        engine.rate_hz,
        load,
        stages_of(np.array(values) - watch.output_s, steady, buffer_s, watch),
        tuple(values),
        counts,
        lateness(blocks[1] - due, buffer_s),
        hardware=watch.hardware,
    )


def stages_of(inside_s, steady, buffer_s, watch):
    """The stages; `inside_s` is the time from the first byte to the frame on the device's clock."""
    key, converter = assumed_stages()
    output = stage_of(f"output: {watch.output_how}", REPORTED, [watch.output_s])
    if not steady:
        return key, stage_of("bytes to event, wait for the buffer", MEASURED, inside_s), output, converter
    event = stage_of("bytes to event, and its frame", MEASURED, inside_s - buffer_s)
    return key, event, stage_of("wait: one buffer, always", MEASURED, [buffer_s]), output, converter


def judge_keys(blocks, due, sound, sent_ns, clean, rate_hz, buffer_s, output_s):
    """From each key to the time its first frame leaves the device, on the device's nominal clock: (seconds, counts).

    A block that took longer than a period leaves later by that. Left out are keys whose writing was interrupted, and
    those whose way goes through a moment in which the device itself stood still.
    """
    frames, begun, ended = blocks
    too_long = np.maximum(ended - begun - buffer_s * 1e9, 0.0)
    stops = stopped(due, ended - begun, buffer_s * 1e9)
    values, missed, torn = [], 0, 0
    following = np.r_[sent_ns[1:], sent_ns[-1:] + 10**10]
    for when, then in zip(sent_ns[clean], following[clean]):
        struck = max(int(np.searchsorted(due, when)) - 1, 0)
        start = int(frames[struck] + (when - due[struck]) * 1e-9 * rate_hz)
        end = start + int(min(NOTICED_S, (then - when) * 1e-9) * rate_hz)
        onset = find_onset(sound, start, end, rate_hz)
        heard = struck if onset is None else int(np.searchsorted(frames, onset, "right")) - 1
        if stops[max(struck - OFF_BLOCKS - 1, 0) : heard + 2].any():
            torn += 1
        elif onset is None:
            missed += 1
        else:
            leaves = due[heard] + too_long[heard] + (onset - frames[heard]) * 1e9 / rate_hz
            values.append(float(leaves - when) * 1e-9 + output_s)
    counts = {
        "sent": len(sent_ns),
        "heard": len(values),
        "missed": missed,
        "left_out_interrupted": int((~clean).sum()),
        "left_out_torn": torn,
    }
    return values, counts


def stopped(due_ns, took_ns, period_ns):
    """Before which blocks the device itself lost time, as a dummy driver does that the machine does not let run.

    A block of ours that took longer than its period is no excuse.
    """
    gaps = np.diff(due_ns) > 1.5 * period_ns
    return np.r_[False, gaps & (took_ns[:-1] < period_ns)]
