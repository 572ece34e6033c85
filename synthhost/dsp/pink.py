"""Pink noise: every octave carries the same power, 3 dB less per octave; wind, surf, breath.

White noise through seven one-pole low-passes side by side, 1.7 octaves apart; their gains are fitted for the sample
rate, so that the slope is right within 0.5 dB from 20 Hz to 16 kHz. No two voices share any of it. Its RMS is 0.25 at
48 kHz, and an octave is as loud at every rate.

References
----------
P. Kellet, "Economy and refined pink noise filters", music-dsp mailing list, 1999 (the structure).
"""

import numpy as np

from synthhost.dsp.chance import VARIATION, chance, first_count
from synthhost.realtime.operator import F32, U32, State, operator
from synthhost.realtime.vector import fma, read, select, store, write

CORNERS_HZ = 8.0 * 2.0 ** (1.7 * np.arange(7))
LEVEL_AT_1_KHZ = 0.002589  # amplitude per root hertz: an RMS of 0.25 at 48 kHz


def fill_pink(shared):
    """Fit the filter for the sample rate: what each low-pass keeps, its gain, and that of the white noise itself."""
    rate_hz = float(shared.rate_hz)
    shared.pink_keep = np.exp(-2 * np.pi * CORNERS_HZ / rate_hz)
    hz = np.geomspace(10.0, min(20_000.0, 0.48 * rate_hz), 400)
    back = np.exp(-2j * np.pi * hz / rate_hz)
    parts = np.array(
        [*(1 / (1 - keep * back) for keep in shared.pink_keep.astype(float)), np.ones_like(back)]
    ).T
    wanted = hz**-0.5
    phase = np.exp(
        -0.25j * np.pi
    )  # of half an integrator; then that of the fit itself, as only the size matters
    for _ in range(60):
        aim = wanted * phase
        rows = np.concatenate([(parts / aim[:, None]).real, (parts / aim[:, None]).imag])
        target = np.concatenate([np.ones(len(hz)), np.zeros(len(hz))])
        gains = np.linalg.lstsq(rows, target, rcond=None)[0]
        phase = np.exp(1j * np.angle(parts @ gains))
    density = abs(np.interp(1000.0, hz, np.abs(parts @ gains))) * np.sqrt(
        2 / 3 / rate_hz
    )  # of white noise of -1 … 1
    shared.pink_gain = gains * LEVEL_AT_1_KHZ / density


@operator("pink_noise", (), (VARIATION,), State(count=U32, a=F32, b=F32, c=F32, d=F32, e=F32, f=F32, g=F32))
def render(output, inputs, state, values, voice, shared, frames):
    """Render one tile: a count, hashed, and the low-passes' sum."""
    count = select(read(voice.fresh) != 0, first_count(values, voice), read(state.count))
    keep, gain = shared.pink_keep, shared.pink_gain
    a, b, c, d = read(state.a), read(state.b), read(state.c), read(state.d)
    e, f, g = read(state.e), read(state.f), read(state.g)
    for n in range(frames):
        white = chance(count)
        a, b, c, d = (
            fma(a, keep[0], white),
            fma(b, keep[1], white),
            fma(c, keep[2], white),
            fma(d, keep[3], white),
        )
        e, f, g = fma(e, keep[4], white), fma(f, keep[5], white), fma(g, keep[6], white)
        low = fma(a, gain[0], fma(b, gain[1], fma(c, gain[2], d * gain[3])))
        store(output, n, low + fma(e, gain[4], fma(f, gain[5], fma(g, gain[6], white * gain[7]))))
        count = count + 1
    write(state.count, count)
    write(state.a, a)
    write(state.b, b)
    write(state.c, c)
    write(state.d, d)
    write(state.e, e)
    write(state.f, f)
    write(state.g, g)
