"""What on this machine can disturb the sound: power saving, refused priority, other programs that hold a card or a keyboard.

Each check yields findings: (state, what, the command that mends it). The folders are arguments, so that tests can fake them.
"""

import os
import pathlib
import re
import shutil

OK, NOTE, BAD = "ok", "note", "bad"
LIMITS = "sudo tee -a /etc/security/limits.d/audio.conf"
ENOUGH_LOCKED = 64 << 20
SLOW_GOVERNORS = ("powersave", "ondemand", "conservative", "schedutil")
SERVERS = {  # a program that holds a card for others -> how to play through it
    "jackd": "synthhost play --audio jack",
    "jackdbus": "synthhost play --audio jack",
    "pipewire": "pw-jack synthhost play",
    "pulseaudio": "pasuspender -- synthhost play",
}


def governor(cpus="/sys/devices/system/cpu"):
    """Whether a processor sleeps so deeply that it wakes late."""
    found = {read(path) for path in pathlib.Path(cpus).glob("cpu[0-9]*/cpufreq/scaling_governor")} - {""}
    slow = sorted(found & set(SLOW_GOVERNORS))
    if slow:
        remedy = "sudo cpupower frequency-set -g performance"
        if not shutil.which("cpupower"):
            remedy = f"echo performance | sudo tee {cpus}/cpu*/cpufreq/scaling_governor"
        yield NOTE, f"the processor saves power (governor '{slow[0]}'): it wakes slowly", remedy
    elif found:
        yield OK, f"power governor '{sorted(found)[0]}'", ""


def priority(kernel="/proc/sys/kernel"):
    """Whether the audio thread may be a real-time thread, and its memory may be locked."""
    if not hasattr(os, "sched_setscheduler"):
        return
    import resource

    yield from judge_priority(
        may_be_realtime(),
        resource.getrlimit(resource.RLIMIT_MEMLOCK)[0],
        os.geteuid() == 0,
        read(pathlib.Path(kernel, "sched_rt_runtime_us")),
    )


def judge_priority(allowed, memlock_bytes, is_root, kernel_says):
    """The same for known facts; a limit of -1 is none."""
    if allowed:
        yield OK, "real-time priority is allowed", ""
    elif kernel_says == "0":
        what = "real-time priority is refused: the kernel gives real-time threads no time"
        yield NOTE, what, "sudo sysctl kernel.sched_rt_runtime_us=950000"
    else:
        remedy = f"echo '@audio - rtprio 80' | {LIMITS}; sudo usermod -aG audio $USER; log in again"
        yield NOTE, "real-time priority is refused: other programs can delay the sound", remedy
    if memlock_bytes != -1 and memlock_bytes < ENOUGH_LOCKED and not is_root:
        remedy = f"echo '@audio - memlock unlimited' | {LIMITS}; sudo usermod -aG audio $USER; log in again"
        yield (
            NOTE,
            f"only {memlock_bytes >> 10} kB of memory may be locked: the sound can wait for the disk",
            remedy,
        )
    else:
        yield OK, "memory may be locked", ""


def may_be_realtime():
    """Try it."""
    try:
        before = os.sched_getscheduler(0), os.sched_getparam(0)
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(70))
        os.sched_setscheduler(0, *before)
    except OSError:
        return False
    return True


def cards(asound="/proc/asound", proc="/proc"):
    """The drivers of sound cards, and who plays on them now (ALSA)."""
    drivers = dict(re.findall(r"^ *(\d+) +(\S+)", read(pathlib.Path(asound, "modules")), re.MULTILINE))
    for card in sorted(pathlib.Path(asound).glob("card[0-9]*")):
        name, number = read(card / "id"), card.name[4:]
        if number in drivers:
            yield OK, f"sound card {number} '{name}', driver {drivers[number]}", ""
        owners = (
            re.search(r"owner_pid *: (\d+)", read(status))
            for status in card.glob("pcm[0-9]*p/sub[0-9]*/status")
        )
        for process in sorted({int(found[1]) for found in owners if found} - {os.getpid()}):
            program = read(pathlib.Path(proc, str(process), "comm")) or "another program"
            remedy = SERVERS.get(program, f"end it: kill {process}")
            yield NOTE, f"sound card '{name}' is in use by {program} (process {process})", remedy


def clashes(asound="/proc/asound", proc="/proc"):
    """Keyboards that another program reads: their keys come to it alone (ALSA)."""
    for place in sorted(pathlib.Path(asound).glob("card[0-9]*/midi[0-9]*")):
        name, _, ports = read(place).partition("\n")
        inputs = "".join(re.findall(r"^Input \d+\n(?:  .*\n?)*", ports, re.MULTILINE))
        for process in sorted(
            {int(found) for found in re.findall(r"Owner PID *: (\d+)", inputs)} - {os.getpid()}
        ):
            program = read(pathlib.Path(proc, str(process), "comm")) or "another program"
            remedy = (
                "start jackd without -X raw" if program.startswith("jackd") else f"end it: kill {process}"
            )
            yield (
                NOTE,
                f"keyboard '{name}' is read by {program} (process {process}), so it cannot be played here",
                remedy,
            )


def read(path):
    """What a small file of the system says; nothing if it cannot be read."""
    try:
        return pathlib.Path(path).read_text(errors="replace").strip()
    except OSError:
        return ""
