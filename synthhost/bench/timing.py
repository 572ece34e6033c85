"""Measure processor time: of this thread alone, the contestants in turn, so that a busy machine is unfair to nobody."""

import gc
import statistics
import time
from dataclasses import dataclass

LONG_ENOUGH_NS = (
    2_000_000  # a measured stretch: far above the clock's steps, far below what a busy machine disturbs
)


@dataclass(frozen=True)
class Cost:
    """Processor time of one call, in nanoseconds, over all rounds."""

    least_ns: float
    median_ns: float

    def per(self, count):
        """The same for each of `count` equal parts of the call."""
        return Cost(self.least_ns / count, self.median_ns / count)

    def plain(self):
        return {"min": round(self.least_ns, 4), "median": round(self.median_ns, 4)}


def measure_in_turn(contestants, rounds):
    """Time functions A, B, … in the order A B A B …: ``{name: function}`` -> ``{name: Cost}``."""
    calls = {name: calls_needed(function) for name, function in contestants.items()}
    taken = {name: [] for name in contestants}
    collecting = gc.isenabled()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, function in contestants.items():
                taken[name].append(stretch_ns(function, calls[name]) / calls[name])
    finally:
        if collecting:
            gc.enable()
    return {name: Cost(min(times), statistics.median(times)) for name, times in taken.items()}


def calls_needed(function):
    """How many calls make a stretch that is long enough; also warms everything up."""
    calls = 1
    while stretch_ns(function, calls) < LONG_ENOUGH_NS:
        calls *= 2
    return calls


def stretch_ns(function, calls):
    """Processor time of this thread for a number of calls."""
    begun = time.thread_time_ns()
    for _ in range(calls):
        function()
    return time.thread_time_ns() - begun
