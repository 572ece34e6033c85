"""The keys of a channel that are down, in the order in which they were struck."""

from synthhost.realtime.marks import realtime
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
def first_in_line(state, priority):
    """Which of the keys that are down sounds when only one can; there must be one."""
    best = state.held[state.held_count - 1]
    if priority != LAST:
        for place in range(state.held_count):
            key = state.held[place]
            if (key > best) == (priority == HIGH) and key != best:
                best = key
    return best
