"""The monotonic clock, read by the audio and MIDI threads through the C function's address."""

import ctypes
import sys

from synthhost.realtime.machine import address_of, call_driver
from synthhost.realtime.marks import realtime
from synthhost.realtime.operator import record

CLOCK = record(
    [
        ("function", "i8"),  # clock_gettime, or QueryPerformanceCounter on Windows
        ("wait_function", "i8"),  # clock_nanosleep, or 0 where there is none
        ("monotonic", "i8"),  # clock number; -1 says that function counts ticks
        ("ns_per_tick", "f8"),
        ("time", "i8", (2,)),  # what the function writes; one CLOCK for each thread
        ("until", "i8", (2,)),
    ]
)


@realtime
def now_ns(clock):
    """Nanoseconds of the monotonic clock: Python's ``time.monotonic_ns()`` (Windows: ``perf_counter_ns()``)."""
    if clock.monotonic < 0:
        call_driver(clock.function, address_of(clock.time), 0, 0, 0)
        return int(clock.time[0] * clock.ns_per_tick)
    call_driver(clock.function, clock.monotonic, address_of(clock.time), 0, 0)
    return clock.time[0] * 1000000000 + clock.time[1]


@realtime
def wait_until_ns(clock, time_ns):
    """Sleep until an absolute time (Linux: ``clock_nanosleep`` with TIMER_ABSTIME)."""
    clock.until[0] = time_ns // 1000000000
    clock.until[1] = time_ns - clock.until[0] * 1000000000
    call_driver(clock.wait_function, clock.monotonic, 1, address_of(clock.until), 0)


def fill_clock(clock):
    """Write the addresses of this system's clock functions into a CLOCK record."""
    if sys.platform == "win32":
        kernel = ctypes.WinDLL("kernel32")
        frequency = ctypes.c_int64()
        kernel.QueryPerformanceFrequency(ctypes.byref(frequency))
        clock.function = ctypes.cast(kernel.QueryPerformanceCounter, ctypes.c_void_p).value
        clock.monotonic, clock.ns_per_tick = -1, 1e9 / frequency.value
        return
    libc = ctypes.CDLL(None)
    clock.function = ctypes.cast(libc.clock_gettime, ctypes.c_void_p).value
    clock.monotonic = 1 if sys.platform == "linux" else 6  # CLOCK_MONOTONIC of Linux and of macOS
    if hasattr(libc, "clock_nanosleep"):
        clock.wait_function = ctypes.cast(libc.clock_nanosleep, ctypes.c_void_p).value
