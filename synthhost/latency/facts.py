"""Measurements as plain data for files, with what one must know of the machine to compare them."""

import ctypes
import dataclasses
import os
import pathlib
import platform
import sys

from synthhost.latency.result import BUDGET_S

FORMAT = "synthhost/latency"


def processor():
    """The processor's name."""
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.machine()


def stolen_s():
    """Seconds that the hypervisor took from this machine so far; None where nobody counts them."""
    try:
        words = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()
        return int(words[8]) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError, AttributeError):  # Windows has no sysconf
        return None


def wine():
    """The version of Wine that plays the part of Windows, or None."""
    if sys.platform != "win32":
        return None
    version = getattr(ctypes.WinDLL("ntdll"), "wine_get_version", None)
    if version is None:
        return None
    version.restype = ctypes.c_char_p
    return version().decode()


def wine_words():
    """What must be said beside every figure that was measured under Wine."""
    return f"Measured under Wine {wine()}: this is no measurement of Windows; scheduler and devices are another system's."


def machine():
    """What one must know of the machine."""
    return {
        "machine": platform.machine(),
        "processor": processor(),
        "processors": os.cpu_count(),
        "system": platform.system(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "wine": wine(),
    }


def as_data(results):
    """All measurements as dictionaries, lists and numbers."""
    measurements = []
    for result in results:
        data = dataclasses.asdict(result)
        data["measured"] = dataclasses.asdict(result.measured)
        data["total"] = dataclasses.asdict(result.total)
        data["passed"] = result.passed
        measurements.append(data)
    return {
        "format": FORMAT,
        "version": 1,
        "machine": machine(),
        "budget_s": BUDGET_S,
        "measurements": measurements,
    }
