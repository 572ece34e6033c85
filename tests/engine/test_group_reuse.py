"""A group that goes from one program to another brings nothing along, not even in lanes without a voice."""

import numpy as np

from synthhost.events.event import NOTE_OFF, NOTE_ON
from synthhost.patch import compile_patch, find, load


def test_a_group_is_clean_when_another_program_takes_it(image, engine):
    bell, saws = [
        engine.load(compile_patch(load(find(name)), image.operators)) for name in ("tower-bell", "fifths")
    ]
    engine.hand_in(bell)
    for key in range(60, 76):
        engine.push(NOTE_ON, key=key, value=0.8)
    engine.render(4096)
    for key in range(60, 76):
        engine.push(NOTE_OFF, key=key)
    while engine.record.stats.voices:
        engine.render(4096)
    group = engine.record.groups[0]
    group["state"] = np.float32(1e30)  # the worst that a program may leave behind
    engine.hand_in(saws)
    engine.push(NOTE_ON, key=60, value=0.8)
    sound = engine.render(4096)
    used = engine.record.slots[saws]["state_rows"]
    assert not np.any(engine.record.groups[0]["state"][:used] == np.float32(1e30))
    assert engine.record.stats.broken == 0
    assert 0.01 < np.abs(sound).max() < 1.0
