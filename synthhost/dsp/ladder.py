"""Transistor ladder: a low-pass of 24 dB per octave that warms, whistles, and at full resonance sings by itself.

Four one-pole low-passes in a row by trapezoidal integration, and a loop round them that is solved within the frame, so
the whistle is at the cutoff. What enters the ladder is bent by a hyperbolic tangent after the loop is solved as if it
were straight: it stays within -1 … 1 at any resonance. Half of the bass that resonance costs is given back.

References
----------
R. Moog, "A voltage-controlled low-pass high-pass filter for audio signal processing", 17th AES convention, 1965.
V. Zavalishin, "The Art of VA Filter Design", 2.1.0, 2018, chapters 5 and 6.
"""

from synthhost.dsp.approximations import exp2, gain_of_db, soft_clip, tangent
from synthhost.dsp.line import line
from synthhost.dsp.svf import CUTOFF
from synthhost.realtime.operator import AUDIO, F32, Input, State, operator
from synthhost.realtime.vector import fma, load, maximum, minimum, read, store, write

INPUTS = (
    Input("in", rate=AUDIO, doc="The sound to filter."),
    CUTOFF,
    Input("resonance_norm", 0.2, 0.0, 1.1, doc="1 and above whistles by itself."),
    Input("drive_db", 0.0, -24.0, 36.0, unit="db", doc="Gain before the bend."),
)
STATE = State(s1=F32, s2=F32, s3=F32, s4=F32, part=F32, loop=F32, solved=F32, gain=F32)


@operator("ladder", INPUTS, (), STATE)
def render(output, inputs, state, values, voice, shared, frames):
    """Filter one tile; its coefficients move in straight lines across it."""
    cutoff = load(inputs.cutoff_hz, frames - 1) + read(voice.cutoff_octaves) - shared.rate_octaves
    g = tangent(minimum(exp2(cutoff) * 3.14159265, 1.45))
    part_end = g / (1.0 + g)
    square = part_end * part_end
    resonance = load(inputs.resonance_norm, frames - 1)
    resonance = fma(
        -maximum(1.0 - resonance, 0.0), read(voice.damping_change), resonance
    )  # the player's knob
    loop_end = minimum(maximum(resonance, 0.0), 1.1) * 4.0
    solved_end = 1.0 / fma(loop_end, square * square, 1.0)
    drive_db = minimum(maximum(load(inputs.drive_db, frames - 1), -24.0), 36.0)
    gain_end = gain_of_db(drive_db) * fma(loop_end, 0.5, 1.0)
    fresh = read(voice.fresh) != 0
    part, part_change = line(read(state.part), part_end, fresh, frames)
    loop, loop_change = line(read(state.loop), loop_end, fresh, frames)
    solved, solved_change = line(read(state.solved), solved_end, fresh, frames)
    gain, gain_change = line(read(state.gain), gain_end, fresh, frames)
    s1, s2, s3, s4 = read(state.s1), read(state.s2), read(state.s3), read(state.s4)
    for n in range(frames):
        part, loop = part + part_change, loop + loop_change
        solved, gain = solved + solved_change, gain + gain_change
        kept = fma(part, fma(part, fma(part, s1, s2), s3), s4) * (
            1.0 - part
        )  # what the states say of the output
        entering = soft_clip(fma(-loop, kept, load(inputs.in_, n) * gain) * solved)
        v1 = (entering - s1) * part
        y1 = v1 + s1
        v2 = (y1 - s2) * part
        y2 = v2 + s2
        v3 = (y2 - s3) * part
        y3 = v3 + s3
        v4 = (y3 - s4) * part
        y4 = v4 + s4
        s1, s2, s3, s4 = y1 + v1, y2 + v2, y3 + v3, y4 + v4
        store(output, n, y4)
    write(state.s1, s1)
    write(state.s2, s2)
    write(state.s3, s3)
    write(state.s4, s4)
    write(state.part, part_end)
    write(state.loop, loop_end)
    write(state.solved, solved_end)
    write(state.gain, gain_end)
