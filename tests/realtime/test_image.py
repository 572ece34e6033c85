"""The image: what is in it by an independent reader, what is in memory while it plays, and which stored one is trusted."""

import hashlib
import io
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import textwrap

import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection

from synthhost.realtime import image as stored

ROOT = pathlib.Path(__file__).parents[2]
MAY_BE_UNDEFINED = {"memset", "memcpy"}
CALLERS = {"call_operator", "call_driver"}
COMPILERS = {
    "numba",
    "cython",
    "Cython",
    "pythran",
    "torch",
    "jax",
    "taichi",
    "cffi",
    "pycparser",
    "setuptools",
}
x86 = pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="reads x86-64 machine code")


def elf(code):
    return ELFFile(io.BytesIO(code))


def listing(image):
    """Disassembly of the stored object by binutils: ``{function: [(mnemonic, operands)]}``."""
    if shutil.which("objdump") is None:
        pytest.skip("objdump is not installed (apt install binutils)")
    command = ["objdump", "-d", "--no-show-raw-insn", str(image.folder / "image.o")]
    functions, current = {}, None
    for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines():
        if label := re.match(r"[0-9a-f]+ <(.+)>:$", line):
            current = functions.setdefault(label[1], [])
        elif instruction := re.match(r"\s+([0-9a-f]+):\s+(\S+(?: \S+)*?)\s*(?:\s{2,}|\s)(.*)$", line):
            current.append((int(instruction[1], 16), *line.split("\t")[-1].split(None, 1), "")[:3])
    return functions


# --- the object, read by others --------------------------------------------------------------------------------------


def test_the_object_leaves_nothing_undefined_but_memset_and_memcpy(image):
    symbols = elf(image.code).get_section_by_name(".symtab")
    undefined = {s.name for s in symbols.iter_symbols() if s["st_shndx"] == "SHN_UNDEF" and s.name}
    assert undefined <= MAY_BE_UNDEFINED
    assert sorted(undefined) == image.manifest["audit"]["undefined"]


def test_only_the_entries_and_the_operator_call_are_visible_from_outside(image):
    symbols = elf(image.code).get_section_by_name(".symtab")
    visible = {s.name for s in symbols.iter_symbols() if s["st_info"]["bind"] == "STB_GLOBAL"}
    assert visible - MAY_BE_UNDEFINED <= {*image.manifest["entries"], "call_operator"}
    assert set(image.manifest["entries"]) <= visible


def test_no_writable_data_and_no_constructors_are_in_the_object(image):
    for section in elf(image.code).iter_sections():
        assert not section.name.startswith((".init", ".fini", ".ctors", ".tdata", ".tbss"))
        if section.name.startswith((".data", ".bss")) and not section.name.startswith(".data.rel.ro"):
            assert section["sh_size"] == 0, section.name


@x86
def test_calls_through_pointers_are_in_two_functions(image):
    functions = listing(image)
    indirect = {
        name
        for name, code in functions.items()
        for _, mnemonic, operands in code
        if mnemonic.startswith(("call", "jmp", "notrack")) and "*" in operands
    }
    assert indirect == CALLERS
    assert sum(len(code) for code in functions.values()) > 5000  # it did read the code


@x86
def test_no_instruction_enters_the_kernel_locks_the_bus_or_talks_to_hardware(image):
    banned = (
        r"syscall|sysenter|int\d?|in[bwl]?|out[bwl]?|lock|xchg[bwlq]?|hlt|cli|sti|rdtscp?|cpuid|mfence|pause"
        r"|xbegin|monitor|mwait"
    )
    found = {
        (name, mnemonic, operands)
        for name, code in listing(image).items()
        for _, mnemonic, operands in code
        if re.fullmatch(banned, mnemonic) and not (mnemonic.startswith("xchg") and "(" not in operands)
    }
    assert not found


# --- a process that plays --------------------------------------------------------------------------------------------


def text_of(code):
    """The object's code, its entries' offsets, and which of its bytes the loader fills in."""
    file = elf(code)
    section = file.get_section_by_name(".text")
    number = file.get_section_index(".text")
    symbols = file.get_section_by_name(".symtab")
    offsets = {s.name: s["st_value"] for s in symbols.iter_symbols() if s["st_shndx"] == number and s.name}
    filled = set()
    for relocations in file.iter_sections():
        if isinstance(relocations, RelocationSection) and relocations["sh_info"] == number:
            for relocation in relocations.iter_relocations():
                wide = file["e_machine"] == "EM_X86_64" and relocation["r_info_type"] in (1, 24)
                filled |= set(range(relocation["r_offset"], relocation["r_offset"] + (8 if wide else 4)))
    return section.data(), offsets, filled


