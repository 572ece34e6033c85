"""SIMD values for numba: what `realtime/vector.py` says in NumPy, said in packed instructions.

``f32x16``, ``u32x16`` and ``mask16`` are numba types lowered to LLVM vectors, so every operation is packed
and loop-carried state stays in registers; nothing is left to the auto-vectoriser. No fast-math flag is
set: the bits are those of the NumPy bodies.
"""

import operator

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, models, register_model

from synthhost.realtime import vector
from synthhost.realtime.build.instruction import instruction

F32, I32, I64, I1 = ir.FloatType(), ir.IntType(32), ir.IntType(64), ir.IntType(1)


class Vector(types.Type):
    """A packed value of `lanes` lanes; `element` is ``f32``, ``u32`` or ``mask``."""

    def __init__(self, element, lanes):
        self.element, self.lanes = element, lanes
        super().__init__(name=f"{element}x{lanes}")

    @property
    def ir_type(self):
        return ir.VectorType({"f32": F32, "u32": I32, "mask": I1}[self.element], self.lanes)


def f32(lanes):
    return Vector("f32", lanes)


def u32(lanes):
    return Vector("u32", lanes)


@register_model(Vector)
class VectorModel(models.PrimitiveModel):
    def __init__(self, manager, vector_type):
        super().__init__(manager, vector_type, vector_type.ir_type)


def spread(builder, value, lanes):
    """The same scalar in every lane."""
    kind = ir.VectorType(value.type, lanes)
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.Constant(I32, 0))
    return builder.shuffle_vector(
        one, ir.Constant(kind, ir.Undefined), ir.Constant(ir.VectorType(I32, lanes), [0] * lanes)
    )


def widen(context, builder, value, kind, like):
    """`value` as a vector of the type `like`: a scalar is rounded to float32 (or cut to 32 bits) and spread."""
    if isinstance(kind, Vector):
        return value
    scalar = types.float32 if like.element == "f32" else types.uint32
    if isinstance(kind, types.Literal):
        value, kind = context.cast(builder, value, kind, kind.literal_type), kind.literal_type
    return spread(builder, context.cast(builder, value, kind, scalar), like.lanes)


def vector_of(kinds):
    return next((kind for kind in kinds if isinstance(kind, Vector)), None)


def _fits(kind, like):
    if isinstance(kind, Vector):
        return kind == like
    return isinstance(kind, types.Number | types.Literal) and like.element != "mask"


def binary(function, float_name, int_name, elements):
    """Teach numba an infix operator on vectors."""

    @infer_global(function)
    class Template(AbstractTemplate):
        def generic(self, args, kws):
            like = vector_of(args)
            if (
                like is not None
                and len(args) == 2
                and like.element in elements
                and all(_fits(a, like) for a in args)
            ):
                return signature(like, *args)

    def lower(context, builder, sig, args):
        like = sig.return_type
        a, b = (widen(context, builder, x, kind, like) for x, kind in zip(args, sig.args, strict=True))
        return getattr(builder, float_name if like.element == "f32" else int_name)(a, b)

    for left, right in ((Vector, Vector), (Vector, types.Any), (types.Any, Vector)):
        lower_builtin(function, left, right)(lower)


binary(operator.add, "fadd", "add", ("f32", "u32"))
binary(operator.sub, "fsub", "sub", ("f32", "u32"))
binary(operator.mul, "fmul", "mul", ("f32", "u32"))
binary(operator.truediv, "fdiv", None, ("f32",))
binary(operator.lshift, None, "shl", ("u32",))
binary(operator.rshift, None, "lshr", ("u32",))
binary(operator.and_, None, "and_", ("u32", "mask"))
binary(operator.or_, None, "or_", ("u32", "mask"))
binary(operator.xor, None, "xor", ("u32", "mask"))


def compare(function, sign):
    """Teach numba a comparison of vectors; floats that cannot be compared give false (true for !=)."""

    @infer_global(function)
    class Template(AbstractTemplate):
        def generic(self, args, kws):
            like = vector_of(args)
            if like is not None and len(args) == 2 and all(_fits(a, like) for a in args):
                return signature(Vector("mask", like.lanes), *args)

    def lower(context, builder, sig, args):
        like = vector_of(sig.args)
        a, b = (widen(context, builder, x, kind, like) for x, kind in zip(args, sig.args, strict=True))
        if like.element == "f32":
            return (builder.fcmp_unordered if sign == "!=" else builder.fcmp_ordered)(sign, a, b)
        return builder.icmp_unsigned(sign, a, b)

    for left, right in ((Vector, Vector), (Vector, types.Any), (types.Any, Vector)):
        lower_builtin(function, left, right)(lower)


for _function, _sign in (
    (operator.lt, "<"),
    (operator.le, "<="),
    (operator.gt, ">"),
    (operator.ge, ">="),
    (operator.eq, "=="),
    (operator.ne, "!="),
):
    compare(_function, _sign)


def unary(function, elements, build):
    @infer_global(function)
    class Template(AbstractTemplate):
        def generic(self, args, kws):
            if len(args) == 1 and isinstance(args[0], Vector) and args[0].element in elements:
                return signature(args[0], *args)

    lower_builtin(function, Vector)(lambda context, builder, sig, args: build(builder, args[0]))


