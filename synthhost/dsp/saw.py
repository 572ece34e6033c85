"""Sawtooth without audible aliases, by band-limited tables.

One table an octave, two at 44.1 kHz (``dsp/tables.py``); when a glide crosses into another table the two are
crossfaded over one tile. Below 18 kHz nothing but harmonics is louder than -90 dB for notes up to 5 kHz, and harmonics
are right within 1 dB up to 15 kHz.
"""

from synthhost.dsp.line import ease
from synthhost.dsp.pitch import PITCH, PITCH_PARAMETERS, phase_step, pitch_octaves, start_phase, step_change
from synthhost.realtime.marks import realtime
from synthhost.realtime.operator import U32, State, operator
from synthhost.realtime.vector import (
    any_lane,
    float_to_int,
    fma,
    gather_int,
    gather_pair,
    load,
    maximum,
    minimum,
    read,
    select,
    signed_to_float,
    splat,
    store,
    write,
)


@realtime
def saw_table_index(octaves, shared):
    """Which table serves a pitch in log2 of hertz."""
    place = (octaves - shared.saw_base_octaves) * shared.tables_per_octave
    return float_to_int(minimum(maximum(place, 0.0), splat(shared.saw_tables) - 1.0))


@realtime
def table_saw(phase, start, shift, shared):
    """One frame of the saw at `phase`: value + fraction * slope."""
    value, slope = gather_pair(shared.saw_pairs, start + (phase >> (32 - shift)))
    fraction = signed_to_float((phase << shift) >> 1) * 2.0**-31
    return fma(fraction, slope, value)


@operator("saw", (PITCH,), PITCH_PARAMETERS, State(phase=U32, step=U32, table=U32))
def render(output, inputs, state, values, voice, shared, frames):
    """Render one tile; pitch moves in a straight line from where it was."""
    octaves = pitch_octaves(load(inputs.pitch_octaves, frames - 1), values, voice)
    fresh = read(voice.fresh) != 0
    target = phase_step(octaves, 1.0, shared)
    step = select(fresh, target, read(state.step))
    bend = step_change(step, target, frames)
    phase = select(fresh, start_phase(values) + read(voice.phase), read(state.phase))
    table = saw_table_index(octaves, shared)
    before = select(fresh, table, read(state.table))
    start, shift = gather_int(shared.saw_start, table), gather_int(shared.saw_shift, table)
    if any_lane(before != table):
        old_start, old_shift = gather_int(shared.saw_start, before), gather_int(shared.saw_shift, before)
        fade = splat(0.0)
        for n in range(frames):
            new, old = table_saw(phase, start, shift, shared), table_saw(phase, old_start, old_shift, shared)
            fade = fade + 1.0 / frames
            store(output, n, fma(ease(fade), new - old, old))
            step = step + bend
            phase = phase + step
    else:
        for n in range(frames):
            store(output, n, table_saw(phase, start, shift, shared))
            step = step + bend
            phase = phase + step
    write(state.phase, phase)
    write(state.step, target)
    write(state.table, table)