@pytest.fixture(scope="module")
def player(image):
    """What a process that plays says of itself."""
    text, offsets, _ = text_of(image.code)
    spans = {name: (offsets[name], len(text)) for name in image.manifest["entries"]}
    done = subprocess.run(
        [sys.executable, "-m", "tests.realtime.harness.player"],
        input=json.dumps(spans),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_playing_process_has_no_compiler_but_llvmlite(player):
    assert player["peak"] > 0.01
    assert not COMPILERS & set(player["packages"])
    assert not [name for name in player["modules"] if name.startswith("synthhost.realtime.build")]
    assert "llvmlite" in player["packages"]


def test_the_object_that_plays_is_the_one_that_was_audited(image, player):
    assert player["manifest"] == player["loaded"] == image.manifest["sha256"]
    assert hashlib.sha256((image.folder / "image.o").read_bytes()).hexdigest() == player["manifest"]


def test_the_code_in_memory_is_the_code_of_the_object(image, player):
    text, offsets, filled = text_of(image.code)
    assert len(filled) < len(text) / 4
    assert set(player["code"]) == set(image.manifest["entries"])
    for name, code in player["code"].items():  # each read relative to its own entry
        differing = [at for at, (a, b) in enumerate(zip(bytes.fromhex(code), text, strict=True)) if a != b]
        assert set(differing) <= filled, f"{name}: code differs at .text+{min(set(differing) - filled):#x}"


# --- packed code -----------------------------------------------------------------------------------------------------


def loops(code):
    """Instructions that lie between a jump backwards and its target."""
    places = [place for place, _, _ in code]
    inside = set()
    for place, mnemonic, operands in code:
        target = re.match(r"([0-9a-f]+) <", operands)
        if mnemonic.startswith("j") and target and places[0] <= int(target[1], 16) <= place:
            inside |= set(range(int(target[1], 16), place + 1))
    return [instruction for instruction in code if instruction[0] in inside]


ARITHMETIC = r"v?(add|sub|mul|div|sqrt|fn?m(add|sub)\d+)"


def sums_lanes(looped, instruction):
    """Whether an addition of two numbers belongs to a sum over lanes: beside it, a lane is fetched from its neighbour."""
    place, sources = looped.index(instruction), set(instruction[2].split(",")[:2])
    fetched = [
        i for i in looped[max(place - 4, 0) : place + 5] if i[1] in ("vmovshdup", "vpermilps", "vshufps")
    ]
    return instruction[1] == "vaddss" and any(sources & set(i[2].split(",")) for i in fetched)


@x86
def test_operators_work_on_full_registers_in_their_loops(image):
    flags = pathlib.Path("/proc/cpuinfo").read_text() if sys.platform.startswith("linux") else ""
    if " avx" not in flags:
        pytest.skip("the processor has no AVX: its full registers are xmm")
    functions = listing(image)
    kinds = {operator["name"]: operator["kind"] for operator in image.manifest["operators"]}
    counted = 0
    for name, kind in kinds.items():
        looped = loops(functions[f"operator_{name}"])
        scalar = [i for i in looped if re.fullmatch(ARITHMETIC + "s[sd]", i[1])]
        packed = [i for i in looped if re.fullmatch(ARITHMETIC + "ps", i[1])]
        narrow = [i for i in packed if "%ymm" not in i[2] and "%zmm" not in i[2]]
        if kind == "effect":  # it may sum its lanes; the last step of that adds two numbers
            scalar = [i for i in scalar if not sums_lanes(looped, i)]
        assert not scalar, f"{name}: {scalar[:3]}"
        if kind != "effect":  # a bus has two channels
            assert not narrow, f"{name}: {narrow[:3]}"
        counted += len(packed)
    assert counted > 100


# --- which stored image is trusted -----------------------------------------------------------------------------------


@pytest.fixture
def cache(image, tmp_path, monkeypatch):
    """An empty cache, and a build that copies the session's image: returns the list of builds."""
    builds = []

    def copy(target, progress, checked):
        builds.append(target)
        shutil.copytree(image.folder, target)

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(stored, "run_build", copy)
    if sys.platform in ("win32", "darwin"):
        monkeypatch.setattr(stored, "cache_folder", lambda: tmp_path / "cache" / "images")
    return builds


def load():
    return stored.load_image(checked=False)


def test_a_stored_image_is_built_once(cache):
    first, second = load(), load()
    assert len(cache) == 1
    assert first.folder == second.folder == stored.cache_folder() / stored.image_key()
    assert (
        list(stored.cache_folder().glob("build-*")) == []
        or len(list(stored.cache_folder().glob("build-*/*"))) == 0
    )


def flip_a_byte(folder):
    code = bytearray((folder / "image.o").read_bytes())
    code[len(code) // 2] ^= 1
    (folder / "image.o").write_bytes(code)


def wrong_sum(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"sha256": "0" * 64}))


