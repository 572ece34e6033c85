"""A tone on the left, then one on the right: which loudspeaker is which, and whether there is sound at all."""

import time

from synthhost.midi.touch import KEYS

KEY = 69  # A4
TONE_S, GAP_S = 0.8, 0.25
PAN = 10
SIDES = (("left", 0), ("right", KEYS - 1))
CHANNEL = 1
PATCH = """
format = "synthhost/patch"
version = 1
name = "Speaker test"
[tone]
op = "sine"
[level]
op = "adsr"
attack_s = 0.02
sustain_norm = 1
release_s = 0.05
[amp]
op = "multiply"
a = "tone"
b = "level"
[out]
in = "amp"
"""


def test_speakers(host, say, wait=time.sleep):
    """Play both sides of a host that is open, one after the other; says which one sounds."""
    from synthhost.patch import compile_patch, loads

    host.start(compile_patch(loads(PATCH), host.image.operators), None)
    wait(GAP_S)
    for side, pan in SIDES:
        say(f"{side:5}  {'♪' if host.output.kind != 'virtual' else 'nobody hears the virtual device'}")
        host.controller(PAN, pan, CHANNEL)
        host.note_on(KEY, 0.8, CHANNEL)
        wait(TONE_S)
        host.note_off(KEY, CHANNEL)
        wait(GAP_S)
