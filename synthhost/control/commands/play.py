"""``synthhost play``: the instrument."""

import os

import click

from synthhost.control import saved, terminal
from synthhost.control.cli import BAD_FILE, fail, load_image
from synthhost.control.computer_keys import NAME as COMPUTER_KEYS
from synthhost.control.introduction import introduction
from synthhost.control.options import AUDIO, BUFFER, DEVICE, NO_ASIO, RATE, SPEAKERS, VELOCITY
from synthhost.control.playing import Stop, ending, run
from synthhost.control.printing import print_event, print_message, print_words
from synthhost.control.stage import Desk, Stage
from synthhost.control.terminal import Terminal
from synthhost.control.tuning import A4, TUNING, tuned_keys
from synthhost.control.wishes import VOLUME_DB, Wishes, semitones
from synthhost.units import gain_from_db

DEFAULT_PATCH = "keys/electric-piano"


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
    metavar="DB",
    help=f"In decibels. [default: {VOLUME_DB:.0f}, for the sake of ears]",
)
@click.option("--out", type=SPEAKERS, metavar="3-4|mono", help="Channels of the sound card. [default: 1-2]")
@click.option(
    "--channel", type=click.IntRange(1, 16), help="Listen to this MIDI channel only. [default: all]"
)
@TUNING
@A4
@click.option("--transpose", type=click.IntRange(-60, 60), metavar="SEMITONES", help="Sound so much higher.")
@click.option("--octave", type=click.IntRange(-5, 5), metavar="OCTAVES", help="Sound so many octaves higher.")
@click.option(
    "--velocity",
    type=VELOCITY,
    metavar="CURVE",
    help="`soft` (little force is loud), `linear`, `hard`, `fixed:1` … `fixed:127`, or a file: 128 numbers, or lines of two "
    "(velocity in, velocity out). [default: linear]",
)
@click.option(
    "--pedal-invert",
    multiple=True,
    metavar="NAME",
    help="Keyboard whose sustain pedal works the wrong way round; or `all`, `none`.",
)
@click.option(
    "--save",
    is_flag=True,
    help="Keep --transpose, --octave, --velocity and --pedal-invert for the keyboards that are plugged in, --volume and "
    "--out for the sound card, and --channel, --tuning and --a4: they hold next time too.",
)
@click.option("--forget", is_flag=True, help="Forget all that was kept with --save.")
@click.option(
    "--keys/--no-keys",
    default=None,
    help="Play on the computer's keys. [default: if there is no keyboard]",
)
@click.option(
    "--record",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Log the session; `synthhost render FILE` renders it again.",
)
@click.option(
    "--audition",
    is_flag=True,
    help="Play a phrase in a loop: hear a patch, and every edit, without a keyboard.",
)
@click.option("--seconds", type=click.FloatRange(0), help="Stop by itself after so long.")
@click.option("--json-status", is_flag=True, help="Print JSON lines, one a second, instead of words.")
@click.option("--no-connect", is_flag=True, help="JACK: do not connect to loudspeakers and keyboards.")
def command(patch, audio, device, midi, midi_raw, rate, buffer, timing, polyphony, volume, out, channel, transpose, octave,
            velocity, tuning, a4, pedal_invert, save, forget, keys, record, audition, seconds, json_status,
            no_connect):  # fmt: skip
    """Play PATCH from your keyboards (default: an electric piano). Ctrl-C fades out and ends.

    PATCH is a name or a part of one (`synthhost patch list`), or a file. While it plays, every save of the file is heard;
    notes that ring are not cut. Without a keyboard, the computer's keys play: z s x d c … and q 2 w 3 e …

    \b
    Examples:
      synthhost play
      synthhost play glass
      synthhost play ~/sounds/mine.toml --buffer 128
      synthhost play mine --audition            no keyboard needed
      synthhost play --audio portaudio --device "USB" --rate 44100
      synthhost play --midi-raw /dev/snd/midiC1D0
      synthhost play --octave -1 --velocity soft --save
    """
    from synthhost.patch import compile_patch, find, load

    source = click.get_current_context().get_parameter_source("a4")
    a4_said = a4 if source is click.core.ParameterSource.COMMANDLINE else None
    told = (transpose, octave, velocity, channel, volume, out, tuning, a4_said)
    if save and not pedal_invert and all(value is None for value in told):
        raise click.UsageError("--save keeps what is written beside it, such as --octave -1 or --volume -6")
    if keys and not (terminal.is_there() and not json_status):
        raise click.BadParameter("the computer's keys need a terminal", param_hint="--keys")
    try:
        shift = semitones(transpose, octave)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    forgotten = forget and saved.forget()
    wishes = Wishes(saved.Saved(), shift, velocity, pedal_invert, channel, volume, out, tuning, a4_said)
    tuned = tuned_keys(*wishes.tuning)
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
    session, desk = None, Desk()
    host = Host(image, tell=print_message if json_status else print_words)
    stop = Stop()
    try:
        host.open(
            audio,
            device,
            rate,
            buffer,
            timing == "steady",
            polyphony,
            VOLUME_DB,
            not no_connect,
            wishes.speakers,
        )
        host.volume = gain_from_db(wishes.volume_db(device_name(host)))
        session = SessionWriter(record, host.engine) if record else None  # before the first event
        if tuned is not None:
            host.set_tuning(tuned)
        host.start(program, str(path), wishes.channel)
        host.open_midi(list(midi) or None, midi_raw, wishes.touch)
        host.start_worker()
        as_saved = wishes.as_saved(keyboards(host), device_name(host))
        if save:
            wishes.save(keyboards(host), device_name(host))
        if forgotten:
            host.tell(f"Forgotten: {saved.saved_path()}")
        if not json_status:
            for line in introduction(host, as_saved):
                click.echo(line)
            if save:
                click.echo(f"Saved     {wishes.saved.path}")
            desk = sit_down(host, wishes, keys, stop)
        phrase = audition_of(host, wishes.channel) if audition else None
        run(host, stop, seconds, json_status, session, desk, phrase)
    finally:
        desk.close()
        host.tell = print_message if json_status else print_words
        host.close()
        if session is not None:
            session.close()
    if session is not None and session.trouble:
        fail(f"{record}: {session.trouble}", BAD_FILE)
    if json_status:
        print_event("end", host.report())
    else:
        print_words(ending(host.report()))


def device_name(host):
    """What a device is called in the file of what was saved."""
    return "JACK" if host.output.kind == "jack" else host.output.name


def keyboards(host):
    """The keyboards that can be played now, by name."""
    return host.keyboards() or [COMPUTER_KEYS]


def sit_down(host, wishes, keys, stop):
    """The place the player plays from: a terminal with live line and keys, if there is one."""
    if not terminal.is_there():
        print_words("Ctrl-C ends.")
        return Desk()
    plays = keys if keys is not None else keyboards(host) == [COMPUTER_KEYS]
    stage = Stage(host, Terminal(), wishes.touch(COMPUTER_KEYS) if plays else None, stop)
    host.tell = stage.terminal.say
    for line in stage.explain():
        stage.terminal.say(f"Keys      {line}")
    return stage


def audition_of(host, channel):
    """The phrase that plays by itself."""
    from synthhost.control.audition import Audition

    host.tell(f"A phrase plays in a loop; edit {host.patch_path} and save it to hear the change.")
    return Audition(host, channel)
