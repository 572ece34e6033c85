"""``synthhost latency``: measure, report, judge."""

import contextlib
import json
import pathlib
import sys
from dataclasses import dataclass

from synthhost.audio.errors import AudioError
from synthhost.latency.facts import as_data, stolen_s
from synthhost.latency.jack_way import measure_jack
from synthhost.latency.ordinary import measure_ordinary
from synthhost.latency.path_way import measure_path
from synthhost.latency.picture import draw
from synthhost.latency.server import default_server, how_to_start, private_server, server_runs
from synthhost.latency.table import report

LATENCY_PATCH = "test/latency"
SLOW_GAP_S, SLOW_HOLD_S = (0.6, 0.75), 0.05  # for patches whose notes ring on
FAST_GAP_S, FAST_HOLD_S = (0.03, 0.05), 0.012


@dataclass
class Options:
    """What the command line says."""

    audio: str = "auto"  # auto, jack, portaudio, virtual
    device: str | None = None  # PortAudio: words of a device's name
    buffer: int | None = None  # frames; JACK's server decides by itself
    rate: float | None = None
    keys: int = 200
    seconds: float | None = None  # instead of keys: about so long
    load: bool = False
    steady: bool = True
    ordinary: bool = True  # measure a Python callback beside it
    own_server: bool = False
    patch: str = LATENCY_PATCH
    loopback: str | None = None  # "": hear the sound through a cable or microphone; else a recording of it
    listen: str | None = None  # words of the input's name
    midi_out: str | None = (
        None  # words of a MIDI output's name, or a raw device: a cable brings the keys back
    )
    by_hand: bool = False  # somebody strikes the keys
    two_channels: bool = False  # of a recording: left is the key, right is the sound
    json: str | None = None  # path, or "-"
    png: str | None = None


def run(options, tell=print):
    """Measure as the options say, print the report. Returns the exit code: 0 pass, 1 fail, 2 it cannot be measured."""
    try:
        results = measure(options)
    except AudioError as error:
        tell(f"{error}")
        return 2
    if options.json == "-":
        tell(json.dumps(as_data(results), indent=1))
    else:
        report(results)
        if options.json:
            pathlib.Path(options.json).write_text(json.dumps(as_data(results), indent=1) + "\n")
    if options.png:
        draw(results, options.png)
    return 0 if all(result.passed for result in results if result.ours) else 1


def measure(options):
    """All measurements that the options ask for, without load first. Raises AudioError, PatchError, ImageError."""
    from synthhost.patch import compile_patch, find, load
    from synthhost.realtime.image import load_image

    image = load_image()
    patch = load(find(options.patch))
    program = compile_patch(patch, image.operators)
    ringing = pathlib.Path(find(options.patch)) != pathlib.Path(find(LATENCY_PATCH))
    timing = {
        "gap_s": SLOW_GAP_S if ringing else FAST_GAP_S,
        "hold_s": SLOW_HOLD_S if ringing else FAST_HOLD_S,
    }
    timing["keys"] = number_of_keys(options, timing["gap_s"])
    audio = choose(options)
    results = []
    with contextlib.ExitStack() as stack:
        if options.own_server:
            server = stack.enter_context(private_server(options.buffer or 128, options.rate or 48_000))
            stack.enter_context(default_server(server))
        for load_on in (False, True) if options.load else (False,):
            before = stolen_s()
            found = measure_once(image, program, audio, options, load_on, timing)
            note_steal(found, before)
            results += found
    return results


def measure_once(image, program, audio, options, load_on, timing):
    """The measurements of one load: ours, and the ordinary way beside it."""
    buffer, rate = options.buffer or 128, options.rate
    if audio == "jack":
        results = [measure_jack(image, program, load=load_on, **timing)]
        buffer, rate = results[0].buffer_frames, results[0].rate_hz
    else:
        results = []
    out = "virtual" if audio == "jack" else audio
    results.append(
        measure_path(
            image,
            program,
            out,
            buffer,
            rate,
            load=load_on,
            steady=options.steady,
            device=options.device,
            **timing,
        )
    )
    if options.ordinary and sys.platform.startswith("linux"):
        rate = results[-1].rate_hz
        results.append(measure_ordinary(image, buffer, rate, load=load_on, **timing))
    return results


def number_of_keys(options, gap_s):
    """How many keys are struck."""
    if options.seconds is None:
        return max(int(options.keys), 1)
    return max(int(options.seconds / (sum(gap_s) / 2)), 1)


def choose(options):
    """Which way out is measured. Raises AudioError with what to do when JACK is wanted and does not run."""
    if options.audio in ("virtual", "portaudio"):
        return options.audio
    if options.own_server or server_runs():
        return "jack"
    if options.audio == "jack":
        raise AudioError(how_to_start(options.buffer or 128, options.rate or 48_000))
    with contextlib.suppress(AudioError):
        from synthhost.audio.portaudio import list_devices

        if list_devices():
            return "portaudio"
    return "virtual"


def note_steal(results, before):
    """Write into measurements how long the hypervisor had the processors meanwhile."""
    after = stolen_s()
    for result in results:
        result.machine["stolen_s"] = None if after is None or before is None else after - before
