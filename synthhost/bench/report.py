"""The measurements of ``synthhost bench`` as a page of text.

Keys of the plain data: ``machine``, ``method``, ``rate_hz``, ``frames``, ``image``, ``engine_alone_ns_per_frame``,
``voices`` and ``blocks`` (tables: nanoseconds per voice and frame, least and median, of ``polyblep``, ``clean``, ``cpp``,
``cpp16`` and ``faust``), ``operators``, ``effects``, ``patches`` (shares of a period), ``voices_per_core``, ``ratios``,
``cpp``, ``faust``.
"""

from synthhost.bench.patches import MOST_SHARE

TITLES = {
    "polyblep": "rounded saws",
    "clean": "clean saws",
    "cpp": "C++ by hand",
    "cpp16": "C++, 16 lanes",
    "faust": "Faust C++",
}
KINDS = {"polyblep": "with rounded saws", "clean": "with clean saws"}


def report(result):
    """All of it."""
    machine = result["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    alone = result["engine_alone_ns_per_frame"]["min"]
    lines = [
        f"{machine['processor']} ({machine['llvm_cpu']}), {machine['cores']} cores, {machine['system']}",
        versions,
        result["method"],
        "",
        f"Reference voice, {result['frames']} frames a block at {result['rate_hz']:,} Hz, nanoseconds per voice and frame: "
        "least (median)",
        *table(result["voices"], "voices"),
        f"An engine without voices takes {alone:.1f} ns a frame.",
        "",
        "Block size, 256 voices",
        *table(result["blocks"], "frames"),
        "",
        "Voices per core",
        *[f"  {TITLES[name]:14}{count:8,}" for name, count in result["voices_per_core"].items()],
        "",
        "Operators, nanoseconds per voice and frame: least (median)",
        *[f"  {name:14}{figure(cost)}" for name, cost in result["operators"].items()],
        "",
        "Effects, nanoseconds per frame of a patch that has one: least (median)",
        *[f"  {name:14}{figure(cost)}" for name, cost in result["effects"].items()],
        "",
        f"Patches at full polyphony, share of a period of {result['frames']} frames: median block (slowest block)",
        *[patch_line(name, cost) for name, cost in result["patches"].items()],
        "",
        *[
            f"{TITLES[name]}: {result[name]['skipped']}"
            for name in ("cpp", "faust")
            if "skipped" in result[name]
        ],
        *[line for line, _ in verdicts(result)],
        *wide_registers(result),
    ]
    return "\n".join(lines)


def table(rows, key):
    """A table of contestants, one line for each number of voices or frames."""
    names = [name for name in TITLES if any(name in row for row in rows)]
    yield f"  {key:>7}" + "".join(f"{TITLES[name]:>18}" for name in names)
    for row in rows:
        yield f"  {row[key]:7,}" + "".join(
            figure(row[name]) if name in row else f"{'–':>18}" for name in names
        )


def figure(cost):
    """Least and median, 18 letters wide."""
    text = f"{cost['min']:.3f} ({cost['median']:.3f})"
    return f"{text:>18}"


def patch_line(name, cost):
    """Voices and load of one patch."""
    return f"  {name:26}{cost['voices']:4} voices {cost['share']:7.1%} ({cost['share_max']:.1%})"


def verdicts(result):
    """(sentence, whether it is as it should be) for each floor."""
    found = []
    for name, ratio in result["ratios"].items():
        word = "holds" if ratio["ok"] else "is BELOW its floor"
        sentence = (
            f"The engine {KINDS[name]} plays {ratio['ratio']:.2f} of the voices that C++ by hand does "
            f"(medians {ratio['ratio_of_medians']:.2f}; floor {ratio['floor']:.2f}): {word}."
        )
        found.append((sentence, ratio["ok"]))
    name, cost = max(result["patches"].items(), key=lambda item: item[1]["share"])
    word = "holds" if cost["share"] <= MOST_SHARE else "is MORE than we allow"
    sentence = f"The dearest patch, {name}, takes {cost['share']:.1%} of the time there is (most {MOST_SHARE:.0%}): {word}."
    return [*found, (sentence, cost["share"] <= MOST_SHARE)]


def wide_registers(result):
    """The same beside the C++ kernel with 16 voices side by side, which AVX-512 is made for; it has no floor."""
    counts = result["voices_per_core"]
    if counts.get("cpp16", 0) > counts.get("cpp", 0):
        shares = " and ".join(
            f"{counts[name] / counts['cpp16']:.2f} {words}" for name, words in KINDS.items()
        )
        yield f"Beside the C++ kernel with 16 instead of 8 voices side by side: {shares}."
