"""Kinds of MIDI ports: which of them nobody plays on, and by what a keyboard is known again when it is plugged in."""

import os
import pathlib
import re

OWN_NAME = "synthhost"
NOT_PLAYED = (  # how names begin -> why
    ("midi through", "only passes on what other programs send"),
    ("virmidi", "is a virtual card without keys"),
    (OWN_NAME, "is our own"),
)
# A controller's second face: it steers a recording program, and sends notes when its faders and lamps are touched.
DAW_CONTROL = re.compile(r"\b(mcu|hui|daw|mackie)\b|control surface", re.IGNORECASE)


def why_left_out(name):
    """Why a port is not played on unless it is asked for by name; empty if it is."""
    plain = name.casefold().replace("-", " ")
    for beginning, reason in NOT_PLAYED:
        if plain.startswith(beginning):
            return reason
    return "controls a DAW" if DAW_CONTROL.search(name) else ""


def sequencer_names(asound="/proc/asound"):
    """Names of the ALSA sequencer's ports for cards: client number less 16 (four for a card) -> names in their order."""
    try:
        lines = pathlib.Path(asound, "seq", "clients").read_text(errors="replace").splitlines()
    except OSError:
        return {}
    found, names = {}, []
    for line in lines:
        if client := re.match(r"Client +(\d+) :", line):
            names = found.setdefault(int(client[1]) - 16, [])
        elif port := re.match(r' +Port +\d+ : "(.*)"', line):
            names.append(port[1])
    return found


def usb_identity(card, asound="/proc/asound", cards="/sys/class/sound"):
    """Vendor and product of a sound card, with its serial number if it has one, else the socket; empty if not on USB."""
    try:
        usb = pathlib.Path(asound, f"card{card}", "usbid").read_text().strip()
    except OSError:
        return ""
    device = pathlib.Path(
        os.path.realpath(pathlib.Path(cards, f"card{card}", "device"))
    ).parent  # above the interface
    try:
        return f"{usb} {(device / 'serial').read_text().strip()}"
    except OSError:
        return f"{usb} at {device.name}"
