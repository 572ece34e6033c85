"""Build an image: compile every operator and entry in two processes, link, audit, write it down with its manifest."""

import hashlib
import json
import multiprocessing
import queue
import time

from synthhost.realtime import marks, operator
from synthhost.realtime.build.compile import (
    CompileError,
    blame,
    compile_entry,
    compile_operator,
    compile_part,
    import_modules,
    prepare,
    stop_before_machine_code,
)
from synthhost.realtime.build.link import AuditError, link


def jobs():
    """What is to be compiled, as (kind, name), in two shares of about the same length: the parts; all else."""
    parts = [("part", function.__name__) for function in marks.PARTS]
    operators = [("operator", name) for name in sorted(operator.OPERATORS)]
    return parts, operators + [("entry", name) for name in sorted(marks.ENTRIES)]


def compile_share(modules, checked, number, share, results):
    """Compile a share of the jobs in this process."""
    import_modules(modules)
    stop_before_machine_code()
    prepare(checked)
    parts = {function.__name__: function for function in marks.PARTS}
    compilers = {
        "entry": compile_entry,
        "operator": compile_operator,
        "part": lambda name: compile_part(parts[name]),
    }
    for kind, name in share:
        try:
            results.put((number, kind, name, compilers[kind](name), None))
        except CompileError as error:
            results.put((number, kind, name, None, str(error)))


def build(folder, modules, checked):
    """Build an image into a folder. Returns the manifest. Raises CompileError or AuditError."""
    begun = time.monotonic()
    import_modules(modules)
    shares = jobs()
    names = sorted(operator.OPERATORS)
    compiled = compile_all(modules, checked, shares)
    try:
        code, assembly, facts = link(
            [[text for _, _, text in share] for share in compiled], names, sorted(marks.ENTRIES)
        )
    except AuditError as error:
        raise AuditError(blame([result for share in compiled for result in share]) or str(error)) from None
    total = sum(map(len, shares)) + 1
    print(total, total, "link and audit", flush=True)
    manifest = {
        "sha256": hashlib.sha256(code).hexdigest(),
        "bytes": len(code),
        "audit": facts,
        "checked": checked,
        "build_s": round(time.monotonic() - begun, 2),
        "entries": {n: [e.result, *e.arguments] for n, e in sorted(marks.ENTRIES.items())},
        "operators": [describe(operator.OPERATORS[name]) for name in names],
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "image.o").write_bytes(code)
    (folder / "image.s").write_text(assembly)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1))
    return manifest


def compile_all(modules, checked, shares):
    """Compile every share in a process of its own. Returns for each share ``[(kind, name, text)]``."""
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    workers = [
        context.Process(target=compile_share, args=(modules, checked, number, share, results))
        for number, share in enumerate(shares)
        if share
    ]
    for worker in workers:
        worker.start()
    compiled, errors, total = [[] for _ in shares], [], sum(map(len, shares))
    for done in range(1, total + 1):
        number, kind, name, text, error = next_result(results, workers)
        if error is None:
            compiled[number].append((kind, name, text))
        else:
            errors.append(error)
        print(done, total + 1, f"{kind} {name}", flush=True)
    for worker in workers:
        worker.join()
    if errors:
        raise CompileError("\n".join(errors))
    return compiled


def next_result(results, workers):
    """Wait for a compiled part; a worker that died is an error, not a wait for ever."""
    while True:
        try:
            return results.get(timeout=1.0)
        except queue.Empty:
            if any(worker.exitcode for worker in workers):
                raise CompileError("a compile process ended unexpectedly; its message stands above") from None


def describe(item):
    """An operator's line in the manifest."""
    return {
        "name": item.name,
        "kind": item.kind,
        "inputs": [i.name for i in item.inputs],
        "parameters": [p.name for p in item.parameters],
        "state_bytes": item.state_type.itemsize if item.state else 0,
    }
