"""Guard pages, for the checked build: whole pages round tiles and states that nobody may touch.

What runs out of its memory there stops the process, where it would silently spoil its neighbour.
"""

import ctypes
import mmap
import os
import weakref

from synthhost.engine.memory import ENGINE, GROUP, GROUPS, PAGE

GUARDS = {}  # address of an engine's memory -> [(start, size)] of what is forbidden in it
NO_ACCESS, READ_AND_WRITE = 0, 3


def guard(engine):
    """Forbid the whole pages inside every gap of an engine's memory, until the engine is gone."""
    if os.name != "posix":
        return
    spans = [span for span in map(whole_pages, gaps(engine.address)) if span[1] > 0]
    protect(spans, NO_ACCESS)
    GUARDS[engine.address] = spans
    weakref.finalize(engine, unguard, engine.address).atexit = False


def unguard(address):
    """Allow an engine's memory again, before it goes back to the system."""
    protect(GUARDS.pop(address), READ_AND_WRITE)


def gaps(address):
    """Addresses of the gaps in an engine's memory."""
    groups = address + ENGINE.fields["groups"][1]
    for name in ("guard_before", "guard_after"):
        yield address + ENGINE.fields[name][1]
        for number in range(GROUPS):
            yield groups + number * GROUP.itemsize + GROUP.fields[name][1]


def whole_pages(start):
    """The pages that lie inside a gap, as (start, size)."""
    first = -(-start // mmap.PAGESIZE) * mmap.PAGESIZE
    return first, (start + PAGE) // mmap.PAGESIZE * mmap.PAGESIZE - first


def protect(spans, access):
    libc = ctypes.CDLL(None, use_errno=True)
    for start, size in spans:
        if libc.mprotect(ctypes.c_void_p(start), ctypes.c_size_t(size), access) != 0:
            raise OSError(ctypes.get_errno(), "cannot protect a page")


def open_parts(memory):
    """An array's memory as bytes, in parts that leave out what is forbidden: one part unless it is a checked engine's."""
    flat = memory.reshape(-1).view("u1")
    parts, at = [], 0
    for start, size in sorted(GUARDS.get(memory.ctypes.data, ())):
        parts.append(flat[at : start - memory.ctypes.data])
        at = start - memory.ctypes.data + size
    return [*parts, flat[at:]]
