"""Small patches made of parts, for tests."""

import numpy as np

from synthhost.voices.stages import HELD

HEAD = 'format = "synthhost/patch"\nversion = 1\nname = "{}"\n'
TONE = """
[performance]
{performance}
[tone]
op = "{op}"
phase_norm = 0.25
[env]
op = "adsr"
attack_s = 0
decay_s = 0
sustain_norm = 1
release_s = 0.05
[amp]
op = "multiply"
a = "tone"
b = "env"
[out]
in = "amp"
level_db = -12
"""
ECHO = '[sends.echo]\nop = "delay"\ntime_s = 0.1\nfeedback_norm = 0\nlevel_norm = 1\ntone_hz = 20000\n'
QUIET = 2e-5  # what the DC guard remembers
PARTS = {
    "sine": {},
    "saw": {"op": "saw"},
    "bass": {"performance": 'mode = "legato"\npriority = "low"'},
    "few": {"performance": "polyphony = 2"},
    "echoing": {"performance": '[effects.again]\nop = "delay"\ntime_s = 0.05\n'},
    "wide": {"op": "saw", "performance": "unison = 4"},
}


def part(patch, **keys):
    """One `[[part]]`; what its keys say is written as TOML has it."""
    lines = [f"{key} = {value}" for key, value in keys.items()]
    return "\n".join(["[[part]]", f'patch = "{patch}"', *lines]) + "\n"


def heard(engine):
    """(key, name of its program) of all voices that are held."""
    groups = engine.record.groups
    places = map(tuple, np.argwhere(groups["stage"] == HELD))
    return sorted(
        (int(groups["key"][at]), engine.program(int(groups["program"][at[0]])).name) for at in places
    )
