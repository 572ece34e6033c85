"""Pulse without audible aliases: a saw minus the same saw a pulse width later (``dsp/saw.py`` has the tables).

A square is -1 … 1. Other widths keep the height of 2 and have no DC: a pulse of width w is 2 - 2w for w of its cycle
and -2w for the rest.

References
----------
T. Stilson and J. Smith, "Alias-free digital synthesis of classic analog waveforms", ICMC 1996.
"""

from synthhost.dsp.line import ease
from synthhost.dsp.pitch import PITCH, PITCH_PARAMETERS, phase_step, pitch_octaves, start_phase, step_change
from synthhost.dsp.saw import saw_table_index, table_value
from synthhost.realtime.marks import realtime
from synthhost.realtime.operator import U32, Input, State, operator
from synthhost.realtime.vector import (
    any_lane,
    float_to_int,
    fma,
    gather_int,
    load,
    maximum,
    minimum,
    read,
    select,
    splat,
    store,
    write,
)

WIDTH = Input("width_norm", 0.5, 0.02, 0.98, doc="How much of the cycle is high; 0.5 is a square.")


@realtime
def table_pulse(phase, half_width, start, shift, shared):
    """One frame of the pulse at `phase`; the width counts 2**31 for a whole cycle."""
    pairs = shared.saw_pairs
    return table_value(phase, start, shift, pairs) - table_value(
        phase + (half_width << 1), start, shift, pairs
    )


@operator("pulse", (PITCH, WIDTH), PITCH_PARAMETERS, State(phase=U32, step=U32, table=U32, half_width=U32))
def render(output, inputs, state, values, voice, shared, frames):
    """Render one tile; pitch and width move in straight lines from where they were."""
    octaves = pitch_octaves(load(inputs.pitch_octaves, frames - 1), values, voice)
    fresh = read(voice.fresh) != 0
    target = phase_step(octaves, 1.0, shared)
    step = select(fresh, target, read(state.step))
    bend = step_change(step, target, frames)
    width_end = float_to_int(minimum(maximum(load(inputs.width_norm, frames - 1), 0.02), 0.98) * 2.0**31)
    width = select(fresh, width_end, read(state.half_width))
    widen = step_change(width, width_end, frames)
    phase = select(fresh, start_phase(values) + read(voice.phase), read(state.phase))
    table = saw_table_index(octaves, shared)
    before = select(fresh, table, read(state.table))
    start, shift = gather_int(shared.saw_start, table), gather_int(shared.saw_shift, table)
    if any_lane(before != table):
        old_start, old_shift = gather_int(shared.saw_start, before), gather_int(shared.saw_shift, before)
        fade = splat(0.0)
        for n in range(frames):
            new = table_pulse(phase, width, start, shift, shared)
            old = table_pulse(phase, width, old_start, old_shift, shared)
            fade = fade + 1.0 / frames
            store(output, n, fma(ease(fade), new - old, old))
            step, width = step + bend, width + widen
            phase = phase + step
    else:
        for n in range(frames):
            store(output, n, table_pulse(phase, width, start, shift, shared))
            step, width = step + bend, width + widen
            phase = phase + step
    write(state.phase, phase)
    write(state.step, target)
    write(state.table, table)
    write(state.half_width, width_end)
