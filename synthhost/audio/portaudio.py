"""PortAudio: ASIO and WASAPI on Windows, Core Audio, ALSA, JACK; with the compiled callback as a C pointer.

`sounddevice` in its documented expert mode (``_StreamBase`` with a callback pointer) opens the stream; the callback never
enters Python. This is the only file that imports it.
"""

import atexit
import contextlib
import os
import sys
import time

from synthhost.audio import asio
from synthhost.audio.control_thread import CONTROL
from synthhost.audio.errors import AudioError
from synthhost.audio.priority import make_realtime, priority_of, threads
from synthhost.audio.speakers import Speakers
from synthhost.audio.watchdog import Watchdog

APIS = ("ASIO", "WASAPI", "Core Audio", "JACK", "ALSA", "WDM-KS", "DirectSound", "MME")  # best first
MIXERS = ("DirectSound", "MME")  # less than their own least latency is silence with holes in it
WASAPI, EXCLUSIVE = "WASAPI", "WASAPI exclusive"
FIRST_BLOCK_S = 1.0
USUAL_RATES_HZ = (44_100, 48_000, 88_200, 96_000)
LIBRARY_ADVICE = "PortAudio is not installed: 'apt install libportaudio2' mends it"


def import_sounddevice():
    """The sounddevice module, with ASIO on Windows. Raises AudioError if PortAudio is missing."""
    return sys.modules.get("sounddevice") or CONTROL.call(first_import)


def first_import():
    """Import sounddevice, which starts PortAudio, on the thread that will open and close; end PortAudio there too."""
    asio.enable()
    saved = silence_stderr()
    try:
        import sounddevice
    except OSError:
        raise AudioError(LIBRARY_ADVICE) from None
    except ImportError:
        raise AudioError(
            "the Python package sounddevice is not installed: 'pip install sounddevice' mends it"
        ) from None
    finally:
        restore_stderr(saved)
    atexit.register(end_portaudio, sounddevice)
    return sounddevice


def end_portaudio(sounddevice):
    """Give all devices back when the process ends, on the thread that may; a driver that hangs does not keep it."""
    with contextlib.suppress(AudioError):
        CONTROL.call(sounddevice._exit_handler, limit_s=5.0)


def refresh():
    """Let PortAudio look for devices and servers again: it only does so when it begins. No stream may be open."""
    CONTROL.call(begin_anew, import_sounddevice())


def begin_anew(sounddevice):
    """`refresh`, on the thread that may."""
    saved = silence_stderr()
    try:
        sounddevice._terminate()
        sounddevice._initialize()
    finally:
        restore_stderr(saved)


def silence_stderr():
    """ALSA and JACK write pages to stderr while devices are listed; keep them from the terminal."""
    try:
        sys.stderr.flush()
        saved, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    except (OSError, AttributeError, ValueError):
        return None
    os.dup2(nothing, 2)
    os.close(nothing)
    return saved


def restore_stderr(saved):
    """Undo `silence_stderr`."""
    if saved is not None:
        os.dup2(saved, 2)
        os.close(saved)


def list_devices():
    """Output devices as dictionaries: number, name, host API, channels (inputs too), default rate, lowest latency.

    A device of WASAPI is there twice: through the mixer, and exclusively. `default` is PortAudio's, `api_default` its
    host API's own choice.
    """
    return CONTROL.call(output_devices, import_sounddevice())


def output_devices(sounddevice):
    """`list_devices`, on the thread that may."""
    apis = sounddevice.query_hostapis()
    default = sounddevice.default.device[1]
    devices = [
        {
            "number": number,
            "name": device["name"],
            "api": apis[device["hostapi"]]["name"],
            "channels": device["max_output_channels"],
            "inputs": device["max_input_channels"],
            "rate_hz": device["default_samplerate"],
            "latency_s": device["default_low_output_latency"],
            "default": number == default,
            "api_default": number == apis[device["hostapi"]]["default_output_device"],
        }
        for number, device in enumerate(sounddevice.query_devices())
        if device["max_output_channels"] > 0
    ]
    alone = [
        {**device, "api": device["api"].replace(WASAPI, EXCLUSIVE), "default": False}
        for device in devices
        if WASAPI in device["api"]
    ]
    return devices + alone


def list_inputs():
    """Input devices as dictionaries: number, name, host API, channels."""

    def inputs(sounddevice):
        apis = sounddevice.query_hostapis()
        return [
            {
                "number": number,
                "name": device["name"],
                "api": apis[device["hostapi"]]["name"],
                "inputs": device["max_input_channels"],
            }
            for number, device in enumerate(sounddevice.query_devices())
            if device["max_input_channels"] > 0
        ]

    return CONTROL.call(inputs, import_sounddevice())


