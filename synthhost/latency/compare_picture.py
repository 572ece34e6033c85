"""The comparison as a picture: what was measured above, what was computed below, on one scale."""

from synthhost.latency.arithmetic import OUTSIDE_S, sums
from synthhost.latency.facts import wine, wine_words
from synthhost.latency.result import BUDGET_S

WAIT, OUTPUT, OUTSIDE, COMPUTED = "#0b6e99", "#2a9d8f", "#cccccc", "#c8a951"


def draw(rows, path):
    """Write a PNG."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    rows = [row for row in rows if row.measured_s is not None]
    height = 2.2 + 0.35 * (max(len(rows), 1) + len(sums()))
    figure, (measured, computed) = pyplot.subplots(
        2,
        1,
        figsize=(10, height),
        layout="constrained",
        height_ratios=[max(len(rows), 1), len(sums())],
        sharex=True,
    )
    draw_measured(measured, rows)
    draw_computed(computed)
    for axes in (measured, computed):
        axes.axvline(1000 * BUDGET_S, color="black", linewidth=0.8)
        axes.invert_yaxis()
        axes.grid(axis="x", alpha=0.3)
    computed.set(
        xlim=(0, 30), xlabel="ms from the key to the sound; the line is at 10 ms, longer bars are cut"
    )
    if wine():
        figure.suptitle(wine_words(), fontsize=9, color="#a00000")
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def draw_measured(axes, rows):
    """A bar for each way, in its parts."""
    names = [f"{row.way}, {row.buffer_frames}" for row in rows]
    places = range(len(rows))
    parts = (
        ([row.wait_s for row in rows], WAIT, "wait, measured"),
        ([row.reported_s for row in rows], OUTPUT, "output, reported by the driver"),
        ([OUTSIDE_S] * len(rows), OUTSIDE, "keyboard, USB, converter at most, assumed"),
    )
    left = [0.0] * len(rows)
    for values, colour, words in parts:
        widths = [1000 * value for value in values]
        axes.barh(places, widths, left=left, color=colour, label=words)
        left = [start + width for start, width in zip(left, widths)]
    axes.set_yticks(places, names, fontsize=8)
    axes.set_title("Measured on this machine", loc="left", pad=22)
    axes.legend(fontsize=8, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, frameon=False)


def draw_computed(axes):
    """A bar for each sum: the worst key."""
    rows = sums()
    axes.barh(range(len(rows)), [1000 * row.worst_s for row in rows], color=COMPUTED)
    for place, row in enumerate(rows):
        axes.text(
            min(1000 * row.worst_s, 27.5) + 0.2, place, f"{1000 * row.worst_s:.0f}", va="center", fontsize=8
        )
    names = [row.way if row.frames is None else f"{row.way}, {row.frames}" for row in rows]
    axes.set_yticks(range(len(rows)), names, fontsize=8)
    axes.set_title("Computed, not measured: buffers of 1997 at 44.1 kHz, the worst key", loc="left")
