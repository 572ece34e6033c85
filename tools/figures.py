"""What the manual copies: measured figures in the README, the operators' tables in docs/patches.md, what is
understood of MIDI in docs/midi.md.

    python tools/figures.py measure     measure everything here and now (some minutes), then write
    python tools/figures.py write       copy what is stored into the README, and the tables into docs/patches.md

Measurements are stored in docs/measurements; each file says which commit, which machine and which command it is from. A
test holds both pages to what they were copied from.
"""

import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
README, STORE = ROOT / "README.md", ROOT / "docs" / "measurements"
PATCHES, MIDI = ROOT / "docs" / "patches.md", ROOT / "docs" / "midi.md"
SYNTHHOST = [sys.executable, "-m", "synthhost"]
LATENCY = (("64", ["--audio", "jack", "--own-server", "--buffer", "64", "--load"]),)


# --- measure ------------------------------------------------------------------------------------------------------------


def measure():
    """Measure and store everything."""
    STORE.mkdir(parents=True, exist_ok=True)
    subprocess.run([*SYNTHHOST, "image", "info"], check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    for name, options in LATENCY:
        command = ["latency", *options, "--json"]
        store(f"latency-{name}", command, json.loads(said(command)))
    store("voices", ["bench", "--json"], json.loads(said(["bench", "--json"])))
    store("start", ["play"], start())


def said(arguments):
    """What a command prints; its figures count whatever it says of them."""
    print("synthhost", *arguments, file=sys.stderr, flush=True)
    return subprocess.run([*SYNTHHOST, *arguments], stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout


def store(name, arguments, data):
    """Write one measurement with where it is from."""
    facts = {
        "commit": git("rev-parse", "--short", "HEAD")
        + ("+" if git("status", "--porcelain", "synthhost") else ""),
        "date": time.strftime("%Y-%m-%d"),
        "command": " ".join(["synthhost", *arguments]),
        "machine": machine(),
        "data": data,
    }
    (STORE / f"{name}.json").write_text(json.dumps(facts, indent=1) + "\n")


def git(*arguments):
    return subprocess.run(["git", *arguments], capture_output=True, text=True, cwd=ROOT).stdout.strip()


def machine():
    """The machine in a line."""
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text()
        processor = re.search(r"^model name\s*: (.*)$", text, re.M)[1]
    except (OSError, TypeError):
        processor = platform.processor() or platform.machine()
    return f"{processor}, {os.cpu_count()} processors, {platform.system()} {platform.machine()}"


def start(rounds=7):
    """From the start of the process to the first note played, and its memory: the best of some rounds."""
    found = [first_note() for _ in range(rounds)]
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "import numpy"], check=True)
    numpy_s = time.monotonic() - began
    seconds, memory = min(s for s, _ in found), max(kb for _, kb in found)
    return {
        "first_note_s": round(seconds, 3),
        "numpy_s": round(numpy_s, 3),
        "memory_mb": round(memory / 1024, 1),
    }


def first_note():
    """(seconds until a key that was down before is played, memory in kB)."""
    with tempfile.TemporaryDirectory() as folder:
        cable, session = f"{folder}/keyboard", pathlib.Path(folder, "session")
        os.mkfifo(cable)
        keys = os.open(cable, os.O_RDWR)
        os.write(keys, bytes((0x90, 60, 100)))
        command = [*SYNTHHOST, "play", "--audio", "virtual", "--json-status", "--midi-raw", cable]
        began = time.monotonic()
        player = subprocess.Popen([*command, "--record", str(session)], stdout=subprocess.DEVNULL, cwd=ROOT)
        try:
            while not (session.exists() and ", 1, 0, 0, 60, " in session.read_text()):
                time.sleep(0.002)
            seconds = time.monotonic() - began
            time.sleep(1.0)
            status = pathlib.Path(f"/proc/{player.pid}/status").read_text()
        finally:
            player.terminate()
            player.wait()
            os.close(keys)
    return seconds, sum(int(kb) for kb in re.findall(r"^Rss(?:Anon|File):\s*(\d+) kB", status, re.M))


