"""``synthhost midi``: what is understood of MIDI."""

import click


@click.command("midi")
def command():
    """Print what synthhost understands of MIDI: messages, controllers, parameters, MPE, system exclusive.

    As in the manual (docs/midi.md); made from the tables of the code.

    \b
    Examples:
      synthhost midi
      synthhost midi > understood.md
    """
    from synthhost.midi.understood import table

    click.echo(table(), nl=False)
