"""``synthhost play``: the instrument."""

import contextlib
import json
import math
import os
import signal
import sys
import time

import click

from synthhost.control.cli import BAD_FILE, fail, load_image
from synthhost.control.options import AUDIO, BUFFER, DEVICE, NO_ASIO, RATE
from synthhost.control.tuning import A4, TUNING, tuned_keys

DEFAULT_PATCH = "keys/electric-piano"
TICK_S = 0.02
STATUS_S = 1.0


@click.command("play")
@click.argument("patch", default=DEFAULT_PATCH)
@AUDIO
@DEVICE
@NO_ASIO
@click.option(
    "--midi",
    multiple=True,
    metavar="NAME",
    help="Keyboard, by a part of its name; may be given again. [default: all]",
)
@click.option(
    "--midi-raw",
    multiple=True,
    metavar="PATH",
    help="Read MIDI bytes from a device, pipe or terminal as well.",
)
@RATE
@BUFFER
@click.option(
    "--timing",
    type=click.Choice(["steady", "immediate"]),
    default="steady",
    show_default=True,
    help="`steady`: every key waits one buffer, so the delay never varies. `immediate`: as soon as possible, with jitter.",
)
@click.option(
    "--polyphony",
    type=click.IntRange(1, 1024),
    default=128,
    show_default=True,
    help="Notes at the same time.",
)
@click.option(
    "--volume",
    type=click.FloatRange(-96, 12),
    default=-3.0,
    show_default=True,
    metavar="DB",
    help="In decibels.",
)
@click.option(
    "--channel", type=click.IntRange(1, 16), help="Listen to this MIDI channel only. [default: all]"
)
@TUNING
@A4
@click.option(
    "--record",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Log the session; `synthhost render FILE` renders it again.",
)
@click.option("--seconds", type=click.FloatRange(0), help="Stop by itself after so long.")
@click.option("--json-status", is_flag=True, help="Print JSON lines, one a second, instead of words.")
@click.option("--no-connect", is_flag=True, help="JACK: do not connect to loudspeakers and keyboards.")
def command(patch, audio, device, midi, midi_raw, rate, buffer, timing, polyphony, volume, channel, tuning, a4, record, seconds,
            json_status, no_connect):  # fmt: skip
    """Play PATCH from your keyboards (default: an electric piano). Ctrl-C fades out and ends.

    PATCH is a name or a part of one (`synthhost patch list`), or a file. While it plays, every save of the file is heard;
    notes that ring are not cut.

    \b
    Examples:
      synthhost play
      synthhost play glass
      synthhost play ~/sounds/mine.toml --buffer 128
      synthhost play --audio portaudio --device "USB" --rate 44100
      synthhost play --midi-raw /dev/snd/midiC1D0
    """
    from synthhost.patch import compile_patch, find, load

    keys = tuned_keys(tuning, a4)
    path = find(patch)
    loaded = load(path)
    image = load_image()
    program = compile_patch(loaded, image.operators)

    from synthhost.host import Host
    from synthhost.session import SessionWriter, is_session

    if record and os.path.isfile(record) and os.path.getsize(record) and not is_session(record):
        raise click.BadParameter(
            f"'{record}' is there and is not a session; it would be lost", param_hint="--record"
        )
    session = None
    host = Host(image, tell=print_message if json_status else print_words)
    stop = Stop()
    try:
        host.open(audio, device, rate, buffer, timing == "steady", polyphony, volume, not no_connect)
        session = SessionWriter(record, host.engine) if record else None  # before the first event
        if keys is not None:
            host.set_tuning(keys)
        host.start(program, str(path), channel)
        host.open_midi(list(midi) or None, midi_raw)
        host.start_worker()
        if not json_status:
            introduce(host)
        run(host, stop, seconds, json_status, session)
    finally:
        host.close()
        if session is not None:
            session.close()
    if session is not None and session.trouble:
        fail(f"{record}: {session.trouble}", BAD_FILE)
    if json_status:
        print_event("end", host.report())
    else:
        click.echo(ending(host.report()))


class Stop:
    """Set by Ctrl-C and by the system's wish to end us.

    A plain flag: a `threading.Event` that is set by a signal while the same thread waits for it can lock up for good.
    """

    def __init__(self):
        self.wanted = False
        for name in ("SIGINT", "SIGTERM"):
            signal.signal(getattr(signal, name), self._set)

    def _set(self, *_):
        self.wanted = True


def print_event(kind, facts):
    """One JSON line; what is not a number (a level of minus infinity) is null."""
    plain = {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in facts.items()}
    print_words(json.dumps({"event": kind, **plain}))


def print_message(text):
    """A sentence for the player as a JSON line."""
    print_event("message", {"text": text})


def print_words(text):
    """Print at once; when nobody reads any more, the music goes on."""
    with contextlib.suppress(OSError):
        click.echo(text)
        sys.stdout.flush()


def introduce(host):
    """Say what plays, where, with which delay and priority."""
    rate, output = host.engine.rate_hz, host.output
    click.echo(f"Patch     {host.patch_name}  ({host.patch_path})")
    click.echo(f"Output    {output.describe()}")
    frames = output.buffer_frames
    click.echo(f"Buffer    {frames} frames = {frames / rate * 1e3:.1f} ms at {rate:.0f} Hz")
    least = most = 0.0
    for stage, low, high, known in host.budget():
        least, most = least + low, most + high
        span = f"{low * 1e3:.1f}" if low == high else f"{low * 1e3:.1f}–{high * 1e3:.1f}"
        click.echo(f"  {stage:22} {span:>8} ms  {known}")
    click.echo(
        f"  {'key to sound':22} {f'{least * 1e3:.1f}–{most * 1e3:.1f}':>8} ms  (measure it: synthhost latency)"
    )
    click.echo(f"Priority  {output.priority}; memory {host.memory_locked}")
    for line in host.inputs.describe() or ["no keyboard yet; it is heard as soon as it is plugged in"]:
        click.echo(f"Keyboard  {line}")
    print_words("Ctrl-C ends.")


def run(host, stop, seconds, json_status, session):
    """The control thread: look after the host until it is told to stop."""
    begun = last = time.monotonic()
    while not stop.wanted:
        time.sleep(TICK_S)
        host.tick()
        if session is not None and not session.trouble:
            session.write()
            if session.trouble:
                host.tell(session.trouble)
        now = time.monotonic()
        if json_status and now - last >= STATUS_S:
            last = now
            print_event("status", host.report())
        if seconds is not None and now - begun >= seconds:
            return


def ending(report):
    """One line of what was counted."""
    trouble = [
        f"{report[name]} {words}"
        for name, words in (
            ("late_blocks", "late blocks"),
            ("lost_blocks", "blocks lost by the machine"),
            ("events_dropped", "events dropped"),
            ("dropped_notes", "notes dropped"),
            ("stolen", "voices stolen"),
            ("broken", "voices silenced (not finite)"),
            ("log_dropped", "events missing in the session"),
        )
        if report[name]
    ]
    return f"\n{report['notes']} notes in {report['blocks']} blocks; {', '.join(trouble) or 'no trouble'}."
