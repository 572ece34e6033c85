"""`synthhost devices --test`: the left sounds alone, then the right."""

import numpy as np

from synthhost.control.speaker_test import SIDES, test_speakers
from synthhost.host import Host
from tests.control.command import run

test_speakers.__test__ = False  # pytest would take it for a test


def test_left_sounds_alone_and_then_right(image):
    host, sounds = Host(image, tell=print), []

    def wait(seconds):
        host.engine.read_capture()
        host.engine.render(int(seconds * host.engine.rate_hz))
        sounds.append(np.abs(host.engine.read_capture()).max(axis=0, initial=0.0))

    host.open("virtual")
    host.output.start = lambda: None  # rendered here, not in real time
    host.engine.record.capture_on = 1
    said = []
    try:
        test_speakers(host, said.append, wait)
    finally:
        host.output.alive = lambda: False
        host.close()
    assert [line.split()[0] for line in said] == [side for side, _ in SIDES] == ["left", "right"]
    silence, left, gap, right, _ = sounds
    assert silence.max() < 1e-4
    assert left[0] > 0.1
    assert left[1] < 1e-4
    assert right[1] > 0.1
    assert right[0] < 1e-3  # the guard against DC still settles
    assert abs(left[0] - right[1]) < 0.01


def test_the_command_plays_and_says_so(image):
    done = run("devices", "--test", "--audio", "virtual", "--out", "3-4")
    assert done.returncode == 0
    assert done.stdout.index("left") < done.stdout.index("right")


def test_a_device_without_a_test_is_a_wrong_command_line(image):
    done = run("devices", "--device", "USB")
    assert done.returncode == 2
    assert "--device goes with --test only" in done.stderr
