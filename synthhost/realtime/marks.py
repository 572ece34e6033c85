"""Mark the functions that run on the audio thread.

A marked function is ordinary Python and stays so; the build process (``realtime/build``) reads the
registries below and compiles what it finds. Nothing here imports a compiler.
"""

from dataclasses import dataclass
from typing import Any

FUNCTIONS = []  # plain helpers, compiled where they are used
ENTRIES = {}  # name -> Entry: what a driver or a thread may call


def realtime(function):
    """Mark a function that the audio thread may call: no allocation, lock, wait, print, raise or Python object."""
    FUNCTIONS.append(function)
    return function


@dataclass(frozen=True)
class Entry:
    """A function of the image that can be called from outside, with its C signature."""

    name: str
    result: str
    arguments: tuple[str, ...]
    function: Any


PARTS = []


def part(function):
    """Mark a large function of one address that several entries call: it is compiled once, and called by its name."""
    PARTS.append(function)
    return function


def entry(result, *arguments):
    """Make a function an entry of the image.

    Types are ``void``, ``int32``, ``uint32``, ``int64``, ``float32``, ``ulong`` (C ``unsigned long``) and
    ``address`` (any pointer, as an integer).
    """

    def mark(function):
        ENTRIES[function.__name__] = Entry(function.__name__, result, arguments, function)
        return function

    return mark
