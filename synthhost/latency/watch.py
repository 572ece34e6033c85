"""PortAudio's callback with a stop watch: the engine's own, and when each block came."""

from synthhost.audio.block_log import BLOCK_LOG, log_block
from synthhost.engine.callback import render_interleaved
from synthhost.engine.memory import engine_at
from synthhost.realtime.clock import CLOCK, now_ns
from synthhost.realtime.machine import record_view
from synthhost.realtime.marks import entry
from synthhost.realtime.operator import record

WATCH = record(
    [
        ("engine", "i8"),  # address of the engine's record
        ("output_s", "f8"),  # from the callback to the converter, as the driver says in each block
        ("clock", CLOCK),
        ("log", BLOCK_LOG),
    ]
)
watch_at = record_view(WATCH)
TIME_INFO = record([("input_s", "f8"), ("now_s", "f8"), ("output_s", "f8")])  # PaStreamCallbackTimeInfo
time_info_at = record_view(TIME_INFO)


@entry("int32", "address", "address", "ulong", "address", "ulong", "address")
def watched_callback(_input, output, frames, time, status, user_data):
    """The engine's callback between two looks at the clock."""
    watch = watch_at(user_data)
    frame = engine_at(watch.engine).timing.device_frame
    begun = now_ns(watch.clock)
    render_interleaved(output, frames, status, watch.engine)
    info = time_info_at(time)
    watch.output_s = info.output_s - info.now_s
    log_block(watch.log, frame, begun, now_ns(watch.clock))
    return 0
