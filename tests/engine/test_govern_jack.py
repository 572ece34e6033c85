"""The governor on a real device: a JACK server whose period is shorter than what 1,024 voices take."""

import re
import time

import pytest

from synthhost.control.live_line import LiveLine
from synthhost.control.playing import ending
from synthhost.host import Host
from synthhost.patch import compile_patch, loads
from tests.engine.playing import HEAD, names_of

RATE_HZ, PERIOD = 192_000, 32
PROGRAMS, KEYS = 4, 64
LADDERS = 4
VOICES = PROGRAMS * 4 * KEYS
DEAR = (
    '[tone]\nop = "saw"\n'
    + "".join(
        f'[filter{n}]\nop = "ladder"\nin = "{f"filter{n - 1}" if n else "tone"}"\ncutoff_hz = {2000 + 500 * n}\n'
        for n in range(LADDERS)
    )
    + '[env]\nop = "adsr"\nattack_s = 0.01\ndecay_s = 1\nsustain_norm = 0.7\nrelease_s = 0.1\n'
    + f'[amp]\nop = "multiply"\na = "filter{LADDERS - 1}"\nb = "env"\n'
    + '[effects.room]\nop = "reverb"\n[out]\nin = "amp"\nlevel_db = -40\n'
)


class Seat:
    """A player at a host under JACK, and what was counted since the last look."""

    def __init__(self, image):
        self.host = Host(image, tell=lambda sentence: None)
        self.host.open("jack", polyphony=1024, connect=False)
        engine, self.stats = self.host.engine, self.host.engine.record.stats
        text = HEAD.format(name="dear", performance="polyphony = 256") + DEAR
        program = compile_patch(loads(text), names_of(image))
        for number in range(PROGRAMS):
            slot = engine.load(program)
            for channel in range(4):
                engine.hand_in(slot, 15, 4 * number + channel)
        self.host.start()
        self.line = LiveLine(self.host)

    def play(self, verb):
        """Press or let go 64 keys on each channel."""
        for channel in range(1, 17):
            for key in range(36, 36 + KEYS):
                verb(key, channel=channel)
            time.sleep(0.01)

    def late(self, seconds):
        """Which part of the blocks is late, over some time."""
        blocks, late = int(self.stats.blocks), int(self.stats.late_blocks)
        time.sleep(seconds)
        return (int(self.stats.late_blocks) - late) / max(int(self.stats.blocks) - blocks, 1)

    def allowed(self):
        """How many voices may sound."""
        return self.host.report()["allowed"]


@pytest.mark.slow
@pytest.mark.jack
def test_the_governor_makes_blocks_punctual_and_gives_voices_back(image, jack_server, monkeypatch):
    with jack_server(PERIOD, RATE_HZ) as server:
        monkeypatch.setenv("JACK_DEFAULT_SERVER", server)
        seat = Seat(image)
        governor = seat.host.engine.record.governor
        try:
            governor.on = 0
            seat.play(seat.host.note_on)
            assert seat.late(0.5) > 0.9, "without a governor it is too much"
            assert seat.host.report()["voices"] == VOICES and seat.allowed() == 1024
            assert "allowed" not in seat.line.text()
            governor.on = 1
            time.sleep(2.0)
            late = min(seat.late(0.5) for _ in range(4))
            assert late < 0.02
            voices, allowed = map(int, re.search(r"(\d+) voices of (\d+) allowed", seat.line.text()).groups())
            assert 8 <= voices <= allowed < VOICES / 2
            seat.play(seat.host.note_off)
            begun = time.monotonic()
            while seat.allowed() < 1024 and time.monotonic() < begun + 60:
                time.sleep(0.1)
            assert seat.allowed() == 1024 and "allowed" not in seat.line.text()
            assert "times fewer voices, as the processor was busy" in ending(seat.host.report())
        finally:
            seat.host.close()
