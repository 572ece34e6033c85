"""The event record: one thing that happens, and the frame it happens on."""

from synthhost.realtime.operator import record

# What players do.
NOTE_ON, NOTE_OFF, CONTROL, BEND, PROGRAM_CHANGE = 1, 2, 3, 4, 5
PRESSURE, KEY_PRESSURE = 6, 7
SENSING = 8  # bytes came from a port that uses active sensing; `a` is 1 if that was among them
MASTER_VOLUME = 9  # by SysEx: `value` 0 … 1
RESET_SYSTEM = 10  # by SysEx: every channel of the port is as nobody had touched it; programs stay
SCALE_TUNING = (
    11  # by SysEx: note `key` of the octave by `value` cents, on the channels in mask `a`; `b`: at once
)
NOTE_TUNING = 12  # by SysEx: the port's key `key` sounds at `value` semitones, 69 is 440 Hz; `b`: at once
# What the host does.
HAND_IN = 16  # slot `a` becomes the program of (port, channel); 255 means all of them
UPDATE = (
    17  # the values of slot `a` are taken over by slot `b`, which has the same graph; `a` comes home at once
)
SET_VALUE = 18  # value number `b` of slot `a` moves to `value`
VOLUME = 19  # master gain moves to `value` within `a` frames
PANIC = 20  # everything is silent within 3 ms
RELEASE_PORT = 21  # a keyboard was unplugged: its notes end
MAP_PROGRAM = 22  # program change number `b` chooses slot `a` (or none: -1)
POLYPHONY = 23  # at most `a` notes sound
TUNE_KEY = 25  # key `key` sounds at `value`, log2 of hertz; below -100: not at all
MACRO = 24  # macro `a`, 0 … 3, of (port, channel) is turned to `value`, 0 … 1
GOVERN = 30  # at most `a` voices sound: what the governor decided, in the log of a session
# What the engine tells the host (return ring).
RETURNED = 32  # slot `a` is not used any more
PROGRAM_WANTED = (
    33  # (port, channel) asked for program `a` of bank `b` (MSB * 128 + LSB), which is not loaded
)

ALL = 255

EVENT = record(
    [
        ("frame", "i8"),  # engine frame; while `clocked` is set: the time of arrival in nanoseconds
        ("kind", "u1"),
        ("port", "u1"),
        ("channel", "u1"),
        ("key", "u1"),  # key, controller or program number
        ("value", "f4"),  # velocity 0…1, controller 0…127, bend -1…1, pressure 0…1, tuning
        ("a", "i4"),
        ("b", "i4"),
        ("clocked", "i4"),
        ("spare", "i4"),
    ]
)
