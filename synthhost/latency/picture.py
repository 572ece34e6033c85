"""Measurements as a picture: how many keys sounded within which time."""

import numpy as np

COLOURS = ("#0b6e99", "#2a9d8f", "#7a5195")
ORDINARY_COLOUR = "#c8553d"
SHOWN_MS = 12.0


def draw(results, path):
    """Write a PNG: the times of every way as a histogram, and as the share of keys that have sounded by a time."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (counts, shares) = pyplot.subplots(2, 1, figsize=(10, 8.5), layout="constrained")
    colours = colour_of(results)
    for result in results:
        values = np.sort(np.array(result.values_s) * 1000)
        if len(values):
            look = {
                "color": colours[result.way],
                "linestyle": ":" if result.load else "-",
                "linewidth": 2.2 if result.load else 1.4,
            }
            draw_counts(counts, result, values, look)
            draw_shares(shares, result, values, look)
    counts.set(
        xlim=(0, SHOWN_MS), ylabel="keys", xlabel="ms from the key's first byte to the driver's output"
    )
    counts.set_title("Key to sound: a narrow peak can be played, a wide hill cannot", loc="left")
    counts.legend(fontsize=8, loc="upper right")
    shares.set(ylim=(0, 1.02), ylabel="share of keys that have sounded", xlabel="the same, logarithmic")
    shares.set_xscale("log")
    shares.xaxis.set_major_formatter("{x:g}")
    shares.axvline(10, color="black", linewidth=0.8)
    shares.text(10.3, 0.96, "10 ms", va="top")
    shares.legend(fontsize=8, loc="lower right")
    for axes in (counts, shares):
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def colour_of(results):
    """A colour for each way; load is told by the kind of line."""
    ours = dict.fromkeys(result.way for result in results if result.ours)
    colours = {way: COLOURS[number % len(COLOURS)] for number, way in enumerate(ours)}
    return colours | {result.way: ORDINARY_COLOUR for result in results if not result.ours}


def label(result):
    """How a measurement is called in a legend."""
    return f"{result.way}, {result.buffer_frames} frames, {'storm' if result.load else 'idle'}"


def draw_counts(axes, result, values_ms, look):
    """The histogram, in bins of 0.1 ms."""
    beyond = int((values_ms > SHOWN_MS).sum())
    words = label(result) + (
        f" ({beyond} of {len(values_ms)} keys beyond {SHOWN_MS:.0f} ms)" if beyond else ""
    )
    axes.hist(values_ms, np.linspace(0, SHOWN_MS, 121), histtype="step", label=words, **look)


def draw_shares(axes, result, values_ms, look):
    """The empirical distribution."""
    share = np.arange(len(values_ms) + 1) / len(values_ms)
    words = f"{label(result)}: p99 {np.percentile(values_ms, 99):.2f} ms"
    axes.step(np.r_[values_ms[0], values_ms], share, where="post", label=words, **look)
