"""Pictures: a sound's spectrogram, and how long two callbacks took. Each function writes one PNG."""

import numpy as np

INK, PALE, GRID = "#1b1f24", "#6b7280", "#d7dbe0"
BAD, GOOD = "#d1495b", "#1f7a8c"
DPI = 160
LOWEST_HZ, BANDS_PER_OCTAVE = 30.0, 36


def new_figure(width, height, rows=1, **options):
    """A figure of a size in inches, drawn without a screen."""
    import matplotlib

    matplotlib.use("Agg", force=True)
    from matplotlib import pyplot

    pyplot.rcParams.update(
        {"font.family": "DejaVu Sans", "font.size": 11, "axes.edgecolor": PALE, "text.color": INK}
    )
    return pyplot.subplots(rows, 1, figsize=(width, height), layout="constrained", **options)


def save(figure, path):
    """Write a figure and forget it."""
    from matplotlib import pyplot

    figure.savefig(path, dpi=DPI, facecolor="white")
    pyplot.close(figure)


def log_spectrogram(sound, rate_hz, columns=900, size=8192):
    """Levels in dBFS of a sine: (times in s, frequencies in Hz, ``float[bands, columns]``), bands evenly spaced in pitch."""
    mono = np.asarray(sound, np.float64)
    mono = mono.mean(axis=1) if mono.ndim == 2 else mono
    mono = np.pad(mono, size // 2)
    window = np.hanning(size)
    starts = np.linspace(0, len(mono) - size, columns).astype(int)
    octaves = np.log2(0.45 * rate_hz / LOWEST_HZ)
    bands_hz = LOWEST_HZ * 2.0 ** np.linspace(0, octaves, int(octaves * BANDS_PER_OCTAVE))
    bins = bands_hz * size / rate_hz
    low = bins.astype(int)
    part = bins - low
    levels = np.empty((len(bands_hz), columns))
    for column, start in enumerate(starts):
        spectrum = np.abs(np.fft.rfft(mono[start : start + size] * window)) * 4.0 / size
        smooth = spectrum[low] * (1 - part) + spectrum[low + 1] * part
        edges = np.append(bins, bins[-1])
        peaks = np.maximum.reduceat(spectrum, np.minimum(edges[:-1].astype(int), len(spectrum) - 1))
        levels[:, column] = np.where(np.diff(edges) > 1, peaks, smooth)
    return starts / rate_hz, bands_hz, 20 * np.log10(np.maximum(levels, 1e-7))


def spectrogram(path, sound, rate_hz, title, marks=(), lowest_db=-84.0):
    """Draw a sound: pitch upwards (log), time to the right, level as colour, and its level below.

    `marks` lists ``(begin in s, end in s, words)`` of stretches to point at.
    """
    times, bands_hz, levels = log_spectrogram(sound, rate_hz)
    figure, (axes, below) = new_figure(10, 6, 2, sharex=True, height_ratios=[4, 1])
    image = axes.pcolormesh(
        times, bands_hz, levels, vmin=lowest_db, vmax=-6, cmap="magma", shading="nearest", rasterized=True
    )
    axes.set_yscale("log")
    axes.set_yticks([50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000])
    axes.set_yticklabels(["50", "100", "200", "500", "1 k", "2 k", "5 k", "10 k", "20 k"])
    axes.minorticks_off()
    axes.set_ylim(bands_hz[0], bands_hz[-1])
    axes.set_ylabel("frequency in Hz")
    axes.set_title(title, loc="left", fontweight="bold")
    figure.colorbar(image, ax=axes, label="dBFS", pad=0.01)
    draw_level(below, sound, rate_hz)
    for begin, end, words in marks:
        for place in (axes, below):
            place.axvspan(
                begin, end, facecolor="none", edgecolor="white" if place is axes else BAD, linewidth=1.5
            )
        words_at = begin - 0.01 * len(sound) / rate_hz, bands_hz[-1] * 0.85
        axes.text(*words_at, words, color="white", ha="right", va="top", fontsize=12, fontweight="bold")
    save(figure, path)


def draw_level(axes, sound, rate_hz):
    """Peak and RMS level over time."""
    size = max(round(rate_hz * 0.02), 1)
    sound = np.asarray(sound, np.float64).reshape(len(sound), -1)
    pieces = sound[: len(sound) // size * size].reshape(-1, size * sound.shape[1])
    times = (np.arange(len(pieces)) + 0.5) * size / rate_hz
    peak, rms = np.abs(pieces).max(axis=1), np.sqrt((pieces**2).mean(axis=1))
    for values, colour in ((peak, GRID), (rms, GOOD)):
        axes.fill_between(times, -60, 20 * np.log10(np.maximum(values, 1e-3)), color=colour, linewidth=0)
    axes.set(ylim=(-60, 0), xlabel="seconds", ylabel="peak, RMS\nin dBFS", yticks=[-60, -40, -20, 0])
    axes.grid(axis="y", color=GRID, linewidth=0.6)


def share_words(share):
    """A share of missed deadlines in big words."""
    return (
        "0 %"
        if share == 0
        else f"{share:.0%}".replace("%", " %")
        if share >= 0.01
        else f"{share:.2%}".replace("%", " %")
    )


def callback_histograms(path, python, compiled, facts, headline, footnote):
    """Draw two distributions one above the other; `facts` has ``python`` and ``compiled`` with their numbers."""
    period_ms = facts["compiled"]["period_ms"]
    figure, both = new_figure(10, 6.4, 2, sharex=True)
    least, most = (f([f(python), f(compiled)]) * 1e3 for f in (np.min, np.max))
    edges = np.geomspace(min(least * 0.7, 0.01), max(most * 1.6, 100.0), 110)  # room for words at the right
    for axes, times, kind, name, colour in (
        (both[0], python, "python", "Python callback", BAD),
        (both[1], compiled, "compiled", "synthhost: compiled callback", GOOD),
    ):
        draw_times(axes, times * 1e3, edges, period_ms, colour)
        axes.set_title(name, loc="left", fontsize=15, fontweight="bold", color=colour)
        write_beside(axes, facts[kind], colour)
    both[0].text(period_ms, 1.02, f"deadline {period_ms:.2f} ms", transform=both[0].get_xaxis_transform(), ha="center",
                 va="bottom", fontsize=12, fontweight="bold", color=INK)  # fmt: skip
    both[1].set_xlabel(
        "milliseconds from the moment a block is due until it is returned (log scale)", fontsize=12
    )
    figure.get_layout_engine().set(h_pad=0.1, hspace=0.06)
    figure.suptitle(headline, fontsize=16, fontweight="bold", x=0.012, ha="left")
    figure.supxlabel(footnote, fontsize=9, color=PALE, x=0.012, ha="left")
    save(figure, path)


def write_beside(axes, numbers, colour):
    """The share of missed deadlines in big letters, and the other numbers below."""
    missed, all_there_were = numbers["late"] + numbers["lost"], numbers["blocks"] + numbers["lost"]
    small = (
        f"of deadlines missed\n{missed:,} of {all_there_were:,}\n\n"
        f"median {numbers['median_ms']:.3g} ms\nworst {numbers['max_ms']:.3g} ms"
    )
    at_right = {"transform": axes.transAxes, "va": "top", "ha": "right", "zorder": 4}
    axes.text(
        0.985,
        0.95,
        share_words(numbers["missed_share"]),
        fontsize=36,
        fontweight="bold",
        color=colour,
        **at_right,
    )
    axes.text(0.985, 0.64, small, fontsize=13, color=INK, linespacing=1.3, **at_right)


def draw_times(axes, times_ms, edges, period_ms, colour):
    """One histogram: share of blocks over time on a log axis; what is past the deadline on a tinted ground."""
    shares, _ = np.histogram(times_ms, edges)
    shares = shares / max(len(times_ms), 1)
    axes.axvspan(period_ms, edges[-1], color="#fbeaec", zorder=0)
    axes.bar(edges[:-1], shares, width=np.diff(edges), align="edge", color=colour, zorder=2)
    axes.axvline(period_ms, color=INK, linewidth=2, zorder=3)
    axes.set_xscale("log")
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0, max(shares.max() * 1.15, 0.01))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value * 100:.0f} %")
    axes.set_ylabel("blocks")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
