"""The ways out that this machine has: each host API, and each class of devices that it reaches differently."""

import os
import pathlib
import shutil
import sys
from dataclasses import dataclass

from synthhost.audio.errors import AudioError
from synthhost.audio.host_apis import cost
from synthhost.audio.portaudio import full_name, list_devices
from synthhost.latency.server import server_runs


@dataclass(frozen=True)
class Way:
    """One way: its name, the device, the options of `synthhost latency` that measure it, and what it costs in words."""

    name: str
    device: str
    options: tuple[str, ...]
    cost: str = ""
    prefix: tuple[str, ...] = ()  # a program that starts ours
    inputs: int = 0  # channels by which the device could hear itself


def ways(wanted=None):
    """All ways there are; with `wanted`, words of names, only the cards that fit. Raises AudioError."""
    cards = portaudio_ways(wanted)
    return cards if wanted else jack_ways() + cards + [Way("virtual", "no device", ("--audio", "virtual"))]


def jack_ways():
    """A running JACK server, else one of our own; and PipeWire's, where it runs."""
    found = []
    if server_runs():
        found.append(Way("JACK", "the running server", ("--audio", "jack")))
    elif shutil.which("jackd"):
        found.append(Way("JACK, own server", "dummy driver, no card", ("--audio", "jack", "--own-server")))
    if shutil.which("pw-jack") and pipewire_runs():
        found.append(Way("PipeWire, as JACK", "its default", ("--audio", "jack"), prefix=("pw-jack",)))
    return found


def pipewire_runs():
    """Whether PipeWire's socket is there."""
    return pathlib.Path(os.environ.get("XDG_RUNTIME_DIR", ""), "pipewire-0").exists()


def portaudio_ways(wanted=None):
    """One device of each host API and class: those that fit `wanted`, else the host API's own choice, else its first."""
    try:
        devices = list_devices()
    except AudioError:
        if wanted or sys.platform == "win32":
            raise
        return []
    if wanted:
        devices = [d for d in devices if wanted.lower() in full_name(d)]
        if not devices:
            raise AudioError(f"no output device matches '{wanted}': 'synthhost devices' lists them")
    chosen: dict[str, dict] = {}
    for device in sorted(devices, key=lambda device: not device["api_default"]):
        chosen.setdefault(class_of(device), device)
    return [
        Way(
            name,
            device["name"],
            ("--audio", "portaudio", "--device", f"{device['api']}: {device['name']}"),
            cost(device["api"]),
            inputs=device["inputs"],
        )
        for name, device in sorted(chosen.items())
    ]


def class_of(device):
    """The host API; on ALSA also whether it is a card itself or a program that stands before it; each ASIO driver."""
    api, name = device["api"].removeprefix("Windows "), device["name"]
    if api == "ASIO":
        return f"ASIO: {name}"
    if api != "ALSA":
        return f"{api}, by PortAudio" if "JACK" in api else api
    words = {"pipewire": "PipeWire", "pulse": "PulseAudio"}
    return f"ALSA, {words.get(name) or ('card' if '(hw:' in name else 'plug-in')}"
