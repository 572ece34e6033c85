"""Link operators and entries into one object: a closed operator table, everything else internal, audited."""

import re

import llvmlite.binding as llvm

from synthhost.realtime import marks
from synthhost.realtime.build import audit

GLUE = """
@operator_table = internal constant [{count} x ptr] [{table}]

define i64 @call_driver(i64 %function, i64 %a, i64 %b, i64 %c, i64 %d) noinline {{
  %pointer = inttoptr i64 %function to ptr
  %result = notail call i64 %pointer(i64 %a, i64 %b, i64 %c, i64 %d)
  ret i64 %result
}}

define void @touch_stack() noinline {{
  %stack = alloca [65536 x i8]
  call void @llvm.memset.p0.i64(ptr %stack, i8 0, i64 65536, i1 true)
  ret void
}}

declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)

define void @call_operator(i64 %output, i64 %tiles, i64 %inputs, i64 %state, i64 %values, i64 %voice, i64 %shared,
                                    i64 %frames, i64 %index) noinline {{
  %inside = icmp ult i64 %index, {count}
  %safe = select i1 %inside, i64 %index, i64 0
  %place = getelementptr [{count} x ptr], ptr @operator_table, i64 0, i64 %safe
  %pointer = load ptr, ptr %place
  tail call void %pointer(i64 %output, i64 %tiles, i64 %inputs, i64 %state, i64 %values, i64 %voice, i64 %shared,
                          i64 %frames)
  ret void
}}
"""
DECLARE = "declare void @{name}(i64, i64, i64, i64, i64, i64, i64, i64)\n"
INDIRECT = {"call_driver", "call_operator"}
STACK_PROBE = r"""
module asm ".text"
module asm "__chkstk:"
module asm "  push %rcx"
module asm "  push %rax"
module asm "  lea 24(%rsp), %rcx"
module asm "1: cmp $0x1000, %rax"
module asm "  jbe 2f"
module asm "  sub $0x1000, %rcx"
module asm "  test %rcx, (%rcx)"
module asm "  sub $0x1000, %rax"
module asm "  jmp 1b"
module asm "2: sub %rax, %rcx"
module asm "  test %rcx, (%rcx)"
module asm "  pop %rax"
module asm "  pop %rcx"
module asm "  ret"
"""  # Windows: a frame larger than a page touches its pages from the top, or it misses the guard page


class AuditError(Exception):
    """The linked image could do what the audio thread may not."""


def merge(texts, keep):
    """One module of the parts that one process compiled: helpers they share are there once, all but `keep` internal.

    Parts of two processes are merged apart, since numba's names for helpers are unique in their process only.
    """
    module = llvm.parse_assembly("")
    module.triple = audit.target_triple()
    module.data_layout = str(audit.target_machine().target_data)
    for text in texts:
        part = llvm.parse_assembly(audit.may_inline(text))
        part.triple = audit.target_triple()
        module.link_in(part)
    for function in module.functions:
        if not function.is_declaration and function.name not in keep:
            function.linkage = "internal"
    for variable in module.global_variables:
        if not variable.is_declaration and variable.linkage != llvm.Linkage.private:
            variable.linkage = "internal"
    return module


def without_jump_tables(module):
    """Let no `switch` become a jump through a table: then every indirect jump that is left would be a call."""
    return llvm.parse_assembly(
        re.sub(r"(?m)^(define .*?) ?\{$", r'\1 "no-jump-tables"="true" {', str(module))
    )


def link(shares, operators, entries):
    """Make one object of compiled modules (texts of LLVM's language, a list for each process that compiled them).

    Returns (object code, assembly, facts of the audit). `call_operator` is kept like an entry: whatever the
    entries call, every operator is audited.

    Raises AuditError when a symbol is undefined that may not be, or a call goes through a pointer elsewhere than in
    `call_driver` and `call_operator`.
    """
    names = [f"operator_{name}" for name in operators]
    glue = "".join(DECLARE.format(name=name) for name in names)
    glue += GLUE.format(count=len(names), table=", ".join(f"ptr @{name}" for name in names))
    module = llvm.parse_assembly(glue)
    module.triple = audit.target_triple()
    module.data_layout = str(audit.target_machine().target_data)
    keep = {*names, *entries, *(function.__name__ for function in marks.PARTS)}
    for texts in shares:
        module.link_in(merge(texts, keep))
    module = without_jump_tables(audit.prove(module, {*entries, "call_operator"}))
    if "windows" in audit.target_triple():
        module.link_in(llvm.parse_assembly(STACK_PROBE))
    machine = audit.target_machine()
    assembly, code = machine.emit_assembly(module), machine.emit_object(module)
    undefined = audit.undefined_symbols(code)
    indirect = audit.indirect_calls(assembly)
    if undefined - audit.ALLOWED:
        raise AuditError(f"the image leaves {sorted(undefined - audit.ALLOWED)} undefined")
    if set(indirect) - INDIRECT:
        raise AuditError(f"the image calls through pointers in {sorted(set(indirect) - INDIRECT)}")
    return code, assembly, {"undefined": sorted(undefined), "indirect_calls": indirect}