def choose_device(devices, wanted=None):
    """The device whose name (or "API: name", or number) matches, else the default one.

    A part of the name is enough if it fits one device only; of several ways to it the most direct is taken. MME cuts
    names off, so one that another begins with is the same device. Raises AudioError.
    """
    if not devices:
        raise AudioError("PortAudio finds no output device: is a sound card plugged in?")
    if wanted is None:
        return default_devices(devices)[0]
    if wanted.isdigit():
        found = [d for d in devices if d["number"] == int(wanted)]
    else:
        words = wanted.lower()
        found = [d for d in devices if words in (d["name"].lower(), full_name(d))]
        found = found or [d for d in devices if words in full_name(d)]
    if not found:
        have = "; ".join(f"{d['number']} {d['api']}: {d['name']}" for d in devices)
        raise AudioError(f"no output device matches '{wanted}'. There are: {have}")
    best = min(found, key=lambda d: preference(d["api"]))
    others = [d for d in found if not best["name"].lower().startswith(d["name"].lower())]
    if others:
        fits = "; ".join(f"{d['number']} {d['api']}: {d['name']}" for d in found)
        raise AudioError(f"'{wanted}' could be {fits}. Write more of the name, or its number")
    return best


def default_devices(devices):
    """What is tried when nobody names a device: the system's own, but on Windows no mixer before ASIO and WASAPI."""
    own = next((d for d in devices if d["default"]), devices[0])
    if not is_mixer(own):
        return [own]
    direct = [d for d in devices if d["api_default"] and not is_mixer(d) and EXCLUSIVE not in d["api"]]
    return [*sorted(direct, key=lambda d: preference(d["api"])), own]


def is_mixer(device):
    """Whether a device is reached through one of the Windows mixers of 1997."""
    return any(name in device["api"] for name in MIXERS)


def full_name(device):
    """A device's host API and name, as they are looked for."""
    return f"{device['api']}: {device['name']}".lower()


def preference(api):
    """Where a host API stands when several reach the same device: the direct ones first."""
    return next((place for place, word in enumerate(APIS) if word in api), len(APIS))


