"""MIDI bytes become exactly the messages that the specification says, wherever the stream is cut."""

import resource

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthhost.events.event import RELEASE_PORT
from synthhost.events.ring import RING_EVENTS
from synthhost.midi import decode
from synthhost.midi.decode import SYSEX, SYSEX_BYTES
from tests.midi.stream import Ring, Stream

ON, ON2 = ("on", 0, 60, 100), ("on", 0, 62, 90)

STREAMS = {  # name: (bytes, events, counters)
    "note on and off": ("90 3C 64 80 3C 40", [ON, ("off", 0, 60, 64)], {"messages": 2}),
    "velocity 0 is note off": ("90 3C 64 90 3C 00", [ON, ("off", 0, 60, 64)], {"messages": 2}),
    "running status": ("90 3C 64 3E 5A 3C 00", [ON, ON2, ("off", 0, 60, 64)], {"messages": 3}),
    "clock inside a note on": ("90 F8 3C F8 64", [ON], {"real_time": 2, "messages": 1}),
    "clock inside running status": ("90 3C 64 F8 3E F8 5A", [ON, ON2], {"real_time": 2}),
    "every real-time byte": (
        "90 3C F8 F9 FA FB FC FD FE FF 64",
        [("sensing", 0, 0, 0), ON],
        {"real_time": 8, "sensing": 1, "ignored": 2},
    ),
    "active sensing": ("FE FE 90 3C 64", [("sensing", 0, 0, 0), ON], {"sensing": 2, "messages": 1}),
    "master volume": (
        "F0 7F 7F 04 01 00 40 F7",
        [("master volume", 0, 0, round(8192 / 16383, 4))],
        {"messages": 1, "unused": 0},
    ),
    "GM on": ("F0 7E 7F 09 01 F7", [("reset", 0, 0, 0)], {"unused": 0}),
    "GM 2 on": ("F0 7E 10 09 03 F7", [("reset", 0, 0, 0)], {"unused": 0}),
    "GM off": ("F0 7E 00 09 02 F7", [("reset", 0, 0, 0)], {"unused": 0}),
    "GS reset": ("F0 41 10 42 12 40 00 7F 00 41 F7", [("reset", 0, 0, 0)], {"unused": 0}),
    "XG system on": ("F0 43 10 4C 00 00 7E 00 F7", [("reset", 0, 0, 0)], {"unused": 0}),
    "octave tuning": (
        "F0 7E 7F 08 08 03 7F 7F 40 00 7F 41 40 40 40 40 40 40 40 40 F7",
        [("tuning", 0, n, c) for n, c in enumerate([0, -64, 63, 1, *[0] * 8])],
        {"messages": 1, "unused": 0},
    ),
    "fine octave tuning": (
        "F0 7F 7F 08 09 00 00 01" + " 40 00" * 11 + " 00 00 F7",
        [("tuning", 0, n, 0) for n in range(11)] + [("tuning", 0, 11, -100)],
        {"messages": 1, "unused": 0},
    ),
    "note tuning": (
        "F0 7F 7F 08 02 00 03 45 45 40 00 3C 7F 7F 7F 00 00 00 01 F7 F0 7E 7F 08 07 01 00 01 7F 7F 7F 7E F7",
        [
            ("note tuning", 0, 69, 69.5),
            ("note tuning", 0, 0, round(1 / 16384, 4)),
            ("note tuning", 0, 127, round(128 - 2 / 16384, 4)),
        ],
        {"messages": 2, "unused": 0},
    ),
    "SysEx of another length": (
        "F0 7E 7F 09 01 00 F7 F0 7F 7F 04 01 00 F7",
        [],
        {"messages": 2, "unused": 2},
    ),
    "SysEx that is cut": ("F0 7E 7F 09 01 90 3C 64", [ON], {"cut": 1, "messages": 1}),
    "SysEx": ("F0 7E 01 02 F7 90 3C 64", [ON], {"sysex": 1, "sysex_bytes": 3, "cut": 0, "messages": 2}),
    "SysEx ended by a status": ("F0 01 02 90 3C 64", [ON], {"sysex": 1, "cut": 1, "messages": 1}),
    "SysEx ended by a SysEx": ("F0 01 F0 02 F7 90 3C 64", [ON], {"sysex": 2, "cut": 1}),
    "clock inside SysEx": ("F0 01 F8 02 F7", [], {"sysex_bytes": 2, "real_time": 1, "messages": 1}),
    "SysEx ends running status": ("90 3C 64 F0 01 F7 3E 5A", [ON], {"ignored": 2}),
    "F4 and F5 are undefined": ("90 3C 64 F4 3E 5A F5 3E", [ON], {"ignored": 5}),
    "F9 and FD do not disturb": ("90 3C F9 64 FD 3E 5A", [ON, ON2], {"ignored": 2}),
    "tune request ends running status": ("90 3C 64 F6 3E 5A", [ON], {"ignored": 2, "messages": 2}),
    "song position": (
        "90 3C 64 F2 10 20 3E 5A 90 3E 5A",
        [ON, ON2],
        {"ignored": 2, "messages": 3, "unused": 1},
    ),
    "time code": ("F1 11 F1 12 90 3C 64", [ON], {"messages": 3, "unused": 2}),
    "song select": ("F3 05 05 90 3C 64", [ON], {"messages": 2, "ignored": 1}),
    "time code without data": ("F1 90 3C 64", [ON], {"cut": 1}),
    "data without status": ("3C 64 40 90 3C 64", [ON], {"ignored": 3}),
    "end of SysEx without a beginning": ("90 3C 64 F7 3E 5A 90 3E 5A", [ON, ON2], {"ignored": 3}),
    "note on cut by the next": ("90 3C 90 3C 64", [ON], {"cut": 1, "messages": 1}),
    "status twice": ("90 90 3C 64", [ON], {"cut": 0}),
    "bend": (
        "E3 00 40 E3 00 00 E3 7F 7F E3 01 40",
        [("bend", 3, 0, 0.0), ("bend", 3, 0, -1.0), ("bend", 3, 0, 1.0), ("bend", 3, 0, round(1 / 8191, 4))],
        {"messages": 4},
    ),
    "controllers": ("BF 07 7F 40 00", [("control", 15, 7, 127.0), ("control", 15, 64, 0.0)], {"messages": 2}),
    "program changes": ("C1 05 06", [("program", 1, 5, 0.0), ("program", 1, 6, 0.0)], {"messages": 2}),
    "pressure": (
        "D0 40 50 A0 3C 41 90 3C 64",
        [("pressure", 0, 0, 64), ("pressure", 0, 0, 80), ("key pressure", 0, 60, 65), ON],
        {"messages": 4, "unused": 0},
    ),
    "release velocity": ("8F 3C 7F 3C 00", [("off", 15, 60, 127), ("off", 15, 60, 0)], {"messages": 2}),
    "all channels": (
        "".join(f"9{channel:X} 3C 64 " for channel in range(16)),
        [("on", channel, 60, 100) for channel in range(16)],
        {"messages": 16},
    ),
}
ALL_STREAMS = b"".join(bytes.fromhex(stream[0]) for stream in STREAMS.values())


