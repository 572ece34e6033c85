"""Instructions for the words of `realtime/machine.py`."""

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils

from synthhost.realtime import machine
from synthhost.realtime.build.instruction import instruction
from synthhost.realtime.build.memory import check_bounds, rows_at
from synthhost.realtime.build.simd import I32, I64, llvm_call

VOID = ir.VoidType()
POINTER = ir.IntType(8).as_pointer()


def register_views():
    """Teach numba every view made since the last call."""
    while machine.VIEWS:
        function, kind = machine.VIEWS.pop()
        instruction(function)(record_at(kind))
    while machine.ROW_VIEWS:
        function, rows, lanes = machine.ROW_VIEWS.pop()
        instruction(function)(rows_at(rows, lanes))


def record_at(kind):
    """What takes an address for a record."""
    record = numba.from_dtype(kind)

    def generate(address):
        return record, lambda context, builder, sig, args: builder.inttoptr(
            args[0], context.get_value_type(record)
        )

    return generate


def field_pointer(builder, record, value, name):
    """Pointer to an int64 field of a record."""
    place = builder.gep(builder.bitcast(value, POINTER), [ir.Constant(I64, record.offset(name))])
    return builder.bitcast(place, I64.as_pointer())


def external(builder, name, result, arguments):
    """A function of the image that another of its modules defines."""
    return cgutils.get_or_insert_function(builder.module, ir.FunctionType(result, arguments), name)


def whole_numbers(context, builder, sig, args):
    return [
        context.cast(builder, value, kind, types.int64) for value, kind in zip(args, sig.args, strict=True)
    ]


def register_part(function):
    """Let calls of a part be calls of its symbol."""

    @instruction(function)
    def generate(address):
        def codegen(context, builder, sig, args):
            numbers = whole_numbers(context, builder, sig, args)
            builder.call(external(builder, function.__name__, VOID, [I64]), numbers)
            return context.get_dummy_value()

        return types.void, codegen


@instruction(machine.load_acquire, literal=True)
def _load_acquire(record, name):
    def codegen(context, builder, sig, args):
        return builder.load_atomic(field_pointer(builder, record, args[0], name.literal_value), "acquire", 8)

    return isinstance(name, types.StringLiteral) and (types.int64, codegen)


@instruction(machine.store_release, literal=True)
def _store_release(record, name, value):
    def codegen(context, builder, sig, args):
        number = context.cast(builder, args[2], sig.args[2], types.int64)
        builder.store_atomic(
            number, field_pointer(builder, record, args[0], name.literal_value), "release", 8
        )
        return context.get_dummy_value()

    return isinstance(name, types.StringLiteral) and (types.void, codegen)


@instruction(machine.address_of)
def _address_of(memory):
    def codegen(context, builder, sig, args):
        if isinstance(memory, types.Array):
            return builder.ptrtoint(context.make_array(memory)(context, builder, args[0]).data, I64)
        return builder.ptrtoint(args[0], I64)

    return types.int64, codegen


@instruction(machine.within)
def _within(index, size):
    def codegen(context, builder, sig, args):
        number, limit = whole_numbers(context, builder, sig, args)
        check_bounds(builder, number, limit)
        return number

    return types.int64, codegen


@instruction(machine.touch_stack)
def _touch_stack():
    def codegen(context, builder, sig, args):
        builder.call(external(builder, "touch_stack", VOID, []), [])
        return context.get_dummy_value()

    return types.void, codegen


@instruction(machine.call_driver)
def _call_driver(function, a, b, c, d):
    def codegen(context, builder, sig, args):
        numbers = whole_numbers(context, builder, sig, args)
        return builder.call(external(builder, "call_driver", I64, [I64] * 5), numbers)

    return types.int64, codegen


@instruction(machine.call_operator)
def _call_operator(*kinds):
    def codegen(context, builder, sig, args):
        index, *numbers = whole_numbers(context, builder, sig, args)
        # The index last: then all the others lie where the operator looks for them, and the call is a mere jump.
        builder.call(external(builder, "call_operator", VOID, [I64] * 9), [*numbers, index])
        return context.get_dummy_value()

    return len(kinds) == 9 and (types.void, codegen)


def register_denormals(aarch64):
    """Flush-to-zero (and denormals-are-zero) by this processor's control register."""

    @instruction(machine.flush_denormals)
    def flush():
        def codegen(context, builder, sig, args):
            if aarch64:
                old = llvm_call(builder, "llvm.aarch64.get.fpcr", I64, [])
                llvm_call(
                    builder, "llvm.aarch64.set.fpcr", VOID, [builder.or_(old, ir.Constant(I64, 1 << 24))]
                )
                return old
            slot = cgutils.alloca_once(builder, I32)
            place = builder.bitcast(slot, POINTER)
            llvm_call(builder, "llvm.x86.sse.stmxcsr", VOID, [place])
            old = builder.load(slot)
            builder.store(builder.or_(old, ir.Constant(I32, 0x8040)), slot)
            llvm_call(builder, "llvm.x86.sse.ldmxcsr", VOID, [place])
            return builder.zext(old, I64)

        return types.int64, codegen

    @instruction(machine.restore_denormals)
    def restore(mode):
        def codegen(context, builder, sig, args):
            if aarch64:
                llvm_call(builder, "llvm.aarch64.set.fpcr", VOID, [args[0]])
            else:
                slot = cgutils.alloca_once(builder, I32)
                builder.store(builder.trunc(args[0], I32), slot)
                llvm_call(builder, "llvm.x86.sse.ldmxcsr", VOID, [builder.bitcast(slot, POINTER)])
            return context.get_dummy_value()

        return types.void, codegen