def own_by_another(folder, *names):
    if os.getuid() != 0:
        pytest.skip("only root can give files to another user")
    for name in names:
        os.chown(folder / name, 12345, 12345)


DAMAGE = {
    "a flipped bit": flip_a_byte,
    "a wrong sum": wrong_sum,
    "a truncated object": lambda folder: os.truncate(folder / "image.o", 1000),
    "a truncated manifest": lambda folder: os.truncate(folder / "manifest.json", 100),
    "an empty manifest": lambda folder: (folder / "manifest.json").write_text("{}"),
    "a manifest that is a list": lambda folder: (folder / "manifest.json").write_text("[]"),
    "no manifest": lambda folder: (folder / "manifest.json").unlink(),
    "no object": lambda folder: (folder / "image.o").unlink(),
    "an object that the group can write": lambda folder: (folder / "image.o").chmod(0o664),
    "a manifest that all can write": lambda folder: (folder / "manifest.json").chmod(0o646),
    "a folder that the group can write": lambda folder: folder.chmod(0o770),
    "another's folder": lambda folder: own_by_another(folder, "."),
    "another's files": lambda folder: own_by_another(folder, "image.o", "manifest.json"),
}


@pytest.mark.skipif(os.name != "posix", reason="owners and modes of files are POSIX")
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_or_foreign_image_is_built_anew(cache, damage, monkeypatch):
    folder, linked = load().folder, []
    DAMAGE[damage](folder)
    link = stored.link_object
    monkeypatch.setattr(stored, "link_object", lambda code, names: linked.append(code) or link(code, names))
    image = load()
    assert len(cache) == 2
    assert [hashlib.sha256(code).hexdigest() for code in linked] == [
        image.manifest["sha256"]
    ]  # the bad one never was
    load()
    assert len(cache) == 2  # and now it is good


@pytest.mark.skipif(os.name != "posix", reason="umask is POSIX")
def test_an_image_built_under_a_lax_umask_is_trusted_later(cache):
    before = os.umask(0)
    try:
        load()
    finally:
        os.umask(before)
    load()
    assert len(cache) == 1


def test_a_foreign_image_that_cannot_be_removed_is_not_loaded(cache, monkeypatch):
    folder = load().folder
    flip_a_byte(folder)
    rmtree = shutil.rmtree
    monkeypatch.setattr(stored.shutil, "rmtree", lambda path, **how: path == folder or rmtree(path, **how))
    assert load().folder != folder
    assert len(cache) == 2


def test_the_key_covers_every_module_that_the_build_imports():
    listed = f"import sys; [__import__(m) for m in {stored.MODULES!r}]"
    listed += "; [print(m.__file__) for n, m in sys.modules.items() if n.startswith('synthhost.')]"
    done = subprocess.run([sys.executable, "-c", listed], capture_output=True, text=True, check=True)
    sources = [stored.PACKAGE / source for source in stored.SOURCES]
    for file in map(pathlib.Path, done.stdout.splitlines()):
        empty = file.name == "__init__.py" and file.parent.name in ("midi", "audio", "latency")
        assert empty or any(file == source or source in file.parents for source in sources), file


def test_an_image_of_other_source_versions_or_processor_has_another_key(monkeypatch, tmp_path):
    for source in stored.SOURCES:
        (tmp_path / source).parent.mkdir(exist_ok=True)
        if source.endswith(".py"):
            shutil.copy(stored.PACKAGE / source, tmp_path / source)
        else:
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(stored.PACKAGE / source, tmp_path / source, ignore=ignored)
    before = stored.image_key()
    monkeypatch.setattr(stored, "PACKAGE", tmp_path)
    assert stored.image_key() == before
    keys = {before, stored.image_key(checked=True)}
    for name in ("dsp/svf.py", "engine/render.py", "realtime/build/audit.py", "events/event.py"):
        source = (tmp_path / name).read_text()
        (tmp_path / name).write_text(source + "\n")
        keys.add(stored.image_key())
        (tmp_path / name).write_text(source)
    import llvmlite.binding as llvm

    with monkeypatch.context() as patch:
        patch.setattr(stored, "version", lambda package: "99")
        keys.add(stored.image_key())
    with monkeypatch.context() as patch:
        patch.setattr(llvm, "get_host_cpu_name", lambda: "another")
        keys.add(stored.image_key())
    assert len(keys) == 8
    assert stored.image_key() == before


