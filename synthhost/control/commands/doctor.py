"""``synthhost doctor``: what keeps this machine from playing well, and the command that mends it."""

import os
import pathlib
import platform
import shutil
import sys

import click

from synthhost.control.machine_checks import BAD, NOTE, OK, cards, clashes, governor, priority
from synthhost.control.options import JSON, NO_ASIO, print_json

REMEDIES = {  # what is missing of keyboards -> what mends it
    "python-rtmidi is not installed": "pip install python-rtmidi",
    "may not be opened by this user": "sudo usermod -aG audio $USER; log in again",
    "is not there": "sudo modprobe snd-seq",
    "no keyboard is plugged in": "plug one in, or play on the computer's keys: synthhost play --keys",
}


@click.command("doctor")
@JSON
@NO_ASIO
@click.pass_context
def command(context, as_json):
    """Look at processor, priority, memory, drivers, keyboards and the audio code; say what to do. Put its output into every
    report of drop-outs. Exit code 3 if something keeps synthhost from playing.

    \b
    Examples:
      synthhost doctor
      synthhost doctor --json > doctor.json
    """
    findings = [finding for check in CHECKS for finding in check()]
    if as_json:
        print_json([dict(zip(("state", "what", "remedy"), finding, strict=True)) for finding in findings])
    else:
        for state, what, remedy in findings:
            click.echo(
                f"{ {OK: ' ok ', NOTE: 'note', BAD: 'BAD '}[state] }  {what}"
                + (f"\n      → {remedy}" if remedy else "")
            )
    context.exit(3 if any(state == BAD for state, _, _ in findings) else 0)


def system():
    """What machine this is."""
    from synthhost import __version__

    cores = os.cpu_count()
    yield (
        OK,
        f"synthhost {__version__}, Python {platform.python_version()}, {platform.platform()}, {cores} processors",
        "",
    )


def libraries():
    """The system's audio libraries."""
    from synthhost.audio.errors import AudioError
    from synthhost.audio.jack import import_jack
    from synthhost.audio.portaudio import list_devices

    try:
        devices = list_devices()
        if devices:
            yield (
                OK,
                f"PortAudio finds {len(devices)} outputs: " + ", ".join(d["name"] for d in devices[:4]),
                "",
            )
        else:
            yield (
                NOTE,
                "PortAudio finds no sound card",
                "plug one in, or start a JACK server; without, the virtual device plays",
            )
    except AudioError as error:
        what, _, remedy = str(error).partition(": ")
        yield NOTE, what, remedy
    try:
        import_jack()
    except AudioError as error:
        what, _, remedy = str(error).partition(": ")
        yield NOTE, what, remedy
        return
    from synthhost.control.commands.devices import jack_server

    server = jack_server()
    if "rate_hz" in server:
        yield OK, f"a JACK server runs: {server['rate_hz']} Hz, {server['buffer_frames']} frames", ""
        for sentence in [f"JACK brings {name}" for name in server["keyboards"]] + server["left_out"]:
            yield OK, sentence, ""
    elif sys.platform.startswith("linux"):
        pipewire = shutil.which("pw-jack")
        yield NOTE, "no JACK server runs", "pw-jack synthhost play" if pipewire else "jackd -d alsa -p 64"


def drivers():
    """Windows' direct ways to a card: ASIO, else WASAPI exclusively."""
    if sys.platform != "win32":
        return
    from synthhost.audio import asio
    from synthhost.audio.errors import AudioError
    from synthhost.audio.portaudio import list_devices

    try:
        devices = list_devices()
    except AudioError:  # said by `libraries`
        return
    found = [device["name"] for device in devices if device["api"] == "ASIO"]
    if found:
        yield OK, f"ASIO drivers: {', '.join(found)}", ""
    absent = asio.absent(found)
    if absent:
        yield NOTE, absent, ""
    if not found:
        yield (
            NOTE,
            "no ASIO driver finds a card; does its maker offer one?",
            'synthhost play --device "WASAPI exclusive" is the next best',
        )


def keys():
    """Keyboards."""
    from synthhost.control.commands.devices import keyboards

    found = keyboards()
    for name in found["names"]:
        yield OK, f"keyboard {name}", ""
    for sentence in found["left_out"]:
        yield OK, sentence, ""
    for sentence in found["trouble"]:
        yield NOTE, sentence, next((remedy for words, remedy in REMEDIES.items() if words in sentence), "")
    sound = pathlib.Path("/dev/snd")
    closed = [p.name for p in sound.glob("midiC*") if not os.access(p, os.R_OK)] if sound.is_dir() else []
    if closed:
        yield (
            NOTE,
            f"{', '.join(closed)} may not be read by this user",
            "sudo usermod -aG audio $USER; log in again",
        )


def saved_settings():
    """What was kept for keyboards and devices."""
    from synthhost.control.saved import Saved, SavedError

    try:
        saved = Saved()
    except SavedError as error:
        yield BAD, str(error), "synthhost play --forget"
        return
    if saved.tables:
        yield OK, f"settings of keyboards and devices: {saved.path}", ""


def code():
    """The compiled audio code."""
    from synthhost.realtime.image import ImageError, cache_folder, image_key, load_image, stored_image

    stored = stored_image(cache_folder() / image_key())
    try:
        image = stored or load_image()
    except ImageError as error:
        yield BAD, f"the audio code cannot be built: {error}", "pip install numba"
        return
    undefined = image.manifest["audit"]["undefined"]
    state = "is stored" if stored else "was built now"
    yield (
        OK,
        f"the audio code {state}: {image.manifest['bytes']} bytes, {len(undefined)} undefined symbols",
        "",
    )


def patches():
    """All patches can be played."""
    from synthhost.patch import PatchError, compile_patch, list_patches, load

    found = list_patches(every=True)
    if not found:
        yield BAD, "no patches are installed", "install synthhost again"
    for name, path in found.items():
        try:
            compile_patch(load(path))
        except PatchError as error:
            yield NOTE, f"patch {name} cannot be played: {error}", f"synthhost patch check {name}"
    yield OK, f"{len(found)} patches", ""


CHECKS = (system, governor, priority, cards, libraries, drivers, keys, clashes, saved_settings, code, patches)
