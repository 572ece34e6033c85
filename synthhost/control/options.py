"""Options that several commands share."""

import click

AUDIO = click.option(
    "--audio",
    type=click.Choice(["auto", "jack", "portaudio", "virtual"]),
    default="auto",
    show_default=True,
    help="Where the sound goes. `auto`: JACK if its server runs, else a sound card, else the virtual device.",
)
DEVICE = click.option("--device", metavar="NAME", help="Sound card, by a part of its name or its number.")
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
