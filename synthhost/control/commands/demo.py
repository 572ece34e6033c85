"""``synthhost demo``."""

import click

from synthhost.control.cli import load_image
from synthhost.control.options import AUDIO


@click.command("demo")
@AUDIO
@click.option(
    "--silent", is_flag=True, help="Use the virtual device: nothing is heard, everything is measured."
)
@click.option("--seconds", type=click.FloatRange(1), help="Stop the song after so long.")
@click.option(
    "-o",
    "--out",
    default="demo",
    show_default=True,
    metavar="FOLDER",
    help="Where sound, pictures and report go.",
)
@click.pass_context
def command(context, audio, silent, seconds, out):
    """Play a song in real time, hold Python for two seconds in the middle of it, compare callbacks, and write it all down.

    Needs neither a keyboard nor a sound card.

    \b
    Examples:
      synthhost demo
      synthhost demo --silent -o /tmp/demo
    """
    from synthhost.demo import run

    image = load_image()
    context.exit(run(image=image, silent=silent, out_dir=out, seconds=seconds, audio=audio) or 0)
