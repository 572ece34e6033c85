"""Choking: some keys end what others sound, as there is only one hi-hat."""

from synthhost.realtime.marks import realtime
from synthhost.realtime.vector import LANES
from synthhost.voices.group import render_group
from synthhost.voices.lane import fade_lane
from synthhost.voices.parts import choke_of
from synthhost.voices.stages import FADING, FREE


@realtime
def choke(engine, channel, zone):
    """A zone was struck: what it ends fades within 3 ms, but for what this very stroke began."""
    mine = choke_of(engine, engine.channels[channel].program, zone)
    if mine == 0:
        return
    for number in range(engine.groups_used):
        group = engine.groups[number]
        if group.program < 0:
            continue
        for lane in range(LANES):
            alive = group.stage[lane] != FREE and group.stage[lane] != FADING
            alive = alive and group.order[lane] != engine.notes
            if alive and group.channel[lane] == channel and group.choke[lane] == mine:
                render_group(engine, group, engine.offset)
                fade_lane(engine, group, lane)