def test_two_processes_that_start_together_build_once(image, tmp_path):
    script = textwrap.dedent(
        f"""
        import pathlib, shutil, sys, time
        from synthhost.realtime import image

        def copy(target, progress, checked):
            with open({str(tmp_path / "builds")!r}, "a") as file:
                print("built", file=file)
            time.sleep(1.0)
            shutil.copytree({str(image.folder)!r}, target)

        image.run_build = copy
        print(image.load_image(checked=False).manifest["sha256"])
        """
    )
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    assert [process.communicate(timeout=60)[0].strip() for process in processes] == [
        image.manifest["sha256"]
    ] * 2
    assert (tmp_path / "builds").read_text() == "built\n"


def test_without_a_place_to_store_it_the_image_is_built_and_used(cache, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setattr(stored, "cache_folder", lambda: tmp_path / "file" / "images")
    image = load()
    assert (image.folder / "image.o").exists()
    load()
    assert len(cache) == 2  # each time


def test_a_missing_numba_is_told_in_a_sentence(tmp_path, monkeypatch):
    (tmp_path / "numba").mkdir()
    (tmp_path / "numba/__init__.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'numba'\", name='numba')"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(
        stored.ImageError, match="numba is not installed; 'pip install numba' mends it"
    ) as error:
        stored.run_build(tmp_path / "image", None, False)
    assert "Traceback" not in str(error.value)


def test_progress_is_told_from_first_to_last(tmp_path, monkeypatch):
    (tmp_path / "one_operator.py").write_text(
        textwrap.dedent(
            """
            from synthhost.realtime.operator import Input, operator
            from synthhost.realtime.vector import load, store

            @operator("copy", (Input("in"),))
            def render(output, inputs, state, values, voice, shared, frames):
                for n in range(frames):
                    store(output, n, load(inputs.in_, n))
            """
        )
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(stored, "MODULES", ("one_operator",))
    told = []
    stored.run_build(tmp_path / "image", lambda *what: told.append(what), False)
    assert told == [(1, 2, "operator copy"), (2, 2, "link and audit")]
    assert stored.stored_image(tmp_path / "image").operators == ["copy"]


# --- another processor -----------------------------------------------------------------------------------------------


def test_shared_words_are_acquired_and_released_on_aarch64(tmp_path):
    script = textwrap.dedent(
        """
        import sys
        import llvmlite.binding as llvm
        from synthhost.realtime.build import audit, compile

        llvm.initialize_all_targets()
        llvm.initialize_all_asmprinters()
        try:
            target = llvm.Target.from_triple("aarch64-unknown-linux-gnu")
        except RuntimeError as error:
            sys.exit(f"SKIP {error}")
        host, llvm.get_process_triple = llvm.get_process_triple, lambda: "aarch64-unknown-linux-gnu"
        compile.import_modules(["synthhost.dsp", "synthhost.events.ring", "synthhost.engine.callback"])
        llvm.get_process_triple = host
        compile.stop_before_machine_code()
        llvm.get_process_triple = lambda: "aarch64-unknown-linux-gnu"
        compile.prepare()
        llvm.get_process_triple = host
        machine = target.create_target_machine(cpu="cortex-a76", opt=3, reloc="pic")
        for name in ("push_event", "portaudio_callback"):
            module = llvm.parse_assembly(audit.may_inline(compile.compile_entry(name)))
            module = audit.prove(module, {name})
            module.triple, module.data_layout = machine.triple, str(machine.target_data)
            print("FUNCTION", name)
            print(machine.emit_assembly(module))
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    if done.stderr.startswith("SKIP"):
        pytest.skip(f"this llvmlite has no code generator for AArch64: {done.stderr}")
    assert done.returncode == 0, done.stderr
    _, pushing, playing = done.stdout.split("FUNCTION")
    assert len(re.findall(r"\tldap?r\tx", pushing)) == 1  # the reader's tail
    assert len(re.findall(r"\tstlr\tx", pushing)) == 1  # the writer's head
    assert len(re.findall(r"\tldap?r\tx", playing)) >= 2  # heads of the rings, tail of the capture
    assert len(re.findall(r"\tstlr\tx", playing)) >= 1  # head of the capture
    assert "fpcr" in playing.lower()  # denormals, too, are said in its language
