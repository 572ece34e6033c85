"""Measurements for people: a table of stages, a table of ways, and the last line."""

from synthhost.latency.facts import wine, wine_words
from synthhost.latency.result import BUDGET_S

COLUMNS = ("median_s", "p95_s", "p99_s", "max_s", "jitter_s")


def report(results, console=None):
    """Print measurements as tables; the last line says whether the worst key stays within the budget."""
    from rich.console import Console

    console = console or Console()
    for result in results:
        if result.ours:
            console.print(stage_table(result))
            console.print(footnote(result), style="dim")
    if len(results) > 1:
        console.print(way_table(results))
    if wine():
        console.print(wine_words(), style="bold", highlight=False)
    console.print(verdict(results), style="bold", highlight=False)


def milliseconds(value):
    """A time as it stands in a table."""
    return "–" if value != value else f"{1000 * value:.2f}"


def headings(table):
    """The columns that all tables share."""
    for name in ("median", "p95", "p99", "max", "jitter"):
        table.add_column(f"{name} ms", justify="right")


def stage_table(result):
    """One measurement, stage by stage."""
    from rich.table import Table

    title = f"{result.way}{' under load' if result.load else ''}: {result.buffer_frames} frames at {result.rate_hz:.0f} Hz"
    table = Table(title=title, title_justify="left", caption=result.driver, caption_justify="left")
    table.add_column("stage")
    table.add_column("how")
    headings(table)
    for stage in result.stages:
        table.add_row(stage.name, stage.how, *(milliseconds(getattr(stage, c)) for c in COLUMNS))
    total = result.total
    table.add_section()
    jitter = "(of what is measured)" if result.measured.jitter_s == result.measured.jitter_s else ""
    table.add_row("key-to-sound", jitter, *(milliseconds(getattr(total, c)) for c in COLUMNS), style="bold")
    return table


def footnote(result):
    """What was counted, and what the machine itself did."""
    c = result.counts
    words = [f"{c.get('heard', 0)} of {c.get('sent', 0)} keys counted", f"{c.get('missed', 0)} missed"]
    if c.get("left_out_torn"):
        words.append(f"{c['left_out_torn']} left out: the machine tore their cycles")
    if c.get("left_out_interrupted"):
        words.append(f"{c['left_out_interrupted']} left out: the sender was interrupted")
    if result.frames:
        low, high = min(result.frames), max(result.frames)
        words.append(f"above the graph: {low} … {high} frames")
        words.append(f"{c['torn_cycles']} of {c['cycles']} cycles torn by the machine")
    if "woken_late_p99_s" in result.machine:
        m = result.machine
        words.append(
            f"the machine woke the device's thread late by {milliseconds(m['woken_late_median_s'])} ms (median), "
            f"{milliseconds(m['woken_late_p99_s'])} (p99), {milliseconds(m['woken_late_max_s'])} (max)"
        )
    words.append(f"longest block {milliseconds(c.get('block_max_s', float('nan')))} ms")
    return "; ".join(words)


def way_table(results):
    """All measurements side by side."""
    from rich.table import Table

    table = Table(title="From the key's first byte to the driver's output", title_justify="left")
    for name in ("way", "buffer", "load"):
        table.add_column(name)
    headings(table)
    table.add_column("missed", justify="right")
    for result in results:
        statistics = result.measured
        table.add_row(
            result.way,
            str(result.buffer_frames),
            "storm" if result.load else "idle",
            *(milliseconds(getattr(statistics, c)) for c in COLUMNS),
            str(result.counts.get("missed", 0)),
        )
    return table


def verdict(results):
    """The last line: the worst key of all ways that are ours."""
    ours = [result for result in results if result.ours]
    worst_s = max(result.total.max_s for result in ours)
    passed = all(result.passed for result in ours)
    apart = "" if all(result.hardware for result in ours) else " (software only: no sound card, no keyboard)"
    return (
        f"key-to-sound worst {1000 * worst_s:.1f} ms of a {1000 * BUDGET_S:.0f} ms budget: "
        f"{'PASS' if passed else 'FAIL'}{apart}"
    )
