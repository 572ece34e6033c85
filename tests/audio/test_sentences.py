"""What a driver's failure is called stands in the manual, with what to do."""

import pathlib

import pytest

from synthhost.audio import asio
from synthhost.audio.portaudio import EXCLUSIVE, sentence, wanted_latency

MANUAL = (pathlib.Path(__file__).parents[2] / "docs" / "windows.md").read_text("utf-8")
CARD = {"api": "ASIO", "name": "Card", "rate_hz": 44_100.0, "latency_s": 0.09}


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("[PaErrorCode -9985]", "it is in use by another program, or was unplugged"),
        ("[ASIO error -997]", "its driver refuses this buffer"),
        ("[ASIO error -999]", "its driver reports a fault of the card"),
        ("[PaErrorCode -9997]", "it does not take 48000 Hz; it offers --rate 44100"),
    ],
)
def test_a_refusal_is_said_as_the_manual_has_it(error, words):
    assert words in sentence(error, CARD, 48_000)
    assert words in MANUAL


def test_a_driver_that_hangs_is_named_as_in_the_manual(monkeypatch):
    monkeypatch.setattr(asio, "TRIAL", "import time; time.sleep(60)")
    said = asio.try_drivers(["X"], limit_s=0.5)
    assert said.startswith("the ASIO driver X does not answer (tried for ") and "so ASIO is not used" in said
    assert "the ASIO driver X does not answer (tried for 10 s), so ASIO is not used" in MANUAL


def test_who_wants_a_card_alone_is_told_why_he_cannot_have_it():
    card = {**CARD, "api": f"Windows {EXCLUSIVE}"}
    for code in ("-9985", "-9996"):
        assert "it cannot be had alone" in sentence(f"[PaErrorCode {code}]", card, 48_000)
    assert "it cannot be had alone" in MANUAL


def test_a_mixer_is_not_asked_for_less_than_it_can_do():
    assert wanted_latency({**CARD, "api": "MME"}, 0.003) == 0.09
    assert wanted_latency(CARD, 0.003) == 0.003
