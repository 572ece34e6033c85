"""What was heard of keys and their sounds, in a recording or live: figures, and words for people."""

from dataclasses import dataclass, field

from synthhost.audio.errors import AudioError
from synthhost.latency.arrival import strikes
from synthhost.latency.facts import wine, wine_words
from synthhost.latency.result import BUDGET_S, MEASURED, stage_of
from synthhost.latency.table import milliseconds


@dataclass(frozen=True)
class Heard:
    """What was heard: `delays_s` from each key to its sound; `counts`; `notes` to be read beside the figures."""

    way: str
    device: str
    delays_s: tuple[float, ...]
    counts: dict = field(default_factory=dict)
    round_trip_s: float | None = None  # from the output's buffer to the input's
    reported_s: float | None = None  # the same, as the driver says
    notes: tuple[str, ...] = ()

    @property
    def key_to_sound(self):
        """The statistics."""
        return stage_of("key to sound", MEASURED, self.delays_s)


def analyse(key, sound, rate_hz, name, way="recording"):
    """Thump against sound, in a recording. Raises AudioError when no key can be told."""
    found = strikes(key, rate_hz, sound)
    clear = [strike for strike in found if strike.sound is not None]
    if not clear:
        raise AudioError(
            f"{name}: {len(found)} keys are heard, but no clear sound after them. Play 'synthhost play test/latency', put the "
            "microphone between key and loudspeaker, strike with a fingernail, half a second apart, the sound as loud as "
            "the strike"
        )
    delays = tuple((strike.sound - strike.key) / rate_hz for strike in clear)
    counts = {"keys": len(found), "heard clearly": len(clear)}
    note = "Take away 0.3 ms for each 10 cm that the loudspeaker is farther from the microphone than the key."
    return Heard(way, name, delays, counts, notes=(note,))


def words_of(heard):
    """The result for people, as lines."""
    s = heard.key_to_sound
    figures = (
        f"{name} {milliseconds(getattr(s, f'{name}_s'))}" for name in ("median", "p99", "max", "jitter")
    )
    yield f"{heard.way}: {heard.device}"
    yield (
        f"key to sound, ms: {', '.join(figures)}  ("
        + ", ".join(f"{count} {name}" for name, count in heard.counts.items())
        + ")"
    )
    if heard.round_trip_s is not None:
        yield (
            f"out and in again: {milliseconds(heard.round_trip_s)} ms; the driver says "
            f"{milliseconds(heard.reported_s)} ms"
        )
    yield from heard.notes
    if wine():
        yield wine_words()
    yield (
        f"worst {1000 * s.max_s:.1f} ms of a {1000 * BUDGET_S:.0f} ms budget: "
        f"{'PASS' if s.max_s <= BUDGET_S else 'FAIL'}"
    )
