"""Kits: each key of one channel plays a program of its own, and some keys end each other, as one hi-hat does."""

from synthhost.realtime.marks import realtime
from synthhost.voices.group import render_group
from synthhost.voices.lane import fade_lane
from synthhost.voices.stages import FADING, FREE


@realtime
def part_of(engine, program, key):
    """The slot that a program plays a key with: its own, or that of a kit's part; -1 for a key that a kit leaves out."""
    slot = engine.slots[program]
    if slot.parts == 0:
        return program
    part = slot.keys[key].part
    return slot.part[part] if 0 <= part < slot.parts else -1


@realtime
def choke_of(engine, program, key):
    """A number that all keys have in common that end each other; 0 for a key that ends no other."""
    slot = engine.slots[program]
    if slot.parts == 0 or slot.keys[key].choke == 0:
        return 0
    return program * 128 + slot.keys[key].choke


@realtime
def choke(engine, channel, key):
    """A key was struck: what it ends fades within 3 ms."""
    mine = choke_of(engine, engine.channels[channel].program, key)
    if mine == 0:
        return
    for number in range(engine.groups_used):
        group = engine.groups[number]
        if group.program < 0:
            continue
        for lane in range(16):
            alive = group.stage[lane] != FREE and group.stage[lane] != FADING
            if alive and group.channel[lane] == channel and group.choke[lane] == mine:
                render_group(engine, group, engine.offset)
                fade_lane(engine, group, lane)
