"""From MIDI bytes to events, one byte at a time: running status, real-time bytes anywhere, SysEx of any length.

References
----------
MIDI Manufacturers Association, "MIDI 1.0 Detailed Specification", 4.2.1: data format; appendix A-1, A-2: the receiver.
"""

from synthhost.events.event import ALL, BEND, CONTROL, PRESSURE, PROGRAM_CHANGE, RELEASE_PORT, SENSING
from synthhost.events.ring import RING_EVENTS, push, ring_at
from synthhost.midi.sysex import KEPT_BYTES, play_sysex
from synthhost.midi.touch import TOUCH, controller_value, forget_keys, let_key_go, press_key, strike_key
from synthhost.realtime.clock import CLOCK, now_ns
from synthhost.realtime.machine import load_acquire, record_view
from synthhost.realtime.marks import entry, realtime
from synthhost.realtime.operator import record

SENSING_BYTE = 0xFE
NOTHING, SYSEX = 0, 0xF0  # values of `status` besides the status byte of a message
APART_NS, APART_FRAMES = 20_000_000, 1024  # no oftener is the engine told that a port is alive
SYSEX_BYTES = 1 << 16  # a longer one is not a message any more, but a flood

DECODER = record(
    [
        ("status", "i8"),  # running status, or the system message under way, SYSEX, NOTHING
        ("have", "i8"),  # 1: the first of two data bytes is here
        ("first", "i8"),
        ("second", "i8"),
        ("length", "i8"),  # contents of the SysEx under way
        ("owed", "i8"),  # the port's notes must be released as soon as the ring has room
        ("contents", "u1", (KEPT_BYTES,)),  # of the SysEx under way, as far as they are kept
        ("sensed", "i8"),  # 1: the sender uses active sensing,
        ("untold", "i8"),  # it was received, and the engine was not told,
        ("told", "i8"),  # which it was at this time
        ("seen_dropped", "i8"),  # the ring's count of losses, as far as they were made good
        ("touch", TOUCH),  # what the player set for this keyboard
        # Counters, read by other threads.
        ("bytes", "i8"),
        ("messages", "i8"),  # whole messages, real-time ones apart
        ("unused", "i8"),  # of these: understood, but nothing listens to them yet
        ("ignored", "i8"),  # data bytes without a status, and statuses the specification leaves undefined
        ("cut", "i8"),  # messages and SysEx that another status cut short
        ("real_time", "i8"),  # F8 … FF
        ("sensing", "i8"),  # of these: active sensing (FE)
        ("sysex", "i8"),  # SysEx begun
        ("sysex_bytes", "i8"),  # their contents
        ("oversize", "i8"),  # SysEx longer than SYSEX_BYTES
    ]
)

BYTE = record([("value", "u1")])
COUNTERS = DECODER.names[DECODER.names.index("bytes") :]

decoder_at = record_view(DECODER)
clock_at = record_view(CLOCK)
byte_at = record_view(BYTE)


@realtime
def reset_decoder(decoder):
    """Forget the message under way and the running status; the counters stay."""
    decoder.status = NOTHING
    decoder.have = 0


@realtime
def data_bytes(status):
    """How many data bytes follow a status byte."""
    if status < 0xF0:
        return 1 if 0xC0 <= status < 0xE0 else 2  # program change and channel pressure have one
    if status == 0xF2:  # song position
        return 2
    return 1 if status == 0xF1 or status == 0xF3 else 0  # time code quarter frame, song select


@realtime
def decode_byte(decoder, ring, port, byte, when, clocked):
    """Take the next byte of the stream; a message that it completes goes into the ring.

    `when` is the time of arrival in nanoseconds with `clocked` 1, the engine frame with `clocked` 0.
    """
    decoder.bytes += 1
    if byte >= 0xF8:
        count_real_time(decoder, byte)
        if byte == SENSING_BYTE and decoder.sensed == 0:
            keep_in_touch(decoder, ring, port, when, clocked)
    elif byte >= 0x80:
        begin_message(decoder, ring, port, byte, when, clocked)
    elif decoder.status == SYSEX:
        keep_sysex(decoder, byte)
    elif decoder.status == NOTHING:
        decoder.ignored += 1
    elif decoder.have == 0 and data_bytes(decoder.status) == 2:
        decoder.first = byte
        decoder.have = 1
    else:
        end_message(decoder, ring, port, byte, when, clocked)


@realtime
def count_real_time(decoder, byte):
    """Clock, start, stop, sensing, reset: one byte, wherever it stands; what it interrupts goes on.

    Quirk: system reset (FF) is counted as well and changes nothing. Line noise sends it, and a show must go on.
    """
    decoder.real_time += 1
    if byte == SENSING_BYTE:
        decoder.sensing += 1
        decoder.untold = 1
    elif byte == 0xF9 or byte == 0xFD:
        decoder.ignored += 1


@realtime
def begin_message(decoder, ring, port, status, when, clocked):
    """A status byte ends whatever was under way; system messages also end running status."""
    if (decoder.status == SYSEX and status != 0xF7) or decoder.have != 0:
        decoder.cut += 1
    elif decoder.status > SYSEX:
        decoder.cut += 1  # F1, F2, F3 without data
    closes_sysex = status == 0xF7 and decoder.status == SYSEX
    decoder.have = 0
    decoder.status = NOTHING
    if status <= SYSEX or data_bytes(status) > 0:
        decoder.status = status
    elif closes_sysex:
        decoder.messages += 1
        decoder.unused += 1 - play_sysex(decoder, ring, port, when, clocked)
    elif status == 0xF6:  # tune request
        decoder.messages += 1
        decoder.unused += 1
    else:  # F4 and F5 are undefined; F7 ends nothing
        decoder.ignored += 1
    if status == SYSEX:
        decoder.sysex += 1
        decoder.length = 0


