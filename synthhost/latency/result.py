"""What a measurement found: stages with their statistics, counts, and what the machine itself did."""

from dataclasses import dataclass, field

import numpy as np

MEASURED, REPORTED, ASSUMED = "measured", "reported", "assumed"
BUDGET_S = 0.010
KEY_S = (0.001, 0.002)  # key scan and USB: a full-speed device is asked each millisecond
CONVERTER_S = 0.001


@dataclass(frozen=True)
class Stage:
    """One stage between key and sound. `how` says whether it was measured, reported by the driver, or assumed."""

    name: str
    how: str
    median_s: float
    p95_s: float
    p99_s: float
    max_s: float
    jitter_s: float  # p99 - min


def stage_of(name, how, values_s):
    """A Stage from the values of all keys, or from (least, most)."""
    values = np.asarray(values_s, float)
    if not len(values):
        nothing = float("nan")
        return Stage(name, how, nothing, nothing, nothing, nothing, nothing)
    median, p95, p99 = map(float, np.percentile(values, [50, 95, 99]))
    return Stage(name, how, median, p95, p99, float(values.max()), p99 - float(values.min()))


def together(stages):
    """All stages as one: medians add up, and so do the worst cases; jitter is that of what was measured."""
    return Stage(
        "key-to-sound",
        "",
        sum(stage.median_s for stage in stages),
        sum(stage.p95_s for stage in stages),
        sum(stage.p99_s for stage in stages),
        sum(stage.max_s for stage in stages),
        max((stage.jitter_s for stage in stages if stage.how == MEASURED), default=0.0),
    )


def assumed_stages():
    """What no measurement without a microphone can see: before the bytes, after the driver."""
    return (
        stage_of("key scan and USB", ASSUMED, KEY_S),
        stage_of("converter", ASSUMED, [CONVERTER_S]),
    )


@dataclass(frozen=True)
class Measurement:
    """One way from key to sound, under one load.

    `values_s` are the times of all counted keys from the first byte to the driver's output, in the order in which they
    were struck; `frames`, under JACK, what of it lies above the graph's own latency. `counts`: sent, heard, missed, left
    out … `machine`: how late it woke the device's thread, which is not of our making.
    """

    way: str
    driver: str
    buffer_frames: int
    rate_hz: float
    load: bool
    stages: tuple[Stage, ...]
    values_s: tuple[float, ...]
    counts: dict = field(default_factory=dict)
    machine: dict = field(default_factory=dict)
    frames: tuple[int, ...] | None = None
    hardware: bool = False
    ours: bool = True
    notes: tuple[str, ...] = ()

    @property
    def total(self):
        """Key-to-sound with all stages."""
        return together(self.stages)

    @property
    def measured(self):
        """Statistics from the first byte to the driver's output: what can be compared."""
        return stage_of("measured", MEASURED, self.values_s)

    @property
    def passed(self):
        """Whether the worst key stays within the budget and none was missed."""
        return bool(self.total.max_s <= BUDGET_S) and not self.counts.get("missed", 0)


def lateness(late_ns, period_s):
    """How late the machine woke the device's thread: statistics in seconds, and how often by more than a period."""
    late_s = np.asarray(late_ns, float) * 1e-9
    if not len(late_s):
        return {}
    median, p99 = np.percentile(late_s, [50, 99])
    return {
        "woken_late_median_s": float(median),
        "woken_late_p99_s": float(p99),
        "woken_late_max_s": float(late_s.max()),
        "woken_late_by_a_period": int((late_s > period_s).sum()),
        "blocks": len(late_s),
    }
