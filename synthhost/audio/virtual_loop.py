"""The virtual device's thread, compiled: it calls the audio callback on an absolute clock, as a sound card would."""

from synthhost.audio.block_log import BLOCK_LOG, log_block
from synthhost.engine.callback import render_interleaved
from synthhost.realtime.clock import CLOCK, now_ns, wait_until_ns
from synthhost.realtime.machine import address_of, call_driver, load_acquire, record_view
from synthhost.realtime.marks import entry, realtime
from synthhost.realtime.operator import record

LARGEST_BUFFER = 8192
TIMES = 8192  # a power of two

VIRTUAL = record(
    [
        ("stop", "i8"),
        ("engine", "i8"),  # address of the engine's record
        ("nominal", "i8"),  # address of its `timing.nominal_ns`
        ("buffer_frames", "i8"),
        ("period_ns", "f8"),
        ("blocks", "i8"),
        ("began_ns", "i8"),  # when block 0 was due
        (
            "callback",
            "i8",
        ),  # 0, or a function of (output, frames, engine) to be called instead of the engine's
        ("drops", "i8"),  # 1: periods that pass while a block is late are lost, as on a sound card
        ("lost", "i8"),
        ("took_ns", "i8", (TIMES,)),  # from due to returned, of the last blocks
        ("clock", CLOCK),
        ("log", BLOCK_LOG),
        ("output", "f4", (LARGEST_BUFFER, 2)),
    ]
)
virtual_at = record_view(VIRTUAL)
NOMINAL = record([("value", "i8")])
nominal_at = record_view(NOMINAL)


@entry("int32", "address")
def run_virtual(address):
    """Call the engine once a period until `stop` is set. A block that the machine wakes late is played late."""
    device = virtual_at(address)
    nominal = nominal_at(device.nominal)
    device.began_ns = now_ns(device.clock)
    period = 0
    while load_acquire(device, "stop") == 0:
        due = device.began_ns + int(period * device.period_ns)
        wait_until_ns(device.clock, due)
        begun = now_ns(device.clock)
        nominal.value = due
        render_virtual(device)
        ended = now_ns(device.clock)
        log_block(device.log, period * device.buffer_frames, begun, ended)
        took = ended - due
        device.took_ns[device.blocks & (TIMES - 1)] = took
        device.blocks += 1
        period += 1
        if device.drops != 0:
            lost = max(int(took / device.period_ns) - 1, 0)
            device.lost += lost
            period += lost
    return 0


@realtime
def render_virtual(device):
    """One block: the engine's, or that of a function to compare it with."""
    if device.callback == 0:
        render_interleaved(address_of(device.output), device.buffer_frames, 0, device.engine)
    else:
        call_driver(device.callback, address_of(device.output), device.buffer_frames, device.engine, 0)