# --- write --------------------------------------------------------------------------------------------------------------


def figures():
    """The README's blocks: name -> Markdown."""
    return {"latency": latency_block(), "voices": voices_block(), "start": start_block()}


def stored(name):
    """A stored measurement, or None."""
    path = STORE / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def origin(facts, names):
    """The line that says where figures are from."""
    files = ", ".join(f"[{name}](docs/measurements/{name}.json)" for name in names)
    return f"Measured on {facts['date']} at commit {facts['commit']}: {facts['machine']} ({files})."


NOTHING = "*Not measured yet: `make figures` does it.*"


def latency_block():
    """One line for each way from key to sound, in milliseconds."""
    found = {name: facts for name, _ in LATENCY if (facts := stored(f"latency-{name}"))}
    if not found:
        return NOTHING
    lines = [
        "| From the key's bytes to the driver, in ms | median | p99 | worst | jitter | key to sound, worst |"
    ]
    lines += ["|---|---|---|---|---|---|"]
    for facts in found.values():
        for one in facts["data"]["measurements"]:
            values = [one["measured"][key] for key in ("median_s", "p99_s", "max_s", "jitter_s")]
            under = ", under load" if one["load"] else ""
            title = f"{one['way']}, {one['buffer_frames']} frames{under}"
            cells = " | ".join(f"{1000 * value:.2f}" for value in [*values, one["total"]["max_s"]])
            lines.append(f"| {title} | {cells} |")
    lines += ["", origin(next(iter(found.values())), [f"latency-{name}" for name in found])]
    return "\n".join(lines)


def voices_block():
    """Voices that one core plays."""
    facts = stored("voices")
    if not facts:
        return NOTHING
    data = facts["data"]
    counts, ratios = data["voices_per_core"], data["ratios"]
    lines = [
        "| Reference voice, 128 frames a block | voices a core | share of the C++ by hand |",
        "|---|---|---|",
    ]
    for kind, words in (
        ("clean", "synthhost, saws without audible aliases"),
        ("polyblep", "synthhost, rounded saws"),
    ):
        lines.append(f"| {words} | {counts[kind]:,} | {ratios[kind]['ratio']:.2f} |")
    if "cpp" in counts:
        lines.append(f"| the same voice in C++ by hand, rounded saws | {counts['cpp']:,} | 1 |")
    return "\n".join([*lines, "", origin(facts, ["voices"])])


def start_block():
    """Start and memory in a sentence."""
    facts = stored("start")
    if not facts:
        return NOTHING
    data = facts["data"]
    return (
        f"From `synthhost play` to the first note: {data['first_note_s']:.2f} s, of which `import numpy` takes "
        f"{data['numpy_s']:.2f} s. Memory while it plays: {data['memory_mb']:.0f} MB.\n\n{origin(facts, ['start'])}"
    )


def with_figures(text):
    """A text with its blocks filled in."""
    for name, block in figures().items():
        text = with_block(text, f"figures:{name}", block)
    return text


def with_block(text, name, block):
    """A text with one block between its marks replaced."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, _, rest = text.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise SystemExit(f"there is no {begin} … {end}")
    return f"{before}{begin}\n{block}\n{end}{after}"


def main(arguments):
    if arguments not in (["measure"], ["write"]):
        raise SystemExit(__doc__)
    if arguments == ["measure"]:
        measure()
    README.write_text(with_figures(README.read_text("utf-8")), "utf-8")
    tables = said(["patch", "reference"]).strip()
    PATCHES.write_text(with_block(PATCHES.read_text("utf-8"), "reference", tables), "utf-8")
    MIDI.write_text(with_block(MIDI.read_text("utf-8"), "midi", said(["midi"]).strip()), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