unary(operator.neg, ("f32",), lambda builder, x: builder.fneg(x))
unary(operator.invert, ("u32", "mask"), lambda builder, x: builder.not_(x))


def llvm_call(builder, name, result, args):
    """Call an LLVM intrinsic."""
    function = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(result, [a.type for a in args]), name
    )
    return builder.call(function, args)


def float_function(name, llvm_name):
    """A vector function that is one LLVM intrinsic on floats."""

    @instruction(getattr(vector, name))
    def generate(*kinds):
        like = vector_of(kinds)

        def codegen(context, builder, sig, values):
            vectors = [
                widen(context, builder, v, kind, like) for v, kind in zip(values, sig.args, strict=True)
            ]
            return llvm_call(builder, f"llvm.{llvm_name}.v{like.lanes}f32", like.ir_type, vectors)

        return like and (like, codegen)


for _name, _llvm in (
    ("absolute", "fabs"),
    ("square_root", "sqrt"),
    ("nearest", "rint"),
    ("copysign", "copysign"),
    ("fma", "fma"),
):
    float_function(_name, _llvm)


def lane_function(name, result, build):
    """A vector function that is a few LLVM instructions. `build(builder, like, values)` gets vectors only."""

    @instruction(getattr(vector, name))
    def generate(*kinds):
        like = next(
            (kind for kind in kinds if isinstance(kind, Vector) and kind.element != "mask"), vector_of(kinds)
        )

        def codegen(context, builder, sig, values):
            return build(
                builder,
                like,
                [widen(context, builder, v, k, like) for v, k in zip(values, sig.args, strict=True)],
            )

        return like and (result(like), codegen)


def _same(like):
    return like


def _select(builder, like, values):
    return builder.select(*values)


def _extreme(sign):
    def build(builder, like, values):
        a, b = values
        chosen = (
            builder.fcmp_ordered(sign, a, b) if like.element == "f32" else builder.icmp_unsigned(sign, a, b)
        )
        return builder.select(chosen, a, b)

    return build


def _any(builder, like, values):
    name = f"llvm.vector.reduce.or.v{like.lanes}i1"
    return llvm_call(builder, name, I1, values)


def _swap(builder, like, values):
    order = [lane ^ 1 for lane in range(like.lanes)]
    undefined = ir.Constant(values[0].type, ir.Undefined)
    return builder.shuffle_vector(values[0], undefined, ir.Constant(ir.VectorType(I32, like.lanes), order))


def _only_left(builder, like, values):
    even = ir.Constant(ir.VectorType(I1, like.lanes), [lane % 2 == 0 for lane in range(like.lanes)])
    return builder.select(even, values[0], ir.Constant(like.ir_type, [0.0] * like.lanes))


def _total(builder, like, values):
    x, lanes = values[0], like.lanes
    undefined = ir.Constant(x.type, ir.Undefined)
    while lanes > 1:
        lanes //= 2
        low, high = (
            builder.shuffle_vector(
                x, undefined, ir.Constant(ir.VectorType(I32, lanes), list(range(at, at + lanes)))
            )
            for at in (0, lanes)
        )
        x = builder.fadd(low, high)
        undefined = ir.Constant(x.type, ir.Undefined)
    return builder.extract_element(x, ir.Constant(I32, 0))


def _hadamard(builder, like, values):
    x, lanes, undefined = values[0], range(like.lanes), ir.Constant(like.ir_type, ir.Undefined)
    for distance in (1, 2, 4, 8):
        low, high = (
            builder.shuffle_vector(x, undefined, ir.Constant(ir.VectorType(I32, like.lanes), order))
            for order in ([lane & ~distance for lane in lanes], [lane | distance for lane in lanes])
        )
        upper = ir.Constant(ir.VectorType(I1, like.lanes), [lane & distance != 0 for lane in lanes])
        x = builder.select(upper, builder.fsub(low, high), builder.fadd(low, high))
    return x


lane_function("select", _same, _select)
lane_function("minimum", _same, _extreme("<"))
lane_function("maximum", _same, _extreme(">"))
lane_function("signed_to_float", lambda x: f32(x.lanes), lambda b, x, v: b.sitofp(v[0], f32(x.lanes).ir_type))
lane_function("float_to_int", lambda x: u32(x.lanes), lambda b, x, v: b.fptosi(v[0], u32(x.lanes).ir_type))
lane_function("float_bits", lambda x: u32(x.lanes), lambda b, x, v: b.bitcast(v[0], u32(x.lanes).ir_type))
lane_function("bits_float", lambda x: f32(x.lanes), lambda b, x, v: b.bitcast(v[0], f32(x.lanes).ir_type))
lane_function("any_lane", lambda x: types.boolean, _any)
lane_function("swap", _same, _swap)
lane_function("only_left", _same, _only_left)
lane_function("hadamard", _same, _hadamard)
lane_function("total", lambda x: types.float32, _total)


def spread_function(function, kind):
    """A function that gives every lane the same number."""

    @instruction(function)
    def generate(value):
        return kind, lambda context, builder, sig, args: widen(context, builder, args[0], sig.args[0], kind)


spread_function(vector.splat, f32(vector.LANES))
spread_function(vector.splat_int, u32(vector.LANES))
spread_function(vector.pair, f32(2))
