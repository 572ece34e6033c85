"""White noise, evenly spread over -1 … 1 at 48 kHz, the same for the same seed; no two voices share any of it.

At other rates it is wider or narrower, so that what can be heard of it has the same power.
"""

from synthhost.dsp.chance import VARIATION, chance, first_count
from synthhost.realtime.operator import U32, State, operator
from synthhost.realtime.vector import read, select, splat, square_root, store, write


@operator("noise", (), (VARIATION,), State(count=U32))
def render(output, inputs, state, values, voice, shared, frames):
    """Render one tile: a count, hashed."""
    count = select(read(voice.fresh) != 0, first_count(values, voice), read(state.count))
    width = square_root(splat(shared.rate_hz) / 48_000.0)
    for n in range(frames):
        store(output, n, chance(count) * width)
        count = count + 1
    write(state.count, count)
