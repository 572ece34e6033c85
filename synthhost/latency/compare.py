"""``synthhost latency --compare``: every way out of this machine in turn, each measured by a process of its own.

A driver that hangs or falls takes only its own line with it.
"""

import dataclasses
import json
import math
import pathlib
import subprocess
import sys
from dataclasses import dataclass

from synthhost.audio.errors import AudioError
from synthhost.latency.arithmetic import sums
from synthhost.latency.facts import machine
from synthhost.latency.result import REPORTED
from synthhost.latency.voices import voices_within
from synthhost.latency.ways import ways

FORMAT = "synthhost/comparison"
LIMIT_S = 60.0  # beyond the keys themselves


@dataclass(frozen=True)
class Row:
    """What was found of one way; `trouble` instead of figures when it could not be measured, None when no key was heard."""

    way: str
    device: str
    cost: str
    buffer_frames: int = 0
    rate_hz: float = 0.0
    reported_s: float | None = None  # by the driver, from the callback to the converter
    wait_s: float | None = None  # from the key's bytes to its buffer, median; measured
    render_s: float | None = None  # what making a block takes, median; measured
    measured_s: float | None = None  # from the key's bytes to the driver's output, median: wait and reported
    jitter_s: float | None = None  # p99 - least; measured
    worst_s: float | None = None  # the worst key, with what is assumed of keyboard and converter
    acoustic_s: float | None = None  # from the key to the sound through cable or microphone
    late_blocks: int = 0
    lost_blocks: int = 0
    voices: int | None = None
    trouble: str = ""


def compare(options, tell):
    """Measure every way; `tell` is called with what comes next. Returns Rows. Raises AudioError."""
    from synthhost.realtime.image import load_image

    image, rows, voices = load_image(), [], {}
    for way in ways(options.device):
        tell(f"{way.name}: {way.device}")
        row = measure_way(way, options)
        if not row.trouble:
            what = row.buffer_frames, row.rate_hz
            if what not in voices:
                voices[what] = voices_within(image, *what)
            row = dataclasses.replace(row, voices=voices[what])
        rows.append(row)
    return rows


def measure_way(way, options):
    """One way, by a process of its own."""
    words = [*way.options, "--buffer", str(options.buffer or 128)]
    words += ["--rate", f"{options.rate:.0f}"] if options.rate else []
    words += [] if options.steady else ["--timing", "immediate"]
    data = ask(way, [*words, "--keys", str(options.keys), "--no-ordinary"], options.keys)
    if isinstance(data, str):
        return Row(way.name, way.device, way.cost, trouble=data)
    row = row_of(way, data["measurements"][0])
    if options.loopback is not None and way.inputs:
        heard = ask(way, [*words, "--loopback", "--keys", "20"], 20)
        if not isinstance(heard, str):
            row = dataclasses.replace(row, acoustic_s=heard["key_to_sound_s"]["median"])
    return row


def ask(way, words, keys):
    """What ``synthhost latency --json`` answers in another process: data, or a sentence why there is none."""
    command = [*way.prefix, sys.executable, "-m", "synthhost", "latency", *words, "--json"]
    nothing = subprocess.DEVNULL
    try:
        done = subprocess.run(
            command, stdin=nothing, capture_output=True, text=True, timeout=LIMIT_S + keys, errors="replace"
        )
    except subprocess.TimeoutExpired:
        return f"does not answer (tried for {LIMIT_S + keys:.0f} s)"
    except OSError as error:
        return f"cannot be started: {error.strerror}"
    try:
        return json.loads(done.stdout)
    except ValueError:
        lines = (done.stdout + done.stderr).strip().splitlines()
        return lines[-1].removeprefix("synthhost: ") if lines else f"ended with {done.returncode}"


def row_of(way, measurement):
    """A Row from the data of a measurement (`facts.as_data`)."""
    counts, measured = measurement["counts"], measurement["measured"]
    reported_s = sum(stage["median_s"] for stage in measurement["stages"] if stage["how"] == REPORTED)
    return Row(
        way.name,
        way.device,
        way.cost,
        measurement["buffer_frames"],
        measurement["rate_hz"],
        reported_s,
        known(measured["median_s"] - reported_s),
        known(counts["block_median_s"]),
        known(measured["median_s"]),
        known(measured["jitter_s"]),
        known(measurement["total"]["max_s"]),
        late_blocks=counts["late_blocks"],
        lost_blocks=counts.get("lost_blocks", 0),
    )


def known(value):
    """A figure, or None where no key was heard."""
    return None if math.isnan(value) else value


def as_data(rows):
    """The comparison as plain data."""
    return {
        "format": FORMAT,
        "version": 1,
        "machine": machine(),
        "rows": [dataclasses.asdict(row) for row in rows],
        "computed": [{**dataclasses.asdict(row), "within": row.within} for row in sums()],
    }


def compare_all(options, tell=print):
    """Compare as the options say, print the tables. Returns the exit code: 0 fine, 2 nothing can be measured."""
    from synthhost.latency.compare_picture import draw
    from synthhost.latency.compare_table import report

    try:
        rows = compare(options, (lambda text: None) if options.json == "-" else tell)
    except AudioError as error:
        tell(f"{error}")
        return 2
    text = json.dumps(as_data(rows), indent=1)
    if options.json == "-":
        tell(text)
    else:
        report(rows)
        if options.json:
            pathlib.Path(options.json).write_text(text + "\n")
    if options.png:
        draw(rows, options.png)
    return 0 if any(not row.trouble for row in rows) else 2
