"""A private JACK server with the dummy driver, for measuring where no sound card is."""

import contextlib
import os
import shutil
import subprocess
import time

from synthhost.audio.errors import AudioError
from synthhost.audio.jack import open_client
from synthhost.audio.portaudio import refresh

START_S = 5.0


def how_to_start(buffer_frames=128, rate_hz=48_000):
    """What to do when no JACK server runs."""
    if shutil.which("jackd") is None:
        return "JACK is not installed: 'apt install jackd2', or under PipeWire 'pw-jack synthhost latency'"
    command = f"jackd -R -d alsa -r {rate_hz:.0f} -p {buffer_frames} -n 2"
    return f"no JACK server runs. Start one with '{command}', or measure without a sound card: --own-server"


def server_runs(name=None):
    """Whether a JACK server answers."""
    try:
        open_client("synthhost-asks", name)[1].close()
    except AudioError:
        return False
    return True


@contextlib.contextmanager
def private_server(buffer_frames=128, rate_hz=48_000, realtime=True):
    """Run ``jackd -d dummy`` under a name of its own, yield the name, end it. Raises AudioError if it does not start."""
    if shutil.which("jackd") is None:
        raise AudioError(how_to_start())
    name = f"synthhost-latency-{os.getpid()}-{time.monotonic_ns() % 1_000_000}"
    for priority in (["-R", "-P", "70"], ["-r"]) if realtime else (["-r"],):
        server = start_server([*priority, "-n", name], buffer_frames, rate_hz)
        if answers(server, name):
            break
        stop_server(server)
    else:
        raise AudioError("a private JACK server did not start: 'jackd -d dummy' in a terminal says why")
    try:
        yield name
    finally:
        stop_server(server)


@contextlib.contextmanager
def default_server(name):
    """Make a JACK server the one that is meant when none is named, for PortAudio too.

    PortAudio keeps a client of its own as long as it is initialised, and does not survive the end of its server: so it
    lets go before.
    """
    before = os.environ.get("JACK_DEFAULT_SERVER")
    os.environ["JACK_DEFAULT_SERVER"] = name
    refresh()
    try:
        yield
    finally:
        os.environ.pop("JACK_DEFAULT_SERVER")
        if before is not None:
            os.environ["JACK_DEFAULT_SERVER"] = before
        refresh()


def start_server(options, buffer_frames, rate_hz):
    """Start the process."""
    command = ["jackd", *options, "-d", "dummy", "-r", f"{rate_hz:.0f}", "-p", str(buffer_frames)]
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "JACK_NO_AUDIO_RESERVATION": "1"},
    )


def answers(server, name):
    """Wait until a client can be opened; false when the server ended or is silent."""
    end = time.monotonic() + START_S
    while time.monotonic() < end and server.poll() is None:
        time.sleep(0.05)
        with contextlib.suppress(AudioError):
            open_client("synthhost-waits", name)[1].close()
            return True
    return False


def stop_server(server):
    """End the process."""
    server.terminate()
    try:
        server.wait(5.0)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
