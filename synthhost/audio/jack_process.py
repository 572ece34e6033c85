"""JACK's callbacks, compiled: MIDI of this cycle in, sound of this cycle out, event by event on its frame."""

from synthhost.audio.block_log import BLOCK_LOG, log_block
from synthhost.engine.callback import begin_block, end_block, fit_device, give_channels
from synthhost.engine.memory import PORTS, engine_at
from synthhost.engine.timing import place_events
from synthhost.midi.decode import DECODER, decode_message, reset_decoder, settle
from synthhost.realtime.clock import now_ns
from synthhost.realtime.machine import (
    address_of,
    call_driver,
    flush_denormals,
    load_acquire,
    record_view,
    restore_denormals,
    store_release,
)
from synthhost.realtime.marks import entry, realtime
from synthhost.realtime.operator import record

KEYBOARDS = 8  # inputs for one keyboard each, `keyboard_1` … `keyboard_8`
MIDI_IN = KEYBOARDS  # the number of the input for everybody, `midi_in`
INPUTS = KEYBOARDS + 1
FIRST_PORT = PORTS - INPUTS  # the engine port, and so the ring, of input 0; those below are read by ourselves
RELEASES = 2  # in the cycle that may still bring what a keyboard played last, and in the next

INPUT = record(
    [
        ("port", "i8"),  # JACK's
        ("ended", "i8"),  # connections that ended: counted by JACK's own thread,
        ("seen_ended", "i8"),  # as far as the process callback saw it,
        ("releases", "i8"),  # which releases the notes so many times more
        ("decoder", DECODER),
    ]
)

JACK = record(
    [
        ("engine", "i8"),  # address of the engine's record
        ("port_get_buffer", "i8"),  # JACK's functions
        ("midi_get_event_count", "i8"),
        ("midi_event_get", "i8"),
        ("last_frame_time", "i8"),
        ("port_by_id", "i8"),
        ("client", "i8"),
        ("out_left", "i8"),  # JACK's ports
        ("out_right", "i8"),
        ("inputs", INPUT, (INPUTS,)),
        ("changes", "i8"),  # of ports and connections: counted by JACK's own thread
        ("registrations", "i8"),  # of these: ports that came or went
        ("event_frame", "u4"),  # jack_midi_event_t: written by midi_event_get
        ("event_pad", "u4"),
        ("event_size", "i8"),
        ("event_data", "i8"),
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
    for number in range(INPUTS):
        read_cycle(jack, engine, number, frames)
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
def read_cycle(jack, engine, number, frames):
    """Put this cycle's MIDI of an input into its ring: an event at offset k sounds on frame k of this very cycle."""
    source, port = jack.inputs[number], FIRST_PORT + number
    ring = engine.rings[port]
    release_unplugged(source)
    settle(source.decoder, ring, port, engine.timing.block_frame, 0)
    buffer = call_driver(jack.port_get_buffer, source.port, frames, 0, 0)
    count = call_driver(jack.midi_get_event_count, buffer, 0, 0, 0) & 0xFFFFFFFF
    for event in range(count):
        found = (
            call_driver(jack.midi_event_get, address_of(jack) + EVENT_OFFSET, buffer, event, 0) & 0xFFFFFFFF
        )
        if found == 0:
            when = engine.timing.block_frame + jack.event_frame
            decode_message(source.decoder, ring, port, jack.event_data, jack.event_size, when)


@realtime
def release_unplugged(source):
    """If a connection of this input ended, its notes end with the cycle's first frame."""
    ended = load_acquire(source, "ended")
    if ended != source.seen_ended:
        source.seen_ended = ended
        source.releases = RELEASES
    if source.releases > 0:
        source.releases -= 1
        reset_decoder(source.decoder)
        source.decoder.owed = 1


@entry("void", "uint32", "uint32", "int32", "address")
def jack_connected(_source, sink, connected, user_data):
    """JACK's own thread says that two ports were connected, or are not any more."""
    jack = jack_at(user_data)
    if connected == 0:
        port = call_driver(jack.port_by_id, jack.client, sink, 0, 0)
        for number in range(INPUTS):
            if jack.inputs[number].port == port:
                store_release(jack.inputs[number], "ended", jack.inputs[number].ended + 1)
    store_release(jack, "changes", jack.changes + 1)


@entry("void", "uint32", "int32", "address")
def jack_registered(_port, _registered, user_data):
    """JACK's own thread says that a port came or went."""
    jack = jack_at(user_data)
    store_release(jack, "registrations", jack.registrations + 1)
    store_release(jack, "changes", jack.changes + 1)
