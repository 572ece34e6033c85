"""A native thread that strikes keys at given times: for systems on which no pipe can be read without Python.

What a keyboard sends goes straight into the byte decoder, stamped as the MIDI thread would stamp it. So cable, driver and
MIDI library are not in it.
"""

from synthhost.events.ring import ring_at
from synthhost.midi.decode import DECODER, decode_bytes, reset_decoder
from synthhost.realtime.clock import CLOCK, now_ns, wait_until_ns
from synthhost.realtime.machine import address_of, load_acquire, record_view, store_release
from synthhost.realtime.marks import entry
from synthhost.realtime.operator import record

MESSAGES = 8192

STRIKER = record(
    [
        ("stop", "i8"),
        ("ring", "i8"),  # address
        ("port", "i8"),
        ("count", "i8"),
        ("struck", "i8"),  # messages so far
        ("clock", CLOCK),
        ("decoder", DECODER),
        ("due_ns", "i8", (MESSAGES,)),  # when each message is to be sent, rising
        ("sent_ns", "i8", (MESSAGES,)),  # when it was
        ("done_ns", "i8", (MESSAGES,)),  # when its event was in the ring
        ("message", "u1", (MESSAGES, 4)),  # three bytes each
    ]
)
striker_at = record_view(STRIKER)
MESSAGE_OFFSET = STRIKER.fields["message"][1]


@entry("int32", "address")
def strike_keys(address):
    """Send all messages, each at its time, or stop before."""
    striker = striker_at(address)
    ring = ring_at(striker.ring)
    reset_decoder(striker.decoder)
    for number in range(striker.count):
        wait_until_ns(striker.clock, striker.due_ns[number])
        if load_acquire(striker, "stop") != 0:
            return 0
        now = now_ns(striker.clock)
        striker.sent_ns[number] = now
        bytes_address = address_of(striker) + MESSAGE_OFFSET + 4 * number
        decode_bytes(striker.decoder, ring, striker.port, bytes_address, 3, now, 1)
        striker.done_ns[number] = now_ns(striker.clock)
        store_release(striker, "struck", number + 1)
    return 0
