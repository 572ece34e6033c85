"""After the song: the sound file, the pictures, the comparison of callbacks, ``report.json``."""

import json

import numpy as np

from synthhost.audio.errors import AudioError
from synthhost.bench.machine import describe_machine
from synthhost.demo import score
from synthhost.demo.callbacks import FRAMES, RATE_HZ, compare, facts
from synthhost.demo.player import LEAD_IN_S, render_offline
from synthhost.demo.stall import quietest_db

DISK = 1
LATENCY_FRAMES, LATENCY_KEYS = 64, 60


def write_all(image, played, folder, compare_s):
    """Write everything into a folder. Returns the exit code."""
    try:
        report = describe(image, played)
        write_sound(folder, played, report)
        if played["end_s"] is not None:
            report["callbacks"], times = compare_callbacks(image, compare_s)
            draw(folder, played, report, times)
            report["latency"] = measure_latency(image, folder)
        (folder / "report.json").write_text(json.dumps(report, indent=1) + "\n")
    except OSError as error:
        print(f"synthhost: {folder} cannot be written: {error.strerror or error}")
        return DISK
    tell(image, report, folder)
    return 0


def describe(image, played):
    """Machine, image and what was counted while the song played."""
    engine, output, stats = played["engine"], played["output"], played["engine"].record.stats
    period_ns = output.buffer_frames / engine.rate_hz * 1e9
    counted = (
        "blocks",
        "late_blocks",
        "lost_blocks",
        "events",
        "late_events",
        "notes",
        "dropped_notes",
        "stolen",
        "broken",
    )
    return {
        "machine": describe_machine(),
        "image": {
            "file": str(image.folder / "image.o"),
            "bytes": len(image.code),
            "undefined_symbols": image.manifest["audit"]["undefined"],
            "indirect_calls": image.manifest["audit"]["indirect_calls"],
        },
        "output": {
            "name": output.name,
            "kind": output.kind,
            "rate_hz": engine.rate_hz,
            "buffer_frames": output.buffer_frames,
            "priority": output.priority,
            "memory": played["memory"],
        },
        "start_to_first_block_s": played["first_sound_s"] and round(played["first_sound_s"], 3),
        "song": {
            **{name: int(stats[name]) for name in counted},
            "voices_max": int(stats.voices_max),
            "block_mean_share": round(float(stats.block_ns_sum) / max(int(stats.blocks), 1) / period_ns, 5),
            "block_max_share": round(float(stats.block_ns_max) / period_ns, 5),
        },
        "python_held": played["held"],
    }


def write_sound(folder, played, report):
    """The song as the device got it, as a WAV and as MIDI; is it what an offline engine renders, bit for bit?"""
    import soundfile

    engine = played["engine"]
    sound, rate = played["player"].whole_sound(), engine.rate_hz
    try:
        soundfile.write(folder / "song.wav", sound, int(rate), "PCM_24")
    except soundfile.LibsndfileError as error:
        raise OSError(str(error)) from None
    score.write_midi(folder / "song.mid")
    played["sound"] = sound
    peak = float(np.abs(sound).max(initial=0.0))
    report["song"]["peak_dbfs"] = round(20 * np.log10(max(peak, 1e-9)), 2)
    report["song"]["seconds"] = round(len(sound) / rate, 3)
    report["song"]["capture_dropped_frames"] = int(engine.record.capture_dropped)
    delay = int(engine.record.timing.delay_frames)
    if played["end_s"] is not None:
        count = max(min(len(sound) - delay, round((played["end_s"] + LEAD_IN_S) * rate)), 0)
        again = render_offline(engine.image, rate, count)
        report["song"]["same_offline_bit_for_bit"] = bool(np.array_equal(again, sound[delay : delay + count]))
    if held := report["python_held"]:
        piece = sound[held["first_frame"] : held["last_frame"]]
        held["quietest_10_ms_dbfs"] = round(quietest_db(piece, rate), 1)


