"""``synthhost render``: a MIDI file, or a recorded session, becomes a sound file."""

import pathlib
import time

import click

from synthhost.control.cli import BAD_FILE, fail, load_image
from synthhost.control.options import JSON, print_json
from synthhost.control.tuning import A4, CONCERT_PITCH_HZ, TUNING, tuned_keys

DRUMS = 9


@click.command("render")
@click.argument("song", type=click.Path(exists=True, dir_okay=False))
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Sound file: .wav or .flac. [default: the song's name, .wav]",
)
@click.option(
    "--patch", metavar="PATCH", help="Play everything with this patch instead of the song's programs."
)
@click.option(
    "--rate",
    type=click.IntRange(8000, 192_000),
    default=48_000,
    show_default=True,
    metavar="HZ",
    help="Sample rate.",
)
@click.option(
    "--volume",
    type=click.FloatRange(-96, 12),
    default=-3.0,
    show_default=True,
    metavar="DB",
    help="In decibels.",
)
@TUNING
@A4
@click.option(
    "--bits", type=click.Choice(["16", "24", "float"]), default="24", show_default=True, help="Bits a sample."
)
@JSON
def command(song, out, patch, rate, volume, tuning, a4, bits, as_json):
    """Turn SONG, a MIDI file, into a sound file; or a session that `play --record` wrote.

    Without --patch each channel's program changes choose patches (patches/programs.toml); channel 10 is drums. The sound is
    the one that plays live: the same engine, the same events, the same bits.

    \b
    Examples:
      synthhost render song.mid
      synthhost render song.mid -o song.flac --patch drawbar
      synthhost render evening.session -o evening.wav
    """
    from synthhost.session import is_session

    recorded = is_session(song)
    out = pathlib.Path(out or pathlib.Path(song).with_suffix(".wav"))
    subtype = {"16": "PCM_16", "24": "PCM_24", "float": "FLOAT"}[bits]
    if out.suffix.lower() not in (".wav", ".flac"):
        raise click.BadParameter(f"'{out}' must end in .wav or .flac", param_hint="--out")
    if out.suffix.lower() == ".flac" and bits == "float":
        raise click.BadParameter("FLAC holds whole numbers: choose 16 or 24", param_hint="--bits")
    if recorded and patch:
        raise click.BadParameter("a session brings the patches that were played", param_hint="--patch")
    if recorded and (tuning or a4 != CONCERT_PITCH_HZ):
        raise click.BadParameter("a session brings the tuning that was played", param_hint="--tuning")
    if out.exists() and out.samefile(song):
        raise click.BadParameter(f"'{out}' is the song itself", param_hint="--out")
    keys = tuned_keys(tuning, a4)
    begun = time.monotonic()
    work = render_recorded if recorded else render_song
    frames, rate, peak = work(song, out, patch, rate, volume, subtype, keys)
    took = time.monotonic() - begun
    length = frames / rate
    facts = {
        "file": str(out),
        "seconds": length,
        "rate_hz": rate,
        "peak": peak,
        "took_s": took,
        "times_real_time": length / took,
    }
    if as_json:
        print_json(facts)
    else:
        click.echo(
            f"{out}: {length:.1f} s, peak {facts_db(peak)}, in {took:.1f} s ({length / took:.0f} times real time)"
        )


def facts_db(peak):
    from synthhost.units import db_from_gain

    return f"{db_from_gain(peak):.1f} dBFS" if peak > 0 else "silence"


def open_sound(path, rate, subtype):
    import soundfile

    try:
        return soundfile.SoundFile(path, "w", int(rate), 2, subtype)
    except (OSError, soundfile.LibsndfileError) as error:
        refuse(path, error)


def refuse(path, error):
    """Say why a sound file cannot be written."""
    reason = getattr(error, "error_string", None) or getattr(error, "strerror", None) or error
    if not path.parent.is_dir():
        reason = f"there is no folder {path.parent}"
    elif path.is_dir():
        reason = "it is a folder"
    fail(f"{path} cannot be written: {reason}", BAD_FILE)


def progress_bar(label):
    """A progress callback ``(done, total)`` for the terminal."""
    from rich.console import Console
    from rich.progress import Progress

    progress = Progress(console=Console(stderr=True), transient=True)
    task = progress.add_task(label, total=None)
    return progress, lambda done, total: progress.update(task, completed=done, total=total)


def render_song(song, out, patch, rate, volume, subtype, keys):
    """A MIDI file. Returns (frames, rate, peak)."""
    from synthhost.audio.offline import render_events, songs_engine, with_programs
    from synthhost.midi.files import events_at, read_midi_file
    from synthhost.units import gain_from_db

    music = read_midi_file(song)
    image = load_image()
    engine = songs_engine(image, rate, volume=gain_from_db(volume))
    if keys is not None:
        engine.tune(keys)
    slots = load_programs(engine, image, music, patch)
    events = with_programs(events_at(music, rate), slots)
    for channel in range(16):
        engine.hand_in(slots[(FIRST, channel)], 0, channel)
    return write(
        out,
        rate,
        subtype,
        lambda progress: render_events(engine, events, int(music.length_s * rate), progress),
    )


FIRST = (0, -1)  # no program change came yet


def load_programs(engine, image, music, patch):
    """Load every patch that a song needs: {((bank, program), channel): slot}; FIRST is what a channel begins with."""
    from synthhost.patch import compile_patch, find, load
    from synthhost.patch.programs import patch_for_program

    wanted = {(program, channel) for channel, programs in music.programs.items() for program in programs}
    wanted |= {(FIRST, channel) for channel in range(16)}
    by_path, slots = {}, {}
    for (bank, program), channel in sorted(wanted):
        chosen = find(patch) if patch else None
        path = chosen or patch_for_program(max(program, 0), bank >> 7, channel + 1, fine=bank & 127)
        if path not in by_path:
            try:
                by_path[path] = engine.load(compile_patch(load(path), image.operators))
            except BufferError as error:
                fail(
                    f"the song needs too much at a time ({error}): play it with one patch, --patch", BAD_FILE
                )
        slots[((bank, program), channel)] = by_path[path]
    return slots


def render_recorded(song, out, patch, rate, volume, subtype, _keys):
    """A session. Returns (frames, rate, peak)."""
    from synthhost.session import play_session

    rate, _ = play_session(song, image := load_image())
    return write(out, rate, subtype, lambda progress: play_session(song, image, progress)[1])


def write(out, rate, subtype, blocks):
    """Write blocks of sound to a file, with a progress bar. Returns (frames, rate, peak)."""
    import soundfile

    frames, peak = 0, 0.0
    progress, update = progress_bar("rendering")
    try:
        with progress, open_sound(out, rate, subtype) as file:
            for sound in blocks(update):
                file.write(sound)
                frames += len(sound)
                peak = max(peak, float(abs(sound).max()))
    except (OSError, soundfile.LibsndfileError) as error:
        refuse(out, error)
    return frames, rate, peak
