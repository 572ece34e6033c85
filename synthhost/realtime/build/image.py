"""Build an image: compile every operator and entry in two processes, link, audit, write it down with its manifest."""

import hashlib
import json
import multiprocessing
import queue
import time

from synthhost.realtime import marks, operator
from synthhost.realtime.build.compile import (
    CompileError,
    compile_entry,
    compile_operator,
    compile_part,
    import_modules,
    prepare,
)
from synthhost.realtime.build.link import link


def jobs():
    """What is to be compiled, for two processes: parts and entries; operators. As (kind, name)."""
    parts = [("part", function.__name__) for function in marks.PARTS]
    entries = [("entry", name) for name in sorted(marks.ENTRIES)]
    return parts + entries, [("operator", name) for name in sorted(operator.OPERATORS)]


def compile_share(modules, checked, share, results):
    """Compile a share of the jobs in this process."""
    import_modules(modules)
    prepare(checked)
    parts = {function.__name__: function for function in marks.PARTS}
    compilers = {
        "entry": compile_entry,
        "operator": compile_operator,
        "part": lambda name: compile_part(parts[name]),
    }
    for kind, name in share:
        try:
            results.put((kind, name, compilers[kind](name), None))
        except CompileError as error:
            results.put((kind, name, None, str(error)))


def build(folder, modules, checked):
    """Build an image into a folder. Returns the manifest."""
    begun = time.monotonic()
    import_modules(modules)
    shares = jobs()
    total = sum(map(len, shares)) + 1
    results = multiprocessing.get_context("spawn").Queue()
    workers = [
        multiprocessing.get_context("spawn").Process(
            target=compile_share, args=(modules, checked, share, results)
        )
        for share in shares
    ]
    for worker in workers:
        worker.start()
    texts, errors = {"part": [], "entry": [], "operator": []}, []
    for done in range(1, total):
        kind, name, text, error = next_result(results, workers)
        (texts[kind] if error is None else errors).append(text if error is None else error)
        print(done, total, f"{kind} {name}", flush=True)
    for worker in workers:
        worker.join()
    if errors:
        raise CompileError("\n".join(errors))
    names = sorted(operator.OPERATORS)
    code, assembly, facts = link(
        texts["part"] + texts["entry"], texts["operator"], names, sorted(marks.ENTRIES)
    )
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
