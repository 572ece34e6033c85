"""The comparison for people: what was measured of each way, and below it the arithmetic of buffers."""

from synthhost.latency.arithmetic import explanation, sums
from synthhost.latency.facts import wine, wine_words
from synthhost.latency.table import milliseconds

NOTHING = "—"


def report(rows, console=None):
    """Print both tables."""
    from rich.console import Console

    console = console or Console()
    console.print(measured_table(rows))
    for row in rows:
        if row.trouble:
            console.print(f"{row.way}: {row.trouble}", highlight=False)
    console.print(
        "driver: from the callback to the converter, as it says itself. wait: from the key's bytes to its buffer. render: "
        "making one block. key-to-sound: the worst key, with 2 ms for keyboard and USB, 1 ms for the converter. heard: "
        "through a cable or a microphone (--loopback). voices: organ notes in 70 % of a buffer's time, 1,024 at most.",
        style="dim",
        highlight=False,
    )
    if wine():
        console.print(wine_words(), style="bold", highlight=False)
    console.print()
    console.print(computed_table())
    for line in explanation():
        console.print(line, highlight=False)


def measured_table(rows):
    """Every way in a line."""
    from rich.table import Table

    table = Table(title="Measured on this machine; times in ms", title_justify="left")
    table.add_column("way out")
    for name in ("buffer", "driver", "wait", "render", "jitter", "key-to-sound", "heard", "voices"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        if row.trouble:
            table.add_row(f"{row.way} ({row.device})", *[NOTHING] * 8)
            continue
        lost = f", {row.lost_blocks} blocks lost" if row.lost_blocks else ""
        times = (row.reported_s, row.wait_s, row.render_s, row.jitter_s, row.worst_s, row.acoustic_s)
        table.add_row(
            f"{row.way} ({row.device}{lost})",
            f"{row.buffer_frames} at {row.rate_hz / 1000:g} kHz",
            *(NOTHING if value is None else milliseconds(value) for value in times),
            NOTHING if row.voices is None else f"{row.voices:,}",
        )
    return table


def computed_table(rate_hz=44_100):
    """The arithmetic of 1997."""
    from rich.table import Table

    title = f"Computed, not measured: buffers of 1997 at {rate_hz / 1000:g} kHz, in ms on perfect hardware"
    table = Table(title=title, title_justify="left")
    table.add_column("way out")
    for name in ("frames", "one buffer", "least", "steady", "worst key-to-sound", "within 10"):
        table.add_column(name, justify="right")
    for row in sums(rate_hz):
        table.add_row(
            row.way,
            NOTHING if row.frames is None else str(row.frames),
            *(f"{1000 * value:.1f}" for value in (row.buffer_s, row.least_s, row.steady_s, row.worst_s)),
            "yes" if row.within else "no",
        )
    return table
