"""Words that compiled engine code needs and Python does not have: shared words, addresses, calls out, denormals.

The bodies here serve plain Python runs (one thread, no driver); the build turns each into one or two instructions.
"""

import ctypes

import numpy as np

VIEWS = []  # (function, structured type): build/lowlevel.py makes each an address seen as that record
ROW_VIEWS = []  # (function, rows, lanes)
MACHINE_FUNCTIONS = []


def machine_function(function):
    """Mark a function of this module as one the build knows instructions for."""
    MACHINE_FUNCTIONS.append(function)
    return function


def record_view(kind):
    """Make the function that sees the memory at an address as a record of type `kind`."""

    def view(address):
        return np.ctypeslib.as_array((ctypes.c_uint8 * kind.itemsize).from_address(address)).view(kind)[0]

    VIEWS.append((view, kind))
    return view


def rows_view(rows, lanes):
    """Make the function that sees the memory at an address as ``float32[rows, lanes]``."""

    def view(address):
        return np.ctypeslib.as_array((ctypes.c_float * (rows * lanes)).from_address(address)).reshape(
            rows, lanes
        )

    ROW_VIEWS.append((view, rows, lanes))
    return view


@machine_function
def load_acquire(record, name):
    """Read a shared int64 field; what its writer wrote before it is visible from here on."""
    return int(record[name])


@machine_function
def store_release(record, name, value):
    """Write a shared int64 field after everything written so far."""
    record[name] = value


@machine_function
def address_of(memory):
    """Address of a record or of an array field, as an integer."""
    return memory.__array_interface__["data"][0]


@machine_function
def flush_denormals():
    """Make this thread treat denormal numbers as zero; gives back the former mode. The threads are the driver's."""
    return 0


@machine_function
def restore_denormals(mode):
    """Set the mode that `flush_denormals` gave back."""


@machine_function
def within(index, size):
    """Give back an index; in the checked build the process stops there and then unless 0 <= index < size."""
    return index


@machine_function
def touch_stack():
    """Write to 64 kB of this thread's stack, so that its pages are there before they are needed."""


@machine_function
def call_driver(function, a, b, c, d):
    """Call a C function of the listed externals (clock, read, poll, JACK) by its address; one of two indirect calls."""
    call = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 4)(int(function))
    return call(int(a), int(b), int(c), int(d))


@machine_function
def call_operator(index, output, tiles, inputs, state, values, voice, shared, frames):
    """Run operator `index` of the image's own table on memory given by addresses; the other indirect call."""
    raise NotImplementedError("operators are called by index in the image only")
