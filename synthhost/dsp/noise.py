"""White noise, evenly spread over -1 … 1, the same for the same seed; no two voices share any of it."""

from synthhost.dsp.chance import VARIATION, chance, first_count
from synthhost.realtime.operator import U32, State, operator
from synthhost.realtime.vector import read, select, store, write


@operator("noise", (), (VARIATION,), State(count=U32))
def render(output, inputs, state, values, voice, shared, frames):
    """Render one tile: a count, hashed."""
    count = select(read(voice.fresh) != 0, first_count(values, voice), read(state.count))
    for n in range(frames):
        store(output, n, chance(count))
        count = count + 1
    write(state.count, count)
