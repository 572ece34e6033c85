"""What an operator is told besides its own inputs: the 16 voices it renders for, and what all of them share."""

import numpy as np

from synthhost.dsp.true_peak import TAPS, fill_true_peak
from synthhost.realtime.operator import record
from synthhost.realtime.vector import LANES

MIDDLE_C_OCTAVES = 8.03136  # log2 of 261.6256 Hz: the key that `key_follow = 0` stays at
SAW_TABLE_PAIRS = 1 << 17  # room for the band-limited tables at any rate up to 192 kHz
TRIANGLE_TABLE_PAIRS = 1 << 15
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
        ("release_velocity", "f4", (LANES,)),  # 0 … 1, once the key is up
        ("wheel", "f4", (LANES,)),  # controllers at the end of the tile, 0 … 1
        ("breath", "f4", (LANES,)),
        ("pressure", "f4", (LANES,)),  # of the channel or the key, whichever is greater
        ("timbre", "f4", (LANES,)),  # -1 … 1
        ("cutoff_octaves", "f4", (LANES,)),  # the player's brightness knob: added to every cutoff
        ("damping_change", "f4", (LANES,)),  # resonance: 1 / q is multiplied by 1 plus this
        ("attack_change", "f4", (LANES,)),  # times are multiplied by 1 plus these
        ("release_change", "f4", (LANES,)),
        ("macro1", "f4", (LANES,)),  # below 0: nobody has turned it
        ("macro2", "f4", (LANES,)),
        ("macro3", "f4", (LANES,)),
        ("macro4", "f4", (LANES,)),
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
        ("triangle_start", "u4", (SAW_TABLES,)),
        ("triangle_shift", "u4", (SAW_TABLES,)),
        ("triangle_pairs", "f4", (TRIANGLE_TABLE_PAIRS, 2)),
        ("pink_keep", "f4", (7,)),  # the low-passes of pink noise: what each keeps from frame to frame,
        ("pink_gain", "f4", (8,)),  # and its gain; the last is that of the white noise
        ("lanes", "u4", (LANES,)),  # 0 … 15: which lane is which, for effects that use all for one sound
        ("peak_taps", "f4", (TAPS, LANES)),  # of the points between two frames, for the limiter
        ("reverb_s", "f4", (LANES,)),  # the reverb's delays in a room of size 1,
        ("diffuser_s", "f4", (LANES,)),  # and those before them
    ]
)


def fill_shared(shared, rate_hz):
    """Write what depends on the sample rate into a shared record, tables included."""
    from synthhost.dsp.pink import fill_pink
    from synthhost.dsp.reverb import fill_reverb
    from synthhost.dsp.tables import fill_tables

    shared.rate_hz, shared.period_s, shared.rate_octaves = rate_hz, 1.0 / rate_hz, np.log2(rate_hz)
    shared.lanes[:] = np.arange(LANES)
    fill_tables(shared)
    fill_pink(shared)
    fill_reverb(shared)
    fill_true_peak(shared)


def shared_context(rate_hz):
    """A shared record of its own for a sample rate."""
    shared = np.zeros(1, SHARED)[0]
    fill_shared(shared, rate_hz)
    return shared
