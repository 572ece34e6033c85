"""Teach numba that a plain function is a few instructions, without a call and without numba's own inlining.

(numba's inlining of Python bodies runs a dead-code pass that may take a store through a fresh record view for dead.)
"""

from numba import types
from numba.core.typing.templates import AbstractTemplate, builtin_registry, signature
from numba.extending import lower_builtin


def instruction(function, literal=False):
    """Decorate ``generate(*types)``: it returns (result type, codegen), or None if `function` does not take such types.

    ``codegen(context, builder, sig, args)`` builds the instructions. With `literal`, strings arrive as literal types.
    """

    def mark(generate):
        class Template(AbstractTemplate):
            key = function
            prefer_literal = literal

            def generic(self, args, kws):
                found = None if kws else generate(*args)
                return found and signature(found[0], *args)

        builtin_registry.globals.append((function, types.Function(Template)))

        @lower_builtin(function, types.VarArg(types.Any))
        def lower(context, builder, sig, args):
            return generate(*sig.args)[1](context, builder, sig, args)

        return generate

    return mark
