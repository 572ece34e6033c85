"""What the host tells the engine: programs come in, values change, used memory goes home."""

from synthhost.engine.memory import EMPTY, LOADED, RETIRED
from synthhost.events.event import ALL, PROGRAM_WANTED, RETURNED
from synthhost.events.ring import RING_EVENTS, push
from synthhost.realtime.machine import load_acquire
from synthhost.realtime.marks import realtime
from synthhost.realtime.vector import absolute, load, select, splat, store
from synthhost.voices.channel import BANK, reset_macros
from synthhost.voices.mono import AS_PATCHED

VALUE_GLIDE = 0.15  # of the remaining way, each quantum
VALUE_QUANTA = 96  # after so many the rest (below 1e-6 of the way) is a step
LARGEST = 3e38  # a float32 beyond is infinite


@realtime
def tell_host(engine, kind, port, channel, a, b=0):
    """Send something home through the return ring. Returns 1, or 0 if the host does not empty it."""
    return push(engine.returns, engine.frame, 0, kind, port, channel, 0, 0.0, a, b)


@realtime
def is_loaded(engine, slot):
    """Whether a slot holds a program; one that went home is the host's, whatever an event says."""
    return 0 <= slot < len(engine.slots) and engine.slots[slot].stage != EMPTY


@realtime
def hand_in(engine, slot, port, channel):
    """A prepared slot becomes the program of some channels. Notes that sound keep the one they have."""
    if not is_loaded(engine, slot):
        return
    engine.slots[slot].stage = LOADED
    for number in range(len(engine.channels)):
        master = engine.channels[number].master
        said = channel == ALL or channel == number & 15 or (master >= 0 and channel == master & 15)
        if said and (port == ALL or port == number >> 4):
            choose_program(engine, number, slot)
    retire(engine, slot)


@realtime
def choose_program(engine, number, slot):
    """Let a channel play another program from its next note on; the keys that are down belong to the one before."""
    channel = engine.channels[number]
    before = channel.program
    if before == slot:
        return
    channel.program = slot
    channel.held_count = 0
    channel.mode = AS_PATCHED
    reset_macros(engine, number)
    engine.slots[slot].users += 1
    if before >= 0:
        engine.slots[before].users -= 1
        retire(engine, before)


@realtime
def retire(engine, slot):
    """Mark a program that no channel plays and no program change can choose: it goes home when it is silent."""
    if engine.slots[slot].users != 0:
        return
    for number in range(128):
        if engine.program_map[number] == slot:
            return
    engine.slots[slot].stage = RETIRED


@realtime
def map_program(engine, number, slot):
    """Let program change `number` choose a slot, or none (-1)."""
    if number < 0 or number >= 128 or (slot >= 0 and not is_loaded(engine, slot)):
        return
    before = engine.program_map[number]
    engine.program_map[number] = slot
    if slot >= 0:
        engine.slots[slot].stage = LOADED
    if before >= 0 and before != slot:
        retire(engine, before)


@realtime
def program_change(engine, port, channel, number):
    """A keyboard asks for another program: at once if it is loaded, else the host is told number and bank."""
    position = engine.channels[port * 16 + channel].control[BANK]
    bank = int(position * 128.0)
    slot = engine.program_map[number]
    if slot >= 0 and bank == 0:
        hand_in(engine, slot, port, channel)
    elif tell_host(engine, PROGRAM_WANTED, port, channel, number, bank) == 0:
        engine.stats.returns_dropped += 1


@realtime
def update(engine, source, target):
    """Let a program move to the values of another with the same graph, also under ringing notes."""
    slots = engine.slots
    if not is_loaded(engine, source) or slots[source].users > 0 or slots[source].groups > 0:
        return
    retire(engine, source)
    if not is_loaded(engine, target):
        return
    slot = slots[target]
    for row in range(slot.value_rows):
        store(slot.target, row, load(slots[source].target, row))
    slot.moving = VALUE_QUANTA
    slot.bend_octaves = slots[source].bend_octaves
    slot.glide_frames = slots[source].glide_frames


@realtime
def set_value(engine, slot, index, value):
    """Move one value of a program; what is no number is not taken."""
    if not is_loaded(engine, slot) or index < 0 or index >> 4 >= engine.slots[slot].value_rows:
        return
    if not abs(value) <= LARGEST:
        return
    engine.slots[slot].target[index >> 4, index & 15] = value
    engine.slots[slot].moving = VALUE_QUANTA


@realtime
def move_values(slot):
    """Bring a program's values a step nearer to where they were sent; those that must not glide jump."""
    if slot.moving == 0:
        return
    slot.moving -= 1
    for row in range(slot.value_rows):
        now, target = load(slot.value, row), load(slot.target, row)
        jump = (load(slot.jump, row) != 0.0) | (splat(slot.moving) < 0.5) | ~(absolute(now) <= LARGEST)
        store(slot.value, row, select(jump, target, now + (target - now) * VALUE_GLIDE))


@realtime
def is_silent(slot):
    """Whether nothing of a program is heard any more."""
    return slot.groups == 0 and slot.quiet > slot.tail_frames


@realtime
def bring_home(engine, number):
    """Return a retired program once its last voice and its effects are silent, and those of its parts."""
    slot = engine.slots[number]
    if slot.stage != RETIRED or not is_silent(slot):
        return
    for part in range(slot.parts):
        if not is_silent(engine.slots[slot.part[part]]):
            return
    if engine.returns.head - load_acquire(engine.returns, "tail") >= RING_EVENTS:
        return  # it tries again in the next quantum
    for part in range(slot.parts):
        engine.slots[slot.part[part]].users -= 1
        engine.slots[slot.part[part]].parent = -1
        retire(engine, slot.part[part])
    slot.stage = EMPTY  # before the host hears of it: from then on the slot is the host's
    tell_host(engine, RETURNED, 0, 0, number)
