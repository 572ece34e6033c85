"""Unison: one key sounds several voices, spread in pitch and between left and right.

They are spread evenly: the first is the flattest and leftmost. Together they have the power of one voice.
"""

import math

from synthhost.realtime.marks import realtime
from synthhost.voices.scramble import scramble


@realtime
def place_voice(engine, group, lane, number, voices, left, right):
    """Give voice `number` of a note its detuning, its place and its share of the power, times two gains;
    a single one is in the middle."""
    slot, place = engine.slots[group.program], 0.0
    if voices > 1:
        place = number * 2.0 / (voices - 1) - 1.0
    pan = place * slot.unison_spread
    group.detune[lane] = place * slot.unison_octaves
    group.side_left[lane] = math.sqrt((1.0 - pan) / voices) * left
    group.side_right[lane] = math.sqrt((1.0 + pan) / voices) * right
    group.voice.phase[lane] = (
        0 if voices == 1 else scramble(group.voice.seed[lane])
    )  # none in step: no swelling
