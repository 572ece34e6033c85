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


class Words(click.ParamType):
    """Text that a function of another layer understands, or refuses with a ValueError."""

    name = "text"

    def __init__(self, parse):
        self._parse = parse

    def convert(self, value, parameter, context):
        try:
            return self._parse(value)
        except ValueError as error:
            self.fail(str(error), parameter, context)


def speakers(text):
    """Channels of a sound card, checked."""
    from synthhost.audio.speakers import parse_speakers

    return str(parse_speakers(text))


def velocity(text):
    """A velocity curve, checked; a file by its full path, so that it is found again from anywhere."""
    from synthhost.midi.velocity import velocity_curve

    velocity_curve(text)
    path = os.path.abspath(os.path.expanduser(text))
    return path if os.path.isfile(path) else text


SPEAKERS, VELOCITY = Words(speakers), Words(velocity)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")


def print_json(data):
    """Print plain data as JSON."""
    import json

    click.echo(json.dumps(data, indent=1, default=str))
