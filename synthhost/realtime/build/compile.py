"""Compile operators and entries with numba, each to LLVM's intermediate language, and prove each by itself."""

import ctypes
import importlib
import sys
from collections import namedtuple

import llvmlite.binding as llvm
import numba
import numpy as np
from numba.core import cgutils
from numba.extending import register_jitable

from synthhost.realtime import marks, operator
from synthhost.realtime.build import audit, lowlevel, memory
from synthhost.realtime.machine import record_view, rows_view
from synthhost.realtime.vector import LANES, QUANTUM

C_TYPES = {
    "void": numba.types.void,
    "int32": numba.types.int32,
    "uint32": numba.types.uint32,
    "int64": numba.types.int64,
    "float32": numba.types.float32,
    "address": numba.types.intp,
    "ulong": numba.types.uint32 if sys.platform == "win32" else numba.types.uint64,
}
OPERATOR_SIGNATURE = numba.types.void(*[numba.types.intp] * 8)
TILE_BYTES = 4 * LANES * QUANTUM
INPUT_TILES = np.dtype((np.record, [("tile", "i4", (8,))]))

VOICE_SOURCE = """
def {name}(output, tiles, inputs, state, values, voice, shared, frames):
    tile = inputs_at(inputs).tile
    render(output_at(output), Inputs({inputs}), state_at(state), values_at(values), voice_at(voice), shared_at(shared), frames)
"""
EFFECT_SOURCE = """
def {name}(output, tiles, inputs, state, values, voice, shared, frames):
    render(bus_at(output), memory_at(tiles), inputs, state_at(state), values_at(values), shared_at(shared), frames)
"""


class CompileError(Exception):
    """An operator or entry that cannot be part of the image; the message names file, line and reason."""


def import_modules(names):
    """Import the modules whose registries make up the image."""
    for name in names:
        importlib.import_module(name)


def prepare(checked=False):
    """Teach numba everything that marked functions use. Once in a process, after `import_modules`."""
    aarch64 = llvm.get_process_triple().startswith(("aarch64", "arm64"))
    memory.CHECKED = checked
    if checked:
        cgutils.do_boundscheck = trap_out_of_bounds
    lowlevel.register_denormals(aarch64)
    for name in linked_later():  # numba's own loader wants an address
        llvm.add_symbol(name, ctypes.addressof(ctypes.c_int64()))
    for function in marks.PARTS:
        lowlevel.register_part(function)
    for function in marks.FUNCTIONS:
        register_jitable(error_model="numpy", boundscheck=checked)(function)


def linked_later():
    """Symbols that a compiled function may leave to the link step."""
    return {"call_driver", "call_operator", "touch_stack", *(function.__name__ for function in marks.PARTS)}


def trap_out_of_bounds(context, builder, index, length, axis=None):
    """What numba's bounds check does in the checked build: a trap, where numba would raise."""
    memory.check_bounds(builder, context.cast(builder, index, numba.types.intp, numba.types.intp), length)


def attribute_name(name):
    """The Python name of an input: ``in`` is a keyword."""
    return f"{name}_" if name == "in" else name


def operator_function(item):
    """The function with the common signature that calls an operator's `render` on typed memory."""
    from synthhost.dsp.context import SHARED, VOICE

    names = [attribute_name(i.name) for i in item.inputs]
    namespace = {
        "render": numba.njit(error_model="numpy", boundscheck=memory.CHECKED)(item.render),
        "Inputs": namedtuple("Inputs", names or ["none"]),
        "inputs_at": record_view(INPUT_TILES),
        "input_at": rows_view(QUANTUM, LANES),
        "output_at": rows_view(2 * QUANTUM if item.kind == "output" else QUANTUM, LANES),
        "bus_at": rows_view(QUANTUM, 2),
        "memory_at": rows_view(1 << 17, 2),
        "state_at": record_view(item.state_type),
        "values_at": record_view(item.values_type),
        "voice_at": record_view(VOICE),
        "shared_at": record_view(SHARED),
    }
    inputs = "".join(f"input_at(tiles + {TILE_BYTES} * tile[{k}]), " for k in range(len(names))) or "0"
    source = (EFFECT_SOURCE if item.kind == "effect" else VOICE_SOURCE).format(
        name=f"operator_{item.name}", inputs=inputs
    )
    exec(source, namespace)
    return namespace[f"operator_{item.name}"]


def compile_function(function, signature, symbol, source):
    """Compile one function to optimised IR under `symbol`. Returns the module's text.

    Raises CompileError when numba refuses it or the audit finds a call that the audio thread may not make.
    """
    lowlevel.register_views()
    try:
        compiled = numba.cfunc(signature, nopython=True, error_model="numpy", boundscheck=memory.CHECKED)(
            function
        )
    except numba.core.errors.NumbaError as error:
        raise CompileError(
            f"{audit.place_of(source)}: numba cannot compile '{symbol}': {first_lines(error)}"
        ) from None
    module = llvm.parse_assembly(compiled.inspect_llvm())
    module.get_function(compiled.native_name).name = symbol
    bad = audit.forbidden_symbols(module, symbol) - linked_later()
    if bad:
        raise CompileError(audit.explain(source, symbol, sorted(bad)))
    return str(module)


def first_lines(error, lines=6):
    return " ".join(line.strip() for line in str(error).splitlines()[:lines] if line.strip())


def compile_operator(name):
    """One operator of the registry as IR text."""
    item = operator.OPERATORS[name]
    return compile_function(operator_function(item), OPERATOR_SIGNATURE, f"operator_{name}", item.render)


def compile_part(function):
    """One part as IR text."""
    return compile_function(function, numba.types.void(numba.types.intp), function.__name__, function)


def compile_entry(name):
    """One entry of the registry as IR text."""
    item = marks.ENTRIES[name]
    signature = C_TYPES[item.result](*[C_TYPES[a] for a in item.arguments])
    return compile_function(item.function, signature, name, item.function)