@pytest.fixture(scope="module", params=["plain", "compiled"])
def stream(request):
    return Stream(request.getfixturevalue("image") if request.param == "compiled" else None)


@pytest.mark.parametrize("name", STREAMS)
def test_a_known_stream_gives_the_known_messages(stream, name):
    text, events, counts = STREAMS[name]
    stream.reset()
    stream.send(bytes.fromhex(text))
    assert stream.events() == events
    assert {counter: stream.decoder[counter] for counter in counts} == counts
    assert stream.decoder.bytes == len(bytes.fromhex(text))


def memory_after(stream, data, cuts=()):
    """Events and decoder, byte for byte, after the data was sent in pieces."""
    stream.reset()
    for begin, end in zip([0, *cuts], [*cuts, len(data)]):
        stream.send(data[begin:end])
    return stream.ring.memory.tobytes() + stream.memory[0].tobytes()


@given(data=st.binary(max_size=200), cuts=st.lists(st.integers(0, 200), max_size=8).map(sorted))
@settings(deadline=None)
def test_cutting_the_stream_anywhere_changes_nothing(image, data, cuts):
    stream = Stream(image)
    assert memory_after(stream, data, cuts) == memory_after(stream, data)


def test_a_hundred_thousand_cuts_change_nothing(image):
    stream = Stream(image)
    whole = memory_after(stream, ALL_STREAMS)
    random = np.random.default_rng(seed=1)
    cuts = np.sort(random.integers(0, len(ALL_STREAMS) + 1, (100_000, 2))).tolist()
    decoder, ring = stream.memory[0].view(np.uint8), stream.ring.memory.view(np.uint8)
    used = 128 + 32 * int(stream.ring.ring.head)  # the head of the ring and its events
    for first, second in cuts:
        ring[: used + 400] = 0
        decoder[:] = 0
        stream.send(ALL_STREAMS[:first]).send(ALL_STREAMS[first:second]).send(ALL_STREAMS[second:])
        assert ring.tobytes() + decoder.tobytes() == whole


@pytest.mark.parametrize("seed", range(4))
def test_compiled_code_equals_plain_python(image, seed):
    random = np.random.default_rng(seed)
    data = random.integers(0, 256, 3000)
    data[random.random(3000) < 0.2 * seed] &= 0x7F  # long messages, too
    compiled, plain = Stream(image), Stream()
    for begin in range(0, len(data), 500):
        piece = data[begin : begin + 500].astype(np.uint8)
        compiled.send(piece)
        plain.send(piece)
    assert compiled.ring.memory.tobytes() == plain.ring.memory.tobytes()
    assert compiled.memory[0].tobytes() == plain.memory[0].tobytes()


