"""Buffers as arithmetic: what key-to-sound cannot be shorter than, in 1997 and now. Computed, nothing measured.

References
----------
PortAudio, pa_win_wmme.c and pa_win_ds.c: the latency each host API falls back on, by version of Windows.
"""

from dataclasses import dataclass

from synthhost.latency.result import BUDGET_S, CONVERTER_S, KEY_S

MIXERS_S = (
    ("MME, Windows NT", 0.400),
    ("MME, Windows 95 and 98", 0.200),
    ("MME, Windows 2000 and later", 0.090),
    ("DirectSound, Windows NT", 0.280),
    ("DirectSound, Windows 95 and 98", 0.140),
    ("DirectSound, Windows 2000 and later", 0.120),
)
ASIO_FRAMES = (32, 64, 128, 256, 512)
OUTSIDE_S = KEY_S[1] + CONVERTER_S  # the most that keyboard, USB and converter add


@dataclass(frozen=True)
class Sum:
    """What a buffer makes of key-to-sound. `buffer_s` is what its driver may call its latency."""

    way: str
    frames: int | None  # None: the mixer's own buffers
    buffer_s: float
    least_s: float  # the key comes just before a buffer is asked for, on perfect hardware
    steady_s: float  # with steady timing: always
    worst_s: float  # with keyboard, USB and converter

    @property
    def within(self):
        """Whether the worst key is heard within the budget."""
        return self.worst_s <= BUDGET_S


def sums(rate_hz=44_100):
    """The mixers' default latencies and ASIO's buffers at a sample rate.

    A mixer's latency is its whole queue: a key waits for it to be played. ASIO has two buffers: one is played while the
    other is filled.
    """
    mixers = [Sum(way, None, s, s, s, s + OUTSIDE_S) for way, s in MIXERS_S]
    periods = [(frames, frames / rate_hz) for frames in ASIO_FRAMES]
    return mixers + [Sum("ASIO", n, s, s, 2 * s, 2 * s + OUTSIDE_S) for n, s in periods]


def largest_within(rate_hz=44_100):
    """The largest of ASIO's buffers whose worst key stays within the budget, or None."""
    return max((row.frames for row in sums(rate_hz) if row.frames and row.within), default=None)


def explanation(rate_hz=44_100):
    """Why 128 frames are 2.9 ms, why that is not key-to-sound, and which buffer to take; as lines."""
    buffer_ms = 128e3 / rate_hz
    return (
        f"128 frames last 128 / {rate_hz:.0f} Hz = {buffer_ms:.1f} ms. That is one buffer: how long the card plays what it "
        "was given last.",
        f"It is not key-to-sound: a key waits up to {buffer_ms:.1f} ms until the next buffer is asked for (with steady timing "
        f"always), and then {buffer_ms:.1f} ms until that one is played. Keyboard, USB and converter add up to "
        f"{1e3 * OUTSIDE_S:.0f} ms: {2 * buffer_ms + 1e3 * OUTSIDE_S:.1f} ms.",
        f"The largest of these buffers whose worst key stays within {1e3 * BUDGET_S:.0f} ms: {largest_within(rate_hz)} frames.",
    )
