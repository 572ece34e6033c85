"""SysEx through RtMidi's ports: understood as from raw devices, and a dump of any length holds nothing up."""

import sys
import time
import tracemalloc

import jack
import pytest

from synthhost.midi import ports
from synthhost.midi.decode import SYSEX_BYTES
from synthhost.midi.ports import LONGEST, PortInput, list_ports, receiver
from tests.midi.stream import Ring, Stream, collect

ON = ("on", 0, 60, 100)
NOTE, GM_ON = b"\x90\x3c\x64", b"\xf0\x7e\x7f\x09\x01\xf7"
VOLUME = b"\xf0\x7f\x7f\x04\x01\x7f\x7f\xf7"
TUNING = b"\xf0\x7f\x7f\x08\x08\x03\x7f\x7f" + bytes(range(58, 70)) + b"\xf7"
UNDERSTOOD = [
    ("reset", 0, 0, 0.0),
    ("master volume", 0, 0, 1.0),
    *(("tuning", 0, n, n - 6.0) for n in range(12)),
]
DUMP = b"\xf0" + bytes(range(128)) * 8192 + b"\xf7"  # 1 MB


@pytest.fixture
def cable(image):
    """A stream whose `receive` is called as RtMidi calls it: (list of bytes, seconds since the last), nothing."""
    stream = Stream(image)
    receive = receiver(stream._push, *stream.arguments)
    stream.receive = lambda *messages: [receive((list(message), 0.0), None) for message in messages]
    return stream


def test_messages_are_understood(cable):
    cable.receive(GM_ON, VOLUME, TUNING)
    assert cable.events() == UNDERSTOOD


def test_pieces_are_put_together(cable):
    """WinMM gives a long message in pieces of 1 kB; on Linux a clock cuts it."""
    cable.receive(TUNING[:9], TUNING[9:14], b"\xf8", TUNING[14:])
    cable.receive(*(DUMP[begin : begin + 1024] for begin in range(0, len(DUMP), 1024)), NOTE)
    assert cable.events() == [*UNDERSTOOD[2:], ON]
    assert (cable.decoder.oversize, cable.decoder.cut) == (1, 0)


@pytest.mark.parametrize("end", [NOTE, b"\xc0\x05", b"\xf8\x90\x3c\x64"])
def test_a_message_that_ends_a_dump_is_not_lost_with_it(cable, end):
    cable.receive(DUMP[:-1] + end)
    assert cable.events() == [("program", 0, 5, 0.0) if end[0] == 0xC0 else ON]
    assert (cable.decoder.oversize, cable.decoder.cut) == (1, 1)


@pytest.mark.parametrize("more", range(4))
def test_only_what_is_too_long_is_shortened(cable, more):
    """From the greatest length that is not oversize on, every length is one message of its own."""
    cable.receive(b"\xf0" + bytes(SYSEX_BYTES + more) + b"\xf7", NOTE)
    assert (cable.decoder.oversize, cable.decoder.messages) == (int(more > 0), 2)
    assert cable.events() == [ON]


def test_a_dump_of_a_megabyte_is_dropped_at_once(cable):
    receive, event = receiver(cable._push, *cable.arguments), (list(DUMP), 0.0)
    tracemalloc.start()
    receive(event, None)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 11 * LONGEST  # a list of pointers to it, and its bytes
    assert cable.decoder.bytes <= LONGEST + 3
    counts = {name: cable.decoder[name] for name in ("sysex", "oversize", "messages", "unused", "cut")}
    assert counts == {"sysex": 1, "oversize": 1, "messages": 1, "unused": 1, "cut": 0}
    took = []
    for _ in range(10):
        begun = time.perf_counter()
        receive(event, None)
        took.append(time.perf_counter() - begun)
    assert min(took) < 0.002


@pytest.mark.jack
@pytest.mark.skipif(sys.platform != "linux", reason="RtMidi's JACK ports stand for those of the system")
def test_the_real_rtmidi_hands_everything_on(image, jack_server, monkeypatch, tmp_path):
    """Through a JACK server, as not every machine has ALSA's sequencer: a dump, what is understood, a key."""
    rtmidi = pytest.importorskip("rtmidi")
    if rtmidi.API_UNIX_JACK not in rtmidi.get_compiled_api():
        pytest.skip("python-rtmidi was built without JACK")
    monkeypatch.setitem(ports.APIS, "linux", "API_UNIX_JACK")
    monkeypatch.setattr(ports, "SEQUENCER", str(tmp_path))
    waiting = [DUMP[begin : begin + 8192] for begin in range(0, len(DUMP), 8192)]
    waiting += 100 * [None]  # while RtMidi makes a list of it, JACK does not wait for it
    waiting += [GM_ON, VOLUME, TUNING, NOTE]
    with jack_server(period_frames=256, realtime=False) as server:
        monkeypatch.setenv("JACK_DEFAULT_SERVER", server)
        sender = jack.Client("keyboard", servername=server, no_start_server=True)
        out = sender.midi_outports.register("out")

        @sender.set_process_callback
        def process(_frames):
            out.clear_buffer()
            if waiting and out.number_of_connections and (message := waiting.pop(0)):
                out.write_midi_event(0, message)

        with sender:
            ring = Ring()
            (port,) = [port for port in list_ports() if "keyboard" in port.name]
            source = PortInput(image, ring.address, port, 0)
            assert collect(ring, 15) == [*UNDERSTOOD, ON]
            counts = source.counters()
            assert (counts["oversize"], counts["unused"], counts["cut"], counts["ignored"]) == (1, 1, 0, 0)
            source.close()
            assert ring.events() == [("release",)]
