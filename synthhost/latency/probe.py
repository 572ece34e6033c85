"""A second JACK client, compiled: it strikes keys at frames it knows and writes down what comes back."""

from synthhost.realtime.machine import call_driver, record_view
from synthhost.realtime.marks import entry
from synthhost.realtime.operator import record

RECORD_FRAMES = 1 << 23
KEYS = 4096

PROBE = record(
    [
        ("port_get_buffer", "i8"),  # JACK's functions
        ("midi_clear_buffer", "i8"),
        ("midi_event_write", "i8"),
        ("midi_out", "i8"),  # JACK's ports
        ("sound_in", "i8"),
        ("frame", "i8"),  # frames since it was activated
        ("recorded", "i8"),
        ("next", "i8"),  # the message that is sent next
        ("count", "i8"),
        ("cycles", "i8"),
        ("message_frame", "i8", (KEYS,)),  # when each message is sent, rising
        ("message", "u1", (KEYS, 4)),  # three bytes each
        ("sound", "f4", (RECORD_FRAMES,)),
    ]
)
probe_at = record_view(PROBE)
SAMPLES = record([("sample", "f4", (1 << 16,))])
samples_at = record_view(SAMPLES)
MESSAGE_OFFSET = PROBE.fields["message"][1]


@entry("int32", "uint32", "address")
def jack_probe(frames, user_data):
    """Send the messages whose frames lie in this cycle; record the sound of this cycle."""
    probe = probe_at(user_data)
    midi = call_driver(probe.port_get_buffer, probe.midi_out, frames, 0, 0)
    call_driver(probe.midi_clear_buffer, midi, 0, 0, 0)
    sound = samples_at(call_driver(probe.port_get_buffer, probe.sound_in, frames, 0, 0))
    for n in range(frames):
        if probe.recorded < RECORD_FRAMES:
            probe.sound[probe.recorded] = sound.sample[n]
            probe.recorded += 1
    for _ in range(64):
        if probe.next >= probe.count or probe.message_frame[probe.next] >= probe.frame + frames:
            break
        offset = max(probe.message_frame[probe.next] - probe.frame, 0)
        call_driver(probe.midi_event_write, midi, offset, user_data + MESSAGE_OFFSET + 4 * probe.next, 3)
        probe.next += 1
    probe.frame += frames
    probe.cycles += 1
    return 0
