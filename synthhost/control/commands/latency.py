"""``synthhost latency``."""

import click

from synthhost.control.cli import BAD_MACHINE, load_image
from synthhost.control.options import AUDIO, BUFFER, DEVICE, NO_ASIO, RATE

CANNOT_MEASURE = 2  # what `synthhost.latency.run` returns then


@click.command("latency")
@AUDIO
@DEVICE
@NO_ASIO
@RATE
@BUFFER
@click.option(
    "--keys", type=click.IntRange(1, 2000), default=200, show_default=True, help="How many keys to strike."
)
@click.option("--seconds", type=click.FloatRange(1), help="Measure for about so long instead.")
@click.option(
    "--load",
    is_flag=True,
    help="Measure again beside busy Python threads, garbage, GIL holds and 256 voices.",
)
@click.option(
    "--timing",
    type=click.Choice(["steady", "immediate"]),
    default="steady",
    show_default=True,
    help="As `play --timing`.",
)
@click.option(
    "--patch",
    default="test/latency",
    show_default=True,
    metavar="PATCH",
    help="The patch; its attack must be 0.",
)
@click.option(
    "--own-server", is_flag=True, help="Start a JACK server with a dummy driver for the measurement."
)
@click.option("--no-ordinary", is_flag=True, help="Leave out the ordinary way, a Python callback, beside it.")
@click.option(
    "--compare",
    is_flag=True,
    help="Every way out of this machine in turn, in a table; --device WORDS: those cards alone.",
)
@click.option(
    "--loopback",
    is_flag=False,
    flag_value="",
    type=click.Path(dir_okay=False),
    metavar="[FILE]",
    help="Hear the sound itself, through a cable or a microphone; or analyse a recording of it.",
)
@click.option(
    "--listen",
    metavar="NAME",
    help="With --loopback: the input, by a part of its name. [default: the card's]",
)
@click.option(
    "--midi-out", metavar="NAME", help="With --loopback: send the keys out here; a cable brings them back."
)
@click.option("--by-hand", is_flag=True, help="With --loopback: you strike the key, beside a microphone.")
@click.option(
    "--two-channels", is_flag=True, help="With --loopback FILE: left is the key, right is the sound."
)
@click.option("--png", type=click.Path(dir_okay=False), metavar="FILE", help="Draw the result.")
@click.option(
    "--json",
    is_flag=False,
    flag_value="-",
    type=click.Path(dir_okay=False, allow_dash=True),
    metavar="[FILE]",
    help="Print JSON, for scripts; or write it into a file beside the table.",
)
@click.pass_context
def command(context, timing, no_ordinary, compare, **given):
    """Measure the time from key to sound, stage by stage, and hold it against ten milliseconds.

    Each stage is marked *measured* by us, *reported* by the driver, or *assumed*. Exit code 1 if the worst key took longer
    than ten milliseconds.

    \b
    Examples:
      synthhost latency
      synthhost latency --load --png latency.png
      synthhost latency --audio jack --own-server --buffer 64
      synthhost latency --compare --buffer 128 --png compare.png --json compare.json
      synthhost latency --loopback --device "ASIO: Your Card"     a cable from its output to its input
      synthhost latency --loopback --by-hand                      a microphone near the key
      synthhost latency --loopback recording.wav
    """
    from synthhost.latency import Options, compare_all, run, run_loopback

    load_image()
    options = Options(steady=timing == "steady", ordinary=not no_ordinary, **given)
    measure = compare_all if compare else run if options.loopback is None else run_loopback
    code = measure(options, tell=click.echo)
    context.exit(BAD_MACHINE if code == CANNOT_MEASURE else code)
