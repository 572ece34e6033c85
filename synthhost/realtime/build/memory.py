"""Loads and stores for numba: rows of tiles, fields of records, look-ups; checked against their bounds on request.

In the checked build every index is compared with the size that its type states, and a wrong one executes
a trap instruction: the process stops there and then. Compiled for playing, there is no check.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import models, register_model

from synthhost.realtime import vector
from synthhost.realtime.build.instruction import instruction
from synthhost.realtime.build.simd import F32, I32, I64, Vector, f32

CHECKED = False


def check_bounds(builder, index, length):
    """In the checked build: stop the process unless 0 <= index < length."""
    if CHECKED:
        with builder.if_then(builder.icmp_unsigned(">=", index, length), likely=False):
            builder.call(
                cgutils.get_or_insert_function(
                    builder.module, ir.FunctionType(ir.VoidType(), []), "llvm.trap"
                ),
                [],
            )


class Rows(types.Type):
    """Memory seen as `rows` rows of `lanes` float32: a tile (16), a bus (2). Its value is the address."""

    def __init__(self, rows, lanes):
        self.rows, self.lanes = rows, lanes
        super().__init__(name=f"rows{rows}x{lanes}")


@register_model(Rows)
class RowsModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, ir.FloatType().as_pointer())


def rows_at(rows, lanes):
    """What takes an address for `rows` rows of `lanes` float32."""

    def generate(address):
        return Rows(rows, lanes), lambda context, builder, sig, args: builder.inttoptr(
            args[0], F32.as_pointer()
        )

    return generate


def row_pointer(context, builder, kind, value, index_kind, index):
    """Address of a row, as a pointer to a packed value."""
    index = context.cast(builder, index, index_kind, types.intp)
    if isinstance(kind, Rows):
        base, rows, lanes = value, kind.rows, kind.lanes
    else:
        base, (rows, lanes) = context.make_array(kind)(context, builder, value).data, kind.shape
    check_bounds(builder, index, ir.Constant(I64, rows))
    place = builder.gep(base, [builder.mul(index, ir.Constant(I64, lanes))])
    return builder.bitcast(place, f32(lanes).ir_type.as_pointer())


def _lanes(kind):
    if isinstance(kind, Rows):
        return kind.lanes
    if isinstance(kind, types.NestedArray) and kind.ndim == 2 and kind.dtype == types.float32:
        return kind.shape[1]
    return None


@instruction(vector.load)
def _load(tile, row):
    lanes = _lanes(tile)
    if lanes is None:
        return None

    def codegen(context, builder, sig, args):
        value = builder.load(row_pointer(context, builder, sig.args[0], args[0], sig.args[1], args[1]))
        value.align = 4
        return value

    return f32(lanes), codegen


@instruction(vector.store)
def _store(tile, row, value):
    lanes = _lanes(tile)
    if value != f32(lanes):
        return None

    def codegen(context, builder, sig, args):
        place = builder.store(
            args[2], row_pointer(context, builder, sig.args[0], args[0], sig.args[1], args[1])
        )
        place.align = 4
        return context.get_dummy_value()

    return types.void, codegen


@instruction(vector.store_wide)
def _store_wide(memory, row, value):
    def codegen(context, builder, sig, args):
        wide = Rows(memory.rows * memory.lanes // value.lanes, value.lanes)
        place = builder.store(args[2], row_pointer(context, builder, wide, args[0], sig.args[1], args[1]))
        place.align = 4
        return context.get_dummy_value()

    return isinstance(memory, Rows) and (types.void, codegen)


def _field(kind):
    if isinstance(kind, types.NestedArray) and kind.ndim == 1:
        return Vector("f32" if kind.dtype == types.float32 else "u32", kind.shape[0])
    return None


@instruction(vector.read)
def _read(field):
    result = _field(field)
    if result is None:
        return None

    def codegen(context, builder, sig, args):
        data = context.make_array(sig.args[0])(context, builder, args[0]).data
        value = builder.load(builder.bitcast(data, result.ir_type.as_pointer()))
        value.align = 4
        return value

    return result, codegen


@instruction(vector.write)
def _write(field, value):
    if _field(field) != value:
        return None

    def codegen(context, builder, sig, args):
        data = context.make_array(sig.args[0])(context, builder, args[0]).data
        place = builder.store(args[1], builder.bitcast(data, args[1].type.as_pointer()))
        place.align = 4
        return context.get_dummy_value()

    return types.void, codegen


def _lane_loads(context, builder, sig, args, width):
    """One load a lane from a table, each of `width` elements."""
    kind = sig.args[0]
    if isinstance(kind, Rows):
        data, length = args[0], kind.rows * kind.lanes
    else:
        data, length = context.make_array(kind)(context, builder, args[0]).data, kind.shape[0]
    element = data.type.pointee if width == 1 else ir.VectorType(F32, width)
    data = builder.bitcast(data, element.as_pointer())
    loads = []
    for lane in range(sig.args[1].lanes):
        index = builder.zext(builder.extract_element(args[1], ir.Constant(I32, lane)), I64)
        check_bounds(builder, index, ir.Constant(I64, length))
        value = builder.load(builder.gep(data, [index]))
        value.align = 4 * width
        loads.append(value)
    return loads


def gather_function(function, element):
    """A look-up of one number a lane."""

    @instruction(function)
    def generate(table, index):
        result = Vector(element, index.lanes)

        def codegen(context, builder, sig, args):
            value = ir.Constant(result.ir_type, ir.Undefined)
            for lane, item in enumerate(_lane_loads(context, builder, sig, args, 1)):
                value = builder.insert_element(value, item, ir.Constant(I32, lane))
            return value

        return result, codegen


gather_function(vector.gather, "f32")
gather_function(vector.gather_int, "u32")


@instruction(vector.gather_pair)
def _gather_pair(table, index):
    lanes = index.lanes

    def codegen(context, builder, sig, args):
        parts, width = _lane_loads(context, builder, sig, args, 2), 2
        while len(parts) > 1:
            order = ir.Constant(ir.VectorType(I32, 2 * width), list(range(2 * width)))
            parts = [
                builder.shuffle_vector(a, b, order) for a, b in zip(parts[::2], parts[1::2], strict=True)
            ]
            width *= 2
        undefined = ir.Constant(parts[0].type, ir.Undefined)
        picks = [ir.Constant(ir.VectorType(I32, lanes), list(range(start, 2 * lanes, 2))) for start in (0, 1)]
        return context.make_tuple(
            builder, sig.return_type, [builder.shuffle_vector(parts[0], undefined, pick) for pick in picks]
        )

    return types.UniTuple(f32(lanes), 2), codegen
