"""All memory of a running engine, in one record: made before the stream opens, never grown.

The audio callback gets its address. It is easy to reset, to copy, to compare and to attach to a bug report.
"""

import numpy as np

from synthhost.dsp.context import SHARED, VOICE
from synthhost.dsp.master import MASTER
from synthhost.engine.program import (
    DELAY_POOL_FRAMES,
    EFFECT_ROWS,
    EFFECT_STATE_ROWS,
    PARTS,
    QUANTUM,
    ROW,
    ROWS,
    SENDS,
    STATE_ROWS,
    STEER,
    STEERS,
    TILES,
    VALUES,
    ZONE,
    ZONES,
)
from synthhost.events.event import EVENT
from synthhost.events.ring import RING
from synthhost.realtime.clock import CLOCK
from synthhost.realtime.machine import record_view
from synthhost.realtime.operator import record
from synthhost.realtime.vector import LANES
from synthhost.voices.channel import FOLLOWED

PORTS = 16
CHANNELS = PORTS * 16
RINGS = 24  # 0…15: one for each MIDI port; the rest: control threads
CONTROL_RING = 16
GROUPS = 80  # of 16 voices: 1,024 that sound and room for those that fade
SLOTS = 64  # programs in memory at the same time
LOG_EVENTS = 1 << 13
CAPTURE_FRAMES = 1 << 17
PAGE = 8192  # gaps in which the checked build puts a page that nobody may touch

EMPTY, LOADED, RETIRED = 0, 1, 2  # stages of a program slot


