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

STATE = State(phase=U32, step=U32, table=U32)


@realtime
def saw_table_index(octaves, shared):
    """Which table serves a pitch in log2 of hertz."""
    place = (octaves - shared.saw_base_octaves) * shared.tables_per_octave
    return float_to_int(minimum(maximum(place, 0.0), splat(shared.saw_tables) - 1.0))


@realtime
def table_value(phase, start, shift, pairs):
    """One frame of a table at `phase`: value + fraction * slope."""
    value, slope = gather_pair(pairs, start + (phase >> (32 - shift)))
    fraction = signed_to_float((phase << shift) >> 1) * 2.0**-31
    return fma(fraction, slope, value)


@operator("saw", (PITCH,), PITCH_PARAMETERS, STATE)
def render(output, inputs, state, values, voice, shared, frames):
    """Render one tile; pitch moves in a straight line from where it was."""
    tables = shared.saw_pairs, shared.saw_start, shared.saw_shift
    play_tables(output, inputs, state, values, voice, shared, frames, tables)


@realtime
def play_tables(output, inputs, state, values, voice, shared, frames, tables):
    """One tile of a band-limited cycle: `tables` are their pairs, where each begins, and log2 of its length."""
    pairs, starts, shifts = tables
    octaves = pitch_octaves(load(inputs.pitch_octaves, frames - 1), values, voice)
    fresh = read(voice.fresh) != 0
    target = phase_step(octaves, 1.0, shared)
    step = select(fresh, target, read(state.step))
    bend = step_change(step, target, frames)
    phase = select(fresh, start_phase(values) + read(voice.phase), read(state.phase))
    table = saw_table_index(octaves, shared)
    before = select(fresh, table, read(state.table))
    start, shift = gather_int(starts, table), gather_int(shifts, table)
    if any_lane(before != table):
        old_start, old_shift = gather_int(starts, before), gather_int(shifts, before)
        fade = splat(0.0)
        for n in range(frames):
            new, old = (
                table_value(phase, start, shift, pairs),
                table_value(phase, old_start, old_shift, pairs),
            )
            fade = fade + 1.0 / frames
            store(output, n, fma(ease(fade), new - old, old))
            step = step + bend
            phase = phase + step
    else:
        for n in range(frames):
            store(output, n, table_value(phase, start, shift, pairs))
            step = step + bend
            phase = phase + step
    write(state.phase, phase)
    write(state.step, target)
    write(state.table, table)
