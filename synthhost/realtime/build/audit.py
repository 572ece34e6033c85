"""What compiled code can call, read from the compiled code.

With everything but the entries made internal, LLVM's interprocedural constant propagation removes numba's "an exception
came back: take the GIL and print it" block exactly when it can show that no error status is ever returned. What is
undefined in the object then is what the code can really call.

This proves: no allocation, no lock, no Python, no exception, no library call but memset and memcpy. It does not prove
bounds, termination, or what the listed externals do behind `call_driver`.
"""

import ast
import inspect
import re
import struct
import textwrap

import llvmlite.binding as llvm

ALLOWED = {"memset", "memcpy"}
SUSPECTS = {
    ast.Raise: "raises an exception",
    ast.Assert: "asserts",
    ast.List: "makes a list",
    ast.Dict: "makes a dict",
    ast.Set: "makes a set",
    ast.ListComp: "makes a list",
    ast.JoinedStr: "makes a string",
    ast.Try: "handles exceptions",
}


def target_machine():
    """This processor, position-independent code, the normal code model: a direct call stays direct."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_triple(target_triple()).create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        reloc="pic",
        codemodel="default",
    )


def target_triple():
    """The triple of this process; on Windows the object is ELF all the same."""
    triple = llvm.get_process_triple()
    return triple + "-elf" if "windows" in triple else triple


def prove(module, entries):
    """Make all but `entries` internal and optimise: what cannot be reached is gone."""
    for function in module.functions:
        if not function.is_declaration and function.name not in entries:
            function.linkage = "internal"
    for variable in module.global_variables:
        if not variable.is_declaration and variable.linkage != llvm.Linkage.private:
            variable.linkage = "internal"
    machine = target_machine()
    for _ in range(2):  # in the second round the facts of the first reach the wrappers
        builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=3))
        passes = builder.getModulePassManager()
        passes.add_ipsccp_pass()
        passes.add_simplify_cfg_pass()
        passes.add_global_dead_code_eliminate_pass()
        passes.run(module, builder)
    module.verify()
    return module


def undefined_symbols(code):
    """Names that an ELF64 object leaves to others."""
    table_offset = struct.unpack_from("<Q", code, 0x28)[0]
    entry_size, count = struct.unpack_from("<HH", code, 0x3A)
    sections = [struct.unpack_from("<IIQQQQIIQQ", code, table_offset + i * entry_size) for i in range(count)]
    names = set()
    for section in sections:
        if section[1] != 2:  # SHT_SYMTAB
            continue
        strings = sections[section[6]][4]
        for offset in range(section[4], section[4] + section[5], 24):
            name, _, _, index, _, _ = struct.unpack_from("<IBBHQQ", code, offset)
            if index == 0 and name:
                names.add(code[strings + name : code.index(b"\0", strings + name)].decode())
    return names


def forbidden_symbols(module, symbol):
    """What a single compiled function would call and may not."""
    proven = prove(llvm.parse_assembly(str(module)), {symbol})
    return undefined_symbols(target_machine().emit_object(proven)) - ALLOWED


def indirect_calls(assembly):
    """Functions of an assembly listing that call through a pointer, with how often."""
    found, function = {}, ""
    for line in assembly.splitlines():
        label = re.match(r'^"?([\w.$]+)"?:', line)
        if label and not label[1].startswith((".L", "L")):
            function = label[1]
        if re.search(r"\b(call|jmp)q?\s+\*", line) or re.search(r"\bblr\s+x|\bbr\s+x", line):
            found[function] = found.get(function, 0) + 1
    return found


def place_of(function, line=0):
    """``file:line`` of a function or of a line in it (counted from its first)."""
    return f"{inspect.getsourcefile(function)}:{inspect.getsourcelines(function)[1] + line}"


def suspects(function):
    """Lines of a function that the audio thread may not run, as (line, reason)."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    for node in ast.walk(tree):
        reason = SUSPECTS.get(type(node))
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith(("np.", "numpy.")):
            reason = f"calls {ast.unparse(node.func)}, which allocates or takes a lock"
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.FloorDiv | ast.Mod):
            reason = "divides: with the default error model a division by zero raises"
        if reason:
            yield node.lineno - 1, reason


def explain(function, symbol, bad):
    """Say why a function is refused, with file and line."""
    found = sorted(set(suspects(function)))
    called = f"'{symbol}' would call {', '.join(bad[:4])}{' …' if len(bad) > 4 else ''}"
    if not found:
        return f"{place_of(function)}: {called}; the audio thread may not"
    return "\n".join(f"{place_of(function, line)}: {called}: this line {reason}" for line, reason in found)
