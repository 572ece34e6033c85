"""Compile operators and entries with numba, each to LLVM's intermediate language; the link step optimises and audits."""

import ctypes
import importlib
import inspect
import pathlib
import re
import sys
import traceback
from collections import namedtuple

import llvmlite.binding as llvm
import numba
import numpy as np
from numba.core import cgutils, codegen
from numba.core.registry import cpu_target
from numba.core.runtime import rtsys
from numba.extending import register_jitable

from synthhost.realtime import marks, operator
from synthhost.realtime.build import audit, lowlevel, memory
from synthhost.realtime.machine import record_view, rows_view, within
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
TILES, DELAY_FRAMES = 64, (1 << 18) + (1 << 14)  # of an engine; a program reads no others
TILE_BYTES = 4 * LANES * QUANTUM
NO_WRAPPERS = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}  # nobody calls a helper from Python or C
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
    """Import the modules whose registries make up the image. Raises CompileError naming file and line."""
    for name in names:
        try:
            importlib.import_module(name)
        except SyntaxError as error:
            raise CompileError(f"{error.filename}:{error.lineno}: {error.msg}") from None
        except Exception as error:
            if error.__traceback__.tb_next is None or not str(error):
                raise
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = name if "importlib" in place.filename else f"{place.filename}:{place.lineno}"
            raise CompileError(f"{where}: {error} ({type(error).__name__})") from None


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
        register_jitable(error_model="numpy", boundscheck=checked, **NO_WRAPPERS)(function)


def stop_before_machine_code():
    """Let numba write intermediate language only, in a process that never calls what it compiles.

    numba optimises every helper for itself, and again in each function that calls it, and emits machine code for each;
    the link step does that once for all. (This reaches into numba 0.68's code generator; without it the image comes out
    the same, later.)
    """
    rtsys.initialize(cpu_target.target_context)  # numba's own functions are needed, they are compiled here
    codegen.JITCPUCodegen.set_env = lambda self, name, environment: None
    codegen.JITCodeLibrary._optimize_final_module = lambda self: None
    codegen.JITCodeLibrary._finalize_specific = lambda self: None
    codegen.JITCodeLibrary.get_pointer_to_function = lambda self, name: self._ensure_finalized() or 0


def linked_later():
    """Symbols that a compiled function may leave to the link step."""
    return {
        "call_driver",
        "call_operator",
        "touch_stack",
        "__chkstk",
        *(function.__name__ for function in marks.PARTS),
    }


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
        "render": numba.njit(error_model="numpy", boundscheck=memory.CHECKED, **NO_WRAPPERS)(item.render),
        "Inputs": namedtuple("Inputs", names or ["none"]),
        "inputs_at": record_view(INPUT_TILES),
        "within": within,
        "TILES": TILES,
        "input_at": rows_view(QUANTUM, LANES),
        "output_at": rows_view(2 * QUANTUM if item.kind == "output" else QUANTUM, LANES),
        "bus_at": rows_view(QUANTUM, 2),
        "memory_at": rows_view(DELAY_FRAMES, 2),
        "state_at": record_view(item.state_type),
        "values_at": record_view(item.values_type),
        "voice_at": record_view(VOICE),
        "shared_at": record_view(SHARED),
    }
    inputs = (
        "".join(f"input_at(tiles + {TILE_BYTES} * within(tile[{k}], TILES)), " for k in range(len(names)))
        or "0"
    )
    source = (EFFECT_SOURCE if item.kind == "effect" else VOICE_SOURCE).format(
        name=f"operator_{item.name}", inputs=inputs
    )
    exec(source, namespace)
    return namespace[f"operator_{item.name}"]


def compile_function(function, signature, symbol, source):
    """Compile one function to intermediate language under `symbol`. Returns the module's text.

    Raises CompileError when numba refuses it.
    """
    lowlevel.register_views()
    try:
        compiled = numba.cfunc(signature, nopython=True, error_model="numpy", boundscheck=memory.CHECKED)(
            function
        )
    except Exception as error:  # numba's own faults are told like the source's
        raise CompileError(refusal(error, symbol, source)) from None
    module = llvm.parse_assembly(compiled.inspect_llvm())
    module.get_function(compiled.native_name).name = symbol
    return str(module)


def refusal(error, symbol, source):
    """Say in one sentence what numba refused, and on which line."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).split("raised a specific error:")[-1]
    lines = [re.sub(r"^[A-Za-z]*Error: ", "", line.strip()) for line in text.splitlines()]
    said = [line for line in lines if line and not line.startswith(("Failed in", "Overload", "File"))]
    reason = said[0] if said else type(error).__name__
    if reason.endswith("signature:") and len(said) > 1:
        reason = f"{reason[:-1]} {said[1].lstrip('> ')}"
    if isinstance(error, KeyError):
        reason = f"there is no field {error}"
    reason = reason.split(": %")[0].split(". Raised from")[
        0
    ]  # what follows is LLVM's language, or numba's own
    return f"{refused_line(error, text, reason, source)}: numba cannot compile '{symbol}': {reason}"


def refused_line(error, text, reason, source):
    """``file:line`` of the innermost place that a message names, or that numba was at, or where a name stands."""
    places = re.findall(r'(?:File "| at )([^"\s]+)"?(?:, line | \()(\d+)', text)
    frame, inner = error.__traceback__, []
    while frame is not None:  # numba's own objects know what they work on
        for item in frame.tb_frame.f_locals.copy().values():
            place = getattr(item, "loc", None)
            if isinstance(place, numba.core.ir.Loc):
                inner.insert(0, (place.filename, place.line))
        frame = frame.tb_next
    numba_folder = str(pathlib.Path(numba.__file__).parent)
    for file, line in places + inner:
        if not file.startswith((numba_folder, "<")):
            return f"{file}:{line}"
    word = re.search(r"'(\w+)'", reason)
    for function in audit.reachable(source) if word else ():
        lines, first = inspect.getsourcelines(function)
        for number, line in enumerate(lines):
            if re.search(rf"\b{word[1]}\b", line):
                return f"{inspect.getsourcefile(function)}:{first + number}"
    return audit.place_of(source)


def blame(results):
    """Which of the compiled functions the audit refuses, and for what: one line each, for ``[(kind, name, text)]``."""
    lines = []
    for kind, name, text in results:
        symbol = f"operator_{name}" if kind == "operator" else name
        proven = audit.prove(llvm.parse_assembly(audit.may_inline(text)), {symbol})
        bad = (
            audit.undefined_symbols(audit.target_machine().emit_object(proven))
            - audit.ALLOWED
            - linked_later()
        )
        if bad:
            lines.append(audit.explain(source_of(kind, name), symbol, sorted(bad), proven))
    return "\n".join(lines)


def source_of(kind, name):
    """The Python function that was compiled."""
    if kind == "operator":
        return operator.OPERATORS[name].render
    if kind == "entry":
        return marks.ENTRIES[name].function
    return next(function for function in marks.PARTS if function.__name__ == name)


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
