"""``synthhost bench``."""

import click

from synthhost.control.cli import load_image
from synthhost.control.options import JSON


@click.command("bench")
@click.option("--quick", is_flag=True, help="Fewer voices and rounds: some seconds.")
@JSON
@click.pass_context
def command(context, quick, as_json):
    """Measure how many voices this machine plays, beside the same voice written by hand in C++.

    Needs a C++ compiler for the comparison (and measures Faust's code too where `faust` is installed). Exit code 1 if a
    ratio is below what we hold ourselves to.

    \b
    Examples:
      synthhost bench
      synthhost bench --quick --json
    """
    from synthhost.bench import Options, run

    load_image()
    context.exit(run(Options(json=as_json, quick=quick)))
