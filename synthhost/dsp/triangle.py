"""Triangle without audible aliases, by band-limited tables of its odd harmonics (``dsp/tables.py``).

It is -1 … 1, starts at 0 and rises. Below 18 kHz nothing but harmonics is louder than -90 dB for notes up to 5 kHz, and
harmonics are right within 1 dB up to 15 kHz.
"""

from synthhost.dsp.pitch import PITCH, PITCH_PARAMETERS
from synthhost.dsp.saw import STATE, play_tables
from synthhost.realtime.operator import operator


@operator("triangle", (PITCH,), PITCH_PARAMETERS, STATE)
def render(output, inputs, state, values, voice, shared, frames):
    """Render one tile; pitch moves in a straight line from where it was."""
    tables = shared.triangle_pairs, shared.triangle_start, shared.triangle_shift
    play_tables(output, inputs, state, values, voice, shared, frames, tables)
