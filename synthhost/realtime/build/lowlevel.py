"""Instructions for the words of `realtime/machine.py`."""

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

from synthhost.realtime import machine
from synthhost.realtime.build.memory import rows_at
from synthhost.realtime.build.simd import I32, I64, llvm_call

VOID = ir.VoidType()
POINTER = ir.IntType(8).as_pointer()


def _record_view(kind):
    record = numba.from_dtype(kind)

    @intrinsic
    def view(typing, address):
        def codegen(context, builder, sig, args):
            return builder.inttoptr(args[0], context.get_value_type(record))

        return record(types.intp), codegen

    return view


def register_views():
    """Teach numba every view made so far (after all modules of the image are imported)."""
    for function, kind in machine.VIEWS:
        overload(function, inline="always")(_one_argument(_record_view(kind)))
    for function, rows, lanes in machine.ROW_VIEWS:
        overload(function, inline="always")(_one_argument(rows_at(rows, lanes)))


def _one_argument(function):
    return lambda address: lambda address: function(address)


def _field_pointer(context, builder, record, value, name):
    """Pointer to an int64 field of a record."""
    place = builder.gep(builder.bitcast(value, POINTER), [ir.Constant(I64, record.offset(name))])
    return builder.bitcast(place, I64.as_pointer())


@intrinsic(prefer_literal=True)
def _load_acquire(typing, record, name):
    def codegen(context, builder, sig, args):
        place = _field_pointer(context, builder, sig.args[0], args[0], name.literal_value)
        return builder.load_atomic(place, "acquire", 8)

    return types.int64(record, name), codegen


@intrinsic(prefer_literal=True)
def _store_release(typing, record, name, value):
    def codegen(context, builder, sig, args):
        place = _field_pointer(context, builder, sig.args[0], args[0], name.literal_value)
        builder.store_atomic(context.cast(builder, args[2], sig.args[2], types.int64), place, "release", 8)
        return context.get_dummy_value()

    return types.void(record, name, value), codegen


@intrinsic
def _address_of(typing, memory):
    def codegen(context, builder, sig, args):
        if isinstance(memory, types.Array):
            return builder.ptrtoint(context.make_array(memory)(context, builder, args[0]).data, I64)
        return builder.ptrtoint(args[0], I64)

    return types.int64(memory), codegen


@intrinsic
def _bits_of_float(typing, value):
    def codegen(context, builder, sig, args):
        return builder.zext(builder.bitcast(context.cast(builder, args[0], value, types.float32), I32), I64)

    return types.int64(value), codegen


def _external(builder, name, result, arguments, noinline=True):
    """A function of the image that the link step defines (`build/link.py`)."""
    return cgutils.get_or_insert_function(builder.module, ir.FunctionType(result, arguments), name)


@intrinsic
def _call_driver(typing, function, a, b, c, d):
    def codegen(context, builder, sig, args):
        values = [context.cast(builder, v, kind, types.int64) for v, kind in zip(args, sig.args, strict=True)]
        return builder.call(_external(builder, "call_driver", I64, [I64] * 5), values)

    return types.int64(function, a, b, c, d), codegen


@intrinsic
def _call_operator(typing, index, output, tiles, inputs, state, values, voice, shared, frames):
    def codegen(context, builder, sig, args):
        numbers = [context.cast(builder, v, kind, types.int64) for v, kind in zip(args, sig.args, strict=True)]
        builder.call(_external(builder, "call_operator", VOID, [I64] * 9), numbers)
        return context.get_dummy_value()

    return types.void(index, output, tiles, inputs, state, values, voice, shared, frames), codegen


def _flush(aarch64):
    """Set flush-to-zero (and denormals-are-zero) in this thread's control register."""

    @intrinsic
    def flush(typing):
        def codegen(context, builder, sig, args):
            if aarch64:
                old = llvm_call(builder, "llvm.aarch64.get.fpcr", I64, [])
                llvm_call(builder, "llvm.aarch64.set.fpcr", VOID, [builder.or_(old, ir.Constant(I64, 1 << 24))])
                return old
            slot = cgutils.alloca_once(builder, I32)
            place = builder.bitcast(slot, POINTER)
            llvm_call(builder, "llvm.x86.sse.stmxcsr", VOID, [place])
            old = builder.load(slot)
            builder.store(builder.or_(old, ir.Constant(I32, 0x8040)), slot)
            llvm_call(builder, "llvm.x86.sse.ldmxcsr", VOID, [place])
            return builder.zext(old, I64)

        return types.int64(), codegen

    @intrinsic
    def restore(typing, mode):
        def codegen(context, builder, sig, args):
            if aarch64:
                llvm_call(builder, "llvm.aarch64.set.fpcr", VOID, [args[0]])
            else:
                slot = cgutils.alloca_once(builder, I32)
                builder.store(builder.trunc(args[0], I32), slot)
                llvm_call(builder, "llvm.x86.sse.ldmxcsr", VOID, [builder.bitcast(slot, POINTER)])
            return context.get_dummy_value()

        return types.void(types.int64), codegen

    return flush, restore


def register(aarch64):
    """Teach numba the words of `realtime/machine.py`."""
    flush, restore = _flush(aarch64)
    overload(machine.load_acquire, prefer_literal=True)(lambda record, name: lambda record, name: _load_acquire(record, name))
    overload(machine.store_release, prefer_literal=True)(
        lambda record, name, value: lambda record, name, value: _store_release(record, name, value)
    )
    overload(machine.address_of, inline="always")(lambda memory: lambda memory: _address_of(memory))
    overload(machine.bits_of_float, inline="always")(lambda value: lambda value: _bits_of_float(value))
    overload(machine.flush_denormals, inline="always")(lambda: lambda: flush())
    overload(machine.restore_denormals, inline="always")(lambda mode: lambda mode: restore(mode))

    def driver(function, a, b, c, d):
        return lambda function, a, b, c, d: _call_driver(function, a, b, c, d)

    def run(index, output, tiles, inputs, state, values, voice, shared, frames):
        def body(index, output, tiles, inputs, state, values, voice, shared, frames):
            return _call_operator(index, output, tiles, inputs, state, values, voice, shared, frames)

        return body

    overload(machine.call_driver, inline="always")(driver)
    overload(machine.call_operator, inline="always")(run)
