"""Options that several commands share."""

import os

import click

AUDIO = click.option(
    "--audio",
    type=click.Choice(["auto", "jack", "portaudio", "virtual"]),
    default="auto",
    show_default=True,
    help="Where the sound goes. `auto`: JACK if its server runs, else a sound card, else the virtual device.",
)
DEVICE = click.option("--device", metavar="NAME", help="Sound card, by a part of its name or its number.")


def leave_asio(context, parameter, value):
    """Say it in the environment: child processes and `audio/asio.py` look there."""
    if value:
        os.environ["SYNTHHOST_NO_ASIO"] = "1"


NO_ASIO = click.option(
    "--no-asio",
    is_flag=True,
    expose_value=False,
    callback=leave_asio,
    help="Windows: leave ASIO drivers alone, for when one hangs.",
)
RATE = click.option(
    "--rate", type=click.IntRange(8000, 192_000), metavar="HZ", help="Sample rate. [default: the device's]"
)
BUFFER = click.option(
    "--buffer",
    type=click.IntRange(16, 8192),
    metavar="FRAMES",
    help="Frames the driver asks for at a time. [default: 64, else 128]",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")


def print_json(data):
    """Print plain data as JSON."""
    import json

    click.echo(json.dumps(data, indent=1, default=str))