def test_a_million_random_bytes_leave_it_whole(image):
    stream = Stream(image)
    noise = np.random.default_rng(seed=2).integers(0, 256, 1_000_000, dtype=np.uint8)
    stream.send(noise[:10_000])
    stream.ring.records()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for begin in range(0, len(noise), 1000):
        stream.send(noise[begin : begin + 1000])
        for record in stream.ring.records():
            assert record["kind"] in (*range(1, 13), RELEASE_PORT)
            assert record["channel"] < 16 or record["kind"] == RELEASE_PORT
            assert record["key"] < 128
            assert -1.0 <= record["value"] <= 127.0
    stream.send(b"\xf6\x90\x3c\x64")
    assert stream.events() == [ON]
    assert stream.decoder.bytes == 1_010_004
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4096  # kB


def test_a_sysex_flood_is_counted_and_not_kept(image):
    """60 MB: a minute of 1 kB a millisecond, in one SysEx that never ends."""
    stream = Stream(image)
    stream.send(b"\xf0")
    piece = bytes(range(128)) * 512
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(60_000_000 // len(piece)):
        stream.send(piece)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4096  # kB
    assert stream.decoder.oversize == 1
    assert stream.decoder.sysex == 1
    assert stream.events() == []
    stream.send(b"\x90\x3c\x64")
    assert stream.events() == [ON]


def test_the_longest_sysex_is_not_oversize(image):
    stream = Stream(image)
    stream.send(b"\xf0" + bytes(SYSEX_BYTES) + b"\xf7")
    assert (stream.decoder.oversize, stream.decoder.messages) == (0, 1)
    stream.send(b"\xf0" + bytes(SYSEX_BYTES + 1) + b"\xf7")
    assert (stream.decoder.oversize, stream.decoder.messages) == (1, 2)


def test_after_a_loss_the_ports_notes_are_released_once(image):
    """A note off that finds the ring full must not leave its note hanging."""
    stream = Stream(image)
    stream.send(b"\x90" + b"\x3c\x64" * (RING_EVENTS + 10))
    assert stream.ring.ring.dropped == 10
    stream.send(b"")
    assert stream.decoder.owed == 1  # still no room
    assert len(stream.events()) == RING_EVENTS
    stream.send(b"\x3e\x5a")
    assert stream.events() == [("release",), ON2]
    stream.send(b"\x3e\x5a")
    assert stream.events() == [ON2]


def test_bytes_are_stamped_with_the_time_of_now(image):
    import time

    stream = Stream(image, ticking=True)
    before = time.monotonic_ns()
    stream.send(b"\x90\x3c\x64")
    (record,) = stream.ring.records()
    assert before <= record["frame"] <= time.monotonic_ns()
    assert (record["clocked"], record["port"]) == (1, 5)


def messages(*texts):
    """Decode whole messages as JACK gives them; returns (events, decoder)."""
    ring, stream = Ring(), Stream()
    frames = []
    for frame, words in enumerate(texts):
        data = np.frombuffer(bytes.fromhex(words) or b"\0", np.uint8)
        size = len(bytes.fromhex(words))
        decode.decode_message(stream.decoder, ring.ring, 0, data.ctypes.data, size, frame)
    records = ring.records()
    frames = [int(record["frame"]) for record in records]
    assert not any(record["clocked"] for record in records)
    return ring.memory[0]["events"][: len(records)], frames, stream.decoder


@pytest.mark.parametrize(
    ("texts", "frames", "counts"),
    [
        (["90 3C 64", "80 3C 40"], [0, 1], {"messages": 2}),
        (["90 3C 64", "3C 00"], [0], {"ignored": 2}),  # no running status across messages
        (["90 3C", "64", "90 3C 64"], [2], {"cut": 1, "ignored": 1}),
        (["", "90 3C 64"], [1], {"ignored": 0}),
        (["F0 01 02 F7", "90 3C 64"], [1], {"sysex": 1, "cut": 0}),
        (["F0 01 02", "F8", "03 04 F7", "90 3C 64"], [3], {"sysex_bytes": 4, "cut": 0, "real_time": 1}),
        (["F0 01 02", "90 3C 64"], [1], {"cut": 1}),
        (["F2 01", "02", "90 3C 64"], [2], {"cut": 1, "ignored": 1}),
    ],
)
def test_a_whole_message_stands_alone(texts, frames, counts):
    _events, found, decoder = messages(*texts)
    assert found == frames
    assert {counter: decoder[counter] for counter in counts} == counts
    assert decoder.status in (0, SYSEX)
