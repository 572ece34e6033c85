"""``synthhost latency``."""

import click

from synthhost.control.cli import BAD_MACHINE, load_image
from synthhost.control.options import AUDIO, BUFFER, DEVICE, JSON, RATE

CANNOT_MEASURE = 2  # what `synthhost.latency.run` returns then


@click.command("latency")
@AUDIO
@DEVICE
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
@click.option("--png", type=click.Path(dir_okay=False), metavar="FILE", help="Draw the result.")
@JSON
@click.pass_context
def command(context, audio, device, rate, buffer, keys, seconds, load, timing, patch, own_server, no_ordinary, png,
            as_json):  # fmt: skip
    """Measure the time from key to sound, stage by stage, and hold it against ten milliseconds.

    Each stage is marked *measured* by us, *reported* by the driver, or *assumed*. Exit code 1 if the worst key took longer
    than ten milliseconds.

    \b
    Examples:
      synthhost latency
      synthhost latency --load --png latency.png
      synthhost latency --audio jack --own-server --buffer 64
    """
    from synthhost.latency import Options, run

    load_image()
    options = Options(
        audio=audio,
        device=device,
        buffer=buffer,
        rate=rate,
        keys=keys,
        seconds=seconds,
        load=load,
        steady=timing == "steady",
        ordinary=not no_ordinary,
        own_server=own_server,
        patch=patch,
        json="-" if as_json else None,
        png=png,
    )
    code = run(options, tell=click.echo)
    context.exit(BAD_MACHINE if code == CANNOT_MEASURE else code)
