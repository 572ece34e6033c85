"""The live line: what it says of a host, and how its meter falls."""

import math
import types

import pytest

from synthhost.control.live_line import LiveLine, meter


class Shown:
    """A host as the line sees it."""

    last_note = last_control = None
    volume_db = -12.0

    def __init__(self, **report):
        self.engine = types.SimpleNamespace(record=types.SimpleNamespace(polyphony=128))
        self.facts = {
            "patch": "Glass",
            "peak": 0.0,
            "voices": 0,
            "late_blocks": 0,
            "lost_blocks": 0,
            "allowed": 128,
        }
        self.facts.update(report)

    def report(self):
        return self.facts

    def port_name(self, port):
        return {0: "nanoKEY2", 1: "/dev/shm/a very long name of a keyboard"}[port]


def event(port, key, value):
    return types.SimpleNamespace(port=port, key=key, value=value)


def test_before_the_first_key_it_says_so():
    assert LiveLine(Shown()).text() == "no key yet │ ▯▯▯▯▯▯▯▯  -∞ dB │ 0 voices │ 0 late │ Glass at -12 dB"


def test_it_shows_port_note_velocity_controller_level_voices_and_blocks_that_were_late_or_lost():
    host = Shown(peak=10 ** (-30 / 20), voices=1, late_blocks=2, lost_blocks=3)
    host.last_note, host.last_control = event(0, 61, 100 / 127), event(0, 7, 99.0)
    line = LiveLine(host).text(octave=-1)
    assert line == (
        "nanoKEY2: C♯4 vel 100 │ CC 7 99 │ ▮▮▮▮▯▯▯▯ -30 dB │ 1 voice │ 2 late │ 3 lost │ octave -1 │ Glass at -12 dB"
    )


def test_a_long_name_leaves_room_for_the_rest():
    host = Shown()
    host.last_note = event(1, 60, 1.0)
    assert LiveLine(host).text().startswith("a very long nam…: C4 vel 127 │")


def test_it_says_what_the_governor_allows():
    assert "12 voices of 64 allowed" in LiveLine(Shown(voices=12, allowed=64)).text()
    assert "allowed" not in LiveLine(Shown(voices=12)).text()


def test_the_meter_rises_at_once_and_falls_slowly():
    host, time = Shown(peak=1.0), [0.0]
    line = LiveLine(host, lambda: time[0])
    assert "   0 dB" in line.text()
    host.facts["peak"], time[0] = 0.0, 0.5
    assert " -10 dB" in line.text()
    time[0] = 5.0
    assert "-∞ dB" in line.text()


@pytest.mark.parametrize("level", [-math.inf, -61.0, -60.0, -59.9, 0.0, 6.0])
def test_the_meter_is_always_as_wide(level):
    assert len(meter(level)) == 15
