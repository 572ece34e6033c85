"""The entries: what a driver calls. Each only finds its memory, takes the time and renders."""

from synthhost.engine.govern import judge_block
from synthhost.engine.memory import CAPTURE_FRAMES, CHANNELS, GROUPS, engine_at
from synthhost.engine.render import QUANTUM, render_quantum
from synthhost.engine.timing import note_block_time, place_events
from synthhost.realtime.clock import now_ns
from synthhost.realtime.machine import (
    address_of,
    flush_denormals,
    load_acquire,
    record_view,
    restore_denormals,
    rows_view,
    store_release,
    touch_stack,
)
from synthhost.realtime.marks import entry, part, realtime
from synthhost.realtime.operator import record
from synthhost.realtime.vector import load, store, swap
from synthhost.voices.channel import reset_channel, settle_channels
from synthhost.voices.keys import reset_playing
from synthhost.voices.tuning import reset_tuning

LARGEST_BLOCK = 1 << 16
stereo_at = rows_view(LARGEST_BLOCK, 2)
MONO_BUFFER = record([("samples", "f4", (LARGEST_BLOCK,))])
mono_at = record_view(MONO_BUFFER)


@entry("int32", "address", "address", "ulong", "address", "ulong", "address")
def portaudio_callback(_input, output, frames, _time, status, user_data):
    """Entry point of the audio thread under PortAudio and of the offline renderer."""
    return render_interleaved(output, frames, status, user_data)


@realtime
def render_interleaved(output, frames, status, user_data):
    """Render one block of interleaved channels."""
    engine = engine_at(user_data)
    mode = flush_denormals()
    begun = begin_block(engine, frames)
    engine.stats.flags |= status
    place_events(engine)
    done = 0
    while done < frames:
        done += give_interleaved(engine, output + done * 4 * engine.out_channels, frames - done)
    end_block(engine, frames, begun)
    restore_denormals(mode)
    return 0


@realtime
def begin_block(engine, frames):
    """Take the time, count periods that were lost, find when the block was due. Returns the time.

    A block of no frames is a time to place events at, nothing else.
    """
    timing, stats = engine.timing, engine.stats
    if timing.previous_ns == 0:  # a thread that has not played yet
        touch_stack()
    now = now_ns(engine.clock)
    period = frames * timing.nominal_frame_ns
    timing.block_frame = timing.device_frame
    if frames == 0:
        return now
    if timing.previous_ns != 0 and now - timing.previous_ns > 1.5 * period:
        stats.lost_blocks += int((now - timing.previous_ns) / period - 0.5)
    timing.previous_ns = now
    if timing.buffer_frames == 0:
        timing.buffer_frames = frames
    note_block_size(stats, frames)
    note_block_time(timing, now, frames)
    return now


@realtime
def note_block_size(stats, frames):
    """Remember which block sizes the driver asks for (the first 16 different ones)."""
    for place in range(16):
        if stats.sizes[place] == frames:
            return
        if stats.sizes[place] == 0:
            stats.sizes[place] = frames
            return


@realtime
def end_block(engine, frames, begun):
    """Count the block and how long it took from entry to return."""
    timing, stats = engine.timing, engine.stats
    if frames == 0:
        return
    took = now_ns(engine.clock) - begun
    stats.blocks += 1
    stats.block_ns = took
    stats.block_ns_sum += took
    stats.block_ns_max = max(stats.block_ns_max, took)
    if took > frames * timing.nominal_frame_ns:
        stats.late_blocks += 1
    judge_block(engine, frames, took / (frames * timing.nominal_frame_ns))
    timing.device_frame += frames
    timing.fresh = 0


@part
def render_next(engine_address):
    """Render the next quantum: the whole engine behind one call."""
    render_quantum(engine_at(engine_address))


@realtime
def fill_fifo(engine):
    """Have at least one frame ready: render the next quantum when all is given away."""
    if engine.fifo_count == 0:
        render_next(address_of(engine))
        for n in range(QUANTUM):
            sound = load(engine.bus, n)
            store(engine.fifo, n, (sound + swap(sound)) * 0.5 if engine.out_mono != 0 else sound)
        engine.fifo_count = QUANTUM


