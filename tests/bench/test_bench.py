"""`synthhost bench` gives the figures that its documentation names."""

import json
import os

import pytest

from synthhost.bench import Options, report, run
from synthhost.bench.operators import operator_costs, voice_operators
from synthhost.bench.timing import Cost, measure_in_turn
from synthhost.bench.voices import VERSIONS


def test_contestants_are_timed_in_turn():
    calls = []
    times = measure_in_turn({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, 2)
    turns = [name for name, before in zip(calls, [None, *calls[:-1]], strict=True) if name != before]
    assert turns[-4:] == ["a", "b", "a", "b"]
    assert 0.0 < times["a"].least_ns <= times["a"].median_ns < 1e6
    assert Cost(10.0, 20.0).per(10).plain() == {"min": 1.0, "median": 2.0}


def test_an_operator_with_more_work_costs_more(image):
    costs = operator_costs(image, 3, ["multiply", "saw"])
    assert 0.0 < costs["multiply"].least_ns < costs["saw"].least_ns
    assert {"adsr", "svf_lowpass", "saw"} <= set(voice_operators(image))
    assert "out" not in voice_operators(image)


@pytest.mark.slow
def test_a_quick_bench_has_the_documented_keys(image, capsys, monkeypatch):
    monkeypatch.setenv("PATH", os.pathsep.join(["/usr/bin", "/bin"]))
    code = run(Options(json=True, quick=True))
    result = json.loads(capsys.readouterr().out)
    documented = report.__doc__
    assert all(f"``{key}``" in documented for key in result)
    assert code in (0, 1)
    for row in result["voices"] + result["blocks"]:
        assert all(0.0 < row[name]["min"] <= row[name]["median"] for name in VERSIONS)
    assert all(count > 0 for count in result["voices_per_core"].values())
    if "skipped" not in result["cpp"]:
        assert all(ratio["ratio"] > 0.0 for ratio in result["ratios"].values())
    assert "Voices per core" in report.report(result)
