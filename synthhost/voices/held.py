"""The keys of a channel that are down, in the order in which they were struck."""

from synthhost.realtime.marks import realtime
from synthhost.voices.parts import same_part
from synthhost.voices.ways import HIGH, LAST


@realtime
def remember_key(state, key):
    """Put a key on top of those that are down."""
    forget_key(state, key)
    state.held[state.held_count] = key
    state.held_count += 1


@realtime
def forget_key(state, key):
    """Take a key out of those that are down."""
    kept = 0
    for place in range(state.held_count):
        if state.held[place] != key:
            state.held[kept] = state.held[place]
            kept += 1
    state.held_count = kept


@realtime
def first_in_line(state, whole, zone, priority):
    """Which of the keys that are down sounds in the part of a zone when only one can; -1 if none plays it."""
    best = -1
    for place in range(state.held_count):
        key = state.held[place] * 1
        if same_part(whole, zone, key, state.struck[key]) >= 0 and (
            best < 0 or priority == LAST or (key > best) == (priority == HIGH)
        ):
            best = key
    return best