@realtime
def give_interleaved(engine, output, wanted):
    """Hand over up to a quantum as interleaved channels. Returns the number of frames."""
    fill_fifo(engine)
    frames = min(wanted, engine.fifo_count)
    start = QUANTUM - engine.fifo_count
    if engine.out_channels == 2:
        target = stereo_at(output)
        for n in range(frames):
            store(target, n, load(engine.fifo, start + n))
    else:
        give_to_pair(engine, output, start, frames)
    capture(engine, start, frames)
    engine.fifo_count -= frames
    return frames


@realtime
def give_to_pair(engine, output, start, frames):
    """Write our two channels into a pair of the device's many, and silence into the others; a single one gets our right."""
    target, channels, left = mono_at(output), engine.out_channels, engine.out_first
    right = min(left + 1, channels - 1)
    for n in range(frames * channels):
        target.samples[n] = 0.0
    for n in range(frames):
        target.samples[n * channels + left] = engine.fifo[start + n, 0]
        target.samples[n * channels + right] = engine.fifo[start + n, 1]


@realtime
def give_channels(engine, left, right, wanted):
    """Hand over up to a quantum as two separate channels. Returns the number of frames."""
    fill_fifo(engine)
    frames = min(wanted, engine.fifo_count)
    start = QUANTUM - engine.fifo_count
    target_left, target_right = mono_at(left), mono_at(right)
    for n in range(frames):
        target_left.samples[n] = engine.fifo[start + n, 0]
        target_right.samples[n] = engine.fifo[start + n, 1]
    capture(engine, start, frames)
    engine.fifo_count -= frames
    return frames


@realtime
def capture(engine, start, frames):
    """Copy what goes to the device for whoever listens in: the meter, a recording, a latency measurement."""
    if engine.capture_on == 0:
        return
    head = engine.capture_head
    if head + frames - load_acquire(engine, "capture_tail") > CAPTURE_FRAMES:
        engine.capture_dropped += frames
        return
    for n in range(frames):
        store(engine.capture, (head + n) & (CAPTURE_FRAMES - 1), load(engine.fifo, start + n))
    store_release(engine, "capture_head", head + frames)


@entry("void", "address", "int64")
def start_engine(engine_address, buffer_frames):
    """Make an engine ready for a device that asks for `buffer_frames` at a time (0: the number varies).

    Sets channels and groups to their beginnings and puts the constant delay between engine and device, 32 - gcd(buffer, 32)
    frames, into the queue. The memory must be zero but for clock, timing, shared context, rate and volume.
    """
    engine = engine_at(engine_address)
    for number in range(GROUPS):
        engine.groups[number].program = -1
    for number in range(128):
        engine.program_map[number] = -1
    for number in range(CHANNELS):
        reset_channel(engine, number)
        reset_playing(engine.channels[number])
    settle_channels(engine)
    reset_tuning(engine)
    fit_device(engine, buffer_frames)


@entry("void", "address", "int64")
def refit_engine(engine_address, buffer_frames):
    """The device was reopened, perhaps with another buffer: sound and notes go on, time begins anew."""
    fit_device(engine_at(engine_address), buffer_frames)


@realtime
def fit_device(engine, buffer_frames):
    """Align the device's frames with the engine's grid."""
    timing = engine.timing
    common = 32
    while buffer_frames > 0 and buffer_frames % common != 0:
        common //= 2
    timing.delay_frames = 32 if buffer_frames == 0 else 32 - common
    timing.buffer_frames = buffer_frames
    timing.device_frame = engine.frame
    timing.fresh = 1
    timing.started = 0
    timing.nominal_ns = 0
    timing.previous_ns = 0
    for n in range(QUANTUM):
        engine.fifo[n, 0] = 0.0
        engine.fifo[n, 1] = 0.0
    engine.fifo_count = timing.delay_frames