@realtime
def keep_sysex(decoder, byte):
    """Keep the first bytes of a SysEx and count the others, so a flood cannot grow."""
    if decoder.length < KEPT_BYTES:
        decoder.contents[decoder.length] = byte
    decoder.sysex_bytes += 1
    decoder.length += 1
    if decoder.length == SYSEX_BYTES + 1:
        decoder.oversize += 1


@realtime
def end_message(decoder, ring, port, byte, when, clocked):
    """The last data byte is here: hand the message on, and wait for the next under running status."""
    decoder.second = byte
    if decoder.have == 0:  # a message of one data byte
        decoder.first = byte
    decoder.messages += 1
    decoder.unused += 1 - send_event(decoder, ring, port, when, clocked)
    decoder.have = 0
    if decoder.status >= SYSEX:
        decoder.status = NOTHING


@realtime
def send_event(decoder, ring, port, when, clocked):
    """The table of what each message becomes. Returns 0 for those that nothing listens to yet."""
    message, channel = decoder.status >> 4, decoder.status & 15
    first, second = decoder.first, decoder.second
    if message == 0x9 and second > 0:
        strike_key(decoder.touch, ring, port, channel, first, second, when, clocked)
    elif message == 0x9:  # note on with velocity 0: the usual note off, released at medium speed
        let_key_go(decoder.touch, ring, port, channel, first, 64, when, clocked)
    elif message == 0x8:
        let_key_go(decoder.touch, ring, port, channel, first, second, when, clocked)
    elif message == 0xB:
        value = controller_value(decoder.touch, first, second)
        push(ring, when, clocked, CONTROL, port, channel, first, value * 1.0, 0, 0)
    elif message == 0xC:
        push(ring, when, clocked, PROGRAM_CHANGE, port, channel, first, 0.0, 0, 0)
    elif message == 0xA:
        press_key(decoder.touch, ring, port, channel, first, second, when, clocked)
    elif message == 0xD:
        push(ring, when, clocked, PRESSURE, port, channel, 0, first / 127.0, 0, 0)
    elif message == 0xE:
        push(ring, when, clocked, BEND, port, channel, 0, bend_value(second * 128 + first), 0, 0)
    else:  # system common
        return 0
    return 1


@realtime
def bend_value(position):
    """Pitch wheel 0 … 16383 as -1 … 1; 8192 is the middle, and both ends are reached."""
    if position > 8192:
        return (position - 8192) / 8191.0
    return (position - 8192) / 8192.0


@realtime
def settle(decoder, ring, port, when, clocked):
    """Release the port's notes if something was lost: a note off that found the ring full would leave one hanging."""
    if ring.dropped != decoder.seen_dropped:
        decoder.owed = 1
        decoder.seen_dropped = ring.dropped
    if decoder.owed != 0 and ring.head - load_acquire(ring, "tail") < RING_EVENTS:
        push(ring, when, clocked, RELEASE_PORT, port, ALL, 0, 0.0, 0, 0)
        forget_keys(decoder.touch)
        decoder.owed = decoder.sensed = 0


@realtime
def decode_bytes(decoder, ring, port, address, count, when, clocked):
    """Take the next `count` bytes of the stream from an address; all get the same time."""
    settle(decoder, ring, port, when, clocked)
    for n in range(count):
        decode_byte(decoder, ring, port, byte_at(address + n).value, when, clocked)
    if count > 0 and decoder.sensed != 0:
        keep_in_touch(decoder, ring, port, when, clocked)


@realtime
def keep_in_touch(decoder, ring, port, when, clocked):
    """Tell the engine that a port with active sensing is alive, now and then: clock and SysEx make no events."""
    apart = APART_NS if clocked != 0 else APART_FRAMES
    if decoder.sensed != 0 and 0 <= when - decoder.told < apart:
        return
    push(ring, when, clocked, SENSING, port, 0, 0, 0.0, decoder.untold, 0)
    decoder.sensed = 1
    decoder.untold = 0
    decoder.told = when


@realtime
def decode_message(decoder, ring, port, address, size, when):
    """Take one whole message at an address, as JACK has them, for the engine frame `when`.

    A message stands alone: it needs its own status, and what it lacks does not come from the next.
    Only a SysEx may go on in the following messages, as bridges cut long ones into pieces.
    """
    if decoder.status != SYSEX:
        reset_decoder(decoder)
    decode_bytes(decoder, ring, port, address, size, when, 0)
    if decoder.status != SYSEX:
        if decoder.have != 0 or decoder.status > SYSEX:
            decoder.cut += 1
        reset_decoder(decoder)


@entry("int32", "address", "address", "address", "int32", "address", "int32")
def push_bytes(decoder_address, ring_address, clock_address, port, bytes_address, count):
    """Stamp bytes with the time of now and decode them: what a callback in Python calls. Count 0 settles losses."""
    when = now_ns(clock_at(clock_address))
    decode_bytes(decoder_at(decoder_address), ring_at(ring_address), port, bytes_address, count, when, 1)
    return 0


@entry("int32", "address", "address", "address", "int32")
def push_release(decoder_address, ring_address, clock_address, port):
    """End the notes of a port that is gone, and forget what it was in the middle of."""
    decoder = decoder_at(decoder_address)
    reset_decoder(decoder)
    decoder.owed = 1
    settle(decoder, ring_at(ring_address), port, now_ns(clock_at(clock_address)), 1)
    return 0


def counters(decoder):
    """What a decoder has counted so far, for people to read."""
    return {name: int(decoder[name]) for name in COUNTERS}
