"""The meter: voices, load, late blocks and level; one living line in a terminal, a line now and then elsewhere."""

import math
import sys
import time

PLAIN_EVERY_S = 5.0
REDRAW_S = 0.1
QUIETEST_DB = -48.0
WIDTH = 16  # all fits 80 columns


class Meter:
    """Shows how an engine is doing. Nothing is imported for it before the sound has begun."""

    def __init__(self, engine, buffer_frames):
        self._engine, self._period_ns = engine, buffer_frames / engine.rate_hz * 1e9
        self._began = self._last = time.monotonic()
        self._live = None

    def start(self):
        """Begin to draw, if somebody looks."""
        if sys.stdout.isatty():
            from rich.live import Live

            self._live = Live(refresh_per_second=10, transient=False)
            self._live.start()

    def show(self):
        """Bring the meter up to date."""
        now = time.monotonic()
        if now - self._last < (REDRAW_S if self._live else PLAIN_EVERY_S):
            return
        self._last = now
        text = self.line(now - self._began)
        if self._live:
            self._live.update(text)
        else:
            print(text, flush=True)

    def line(self, seconds):
        """One line of what the engine counts."""
        stats = self._engine.record.stats
        peak, stats.peak = float(stats.peak), 0.0
        load = int(stats.block_ns) / self._period_ns
        return (
            f"{seconds:5.1f} s  {int(stats.voices):3} voices  block {load:5.1%} of its period  "
            f"{int(stats.late_blocks)} late  {level_bar(peak)}"
        )

    def stop(self):
        """Draw no more."""
        if self._live:
            self._live.stop()
            self._live = None


def level_bar(peak):
    """A bar of a peak, and its number."""
    db = 20 * math.log10(peak) if peak > 0 else -math.inf
    full = round(WIDTH * min(max(1 - db / QUIETEST_DB, 0.0), 1.0)) if peak > 0 else 0
    return f"{'█' * full}{'·' * (WIDTH - full)} {db:6.1f} dB"
