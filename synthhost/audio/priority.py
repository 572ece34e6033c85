"""Priority and memory of the audio thread: real-time scheduling and locked pages, as far as the system allows."""

import ctypes
import os
import sys

PRIORITY = 70  # below the kernel's own threads and JACK's, above everything else


def make_realtime(thread_id, priority=PRIORITY):
    """Give a thread of this process SCHED_FIFO. Returns what it really got, as a phrase for the user."""
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


def lock_memory(memory):
    """Touch the pages of an array and keep them from being swapped out. Returns None or why it was refused."""
    memory.reshape(-1).view("u1")[:: os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096].sum()
    if sys.platform == "win32":
        return "not locked (Windows)"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mlock(ctypes.c_void_p(memory.ctypes.data), ctypes.c_size_t(memory.nbytes)) != 0:
        return f"memory is not locked: {os.strerror(ctypes.get_errno())} (raise the 'memlock' limit)"
    return None
