"""PortAudio's callback with a stop watch: the engine's own, when each block came, and what was heard meanwhile."""

from synthhost.audio.block_log import BLOCK_LOG, log_block
from synthhost.engine.callback import render_interleaved
from synthhost.engine.memory import engine_at
from synthhost.realtime.clock import CLOCK, now_ns
from synthhost.realtime.machine import record_view, store_release
from synthhost.realtime.marks import entry, realtime
from synthhost.realtime.operator import record

WATCH = record(
    [
        ("engine", "i8"),  # address of the engine's record
        ("output_s", "f8"),  # from the callback to the converter, as the driver says in each block
        ("clock", CLOCK),
        ("heard", "i8"),  # address of float32[most_frames] for the first input channel, or 0
        ("most_frames", "i8"),
        ("heard_frames", "i8"),
        ("input_channels", "i8"),
        ("log", BLOCK_LOG),
    ]
)
watch_at = record_view(WATCH)
SAMPLES = record([("sample", "f4", (1 << 24,))])
samples_at = record_view(SAMPLES)
TIME_INFO = record([("input_s", "f8"), ("now_s", "f8"), ("output_s", "f8")])  # PaStreamCallbackTimeInfo
time_info_at = record_view(TIME_INFO)


@entry("int32", "address", "address", "ulong", "address", "ulong", "address")
def watched_callback(input, output, frames, time, status, user_data):
    """The engine's callback between two looks at the clock."""
    watch = watch_at(user_data)
    frame = engine_at(watch.engine).timing.device_frame
    begun = now_ns(watch.clock)
    if watch.heard != 0 and input != 0:
        listen(watch, input, frames)
    render_interleaved(output, frames, status, watch.engine)
    info = time_info_at(time)
    watch.output_s = info.output_s - info.now_s
    log_block(watch.log, frame, begun, now_ns(watch.clock))
    return 0


@realtime
def listen(watch, input, frames):
    """Keep the first channel of what comes in."""
    came, heard, first = samples_at(input), samples_at(watch.heard), watch.heard_frames
    for n in range(min(frames, watch.most_frames - first)):
        heard.sample[first + n] = came.sample[n * watch.input_channels]
    store_release(watch, "heard_frames", min(first + frames, watch.most_frames))