def compare_callbacks(image, seconds):
    """Both callbacks beside a busy Python thread: what the report says, and all times."""
    names = {"python": "an ordinary Python callback", "compiled": "the compiled callback"}

    def say(kind):
        print(f"Measuring {names[kind]} for {seconds:.0f} s, beside a busy Python thread …", flush=True)

    try:
        measured = compare(image, seconds, say)
    except AudioError as error:
        print(f"The callbacks are not compared: {error}")
        return {}, {}
    return {kind: facts(*found) for kind, found in measured.items()}, {
        kind: found[0] for kind, found in measured.items()
    }


def draw(folder, played, report, times):
    """The pictures, if there is what draws them."""
    try:
        from synthhost.demo import plots

        plots.new_figure(1, 1)
    except ImportError as error:
        print(f"No pictures: {error} (pip install matplotlib)")
        return
    machine = report["machine"]
    if times:
        plots.callback_histograms(
            folder / "callbacks.png",
            times["python"],
            times["compiled"],
            report["callbacks"],
            "The same sound by two callbacks, beside a busy Python thread",
            f"{FRAMES} frames at {RATE_HZ} Hz; both called by one native timer; the Python callback only forwards the call "
            f"to the same engine.\n{machine['processor']}, {machine['cores']} cores, {machine['system']}, "
            f"Python {machine['versions']['python']}",
        )
    held, rate = report["python_held"], played["engine"].rate_hz
    marks = [(held["first_frame"] / rate, held["last_frame"] / rate, "Python\nstands still")] if held else []
    if len(played["sound"]) > rate / 10:
        plots.spectrogram(
            folder / "spectrogram.png", played["sound"], rate, "“Night Bus”, as the device got it", marks
        )


def measure_latency(image, folder):
    """Key to sound along the whole path, on the virtual device; writes ``latency.png``."""
    from synthhost.latency import draw, measure_path
    from synthhost.latency.facts import as_data
    from synthhost.patch import compile_patch, find, load

    program = compile_patch(load(find("test/latency")), image.operators)
    try:
        result = measure_path(image, program, "virtual", LATENCY_FRAMES, RATE_HZ, keys=LATENCY_KEYS)
    except AudioError as error:
        print(f"Latency   {error}")
        return None
    draw([result], folder / "latency.png")
    return as_data([result])


def tell(image, report, folder):
    """What was found, in words."""
    print()
    for title, words in findings(report):
        print(f"{title:10}{words}")
    print(f"{'Files':10}{', '.join(sorted(path.name for path in folder.iterdir()))} in {folder}/")


def findings(report):
    """The report as (title, sentence)."""
    played, held, code = report["song"], report["python_held"], report["image"]
    yield (
        "Song",
        (
            f"{played['blocks']:,} blocks, {played['late_blocks']} late, at most {played['voices_max']} voices; peak "
            f"{played['peak_dbfs']:.1f} dBFS; a block took {played['block_mean_share']:.1%} of its period, the slowest "
            f"{played['block_max_share']:.0%}"
        ),
    )
    if played["lost_blocks"]:
        yield "", f"periods in which the machine did not wake the audio thread: {played['lost_blocks']}"
    if "same_offline_bit_for_bit" in played:
        same = (
            "bit for bit" if played["same_offline_bit_for_bit"] else "but NOT bit for bit: an event came late"
        )
        yield "", f"rendered again without a device it is the same, {same}"
    if held:
        yield (
            "GIL",
            (
                f"held for {held['held_s']:.2f} s: {held['blocks']} blocks of {held['blocks_due']:.0f}, {held['late_blocks']} "
                f"late; the quietest 10 ms of it are at {held['quietest_10_ms_dbfs']:.0f} dBFS: the sound went on"
            ),
        )
    for kind, numbers in report.get("callbacks", {}).items():
        yield (
            "Callback",
            (
                f"{kind:9} median {numbers['median_ms']:8.3f} ms, worst {numbers['max_ms']:8.3f} ms of "
                f"{numbers['period_ms']:.2f}; {numbers['missed_share']:.1%} of deadlines missed"
            ),
        )
    undefined = code["undefined_symbols"]
    names = f" ({', '.join(undefined)})" if undefined else ""
    yield "Image", f"{code['bytes']:,} bytes of audio code; undefined symbols: {len(undefined)}{names}"
    yield "", f"see for yourself: nm -u '{code['file']}'   or: synthhost image check"
