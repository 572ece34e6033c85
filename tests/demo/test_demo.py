"""`synthhost demo` runs on a machine without screen and sound card, and writes all its files."""

import json
import sys

import numpy as np
import pytest

from synthhost.demo import run
from synthhost.demo.callbacks import FRAMES, RATE_HZ, facts
from synthhost.demo.meter import Meter, level_bar
from synthhost.demo.plots import log_spectrogram, share_words

FILES = {"song.wav", "song.mid", "spectrogram.png", "callbacks.png", "report.json"}
needs_virtual = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="the virtual device is Linux only"
)


@needs_virtual
@pytest.mark.slow
def test_a_short_silent_demo_writes_all_its_files(image, tmp_path, capsys):
    assert run(image, silent=True, seconds=3, out_dir=tmp_path / "demo") == 0
    assert {path.name for path in (tmp_path / "demo").iterdir()} >= FILES
    report = json.loads((tmp_path / "demo" / "report.json").read_text())
    held = report["python_held"]
    assert held["held_s"] > 0.9
    assert held["blocks"] >= 0.9 * held["blocks_due"]
    assert held["quietest_10_ms_dbfs"] > -50.0
    assert report["song"]["same_offline_bit_for_bit"]
    assert report["song"]["dropped_notes"] == report["song"]["broken"] == 0
    assert report["callbacks"]["compiled"]["median_ms"] < report["callbacks"]["python"]["median_ms"]
    words = capsys.readouterr().out
    assert "NOBODY WILL HEAR IT" in words
    assert "nm -u" in words


def test_a_folder_that_cannot_be_is_said_in_a_sentence(image, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert run(image, silent=True, out_dir=tmp_path / "file" / "demo") == 1
    assert "choose another with --out" in capsys.readouterr().err


def test_missed_deadlines_are_counted_with_the_periods_that_were_lost():
    period = FRAMES / RATE_HZ
    numbers = facts(np.array([0.1, 0.5, 3.0]) * period, 1)
    assert (numbers["late"], numbers["lost"], numbers["missed_share"]) == (1, 1, 0.5)
    assert [share_words(share) for share in (0.0, 0.001, 0.57)] == ["0 %", "0.10 %", "57 %"]


def test_a_sine_stands_in_the_spectrogram_where_it_is():
    time = np.arange(48_000) / 48_000
    _, bands_hz, levels = log_spectrogram(0.5 * np.sin(2 * np.pi * 440 * time), 48_000, columns=50)
    band, _ = np.unravel_index(levels.argmax(), levels.shape)
    assert bands_hz[band] == pytest.approx(440.0, rel=0.02)
    assert levels.max() == pytest.approx(-6.0, abs=0.5)


def test_the_meter_is_one_plain_line_where_there_is_no_terminal(engine):
    engine.record.stats.peak = 0.5
    line = Meter(engine, 128).line(1.0)
    assert "0 voices" in line and "0 late" in line and "-6.0 dB" in line
    assert level_bar(0.0).endswith("-inf dB")
