"""Priority and memory of the audio thread: real-time scheduling and locked pages, as far as the system allows."""

import ctypes
import os
import sys

from synthhost.engine.guard import open_parts

PAGE = 4096
LIBC = None if sys.platform == "win32" else ctypes.CDLL(None, use_errno=True)
PRIORITY = 70  # below the kernel's own threads and JACK's, above everything else


def make_realtime(thread_id, priority=PRIORITY):
    """Give a thread of this process SCHED_FIFO. Returns what it really got, as a phrase for the user."""
    if sys.platform == "win32":
        kernel = ctypes.WinDLL("kernel32")
        kernel.OpenThread.restype = ctypes.c_void_p
        thread = ctypes.c_void_p(kernel.OpenThread(0x0020, False, thread_id))  # THREAD_SET_INFORMATION
        done = kernel.SetThreadPriority(thread, 15)  # THREAD_PRIORITY_TIME_CRITICAL
        kernel.CloseHandle(thread)
        return "time critical" if done else "normal (Windows refuses a higher one)"
    if not hasattr(os, "sched_setscheduler"):
        return "as the driver set it"
    try:
        os.sched_setscheduler(thread_id, os.SCHED_FIFO, os.sched_param(priority))
    except PermissionError:
        return "normal (the system refuses real-time priority: see 'synthhost doctor')"
    except OSError as error:
        return f"normal ({error.strerror})"
    return priority_of(thread_id)


def priority_of(thread_id):
    """How a thread of this process is scheduled, as a phrase."""
    if not hasattr(os, "sched_getscheduler"):
        return "as the driver set it"
    policies = {os.SCHED_FIFO: "SCHED_FIFO", os.SCHED_RR: "SCHED_RR"}
    try:
        policy = os.sched_getscheduler(thread_id) & ~getattr(os, "SCHED_RESET_ON_FORK", 0)
        name = policies.get(policy)
        return f"{name} {os.sched_getparam(thread_id).sched_priority}" if name else "normal"
    except OSError:
        return "unknown"


def threads():
    """Identifiers of this process's threads (Linux), to find one that a driver starts."""
    try:
        return {int(name) for name in os.listdir("/proc/self/task")}
    except OSError:
        return set()


def lock_memory(memory, code=()):
    """Touch every page of an array, then keep it, and the pages of machine code at some addresses, from being swapped out.

    Call it before the audio thread starts. Returns None, or why the system refused.
    """
    parts = open_parts(memory)
    for part in parts:
        pages = part[::PAGE]
        pages += 0  # a write, so that each page is there and not only promised
    if LIBC is None:
        return "not locked (Windows)"
    for start, size in [*((part.ctypes.data, part.nbytes) for part in parts), *code_regions(code)]:
        if LIBC.mlock(ctypes.c_void_p(start), ctypes.c_size_t(size)) != 0:
            return f"not locked: {os.strerror(ctypes.get_errno())} (see 'synthhost doctor')"
    return None


def code_regions(addresses):
    """Where the machine code at some addresses lies: (start, size) of each mapping that holds one (Linux)."""
    try:
        with open("/proc/self/maps") as file:
            spans = [line.split(None, 1)[0].split("-") for line in file]
    except OSError:
        return []
    regions = [(int(start, 16), int(end, 16)) for start, end in spans]
    return [(start, end - start) for start, end in regions if any(start <= a < end for a in addresses)]
