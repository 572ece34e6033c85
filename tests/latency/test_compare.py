"""Every way out in turn: what one of them does is no other's trouble; and the arithmetic beside it."""

import io
import json
import sys

import pytest
from rich.console import Console

from synthhost.latency import Options, compare, compare_all, compare_table
from synthhost.latency.arithmetic import largest_within, sums
from synthhost.latency.ways import Way, class_of

VIRTUAL = Way("virtual", "no device", ("--audio", "virtual"))
GONE = Way("ALSA, card", "gone", ("--audio", "portaudio", "--device", "no such card"))
HANGS = Way("ASIO: Bad", "hangs", (), prefix=(sys.executable, "-c", "import time; time.sleep(60)"))


def computed(frames, rate_hz=44_100):
    return next(row for row in sums(rate_hz) if row.frames == frames)


def test_128_frames_are_2_9_ms_and_key_to_sound_is_thrice_that():
    row = computed(128)
    assert 1000 * row.buffer_s == pytest.approx(2.902, abs=0.001)
    assert 1000 * row.steady_s == pytest.approx(5.805, abs=0.001)
    assert 1000 * row.worst_s == pytest.approx(8.805, abs=0.001)


def test_the_worst_key_decides_which_buffer_is_small_enough():
    assert computed(128).within and not computed(256).within
    assert largest_within(44_100) == 128 and largest_within(96_000) == 256
    assert not any(row.within for row in sums() if row.frames is None)


@pytest.mark.slow
def test_a_way_that_fails_or_hangs_takes_only_its_own_line(image, monkeypatch, tmp_path):
    monkeypatch.setattr(compare, "ways", lambda wanted: [GONE, HANGS, VIRTUAL])
    monkeypatch.setattr(compare, "LIMIT_S", 15.0)
    options = Options(buffer=64, keys=10, json=str(tmp_path / "c.json"), png=str(tmp_path / "c.png"))
    assert compare_all(options, lambda text: None) == 0
    data = json.loads((tmp_path / "c.json").read_text())
    gone, hangs, virtual = data["rows"]
    assert gone["trouble"] and "Traceback" not in gone["trouble"]
    assert "does not answer" in hangs["trouble"]
    assert virtual["buffer_frames"] == 64 and virtual["acoustic_s"] is None and virtual["voices"] > 0
    assert virtual["measured_s"] == pytest.approx(virtual["wait_s"] + virtual["reported_s"])
    assert 0 < virtual["render_s"] < 64 / 48_000
    assert len(data["computed"]) == len(sums())
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")


def test_a_way_on_which_no_key_was_heard_has_empty_cells():
    nothing = {"median_s": float("nan"), "jitter_s": float("nan"), "max_s": float("nan")}
    stages = [{"how": "reported", "median_s": 0.09}]
    counts = {"block_median_s": 1e-5, "late_blocks": 0}
    found = {"buffer_frames": 128, "rate_hz": 44_100, "counts": counts, "measured": nothing}
    row = compare.row_of(VIRTUAL, {**found, "total": nothing, "stages": stages})
    assert row.wait_s is row.worst_s is None and row.reported_s == 0.09
    assert "NaN" not in json.dumps(compare.as_data([row])) and "90.00" in table_of([row])


def table_of(rows):
    console = Console(file=io.StringIO(), width=150)
    compare_table.report(rows, console)
    return console.file.getvalue()


ROW = compare.Row(
    "ASIO: Card", "Card", "", 128, 44_100, 0.0029, 0.003, 1e-5, 0.0059, 1e-4, 0.0089, voices=400
)


def test_what_was_computed_is_not_taken_for_measured_and_what_nobody_heard_stays_empty():
    measured, computed_part = table_of([ROW]).split("Computed, not measured")
    assert "2.90" in measured and "8.90" in measured and "—" in measured
    assert "MME, Windows NT" in computed_part and "400.0" in computed_part
    assert "128 frames last 128 / 44100 Hz = 2.9 ms" in computed_part
    assert "within 10 ms: 128 frames" in computed_part


def test_a_measurement_under_wine_says_that_it_is_none_of_windows(monkeypatch):
    assert "Wine" not in table_of([ROW])
    monkeypatch.setattr("synthhost.latency.compare_table.wine", lambda: "8.0")
    assert "this is no measurement of Windows" in table_of([ROW])


@pytest.mark.parametrize(
    ("api", "name", "kind"),
    [
        ("ALSA", "HDA Intel PCH: ALC257 Analog (hw:0,0)", "ALSA, card"),
        ("ALSA", "pipewire", "ALSA, PipeWire"),
        ("ALSA", "pulse", "ALSA, PulseAudio"),
        ("ALSA", "default", "ALSA, plug-in"),
        ("JACK Audio Connection Kit", "system", "JACK Audio Connection Kit, by PortAudio"),
        ("Windows WASAPI exclusive", "Speakers", "WASAPI exclusive"),
        ("ASIO", "Your Card", "ASIO: Your Card"),
    ],
)
def test_cards_and_programs_before_them_are_told_apart(api, name, kind):
    assert class_of({"api": api, "name": name}) == kind
