"""JACK's process callback, compiled: MIDI of this cycle in, sound of this cycle out, event by event on its frame."""

from synthhost.audio.block_log import BLOCK_LOG, log_block
from synthhost.engine.callback import begin_block, end_block, fit_device, give_channels
from synthhost.engine.memory import engine_at
from synthhost.engine.timing import place_events
from synthhost.midi.decode import DECODER, decode_message
from synthhost.realtime.clock import now_ns
from synthhost.realtime.machine import (
    address_of,
    call_driver,
    flush_denormals,
    record_view,
    restore_denormals,
)
from synthhost.realtime.marks import entry, realtime
from synthhost.realtime.operator import record

JACK_PORT = 15  # the port number, and so the ring, of `midi_in`; 0 … 14 are keyboards read by ourselves

JACK = record(
    [
        ("engine", "i8"),  # address of the engine's record
        ("port_get_buffer", "i8"),  # JACK's functions
        ("midi_get_event_count", "i8"),
        ("midi_event_get", "i8"),
        ("last_frame_time", "i8"),
        ("client", "i8"),
        ("out_left", "i8"),  # JACK's ports
        ("out_right", "i8"),
        ("midi_in", "i8"),
        ("event_frame", "u4"),  # jack_midi_event_t: written by midi_event_get
        ("event_pad", "u4"),
        ("event_size", "i8"),
        ("event_data", "i8"),
        ("decoder", DECODER),
        ("log", BLOCK_LOG),
    ]
)
jack_at = record_view(JACK)
EVENT_OFFSET = JACK.fields["event_frame"][1]


@entry("int32", "uint32", "address")
def jack_process(frames, user_data):
    """Entry point of the audio thread under JACK."""
    jack = jack_at(user_data)
    engine = engine_at(jack.engine)
    mode = flush_denormals()
    if (
        frames != engine.timing.buffer_frames
    ):  # the server's buffer was changed: the sound goes on, time begins anew
        fit_device(engine, frames)
    begun = begin_block(engine, frames)
    cycle = frame_time(jack)
    left = call_driver(jack.port_get_buffer, jack.out_left, frames, 0, 0)
    right = call_driver(jack.port_get_buffer, jack.out_right, frames, 0, 0)
    read_cycle(jack, engine, frames)
    place_events(engine)
    done = 0
    while done < frames:
        done += give_channels(engine, left + done * 4, right + done * 4, frames - done)
    end_block(engine, frames, begun)
    log_block(jack.log, cycle if frame_time(jack) == cycle else -1, begun, now_ns(engine.clock))
    restore_denormals(mode)
    return 0


@realtime
def frame_time(jack):
    """JACK's frame count at the beginning of its current cycle: it moves under our feet when we are late."""
    return call_driver(jack.last_frame_time, jack.client, 0, 0, 0) & 0xFFFFFFFF


@realtime
def read_cycle(jack, engine, frames):
    """Put this cycle's MIDI into its ring: an event at offset k sounds on frame k of this very cycle."""
    buffer = call_driver(jack.port_get_buffer, jack.midi_in, frames, 0, 0)
    count = call_driver(jack.midi_get_event_count, buffer, 0, 0, 0) & 0xFFFFFFFF
    ring = engine.rings[JACK_PORT]
    for number in range(count):
        found = (
            call_driver(jack.midi_event_get, address_of(jack) + EVENT_OFFSET, buffer, number, 0) & 0xFFFFFFFF
        )
        if found == 0:
            when = engine.timing.block_frame + jack.event_frame
            decode_message(jack.decoder, ring, JACK_PORT, jack.event_data, jack.event_size, when)