class PortAudioOutput:
    """Plays an engine through PortAudio. `device` is one of `list_devices()`.

    `watch` is the address of a record of `latency/watch.py`, when somebody measures: then the stream calls the entry
    that writes down the time of each block and calls the engine's own. With `listen`, one of `list_inputs()`, it hears
    that device's first channel too.
    """

    kind = "portaudio"

    def __init__(
        self,
        engine,
        device,
        buffer_frames,
        watch=0,
        speakers=Speakers(),  # noqa: B008 (it never changes)
        listen=None,
    ):
        self.sounddevice = import_sounddevice()
        self.engine, self.device, self.rate_hz = engine, device, engine.rate_hz
        self.buffer_frames = buffer_frames
        self.name = f"{device['api']}: {device['name']}"
        self.priority = "not started"
        self.trouble = self._watchdog = None
        ffi = self.sounddevice._ffi
        entry = "watched_callback" if watch else "portaudio_callback"
        callback = ffi.cast("PaStreamCallback *", engine.image.address(entry))
        asio_device = "ASIO" in device["api"]
        latency_s = wanted_latency(device, buffer_frames / engine.rate_hz)
        engine.record.stats.sizes[:] = 0
        self.channels = speakers.channels(device["channels"], device["name"])
        speakers.aim(engine, self.channels)
        try:
            self.stream = CONTROL.call(
                lambda: self.sounddevice._StreamBase(
                    "duplex" if listen else "output",
                    device=(listen["number"], device["number"]) if listen else device["number"],
                    channels=(1, self.channels) if listen else self.channels,
                    samplerate=engine.rate_hz,
                    blocksize=0 if asio_device else buffer_frames,
                    latency=(latency_s, latency_s) if listen else latency_s,
                    dtype="float32",
                    extra_settings=extra_settings(self.sounddevice, device, engine.rate_hz, bool(listen)),
                    callback=callback,
                    userdata=ffi.cast("void *", watch or engine.address),
                    wrap_callback=None,
                )
            )
        except self.sounddevice.PortAudioError as error:
            rates = CONTROL.call(self._offered_rates) if "-9997" in str(error) else ()
            raise AudioError(sentence(error, device, engine.rate_hz, rates)) from None

    def _offered_rates(self):
        """The usual sample rates that the device takes."""
        offered = []
        for rate in USUAL_RATES_HZ:
            with contextlib.suppress(self.sounddevice.PortAudioError):
                self.sounddevice.check_output_settings(
                    self.device["number"], self.channels, "float32", samplerate=rate
                )
                offered.append(rate)
        return offered

    def start(self):
        """Begin to play; the thread that PortAudio starts becomes a real-time thread where the system allows it.

        An ASIO driver chooses the size of its buffer: the engine is fitted to the one that really comes.
        """
        CONTROL.call(self._start)
        real = self._real_buffer_frames() if "ASIO" in self.device["api"] else self.buffer_frames
        if real != self.buffer_frames:
            CONTROL.call(self.stream.stop)
            self.buffer_frames = real
            self.engine.record.stats.sizes[:] = 0
            self.engine.image.function("refit_engine")(self.engine.address, real)
            CONTROL.call(self._start)
        self._watchdog = Watchdog(self.engine, self.buffer_frames)

    def _start(self):
        before = threads()
        try:
            self.stream.start()
        except self.sounddevice.PortAudioError as error:
            self.stream.close(ignore_errors=True)
            raise AudioError(sentence(error, self.device, self.rate_hz)) from None
        new = (
            threads() - before if "JACK" not in self.device["api"] else threads()
        )  # JACK's thread runs already
        found = [(thread, priority_of(thread)) for thread in new]
        ready = next((p for _, p in found if p.startswith("SCHED")), None)
        made = (make_realtime(thread) for thread in threads() - before)
        self.priority = ready or next(made, "as the driver set it")

    def _real_buffer_frames(self):
        """How many frames the first callback asked for; what was wanted if none comes."""
        sizes, until = self.engine.record.stats.sizes, time.monotonic() + FIRST_BLOCK_S
        while sizes[0] == 0 and time.monotonic() < until:
            time.sleep(0.001)
        return int(sizes[0]) or self.buffer_frames

    @property
    def output_s(self):
        """Output latency as the driver reports it, in seconds."""
        latency = self.stream.latency
        return float(latency[1] if isinstance(latency, tuple) else latency)

    @property
    def input_s(self):
        """Input latency as the driver reports it; only for a stream that listens."""
        return float(self.stream.latency[0])

    def alive(self):
        """Whether it plays as it was opened; if not, `trouble` says why."""
        if self.trouble is None and self._watchdog is not None:
            self.trouble = self._watchdog.look() or (None if self.stream.active else "is gone")
        return self.trouble is None

    @property
    def silent_s(self):
        """For how long no block has been asked for."""
        return time.perf_counter() - self._watchdog.last_block_s if self._watchdog else 0.0

    def close(self):
        """Stop after the buffers that are under way, then give the device back."""
        CONTROL.call(self._close)

    def _close(self):
        try:
            (self.stream.stop if self.trouble is None else self.stream.abort)()
            self.stream.close()
        except self.sounddevice.PortAudioError:
            self.stream.close(ignore_errors=True)
        if self.trouble is not None:  # PortAudio sees what has changed only when it begins anew
            begin_anew(self.sounddevice)

    def describe(self):
        return self.name


def wanted_latency(device, buffer_s):
    """The latency to ask for: one buffer, but never less than a mixer can do."""
    return max(buffer_s, device["latency_s"]) if is_mixer(device) else buffer_s


def extra_settings(sounddevice, device, rate_hz, duplex=False):
    """What WASAPI wants to be told: alone with the device, or through the mixer at a rate that may be another one."""
    if WASAPI not in device["api"]:
        return None
    alone = EXCLUSIVE in device["api"]
    convert = not alone and rate_hz != device["rate_hz"]
    settings = sounddevice.WasapiSettings(exclusive=alone, auto_convert=convert)
    return (settings, settings) if duplex else settings


def sentence(error, device, rate_hz, rates=()):
    """A PortAudio error as a sentence that says what to do."""
    text, name = str(error), device["name"]
    driver = asio.refusal(text)
    if driver:
        return f"'{name}' ({device['api']}) cannot be opened: {driver}"
    offered = ", ".join(f"--rate {rate:.0f}" for rate in rates or [device["rate_hz"]])
    advice = {
        "-9985": "it is in use by another program, or was unplugged",
        "-9996": "it is not there any more",
        "-9997": f"it does not take {rate_hz:.0f} Hz; it offers {offered}",
        "-9998": "it does not have two output channels",
        "-9999": "its driver failed",
    }
    if EXCLUSIVE in device["api"]:
        alone = "it cannot be had alone: close other programs that sound, and allow it in its properties, 'Advanced'"
        advice |= {"-9985": alone, "-9996": alone, "-9999": alone}
    reason = next((words for code, words in advice.items() if code in text), text)
    return f"'{name}' ({device['api']}) cannot be opened: {reason}"
