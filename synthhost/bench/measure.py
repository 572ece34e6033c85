"""The measurements of ``synthhost bench``, as plain data."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from synthhost.bench.faust import FaustVoices, compile_faust
from synthhost.bench.machine import describe_machine
from synthhost.bench.operators import COPIES, effect_costs, operator_costs, voice_operators
from synthhost.bench.operators import VOICES as OPERATOR_VOICES
from synthhost.bench.patches import patch_costs
from synthhost.bench.reference import FLAGS, NoReferenceError, ReferenceVoices, compile_reference, compiler
from synthhost.bench.timing import measure_in_turn
from synthhost.bench.voices import BLOCK_FRAMES, RATE_HZ, SETTLE_S, VERSIONS, Player, reference_program
from synthhost.realtime.image import load_image

FLOORS = {"polyblep": 0.55, "clean": 0.30}  # of the C++ kernel's voices per core
VOICES, QUICK_VOICES = (1, 16, 64, 256, 1024), (1, 16, 256)
BLOCKS, QUICK_BLOCKS = (64, 128, 256, 1024), (64, 1024)
BLOCK_VOICES = 256
MOST_FAUST_VOICES = 256  # its compiler unrolls them all
METHOD = (
    "Processor time of the calling thread (thread_time), through the callback that drivers call, all contestants in turn, "
    "least and median of {rounds} rounds; voices are held, in their decay. An operator: a program with {copies} of it less "
    "one with one of it, {voices} voices, all reading the same signals."
)


@dataclass(frozen=True)
class Options:
    """What to measure and how to tell it."""

    json: bool = False
    quick: bool = False


def measure(options, tell=lambda text: None):
    """Measure everything. `tell` is called with what is being done. See ``bench.report`` for the keys."""
    image, rounds = load_image(), 4 if options.quick else 11
    programs = {version: reference_program(image, version) for version in VERSIONS}
    others, remarks = others_there_are()
    tell("an engine without voices")
    alone = measure_in_turn({"alone": Player(image, programs["polyblep"], 0).render}, rounds)["alone"]
    table = []
    for voices in QUICK_VOICES if options.quick else VOICES:
        tell(f"{voices:,} voices")
        table.append({"voices": voices, **in_turn(image, programs, others, voices, BLOCK_FRAMES, rounds)})
    blocks = []
    for frames in QUICK_BLOCKS if options.quick else BLOCKS:
        tell(f"blocks of {frames} frames")
        blocks.append({"frames": frames, **in_turn(image, programs, others, BLOCK_VOICES, frames, rounds)})
    tell("operators")
    names = ["saw_polyblep", "saw", "svf_lowpass"] if options.quick else voice_operators(image)
    operators = operator_costs(image, rounds, names)
    tell("effects")
    effects = effect_costs(image, rounds)
    tell("patches at full polyphony")
    patches = patch_costs(image, 1 if options.quick else 4)
    return {
        "machine": describe_machine(),
        "method": METHOD.format(rounds=rounds, copies=COPIES, voices=OPERATOR_VOICES),
        "rate_hz": RATE_HZ,
        "frames": BLOCK_FRAMES,
        "image": {"folder": str(image.folder), "bytes": len(image.code)},
        "engine_alone_ns_per_frame": alone.per(BLOCK_FRAMES).plain(),
        "voices": table,
        "blocks": blocks,
        "operators": {name: cost.plain() for name, cost in operators.items()},
        "effects": {name: cost.plain() for name, cost in effects.items()},
        "patches": patches,
        "voices_per_core": {name: round(most_voices(table, name)) for name in (*VERSIONS, *others)},
        "ratios": ratios(table),
        **remarks,
    }


def others_there_are():
    """What can be measured beside the engine: ``{name: maker of voices}``, and remarks on each."""
    others: dict[str, Any] = {}
    remarks: dict[str, dict] = {"cpp": {"flags": " ".join(FLAGS)}, "faust": {}}
    try:
        compile_reference()
        others["cpp"], remarks["cpp"]["compiler"] = ReferenceVoices, compiler()
        others["cpp16"] = partial(ReferenceVoices, lanes=16)  # for whom the processor has such registers
    except NoReferenceError as error:
        remarks["cpp"]["skipped"] = str(error)
    try:
        compile_faust(1)
        others["faust"] = FaustVoices
    except NoReferenceError as error:
        remarks["faust"]["skipped"] = str(error)
    return others, remarks


def in_turn(image, programs, others, voices, frames, rounds):
    """Nanoseconds per voice and frame of every contestant: ``{name: {"min", "median"}}``."""
    players: dict[str, Any] = {
        name: Player(image, program, voices, frames) for name, program in programs.items()
    }
    for name, player in players.items():
        if player.voices() != voices:
            raise RuntimeError(f"{player.voices()} voices of '{name}' sound, not {voices}")
    settle = round(SETTLE_S * RATE_HZ / frames)
    for name, make in others.items():
        if name != "faust" or voices <= MOST_FAUST_VOICES:
            players[name] = make(voices, frames, RATE_HZ, settle)
    times = measure_in_turn({name: player.render for name, player in players.items()}, rounds)
    for name in others:
        if name in players:
            players[name].close()
    return {name: cost.per(voices * frames).plain() for name, cost in times.items()}


def most_voices(table, name):
    """Voices per core at the table's largest number: how many take all of one core's time."""
    last = [row for row in table if name in row][-1]
    return 1e9 / (RATE_HZ * last[name]["min"])


def ratios(table):
    """The engine's voices per core as a share of the C++ kernel's, at the largest number of voices."""
    last, found = table[-1], {}
    if "cpp" in last:
        for name, floor in FLOORS.items():
            least = last["cpp"]["min"] / last[name]["min"]
            median = last["cpp"]["median"] / last[name]["median"]
            found[name] = {
                "ratio": round(least, 3),
                "ratio_of_medians": round(median, 3),
                "floor": floor,
                "ok": least >= floor,
            }
    return found
