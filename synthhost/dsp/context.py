"""What an operator is told besides its own inputs: the 16 voices it renders for, and what all of them share."""

import numpy as np

from synthhost.realtime.operator import record
from synthhost.realtime.vector import LANES

MIDDLE_C_OCTAVES = 8.03136  # log2 of 261.6256 Hz: the key that `key_follow = 0` stays at
SAW_TABLE_PAIRS = 1 << 17  # room for the band-limited tables at any rate up to 192 kHz
SAW_TABLES = 32

VOICE = record(
    [
        ("pitch", "f4", (LANES,)),  # log2 of hertz at the end of the tile; bend, glide and tuning are in it
        ("gate", "f4", (LANES,)),  # 1 while the key or pedal holds the note, then 0
        ("velocity", "f4", (LANES,)),  # 0 … 1
        (
            "lifted",
            "f4",
            (LANES,),
        ),  # how far a half pedal lifts the dampers, 0 … 1: so much slower is a release
        ("phase", "u4", (LANES,)),  # added to where oscillators start: voices of a unison are not in step
        ("key", "f4", (LANES,)),  # octaves above middle C of the key itself
        ("random", "f4", (LANES,)),  # -1 … 1, one number a note
        ("seed", "u4", (LANES,)),  # for noise: one seed a note
        ("fresh", "u4", (LANES,)),  # 1 in the first tile of a note: state is zero, nothing may ramp
        ("strike", "u4", (LANES,)),  # 1 in the first tile after a key was struck, sounding voice or not
        ("alive", "u4", (LANES,)),  # set by envelopes that have not ended; a note with none ends
        ("gain_left", "f4", (LANES,)),  # volume, expression and fade at the end of the tile
        ("gain_right", "f4", (LANES,)),
        ("peak", "f4", (LANES,)),  # greatest magnitude in this tile, before those gains
        ("broken", "u4", (LANES,)),  # set where the sound was not finite
    ]
)

SHARED = record(
    [
        ("rate_hz", "f4"),
        ("period_s", "f4"),
        ("rate_octaves", "f4"),  # log2 of rate_hz
        ("tables_per_octave", "f4"),
        ("saw_base_octaves", "f4"),  # log2 of the lowest table's lowest fundamental, in hertz
        ("saw_tables", "f4"),  # how many there are
        ("saw_start", "u4", (SAW_TABLES,)),  # first pair of each table
        ("saw_shift", "u4", (SAW_TABLES,)),  # log2 of its length
        ("saw_pairs", "f4", (SAW_TABLE_PAIRS, 2)),
    ]
)


def fill_shared(shared, rate_hz):
    """Write what depends on the sample rate into a shared record, tables included."""
    from synthhost.dsp.tables import fill_saw_tables

    shared.rate_hz, shared.period_s, shared.rate_octaves = rate_hz, 1.0 / rate_hz, np.log2(rate_hz)
    fill_saw_tables(shared)


def shared_context(rate_hz):
    """A shared record of its own for a sample rate."""
    shared = np.zeros(1, SHARED)[0]
    fill_shared(shared, rate_hz)
    return shared
