"""The virtual device's thread, compiled: it calls the audio callback on an absolute clock, as a sound card would."""

from synthhost.engine.callback import render_interleaved
from synthhost.realtime.clock import CLOCK, now_ns, wait_until_ns
from synthhost.realtime.machine import address_of, load_acquire, record_view
from synthhost.realtime.marks import entry
from synthhost.realtime.operator import record

LARGEST_BUFFER = 8192

VIRTUAL = record(
    [
        ("stop", "i8"),
        ("engine", "i8"),  # address of the engine's record
        ("nominal", "i8"),  # address of its `timing.nominal_ns`
        ("buffer_frames", "i8"),
        ("period_ns", "f8"),
        ("blocks", "i8"),
        ("began_ns", "i8"),  # when block 0 was due
        ("clock", CLOCK),
        ("output", "f4", (LARGEST_BUFFER, 2)),
    ]
)
virtual_at = record_view(VIRTUAL)
NOMINAL = record([("value", "i8")])
nominal_at = record_view(NOMINAL)


@entry("int32", "address")
def run_virtual(address):
    """Call the engine once a period until `stop` is set. A block that the machine wakes late is played late, none is lost."""
    device = virtual_at(address)
    nominal = nominal_at(device.nominal)
    device.began_ns = now_ns(device.clock)
    while load_acquire(device, "stop") == 0:
        due = device.began_ns + int(device.blocks * device.period_ns)
        wait_until_ns(device.clock, due)
        nominal.value = due
        render_interleaved(address_of(device.output), device.buffer_frames, 0, device.engine)
        device.blocks += 1
    return 0
