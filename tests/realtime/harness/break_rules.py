"""Break a rule of memory in a process of its own. Usage: ``python -m tests.realtime.harness.break_rules WHAT``.

Plays with a program row that nobody checked, or touches a guard page; then prints "survived".
"""

import ctypes
import sys

from synthhost.engine.guard import GUARDS
from synthhost.engine.memory import EMPTY, SLOTS
from synthhost.engine.program import (
    DELAY_FRAMES,
    EFFECT_STATE_ROWS,
    INSERT,
    ROWS,
    SENDS,
    STATE_ROWS,
    TILES,
    VALUES,
)
from synthhost.realtime.image import load_image
from tests.realtime.harness.song import engine_with_song

ROW_FAULTS = {
    "nothing": {},
    "a tile after the last": {"output": TILES},
    "a tile before the first": {"output": -1},
    "an input tile after the last": {"inputs": TILES},
    "an input tile before the first": {"inputs": -5},
    "a state after the last": {"state": STATE_ROWS},
    "values after the last": {"values": VALUES},
}
EFFECT_FAULTS = {
    "an effect's state after the last": {"state": EFFECT_STATE_ROWS},
    "an effect's values before the first": {"values": -1},
    "an effect's memory after the last": {"memory": DELAY_FRAMES},
}
PART_FAULTS = {
    "a part that is no slot": {"part": SLOTS},
    "a strip after the last value": {"strip": VALUES},
    "a feed after the last value": {"feed": VALUES},
    "a send after the last": {"output": INSERT + 1 + SENDS},
}


def main():
    what = sys.argv[1]
    engine = engine_with_song(load_image(), seconds=1)
    slots = [slot for slot in engine.record.slots if slot.stage != EMPTY or slot.rows > 0]
    for slot in slots:
        for name, value in ROW_FAULTS.get(what, {}).items():
            slot.row[0][name] = value
        for name, value in EFFECT_FAULTS.get(what, {}).items():
            slot.effect[0][name] = value
        for name, value in PART_FAULTS.get(what, {}).items():
            (slot.effect[0] if name == "output" else slot)[name] = value
        if what == "too many rows":
            slot.rows = ROWS + 1
            slot.row[ROWS - 1] = slot.row[0]
    if what == "a guard page":
        start, size = GUARDS[engine.address][-1]
        ctypes.memset(start + size // 2, 1, 1)
    if what == "the gaps":
        from synthhost.engine.guard import gaps

        for start in gaps(engine.address):
            ctypes.memset(start + 4096, 1, 1)
    engine.render(48_000, 64)
    print("survived")


if __name__ == "__main__":
    main()
