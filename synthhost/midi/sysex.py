"""System exclusive messages that players use: master volume, resets, and tuning by octave and by key.

Their contents are kept in the decoder, up to `KEPT_BYTES`; longer ones mean nothing here and are only counted.

References
----------
MIDI Manufacturers Association, "MIDI 1.0 Detailed Specification", 4.2.1: universal system exclusive messages.
MIDI Manufacturers Association, "MIDI Tuning", CA-020 and CA-021, 1999: scale/octave and single note tuning.
Roland, "GS Format Specification", and Yamaha, "XG Specifications": their resets.
"""

from synthhost.events.event import MASTER_VOLUME, NOTE_TUNING, RESET_SYSTEM, SCALE_TUNING
from synthhost.events.ring import RING_EVENTS, push
from synthhost.realtime.machine import load_acquire
from synthhost.realtime.marks import realtime

KEPT_BYTES = 520  # a single note tuning change of 127 keys has 515
NON_REAL_TIME, REAL_TIME = 0x7E, 0x7F  # the two kinds of universal messages
ROLAND, YAMAHA, GS, XG = 0x41, 0x43, 0x42, 0x4C
ANY = -1
GS_RESET = (ROLAND, ANY, GS, 0x12, 0x40, 0x00, 0x7F, 0x00, 0x41)
XG_RESET = (YAMAHA, ANY, XG, 0x00, 0x00, 0x7E, 0x00)

# What is understood: (bytes between F0 and F7, what it does), for people and for the tests.
UNDERSTOOD = (
    ("7F id 04 01 ll mm", "master volume, 40·log10 like controller 7"),
    ("7E id 09 01", "General MIDI on: all channels are reset; programs stay"),
    ("7E id 09 02", "General MIDI off: the same"),
    ("7E id 09 03", "General MIDI 2 on: the same"),
    ("41 id 42 12 40 00 7F 00 41", "GS reset: the same"),
    ("43 id 4C 00 00 7E 00", "XG system on: the same"),
    (
        "7E id 08 08 ff gg hh ss×12",
        "scale/octave tuning, one byte a note: -64 … 63 cents, from the next note on",
    ),
    ("7F id 08 08 ff gg hh ss×12", "the same at once, also for sounding notes"),
    (
        "7E id 08 09 ff gg hh ss tt×12",
        "scale/octave tuning, two bytes a note: -100 … 100 cents, from the next note on",
    ),
    ("7F id 08 09 ff gg hh ss tt×12", "the same at once, also for sounding notes"),
    (
        "7F id 08 02 tt ll (kk xx yy zz)×ll",
        "single note tuning: at once, key kk of the port is at xx + (128·yy + zz)/16384 semitones, 69 being 440 Hz, "
        "whatever `--tuning` says; 7F 7F 7F: as it was; until a reset. All tuning programs tt are one",
    ),
    ("7F id 08 07 bb tt ll (kk xx yy zz)×ll", "the same; all banks bb are one as well"),
    ("7E id 08 07 bb tt ll (kk xx yy zz)×ll", "the same, from the next note on"),
)


@realtime
def play_sysex(decoder, ring, port, when, clocked):
    """Turn a whole message into events. Returns 1 if it was understood."""
    data, length = decoder.contents, decoder.length
    if length > KEPT_BYTES or length < 4:
        return 0
    universal = data[0] == NON_REAL_TIME or data[0] == REAL_TIME
    if universal and data[2] == 0x08:
        return play_tuning(decoder, ring, port, when, clocked)
    if data[0] == REAL_TIME and data[2] == 0x04 and data[3] == 0x01 and length == 6:
        value = (int(data[5]) * 128 + int(data[4])) / 16383.0
        push(ring, when, clocked, MASTER_VOLUME, port, 0, 0, value, 0, 0)
        return 1
    system = data[0] == NON_REAL_TIME and data[2] == 0x09 and 1 <= data[3] <= 3 and length == 4
    if system or same(data, length, GS_RESET) or same(data, length, XG_RESET):
        push(ring, when, clocked, RESET_SYSTEM, port, 0, 0, 0.0, 0, 0)
        return 1
    return 0


@realtime
def same(data, length, wanted):
    """Whether contents are those; ANY (the device's number) fits everything."""
    fits = length == len(wanted)
    for place in range(len(wanted)):
        fits = fits and (wanted[place] == ANY or data[place] == wanted[place])
    return fits


@realtime
def play_tuning(decoder, ring, port, when, clocked):
    """Scale/octave and single note tuning: one event for each note, or none when the ring has no room for all."""
    data, length = decoder.contents, decoder.length
    if data[3] == 0x02 or data[3] == 0x07:
        return play_note_tuning(decoder, ring, port, when, clocked)
    one_byte = data[3] == 0x08 and length == 19
    if not (one_byte or (data[3] == 0x09 and length == 31)):
        return 0
    if not has_room(ring, 12):
        return 1
    mask = int(data[6]) + (int(data[5]) << 7) + ((int(data[4]) & 3) << 14)
    at_once = 1 if data[0] == REAL_TIME else 0
    for note in range(12):
        if one_byte:
            cents = data[7 + note] - 64.0
        else:
            cents = (int(data[7 + 2 * note]) * 128 + int(data[8 + 2 * note]) - 8192) * (100.0 / 8192.0)
        push(ring, when, clocked, SCALE_TUNING, port, 0, note, cents, mask, at_once)
    return 1


@realtime
def play_note_tuning(decoder, ring, port, when, clocked):
    """Single note tuning change: program (with a bank: bank, program), count, then key and three bytes of pitch for each."""
    data = decoder.contents
    first = 7 if data[3] == 0x07 else 6
    count = int(data[first - 1])
    at_once = 1 if data[0] == REAL_TIME else 0
    if decoder.length != first + 4 * count or (first == 6 and at_once == 0):
        return 0
    if not has_room(ring, count):
        return 1
    for number in range(count):
        place = first + 4 * number
        semitone, fraction = int(data[place + 1]), int(data[place + 2]) * 128 + int(data[place + 3])
        if semitone != 127 or fraction != 16383:
            value = semitone + fraction * (1.0 / 16384.0)
            push(ring, when, clocked, NOTE_TUNING, port, 0, int(data[place]), value, 0, at_once)
    return 1


@realtime
def has_room(ring, count):
    """Whether a ring takes so many events; if not, that is counted as a loss."""
    if ring.head - load_acquire(ring, "tail") > RING_EVENTS - count:
        ring.dropped += 1
        return False
    return True
