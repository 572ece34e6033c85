"""The manual says what is so: its reference, its patch, its operator and its figures are those of the product."""

import importlib.util
import pathlib
import re
import sys

import numpy as np
import pytest

from synthhost.midi.understood import table
from synthhost.patch.reference import reference
from synthhost.realtime.operator import OPERATORS
from tests.dsp.rig import machine_code, play

ROOT = pathlib.Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def block(text, name):
    return text.partition(f"<!-- {name} -->\n")[2].partition(f"<!-- /{name} -->")[0]


def module_from(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_of_patches_is_current():
    text = (ROOT / "docs" / "patches.md").read_text("utf-8")
    assert block(text, "reference").strip() == reference().strip(), "run tools/figures.py write"


def test_the_table_of_midi_is_current():
    text = (ROOT / "docs" / "midi.md").read_text("utf-8")
    assert block(text, "midi").strip() == table().strip(), "run tools/figures.py write"


def test_the_readme_shows_the_patch_that_is_there():
    patch = (ROOT / "patches" / "lead" / "fifths.toml").read_text("utf-8")
    assert block(README, "patch") == f"```toml\n{patch}```\n"
    assert len(patch.splitlines()) <= 15


def test_the_readme_speaks_a_musicians_words():
    assert not re.search(r"\b(image|graph|oracle|governor|callback thread|tile)s?\b", README)


def test_the_readmes_figures_are_the_stored_ones():
    figures = module_from(ROOT / "tools" / "figures.py", "figures")
    assert figures.with_figures(README) == README, "run `make figures`, or tools/figures.py write"


def test_figures_are_written_from_what_is_stored(tmp_path):
    figures = module_from(ROOT / "tools" / "figures.py", "figures")
    figures.STORE = tmp_path
    assert set(figures.figures().values()) == {figures.NOTHING}
    one = {"way": "JACK", "buffer_frames": 64, "load": True, "total": {"max_s": 0.0071}}
    one["measured"] = {"median_s": 0.002, "p99_s": 0.0021, "max_s": 0.003, "jitter_s": 0.0001}
    ratios = {"polyblep": {"ratio": 0.7}, "clean": {"ratio": 0.39}}
    counts = {"polyblep": 22_000, "clean": 12_000, "cpp": 31_000}
    for name, data in (
        ("latency-64", {"measurements": [one]}),
        ("voices", {"voices_per_core": counts, "ratios": ratios}),
        ("start", {"first_note_s": 0.31, "numpy_s": 0.1, "memory_mb": 126.4}),
    ):
        figures.store(name, ["x"], data)
    blocks = figures.figures()
    assert "| JACK, 64 frames, under load | 2.00 | 2.10 | 3.00 | 0.10 | 7.10 |" in blocks["latency"]
    assert "| synthhost, saws without audible aliases | 12,000 | 0.39 |" in blocks["voices"]
    assert "0.31 s, of which `import numpy` takes 0.10 s. Memory while it plays: 126 MB." in blocks["start"]
    assert all("at commit " in text and "processors" in text for text in blocks.values())


def test_every_link_of_the_manual_leads_somewhere():
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).resolve().exists(), (page.name, target)


@pytest.fixture
def tone(tmp_path):
    """The operator of docs/operators.md."""
    text = (ROOT / "docs" / "operators.md").read_text("utf-8")
    (tmp_path / "tone.py").write_text(text.partition("```python\n")[2].partition("```")[0], "utf-8")
    before = dict(OPERATORS)
    spec = importlib.util.spec_from_file_location("tone", tmp_path / "tone.py")
    sys.modules["tone"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield "tone"
    OPERATORS.clear()
    OPERATORS.update(before)
    machine_code.cache_clear()
    del sys.modules["tone"]


def test_the_manuals_operator_is_the_filter_it_says(tone):
    click = np.zeros(4096)
    click[0] = 1.0
    inputs = {"in": click, "cutoff_hz": np.log2(1000.0)}
    plain = play(tone, 4096 / 48_000, inputs=inputs, compiled=False)
    part = 1.0 - np.exp(-2.0 * np.pi * 1000.0 / 48_000)
    assert np.abs(plain[:, 0] - part * (1.0 - part) ** np.arange(4096)).max() < 1e-5
    assert np.array_equal(play(tone, 4096 / 48_000, inputs=inputs), plain)
