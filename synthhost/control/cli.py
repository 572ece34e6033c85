"""The command line: ``synthhost COMMAND``.

Exit codes: 0 fine, 1 a file is bad (or a measurement failed its budget), 2 the command line is wrong, 3 the machine lacks
something.
"""

import importlib
import sys

import click

from synthhost import __version__

COMMANDS = {
    "play": "Play a patch from your keyboards.",
    "demo": "Hear what synthhost can do; needs no keyboard and no sound card.",
    "render": "Turn a MIDI file into a sound file, faster than real time.",
    "patch": "List, show and check patches.",
    "midi": "Print what is understood of MIDI.",
    "devices": "List sound cards and keyboards.",
    "latency": "Measure the time from key to sound.",
    "bench": "Measure how many voices this machine can play.",
    "doctor": "Find out what keeps this machine from playing well.",
    "image": "Show, build or check the compiled audio code.",
}
BAD_FILE, BAD_COMMAND, BAD_MACHINE = 1, 2, 3


class LazyGroup(click.Group):
    """Imports a command's file only when that command is called."""

    def list_commands(self, context):
        return list(COMMANDS)

    def get_command(self, context, name):
        if name not in COMMANDS:
            return None
        return importlib.import_module(f"synthhost.control.commands.{name}").command

    def resolve_command(self, context, args):
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            import difflib

            close = difflib.get_close_matches(name, COMMANDS, 1)
            hint = f" Did you mean '{close[0]}'?" if close else f" There are: {', '.join(COMMANDS)}."
            raise click.UsageError(f"There is no command '{name}'.{hint}", context)
        return super().resolve_command(context, args)

    def format_commands(self, context, formatter):
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="synthhost")
def synthhost():
    """Press a key, hear your own instrument.

    synthhost plays text-file sounds from MIDI keyboards with little and steady delay.

    \b
    Examples:
      synthhost demo                    a song, without keyboard or sound card
      synthhost play                    an electric piano on all keyboards
      synthhost play glass              a patch whose name contains "glass"
      synthhost play my-sound.toml      your own; saving the file is heard at once
      synthhost render song.mid -o song.wav
      synthhost doctor                  what could be better on this machine

    `synthhost COMMAND --help` tells more. Exit codes: 0 fine, 1 a file is bad, 2 the command line is wrong,
    3 the machine lacks something.
    """


def fail(message, code):
    """Say what is wrong and end with an exit code."""
    click.echo(f"synthhost: {message}", err=True)
    sys.exit(code)


def load_image():
    """The compiled audio code; on the very first run it is built, with a progress bar."""
    from synthhost.realtime.image import load_image as load

    bar = BuildProgress()
    try:
        return load(bar)
    finally:
        bar.close()


class BuildProgress:
    """A progress bar for the first run; silent when nothing is built."""

    def __init__(self):
        self._progress = None

    def __call__(self, done, total, name):
        if self._progress is None:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

            console = Console(stderr=True)
            console.print("Preparing the audio code for this processor (once, up to a minute) …")
            if not console.is_terminal:
                self._progress = False
                return
            columns = (BarColumn(), TextColumn("{task.completed}/{task.total}"), TimeElapsedColumn())
            self._progress = Progress(
                *columns, TextColumn("{task.description}"), console=console, transient=True
            )
            self._progress.start()
            self._task = self._progress.add_task(name, total=total)
        if self._progress:
            self._progress.update(self._task, completed=done, description=name)

    def close(self):
        if self._progress:
            self._progress.stop()


def main(args=None):
    """Run the command line; no fault of the user, the files or the machine ends in a traceback."""
    from synthhost.audio.errors import AudioError
    from synthhost.realtime.image import ImageError

    for stream in (sys.stdout, sys.stderr):  # a file's name may hold bytes that are no text
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        synthhost.main(args=args, prog_name="synthhost")
    except (AudioError, ImageError) as error:
        fail(str(error), BAD_MACHINE)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("synthhost"):
            raise
        fail(
            f"the Python package {error.name} is not installed: 'pip install {error.name}' mends it",
            BAD_MACHINE,
        )
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        fail(f"{where}{error.strerror or error}", BAD_FILE)
    except ValueError as error:
        if type(error).__name__ not in (
            "PatchError",
            "MidiFileError",
            "SavedError",
            "SessionError",
            "ScalaError",
        ):
            raise
        problems = getattr(error, "problems", None)
        fail("\n".join(map(str, problems)) if problems else str(error), BAD_FILE)
