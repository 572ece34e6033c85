"""``synthhost demo``: play the song, hold Python still in the middle of it, compare callbacks, write everything down."""

import os
import pathlib
import signal
import sys
import time

import synthhost.dsp  # noqa: F401 (registers the operators)
from synthhost.audio.choose import open_output
from synthhost.audio.errors import AudioError
from synthhost.audio.priority import lock_memory
from synthhost.demo import song
from synthhost.demo.meter import Meter
from synthhost.demo.player import FADE_S, SongPlayer, fade_in, load_patches, make_engine
from synthhost.demo.stall import STALL_S, stall
from synthhost.realtime.image import load_image

BUFFER_FRAMES = 128
COMPARE_S = 5.0
RING_OUT_S = 0.6  # after the last pedal
NO_FOLDER, NO_OUTPUT = 1, 3


def run(image=None, silent=False, out_dir="demo", seconds=None, audio="auto"):
    """Run the demo; nothing is heard if `silent`. Returns the exit code.

    `seconds` ends the song early and shortens the comparison. Sound, pictures and ``report.json`` go to `out_dir`.
    """
    folder = pathlib.Path(out_dir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(13, "no permission to write there")
    except OSError as error:
        print(
            f"synthhost: {folder} cannot be used: {error.strerror}; choose another with --out",
            file=sys.stderr,
        )
        return NO_FOLDER
    image = image or load_image()
    try:
        engine, output = open_quietly(image, audio, silent)
    except AudioError as error:
        print(f"synthhost: {error}", file=sys.stderr)
        return NO_OUTPUT
    played = play(engine, output, seconds)
    from synthhost.demo.report import write_all  # imports what draws: not before the song is over

    return write_all(
        image, played, folder, COMPARE_S if seconds is None else min(COMPARE_S, max(seconds / 3, 1.0))
    )


def open_quietly(image, audio, silent):
    """Open the output, if `silent` the virtual one, with an engine at volume zero that has all patches."""
    engine, output = open_output(
        lambda rate, frames: make_engine(image, rate, frames),
        "virtual" if silent else audio,
        buffer_frames=BUFFER_FRAMES,
    )
    names = load_patches(engine)
    print(f"Playing   “Night Bus”, {song.length_s():.0f} s: {', '.join(names)}")
    where = "the VIRTUAL device: NOBODY WILL HEAR IT (as --silent asks)" if silent else output.describe()
    print(f"Output    {where}")
    period_ms = output.buffer_frames / engine.rate_hz * 1e3
    print(
        f"Buffer    {output.buffer_frames} frames = {period_ms:.1f} ms at {engine.rate_hz:.0f} Hz", flush=True
    )
    return engine, output


def play(engine, output, seconds):
    """Play the song in real time. Returns what is known of it, as a dict."""
    end_s = song.length_s() + RING_OUT_S if seconds is None else min(seconds, song.length_s() + RING_OUT_S)
    stall_s = min(STALL_S, end_s / 3, 120_000 / engine.rate_hz)
    stall_at = min(song.last_chord_s() + 0.5, end_s - stall_s - 0.3)
    memory = lock_memory(engine.memory)
    player, meter = SongPlayer(engine), Meter(engine, output.buffer_frames)
    player.feed()
    fade_in(engine)
    stopped = Stop()
    output.start()
    first_sound_s = seconds_since_start()
    held = None
    try:
        meter.start()
        player.wait(min(stall_at, end_s), meter)
        print(
            f"Now Python stands still for {stall_s:.1f} s: no Python code runs in this process. Listen.",
            flush=True,
        )
        held = stall(player, stall_s, output.buffer_frames)
        print(told(held), flush=True)
        player.wait(end_s, meter)
    except (KeyboardInterrupt, Stopped):
        print("Stopped.")
        end_s = None
    finally:
        stopped.undo()
        meter.stop()
        if output.alive():
            engine.set_volume(0.0, FADE_S)
            time.sleep(FADE_S + 0.05)
        output.close()
    return {
        "engine": engine,
        "output": output,
        "player": player,
        "held": held,
        "end_s": end_s,
        "memory": memory or "locked",
        "first_sound_s": first_sound_s,
    }


class Stopped(Exception):  # noqa: N818 (a wish, not an error)
    """Somebody wants the demo to end."""


class Stop:
    """Turns SIGTERM into `Stopped` while the song plays."""

    def __init__(self):
        try:
            self._before = signal.signal(signal.SIGTERM, self._stop)
        except ValueError:  # not the main thread
            self._before = None

    @staticmethod
    def _stop(*_):
        raise Stopped

    def undo(self):
        if self._before is not None:
            signal.signal(signal.SIGTERM, self._before)


def told(held):
    """What happened while Python stood still, as a sentence."""
    return (
        f"Python stood still for {held['held_s']:.2f} s. The audio thread rendered {held['blocks']} blocks meanwhile "
        f"({held['blocks_due']:.0f} were due), {held['late_blocks']} of them late."
    )


def seconds_since_start():
    """Seconds since this process began, where the system tells; else None."""
    try:
        with open("/proc/self/stat") as file:
            ticks = int(file.read().rpartition(")")[2].split()[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError, ValueError, IndexError):
        return None
