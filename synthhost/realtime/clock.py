"""The monotonic clock, read by the audio and MIDI threads through the C function's address."""

import ctypes
import sys

from synthhost.realtime.machine import address_of, call_driver
from synthhost.realtime.marks import realtime
from synthhost.realtime.operator import record

CLOCK = record(
    [
        ("function", "i8"),  # clock_gettime, or QueryPerformanceCounter on Windows
        ("wait_function", "i8"),  # clock_nanosleep; else nanosleep, on Windows NtDelayExecution
        ("absolute", "i8"),  # 1: it waits until a time, 0: for a time
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
    left = time_ns if clock.absolute != 0 else max(time_ns - now_ns(clock), 0)
    if clock.monotonic < 0:
        clock.until[0] = -(left // 100)  # below zero: from now on, in steps of 100 ns
        call_driver(clock.wait_function, 0, address_of(clock.until), 0, 0)
        return
    clock.until[0] = left // 1000000000
    clock.until[1] = left - clock.until[0] * 1000000000
    if clock.absolute != 0:
        call_driver(clock.wait_function, clock.monotonic, 1, address_of(clock.until), 0)
    else:
        call_driver(clock.wait_function, address_of(clock.until), 0, 0, 0)


def fill_clock(clock):
    """Write the addresses of this system's clock functions into a CLOCK record."""
    if sys.platform == "win32":
        kernel = ctypes.WinDLL("kernel32")
        frequency = ctypes.c_int64()
        kernel.QueryPerformanceFrequency(ctypes.byref(frequency))
        clock.function = ctypes.cast(kernel.QueryPerformanceCounter, ctypes.c_void_p).value
        clock.wait_function = ctypes.cast(ctypes.WinDLL("ntdll").NtDelayExecution, ctypes.c_void_p).value
        ctypes.WinDLL("winmm").timeBeginPeriod(1)  # else Windows wakes threads every 15.6 ms only
        clock.monotonic, clock.ns_per_tick = -1, 1e9 / frequency.value
        return
    libc = ctypes.CDLL(None)
    clock.function = ctypes.cast(libc.clock_gettime, ctypes.c_void_p).value
    clock.monotonic = (
        1 if sys.platform == "linux" else 8
    )  # CLOCK_MONOTONIC; on macOS CLOCK_UPTIME_RAW, as Python takes
    clock.absolute = sys.platform == "linux"
    wait = libc.clock_nanosleep if clock.absolute else libc.nanosleep
    clock.wait_function = ctypes.cast(wait, ctypes.c_void_p).value
