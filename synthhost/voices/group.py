"""A group: 16 voices of one program. Its program runs over tiles, up to any frame of the quantum."""

from synthhost.realtime.machine import address_of, call_operator, within
from synthhost.realtime.marks import realtime
from synthhost.realtime.vector import LANES, QUANTUM
from synthhost.voices.tile import finish_voices, prepare_voices

ROW_BYTES = 4 * LANES


@realtime
def render_group(engine, group, end):
    """Render a group from where it stands to frame `end` of the quantum, adding to its program's mix.

    Only note on and off make a tile end before the quantum does, and only for their own group.
    """
    frames = end - group.done
    if frames <= 0 or group.program < 0:
        return
    prepare_voices(engine, group, end, frames)
    slot = engine.slots[group.program]
    slot.quiet = -QUANTUM  # there is something in its mix
    tiles, state, values = address_of(engine.tiles), address_of(group.state), address_of(slot.value)
    voice, shared = address_of(group.voice), address_of(engine.shared)
    last = slot.rows - 1
    for number in range(slot.rows):
        row = slot.row[number]
        output = tiles + within(row.output * 32, len(engine.tiles)) * ROW_BYTES
        if number == last:
            output = address_of(slot.mix) + group.done * ROW_BYTES
        call_operator(
            row.operator,
            output,
            tiles,
            address_of(row.inputs),
            state + within(row.state, len(group.state)) * ROW_BYTES,
            values + within(row.values, len(slot.value) * LANES) * 4,
            voice,
            shared,
            frames,
        )
    group.done = end
    finish_voices(engine, group, frames)