def lined_up(fields):
    """A record whose large fields begin on 64 bytes, a cache line and a packed value of 16 voices; so does its next."""
    names, formats, offsets, end = [], [], [], 0
    for name, *kind in fields:
        format = np.dtype((kind[0], *kind[1:])) if len(kind) > 1 else np.dtype(kind[0])
        step = 64 if format.itemsize >= 64 else max(format.alignment, 1)
        offset = -(-end // step) * step
        names.append(name)
        formats.append(format)
        offsets.append(offset)
        end = offset + format.itemsize
    layout = {"names": names, "formats": formats, "offsets": offsets, "itemsize": -(-end // 64) * 64}
    return np.dtype((np.record, layout))


GROUP = lined_up(
    [
        ("program", "i4"),  # slot, or -1
        ("used", "i4"),  # voices that are not FREE
        ("done", "i4"),  # frames of this quantum that are rendered
        ("stale", "i4"),  # 1: controllers must be looked up even if none moves now
        ("order", "i8", (LANES,)),  # when the note began, counted in notes
        # From here to the end of `voice`: rows of 16 words, which go with a voice that is moved.
        ("stage", "u4", (LANES,)),
        ("key", "u4", (LANES,)),
        ("channel", "u4", (LANES,)),  # port * 16 + channel
        ("pitch", "f4", (LANES,)),  # log2 of hertz of the key, on its way to …
        ("pitch_target", "f4", (LANES,)),
        ("glide", "f4", (LANES,)),  # … by this many octaves a frame
        ("fade", "f4", (LANES,)),  # 1, or on its way to 0
        ("fade_step", "f4", (LANES,)),  # per frame
        ("transpose", "i4", (LANES,)),  # semitones from `key` to the key that sounds: of a part
        ("choke", "i4", (LANES,)),  # what ends it besides; 0: nothing
        ("detune", "f4", (LANES,)),  # octaves: a voice of a unison beside the key
        ("side_left", "f4", (LANES,)),  # its share of the power, left and right
        ("side_right", "f4", (LANES,)),
        ("bend", "f4", (LANES,)),  # the channel's, at the end of the last tile
        ("tune", "f4", (LANES,)),  # octaves
        ("left", "f4", (LANES,)),
        ("right", "f4", (LANES,)),
        ("touch_from", "f4", (LANES,)),  # key pressure, 0 … 1
        ("touch_to", "f4", (LANES,)),
        ("era", "u4", (LANES,)),  # the channel's, when the note began
        ("silent", "u4", (LANES,)),  # frames since it was last heard
        ("ended", "u4", (LANES,)),
        ("voice", VOICE),
        ("guard_before", "u1", (PAGE,)),
        ("state", "f4", (STATE_ROWS, LANES)),
        ("guard_after", "u1", (PAGE,)),
    ]
)

SLOT = lined_up(
    [
        ("stage", "i4"),
        ("rows", "i4"),
        ("effects", "i4"),
        ("state_rows", "i4"),
        ("value_rows", "i4"),  # rows of 16 values in use
        ("mode", "i4"),
        ("priority", "i4"),
        ("polyphony", "i4"),  # notes
        ("has_envelope", "i4"),
        ("unison", "i4"),  # voices a note
        ("unison_octaves", "f4"),  # the outermost beside the key
        ("unison_spread", "f4"),  # 0 … 1
        ("glide_frames", "f4"),  # for the whole way, or for each octave
        ("glide_mode", "i4"),
        ("glide_when", "i4"),
        ("bend_octaves", "f4"),
        ("users", "i4"),  # channels that play it now
        ("groups", "i4"),  # groups that still sound with it
        ("sounding", "i4"),  # voices of it that do not fade
        ("room", "i4"),  # free lanes in its groups, when it was last looked
        ("moving", "i4"),  # quanta until its values have arrived
        ("delay_start", "i8"),  # its effects' part of the engine's delay memory …
        ("delay_frames", "i8"),  # … and how long that is
        ("tail_frames", "i8"),  # how long its effects can ring
        ("quiet", "i8"),  # frames since they were last heard; below 0 while voices add to the mix
        (
            "washed",
            "i8",
        ),  # frames of its delay memory that are empty again after a panic; below `tail_frames` effects are bypassed
        ("hush", "i8"),  # quanta until a panic has taken the effects away
        ("steers", "i4"),  # routes from knobs to what all voices share; the knobs of …
        ("steered_by", "i4"),  # … the channel that struck a key of it last, …
        ("steer_era", "u4"),  # … as long as that plays it
        ("steer_fresh", "i4"),  # 1: nothing has sounded yet, so the numbers need not glide
        ("parts", "i4"),  # how many programs its keys play instead of its own rows; else 0
        ("part", "i4", (PARTS,)),  # their slots
        ("zones", "i4"),
        ("zone", ZONE, (ZONES,)),
        ("parent", "i4"),  # of a part: the slot that it sounds through, or -1
        ("strip", "i4"),  # first of its strip's values there
        ("feed", "i4"),  # first of the values that say how much of it its own sends hear, or -1
        ("gains_known", "i4"),  # 1 once the gains below are those of a quantum before
        ("row", ROW, (ROWS,)),
        ("effect", ROW, (EFFECT_ROWS,)),
        ("target", "f4", (VALUES // LANES, LANES)),
        ("value", "f4", (VALUES // LANES, LANES)),
        ("jump", "f4", (VALUES // LANES, LANES)),  # 1 where a value jumps, 0 where it glides
        ("steer", STEER, (STEERS,)),
        ("knob", "f4", (1, LANES)),  # where each of them is on its way to the controller
        ("swing", "f4", (1, LANES)),  # how far that moves the number,
        ("factor", "f4", (1, LANES)),  # and 2 to the power of it
        ("steered", "f4", (VALUES // LANES, LANES)),  # the values as effects, sends and parts get them
        ("effect_state", "f4", (EFFECT_STATE_ROWS, LANES)),
        ("mix", "f4", (2 * QUANTUM, LANES)),
        ("dials", "f4", (LANES,)),  # in dB, where `gains` has the sends
        ("gains", "f4", (LANES,)),  # of its strip: left, right, then the sends
        ("gain_steps", "f4", (LANES,)),  # per frame
        ("dry", "f4", (QUANTUM, 2)),  # the sum of its voices or parts
        ("bus", "f4", (QUANTUM, 2)),
        ("send", "f4", (SENDS * QUANTUM, 2)),  # what its sends hear
    ]
)

# What the voices of a channel follow: `_from` at the beginning of the quantum, `_to` at its end.
CHANNEL_ARRAYS = record(
    [
        ("moving", "i4"),  # channels whose `_from` and `_to` differ
        ("spare", "i4"),
        ("era", "u4", (CHANNELS,)),  # how many programs it has had
        *((f"{name}_{end}", "f4", (CHANNELS,)) for name in FOLLOWED for end in ("from", "to")),
    ]
)

CHANNEL = record(
    [
        ("program", "i4"),  # slot, or -1
        ("pedal", "i4"),  # UP, HALF or DOWN
        ("lifted", "f4"),  # 0 … 1: a half pedal
        ("sostenuto", "i4"),
        ("soft", "i4"),
        ("caught", "u1", (128,)),  # by key: the sostenuto pedal holds its damper
        ("mode", "i4"),  # what a mode message said
        ("glide_switch", "i4"),
        ("glide_from", "i4"),  # the key that the next note glides from, or -1
        ("last_key", "i4"),  # the key that sounded last, or -1
        ("moved", "i4"),
        ("bend", "f4"),  # -1 … 1
        ("bend_semitones", "f4"),  # how far that is; below 0: each program says it
        ("fine_cents", "f4"),
        ("coarse_semitones", "f4"),
        ("scale_octaves", "f4", (12,)),  # by note of the octave, from c: how far it is tuned away
        ("master", "i4"),  # of its MPE zone, or -1; a master's own is itself
        ("members", "i4"),  # of a master
        ("changed", "i4"),  # its zone is another now
        ("parameter", "i4"),  # the RPN that data entry sets
        ("pressure", "f4"),  # 0 … 1
        ("control", "f4", (128,)),  # where each controller stands, 0 … 127
        ("held_count", "i4"),
        ("held", "u1", (128,)),  # the keys that are down, last one last
        ("struck", "u1", (128,)),  # by key: velocity of its last stroke, 1 … 127
    ]
)

STATS = record(
    [
        ("blocks", "i8"),
        ("late_blocks", "i8"),  # took longer than their period
        ("lost_blocks", "i8"),  # periods the device went without us
        ("block_ns", "i8"),  # last one, entry to return
        ("block_ns_max", "i8"),
        ("block_ns_sum", "i8"),
        ("events", "i8"),
        ("late_events", "i8"),  # came after their frame had been rendered
        ("notes", "i8"),
        ("dropped_notes", "i8"),
        ("early_notes", "i8"),  # came while no device played: they are not heard later, all at once
        ("stolen", "i8"),
        ("governed", "i8"),  # how often the governor lowered the polyphony
        ("broken", "i8"),  # voices silenced because they were not finite
        ("voices", "i8"),
        ("voices_max", "i8"),
        ("log_dropped", "i8"),
        ("returns_dropped", "i8"),
        ("unknown_parameters", "i8"),  # RPN and NRPN that were set and nothing listens to
        ("active_sensing", "i8"),
        ("flags", "i8"),  # what the driver said of underruns
        ("sizes", "i8", (16,)),  # the block sizes the driver asked for, as seen
        ("last_key", "i8"),
        ("peak", "f4"),
        ("peak_hold", "f4"),
    ]
)

GOVERNOR = record(
    [
        ("on", "i4"),  # 1 while somebody listens
        ("wanted", "i4"),  # voices, from the next quantum on
        ("frames", "i4"),  # of short blocks that are judged together,
        ("slowest", "f4"),  # and the part of its period that the slowest took
        ("load", "f4"),  # the same of the block before, or of the short ones
        ("busiest", "f4"),  # since it last decided, …
        ("decided", "i8"),  # … on this frame
    ]
)

TIMING = record(
    [
        ("steady", "i4"),  # 1: arrival + one buffer; 0: start of the next buffer
        ("started", "i4"),
        ("fresh", "i4"),  # 1: no block was played since the device was opened
        ("spare", "i4"),
        ("buffer_frames", "i8"),  # what the device asks for, 0 while unknown
        ("device_frame", "i8"),  # frames given to the device so far
        ("block_frame", "i8"),  # device_frame at the beginning of this block
        ("delay_frames", "i8"),  # constant delay between engine and device: 32 - gcd(buffer, 32), or 32, or 0
        ("block_ns", "f8"),  # when this block was due
        ("next_ns", "f8"),
        ("frame_ns", "f8"),  # length of a frame
        ("nominal_frame_ns", "f8"),
        ("previous_ns", "i8"),  # when the previous block came
        ("watch_ns", "i8"),  # since when the lateness of blocks is watched,
        ("watch_blocks", "i8"),  # of how many,
        ("least_late_ns", "f8"),  # and the least of it
        ("off_blocks", "i8"),  # blocks in a row that came evenly late,
        ("off_ns", "f8"),  # the least of their lateness,
        ("last_late_ns", "f8"),  # and that of the last one
        ("nominal_ns", "i8"),  # a virtual device says here when this block is due; else 0
    ]
)

ENGINE = lined_up(
    [
        ("frame", "i8"),  # the next quantum begins here
        ("notes", "i8"),
        ("sounding", "i4"),  # voices that do not fade
        ("offset", "i4"),  # where in the quantum the event lies that is being played
        ("polyphony", "i4"),
        ("governed", "i4"),  # how many voices the governor allows
        ("groups_used", "i4"),  # groups beyond this number are free
        ("volume", "f4"),
        ("volume_set", "f4"),  # by the host,
        ("volume_midi", "f4"),  # and by SysEx: their product is …
        ("volume_target", "f4"),
        ("volume_step", "f4"),  # per frame
        ("capture_on", "i4"),
        ("log_on", "i4"),
        ("fifo_count", "i4"),
        ("fade_frames", "f4"),
        ("seed", "i4"),
        ("out_channels", "i4"),  # channels of the device's interleaved buffer,
        ("out_first", "i4"),  # and the one that gets our left, counted from 0; the next gets our right
        ("out_mono", "i4"),  # 1: both get the same
        ("program_map", "i4", (128,)),
        ("key_octaves", "f4", (128,)),  # log2 of hertz, as the host has tuned them,
        ("note_octaves", "f4", (PORTS, 128)),  # and each port by SysEx; 0: as the host has
        (
            "sensed",
            "i8",
            (PORTS,),
        ),  # 1 + frame on which a port with active sensing was last heard; 0: it has none
        ("timing", TIMING),
        ("stats", STATS),
        ("governor", GOVERNOR),
        ("clock", CLOCK),
        ("master", MASTER),
        ("rings", RING, (RINGS,)),
        ("returns", RING),
        ("log_head", "i8"),
        ("log_tail", "i8"),
        ("log", EVENT, (LOG_EVENTS,)),
        ("capture_head", "i8"),
        ("capture_tail", "i8"),
        ("capture_dropped", "i8"),
        ("capture", "f4", (CAPTURE_FRAMES, 2)),
        ("arrays", CHANNEL_ARRAYS),
        ("channels", CHANNEL, (CHANNELS,)),
        ("fifo", "f4", (QUANTUM, 2)),
        ("sent", "f4", (QUANTUM, 2)),  # what a send heard
        ("bus", "f4", (QUANTUM, 2)),
        ("guard_before", "u1", (PAGE,)),
        ("tiles", "f4", (TILES * QUANTUM, LANES)),
        ("guard_after", "u1", (PAGE,)),
        ("groups", GROUP, (GROUPS,)),
        ("slots", SLOT, (SLOTS,)),
        ("delays", "f4", (DELAY_POOL_FRAMES, 2)),  # what effects remember; each slot has a part of it
        ("shared", SHARED),
    ]
)

engine_at = record_view(ENGINE)


def zeroed(kind):
    """One record of zeros on a page boundary; its pages are only used when touched."""
    raw = np.zeros(kind.itemsize + PAGE, np.uint8)
    start = -raw.ctypes.data % PAGE
    return raw[start : start + kind.itemsize].view(kind)
