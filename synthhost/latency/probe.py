"""Two JACK clients, compiled: one strikes keys on frames it knows, the other writes down what is heard.

The graph runs striker, instrument, listener in one cycle, without a loop. On the frame of each key the striker also sends
one impulse straight to the listener: between that and the onset of the sound lies the instrument, and nothing else.
"""

from synthhost.audio.block_log import BLOCK_LOG, log_block
from synthhost.latency import striker, watch  # noqa: F401 (their entries are part of the image as well)
from synthhost.realtime.clock import CLOCK, now_ns
from synthhost.realtime.machine import call_driver, record_view
from synthhost.realtime.marks import entry, realtime
from synthhost.realtime.operator import record

RECORD_FRAMES = 1 << 23
MESSAGES = 8192
MESSAGES_PER_CYCLE = 64

PROBE = record(
    [
        ("port_get_buffer", "i8"),  # JACK's functions
        ("midi_clear_buffer", "i8"),
        ("midi_event_write", "i8"),
        ("last_frame_time", "i8"),
        ("client", "i8"),
        ("midi", "i8"),  # JACK's ports
        ("click", "i8"),
        ("sound", "i8"),
        ("origin", "i8"),  # JACK's frame time that counts as frame 0
        ("next", "i8"),  # the message that is sent next
        ("count", "i8"),
        ("heard", "i8"),  # frames up to which something was recorded
        ("clock", CLOCK),
        ("log", BLOCK_LOG),
        ("message_frame", "i8", (MESSAGES,)),  # when each message is to be sent, rising
        ("sent_frame", "i8", (MESSAGES,)),  # when it was
        ("message", "u1", (MESSAGES, 4)),  # three bytes each
        ("clicks", "f4", (RECORD_FRAMES,)),
        ("sounds", "f4", (RECORD_FRAMES,)),
    ]
)
probe_at = record_view(PROBE)
SAMPLES = record([("sample", "f4", (1 << 16,))])
samples_at = record_view(SAMPLES)
MESSAGE_OFFSET = PROBE.fields["message"][1]


@realtime
def cycle_frame(probe):
    """First frame of JACK's current cycle, counted from the origin; JACK's count has 32 bits and wraps."""
    time = call_driver(probe.last_frame_time, probe.client, 0, 0, 0)
    return ((time - probe.origin + 0x80000000) & 0xFFFFFFFF) - 0x80000000


@realtime
def end_cycle(probe, frame, begun):
    """Write the cycle down; one in which JACK went on before we were through is torn."""
    whole = cycle_frame(probe) == frame
    log_block(probe.log, frame if whole else -(1 << 40), begun, now_ns(probe.clock))


@entry("int32", "uint32", "address")
def jack_striker(frames, user_data):
    """Send the messages whose frames lie in this cycle, and an impulse with each note on."""
    probe = probe_at(user_data)
    begun, frame = now_ns(probe.clock), cycle_frame(probe)
    midi = call_driver(probe.port_get_buffer, probe.midi, frames, 0, 0)
    call_driver(probe.midi_clear_buffer, midi, 0, 0, 0)
    click = samples_at(call_driver(probe.port_get_buffer, probe.click, frames, 0, 0))
    for n in range(frames):
        click.sample[n] = 0.0
    for _ in range(MESSAGES_PER_CYCLE):
        if probe.next >= probe.count or probe.message_frame[probe.next] >= frame + frames:
            break
        offset = max(probe.message_frame[probe.next] - frame, 0)
        call_driver(probe.midi_event_write, midi, offset, user_data + MESSAGE_OFFSET + 4 * probe.next, 3)
        if probe.message[probe.next, 0] >> 4 == 9:
            click.sample[offset] = 1.0
        probe.sent_frame[probe.next] = frame + offset
        probe.next += 1
    end_cycle(probe, frame, begun)
    return 0


@entry("int32", "uint32", "address")
def jack_listener(frames, user_data):
    """Write down the sound of this cycle, and the striker's impulses beside it."""
    probe = probe_at(user_data)
    begun, frame = now_ns(probe.clock), cycle_frame(probe)
    click = samples_at(call_driver(probe.port_get_buffer, probe.click, frames, 0, 0))
    sound = samples_at(call_driver(probe.port_get_buffer, probe.sound, frames, 0, 0))
    if frame >= 0 and frame + frames <= RECORD_FRAMES:
        for n in range(frames):
            probe.clicks[frame + n] = click.sample[n]
            probe.sounds[frame + n] = sound.sample[n]
        probe.heard = frame + frames
    end_cycle(probe, frame, begun)
    return 0
