"""The report: stages that say how they are known, a verdict, plain data and a picture."""

import io
import json

import numpy as np
import pytest
from rich.console import Console

from synthhost.latency import Measurement, Options, draw, report, run
from synthhost.latency.facts import as_data
from synthhost.latency.onset import find_onset
from synthhost.latency.result import ASSUMED, MEASURED, REPORTED, assumed_stages, lateness, stage_of
from synthhost.latency.table import verdict


def example(worst_s=0.006, missed=0, load=False, ours=True, hardware=False):
    values = np.linspace(0.004, worst_s, 50)
    key, converter = assumed_stages()
    stages = (
        key,
        stage_of("synth", MEASURED, values - 0.002),
        stage_of("output", REPORTED, [0.002]),
        converter,
    )
    counts = {"sent": 50, "heard": 50 - missed, "missed": missed, "block_max_s": 1e-4}
    way = "synthhost" if ours else "the ordinary way"
    return Measurement(
        way,
        "a device",
        64,
        48_000,
        load,
        stages,
        tuple(values),
        counts,
        lateness([1e4, 2e4], 0.001),
        ours=ours,
        hardware=hardware,
    )


def text_of(results):
    console = Console(file=io.StringIO(), width=140)
    report(results, console)
    return console.file.getvalue()


def test_every_stage_says_how_it_is_known():
    text = text_of([example()])
    assert all(word in text for word in (MEASURED, REPORTED, ASSUMED))
    assert text.rstrip().endswith("PASS (software only: no sound card, no keyboard)")


def test_the_worst_key_decides():
    assert "worst 9.0 ms of a 10 ms budget: PASS" in verdict([example(0.006, hardware=True)])
    assert "worst 13.0 ms of a 10 ms budget: FAIL" in verdict([example(), example(0.010)])
    assert "FAIL" in verdict([example(missed=1)])


def test_a_slow_ordinary_way_is_not_our_failure():
    assert "PASS" in verdict([example(), example(0.5, ours=False)])


def test_statistics_are_those_of_the_textbook():
    stage = stage_of("x", MEASURED, np.arange(101) / 1000)
    figures = (stage.median_s, stage.p95_s, stage.p99_s, stage.max_s, stage.jitter_s)
    assert figures == pytest.approx((0.05, 0.095, 0.099, 0.1, 0.099))


def test_data_can_be_written_and_say_what_machine_it_was():
    data = json.loads(json.dumps(as_data([example()])))
    assert {"processor", "kernel", "processors"} <= set(data["machine"])
    assert data["measurements"][0]["counts"]["sent"] == 50


def test_a_picture_is_drawn(tmp_path):
    results = [example(), example(load=True), example(0.5, load=True, ours=False)]
    draw(results, tmp_path / "latency.png")
    assert (tmp_path / "latency.png").read_bytes().startswith(b"\x89PNG")


def test_an_onset_is_found_on_its_frame_and_not_in_what_still_rings():
    sound = np.zeros(4800, np.float32)
    sound[:2000] = 0.01 * np.cos(np.arange(2000) / 10)
    sound[1500:] += 0.3
    assert find_onset(sound, 1400, 2000, 48_000) == 1500
    assert find_onset(sound, 500, 1400, 48_000) is None


def test_without_a_server_it_says_how_to_start_one(monkeypatch):
    monkeypatch.setattr("synthhost.latency.measure.server_runs", lambda: False)
    said = []
    assert run(Options(audio="jack"), said.append) == 2
    assert "jackd" in said[0] and "--own-server" in said[0]


@pytest.mark.slow
def test_one_command_measures_draws_and_writes(image, tmp_path):
    options = Options(
        audio="virtual", buffer=64, keys=15, json=str(tmp_path / "a.json"), png=str(tmp_path / "a.png")
    )
    said = []
    assert run(options, said.append) in (0, 1)
    assert not said
    ways = [m["way"] for m in json.loads((tmp_path / "a.json").read_text())["measurements"]]
    assert ways == ["synthhost, virtual", "the ordinary way"]
    assert (tmp_path / "a.png").stat().st_size > 10_000
