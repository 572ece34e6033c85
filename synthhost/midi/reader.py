"""The native MIDI thread: reads a raw MIDI device, a FIFO, a pseudo-terminal or a pipe without ever entering Python.

Between a key and its event lie one `poll`, one `read` and one look at the clock; whatever Python does meanwhile,
the thread does not wait for it.
"""

from synthhost.events.ring import ring_at
from synthhost.midi.decode import DECODER, decode_bytes, reset_decoder, settle
from synthhost.realtime.clock import CLOCK, now_ns
from synthhost.realtime.machine import address_of, call_driver, load_acquire, record_view, store_release
from synthhost.realtime.marks import entry, realtime
from synthhost.realtime.operator import record

IDLE, RUNNING, ENDED, FAILED = 0, 1, 2, 3  # `state`: not started or stopped; reading; hung up; error
READ_BYTES = 256
POLL_MS = 100
WRITER_MS = 10  # how often to look whether a FIFO has a new writer; only its first note can wait for that
READ_FAILURES = 4  # in a row; a signal may interrupt one
POLLIN, POLLHUP, POLLNVAL = 1, 16, 32
POLL_BROKEN = 8 | POLLHUP | POLLNVAL

POLL = record([("fd", "i4"), ("events", "i2"), ("revents", "i2")])  # struct pollfd

READER = record(
    [
        ("stop", "i8"),  # set by another thread, which then writes to the wake-up pipe
        ("state", "i8"),
        ("ring", "i8"),  # address
        ("port", "i8"),
        ("is_fifo", "i8"),  # waits for the next writer when one goes away
        ("poll", "i8"),  # the C functions
        ("read", "i8"),
        ("waiting", "i8"),  # a FIFO without a writer
        ("failures", "i8"),  # reads in a row that failed
        ("reads", "i8"),
        ("hang_ups", "i8"),
        ("wake", POLL),
        ("input", POLL),  # right behind `wake`: the list that `poll` gets
        ("clock", CLOCK),
        ("decoder", DECODER),
        ("memory", "u1", (READ_BYTES,)),
    ]
)

reader_at = record_view(READER)


@realtime
def c_int(value):
    """What a C function returned as ``int``: the low 32 bits with their sign."""
    return ((value & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000


@entry("int32", "address")
def read_midi(reader_address):
    """Read, stamp and decode until told to stop or until the sender is gone; then the port's notes end."""
    reader = reader_at(reader_address)
    ring = ring_at(reader.ring)
    reset_decoder(reader.decoder)
    store_release(reader, "state", RUNNING)
    while reader.state == RUNNING and load_acquire(reader, "stop") == 0:
        if wait_for_bytes(reader):
            read_bytes(reader, ring)
        settle(reader.decoder, ring, reader.port, now_ns(reader.clock), 1)
    release_at_last(reader, ring)
    if reader.state == RUNNING:
        store_release(reader, "state", IDLE)
    return 0


@realtime
def wait_for_bytes(reader):
    """Sleep until there is something to read (true), the thread is woken or the time is over (false)."""
    if reader.waiting != 0:  # a FIFO without a writer always says "hung up": look from time to time
        call_driver(reader.poll, address_of(reader.wake), 1, WRITER_MS, 0)
        return True
    ready = c_int(call_driver(reader.poll, address_of(reader.wake), 2, POLL_MS, 0))
    if ready == 0:
        reader.failures = 0
    return ready > 0 and reader.input.revents != 0


@realtime
def read_bytes(reader, ring):
    """Read what is there, and decode it with one time of arrival."""
    count = call_driver(reader.read, reader.input.fd, address_of(reader.memory), READ_BYTES, 0)
    when = now_ns(reader.clock)
    if count > 0:
        reader.reads += 1
        reader.failures = reader.waiting = 0
        decode_bytes(reader.decoder, ring, reader.port, address_of(reader.memory), count, when, 1)
    elif count == 0:
        hang_up(reader)
    else:
        fail(reader)


@realtime
def hang_up(reader):
    """The sender has closed: its notes end. A FIFO waits for the next writer; anything else has ended."""
    if reader.waiting == 0:
        reader.hang_ups += 1
    if reader.is_fifo == 0:
        store_release(reader, "state", ENDED)
    elif reader.waiting == 0:
        reader.waiting = 1
        reader.decoder.owed = 1
        reset_decoder(reader.decoder)
    reader.failures = 0


@realtime
def fail(reader):
    """A read gave nothing: a FIFO's new writer has not written yet, a signal came, or the device is gone."""
    if reader.waiting != 0:
        reader.waiting = 0
        return
    reader.failures += 1
    if reader.failures < READ_FAILURES:
        return
    reader.hang_ups += 1
    gone = reader.input.revents & POLLHUP  # a pseudo-terminal whose other end was closed
    store_release(reader, "state", ENDED if gone else FAILED)


@realtime
def release_at_last(reader, ring):
    """End the port's notes; a full ring gets a second to make room, unless the thread is told to stop."""
    reset_decoder(reader.decoder)
    reader.decoder.owed = 1
    for _ in range(100):
        settle(reader.decoder, ring, reader.port, now_ns(reader.clock), 1)
        if reader.decoder.owed == 0 or load_acquire(reader, "stop") != 0:
            break
        call_driver(reader.poll, address_of(reader.wake), 1, WRITER_MS, 0)
