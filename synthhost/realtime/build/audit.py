"""What compiled code can call, read from the compiled code.

With everything but the entries made internal, LLVM's interprocedural constant propagation removes numba's "an exception
came back: take the GIL and print it" block exactly when it can show that no error status is ever returned. What is
undefined in the object then is what the code can really call.

This proves: no allocation, no lock, no Python, no exception, no library call but memset and memcpy. It does not prove
bounds, termination, or what the listed externals do behind `call_driver`.
"""

import ast
import inspect
import pickle
import re
import struct
import textwrap

import llvmlite.binding as llvm

ALLOWED = {"memset", "memcpy"}
ALLOCATES = {
    ast.List: "makes a list",
    ast.Dict: "makes a dict",
    ast.Set: "makes a set",
    ast.ListComp: "makes a list",
    ast.JoinedStr: "makes a string",
}


KNOWN = {"synthhost.realtime.vector", "synthhost.realtime.machine"}  # their bodies are for plain Python


def target_machine():
    """This processor, position-independent code, the normal code model: a direct call stays direct."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    llvm.initialize_native_asmparser()
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


def may_inline(text):
    """Lift numba's ban on inlining, which it sets on every function: a call of an operator is then one call, not three."""
    return re.sub(r"\bnoinline\b", "nounwind", text)


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


def place_of(function):
    """``file:line`` of a function."""
    return f"{inspect.getsourcefile(function)}:{inspect.getsourcelines(function)[1]}"


def exceptions(module):
    """What a proven module can still raise, as (name, file, line): numba keeps each in a pickled constant.

    The place is None for a division by zero and for memory that runs out.
    """
    found = set()
    for data in re.findall(
        r'@\.const\.pickledata\.[0-9a-f]+ = .*?constant \[\d+ x i8\] c"(.*?)"', str(module)
    ):
        raw = re.sub(r"\\([0-9A-F]{2})", lambda code: chr(int(code[1], 16)), data).encode("latin-1")
        raised = pickle.loads(raw)
        kind, _, place = raised if isinstance(raised, tuple) and len(raised) == 3 else (raised, None, None)
        found.add((getattr(kind, "__name__", "an exception"), *(place[1:3] if place else (None, None))))
    return sorted(found, key=str)


def reachable(function, found=None):
    """A function and those that it calls by name, but for the vector and machine functions.

    As ``{function: what its name stands for}``, which for a function that was given to numba is numba's object.
    """
    found = {} if found is None else found
    plain = getattr(function, "py_func", function)
    if plain in found or not inspect.isfunction(plain) or plain.__module__ in KNOWN:
        return found
    found[plain] = function
    names = {**plain.__globals__, **inspect.getclosurevars(plain).nonlocals}
    for node in ast.walk(syntax(plain)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            reachable(names.get(node.func.id), found)
    return found


def syntax(function):
    return ast.parse(textwrap.dedent(inspect.getsource(function)))


def lines_where(functions, reason_of):
    """Lines of functions for whose syntax `reason_of` gives a reason: as (file, line, reason)."""
    return sorted(
        {
            (inspect.getsourcefile(each), inspect.getsourcelines(each)[1] + node.lineno - 1, reason_of(node))
            for each in functions
            for node in ast.walk(syntax(each))
            if reason_of(node)
        }
    )


def allocates(node):
    """Why a piece of syntax takes memory or a lock, or None."""
    if isinstance(node, ast.Call) and re.fullmatch(r"(np|numpy)\.[\w.]+", ast.unparse(node.func)):
        return f"calls {ast.unparse(node.func)}, which allocates or takes a lock"
    return ALLOCATES.get(type(node))


def divides(node):
    """Why a division compiled with numba's own error model is refused, or None."""
    if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div | ast.FloorDiv | ast.Mod):
        return (
            "divides in a function compiled for itself, where a division by zero raises (mark it @realtime)"
        )
    return None


def explain(function, symbol, bad, module):
    """Say why a compiled function is refused, with file and line; `module` is what the proof left of it."""
    raised, functions = exceptions(module), reachable(function)
    found = [(file, line, f"can raise {name}") for name, file, line in raised if file]
    if any(name == "ZeroDivisionError" for name, _, _ in raised):
        apart = [
            plain
            for plain, named in functions.items()
            if named is not plain and named.targetoptions.get("error_model") != "numpy"
        ]
        found += lines_where(apart, divides)
    if any(name.startswith("NRT_MemInfo") for name in bad) or not found:
        found += lines_where(functions, allocates)
    if not found:
        return f"{place_of(function)}: '{symbol}' would call {', '.join(bad)}; the audio thread may not"
    return "\n".join(
        f"{file}:{line}: '{symbol}' {reason}; the audio thread may not" for file, line, reason in found
    )
