"""What the live line says when the processor is busy."""

from types import SimpleNamespace

import pytest

from synthhost.control.live_line import LiveLine

CALM = {"patch": "organ", "peak": 0.0, "voices": 40, "late_blocks": 0, "lost_blocks": 0, "polyphony": 256}


@pytest.mark.parametrize(("allowed", "said"), [(256, False), (40, True)])
def test_the_live_line_tells_when_the_governor_took_voices(allowed, said):
    host = SimpleNamespace(last_note=None, last_control=None, volume_db=-12.0)
    host.report = lambda: {**CALM, "allowed": allowed}
    line = LiveLine(host, lambda: 0.0).text()
    assert ("at most 40: the processor is busy" in line) == said
