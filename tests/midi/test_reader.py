"""The native MIDI thread: events in order, stamped when they came; no note outlives its sender."""

import contextlib
import os
import threading
import time

import pytest

from synthhost.events.event import SENSING
from synthhost.events.ring import RING_EVENTS
from synthhost.midi.raw import RawMidiInput, list_raw_midi
from synthhost.midi.reader import ENDED, FAILED, IDLE
from tests.midi.stream import Ring, collect, spoken, wait_for

ON, OFF, RELEASE = ("on", 0, 60, 100), ("off", 0, 60, 64), ("release",)
NOTE = b"\x90\x3c\x64"


@pytest.fixture
def ring():
    return Ring()


@pytest.fixture
def pipe():
    """A cable of two file descriptors; whatever end is still open is closed afterwards."""
    ends = os.pipe()
    yield ends
    for end in ends:
        with contextlib.suppress(OSError):
            os.close(end)


@pytest.fixture
def fifo(tmp_path):
    path = tmp_path / "keys"
    os.mkfifo(path)
    return path


@contextlib.contextmanager
def reading(image, ring, place, port=3):
    source = RawMidiInput(image, ring.address, place, port)
    try:
        yield source
    finally:
        source.close()


def test_notes_arrive_in_order_with_the_time_they_came(image, ring, pipe):
    with reading(image, ring, pipe[0]):
        for key in range(100):
            before = time.monotonic_ns()
            os.write(pipe[1], bytes([0x90, key, 100]))
            (record,) = wait_for(lambda: len(found := ring.records()) and found)
            assert spoken(record) == ("on", 0, key, 100)
            assert before <= record["frame"] <= time.monotonic_ns()
            assert (record["port"], record["clocked"]) == (3, 1)


def test_a_message_in_pieces_is_one_event(image, ring, pipe):
    with reading(image, ring, pipe[0]):
        for byte in NOTE:
            os.write(pipe[1], bytes([byte]))
            time.sleep(0.005)
        assert collect(ring, 1) == [ON]


def test_a_note_does_not_wait_for_python(image, ring, pipe):
    """While Python sorts, which holds the interpreter all the time, the note is read and stamped."""
    numbers = list(range(1_500_000))
    with reading(image, ring, pipe[0]):
        time.sleep(0.02)
        delays_s, busy_s = [], []
        for _ in range(5):
            before = time.monotonic_ns()
            os.write(pipe[1], NOTE)
            numbers.sort(key=int.__neg__)
            busy_s.append((time.monotonic_ns() - before) / 1e9)
            (record,) = ring.records()
            delays_s.append((record["frame"] - before) / 1e9)
    assert min(busy_s) > 0.03
    assert sorted(delays_s)[2] < 0.01


def test_a_closed_pipe_releases_the_notes_and_ends(image, ring, pipe):
    with reading(image, ring, pipe[0]) as source:
        os.write(pipe[1], NOTE)
        os.close(pipe[1])
        assert collect(ring, 2) == [ON, RELEASE]
        wait_for(lambda: not source.is_open)
        assert source.state == ENDED
        assert "hung up" in source.describe()
        time.sleep(0.05)
        assert ring.events() == []


def test_a_fifo_waits_for_its_next_writer(image, ring, fifo):
    with reading(image, ring, fifo) as source:
        time.sleep(0.15)
        assert source.is_open
        assert ring.events() == []
        for count in range(1, 4):
            with open(fifo, "wb", buffering=0) as writer:
                writer.write(NOTE + b"\x3e")  # the last byte has no end: it must not meet the next writer's
                assert collect(ring, 1) == [ON]
            assert collect(ring, 1) == [RELEASE]
            wait_for(lambda: "waiting" in source.describe())
            assert source.counters()["hang_ups"] == count
        assert source.is_open


def test_a_fifos_writer_that_stays_for_a_moment_only_leaves_no_note(image, ring, fifo):
    with reading(image, ring, fifo):
        for _ in range(20):
            with open(fifo, "wb", buffering=0) as writer:
                writer.write(NOTE)
        time.sleep(0.1)
        events = ring.events()
    assert events.count(ON) == 20
    assert events[-1] == RELEASE


def test_a_fifo_without_a_writer_takes_no_processor(image, ring, fifo):
    with reading(image, ring, fifo) as source:
        with open(fifo, "wb", buffering=0) as writer:
            writer.write(NOTE)
        wait_for(lambda: "waiting" in source.describe())
        before = os.times()
        time.sleep(0.3)
        after = os.times()
    assert after.user + after.system - before.user - before.system < 0.1


def test_a_terminal_gives_every_byte_as_it_is(image, ring):
    keyboard, line = os.openpty()
    name = os.ttyname(line)
    with reading(image, ring, name) as source:
        os.close(line)
        keys = [3, 4, 10, 13, 17, 19, 26, 28, 127]  # what a terminal would take for commands
        os.write(keyboard, b"".join(bytes([0x90, key, 100]) for key in keys))
        assert collect(ring, len(keys)) == [("on", 0, key, 100) for key in keys]
        os.close(keyboard)
        assert collect(ring, 1) == [RELEASE]
        wait_for(lambda: not source.is_open)
        assert source.state == ENDED


def test_the_keyboards_end_of_a_terminal_can_be_read_as_well(image, ring):
    keyboard, line = os.openpty()
    with reading(image, ring, keyboard) as source:
        os.write(line, NOTE)
        assert collect(ring, 1) == [ON]
        os.close(line)
        assert collect(ring, 1) == [RELEASE]
        wait_for(lambda: source.state == ENDED)
    os.close(keyboard)


def test_closing_is_quick_and_releases_the_notes(image, ring, pipe):
    source = RawMidiInput(image, ring.address, pipe[0], 0)
    os.write(pipe[1], NOTE)
    assert collect(ring, 1) == [ON]
    before = time.monotonic()
    source.close()
    assert time.monotonic() - before < 0.3
    assert ring.events() == [RELEASE]
    assert source.state == IDLE
    source.close()
    assert not source.is_open
    os.fstat(pipe[0])  # the caller's descriptor is still open


def test_closing_while_a_fifo_waits_is_quick(image, ring, fifo):
    with reading(image, ring, fifo) as source:
        open(fifo, "wb").close()
        wait_for(lambda: "waiting" in source.describe())
        before = time.monotonic()
        source.close()
        assert time.monotonic() - before < 0.3


def test_closing_in_a_full_ring_is_quick(image, ring, pipe):
    source = RawMidiInput(image, ring.address, pipe[0], 0)
    os.write(pipe[1], b"\x90" + b"\x3c\x64" * (RING_EVENTS + 5))
    wait_for(lambda: ring.ring.dropped == 5)
    before = time.monotonic()
    source.close()
    assert time.monotonic() - before < 0.3


def test_an_input_that_is_forgotten_is_closed(image, ring, pipe):
    source = RawMidiInput(image, ring.address, pipe[0], 0)
    thread = source.thread
    del source
    thread.join(1.0)
    assert not thread.is_alive()


def test_an_unreadable_input_fails_and_says_so(image, ring, tmp_path):
    folder = os.open(tmp_path, os.O_RDONLY)
    with reading(image, ring, folder) as source:
        wait_for(lambda: not source.is_open)
        assert source.state == FAILED
        assert "failed" in source.describe()
        assert ring.events() == [RELEASE]
    os.close(folder)


@pytest.mark.parametrize("place", ["missing", ".", "plain"])
def test_what_is_no_device_is_refused(image, ring, tmp_path, place):
    (tmp_path / "plain").write_bytes(NOTE)
    with pytest.raises(OSError, match=place if place != "." else "."):
        RawMidiInput(image, ring.address, tmp_path / place, 0)


def test_a_lost_note_off_is_made_good(image, ring, pipe):
    """The ring overflows while the audio device is away: as soon as it is read again, the notes end."""
    with reading(image, ring, pipe[0]):
        os.write(pipe[1], b"\x90" + b"\x3c\x64" * RING_EVENTS + b"\x3c\x00")
        wait_for(lambda: ring.ring.dropped == 1)
        assert ring.events() == [ON] * RING_EVENTS
        assert collect(ring, 1, seconds=1.0) == [RELEASE]
        time.sleep(0.15)
        assert ring.events() == []


def test_active_sensing_is_told_while_it_comes_and_nothing_after_it(image, ring, pipe):
    """What silence means is the engine's to say (`tests/engine/test_sensing.py`)."""
    with reading(image, ring, pipe[0]) as source:
        os.write(pipe[1], b"\xfe")
        assert collect(ring, 1) == [("sensing", 0, 0, 0)]
        time.sleep(0.05)
        os.write(pipe[1], b"\xf8")  # the clock is a sign of life too
        (alive,) = wait_for(lambda: list(ring.records()))
        assert (alive["kind"], alive["a"]) == (SENSING, 0)
        time.sleep(0.5)
        assert ring.events() == [] and source.is_open


def test_silence_without_active_sensing_means_nothing(image, ring, pipe):
    with reading(image, ring, pipe[0]):
        os.write(pipe[1], NOTE)
        time.sleep(0.6)
        assert ring.events() == [ON]


def test_a_flood_is_read_whole(image, ring, pipe):
    """100,000 notes as fast as the pipe takes them: none lost while somebody reads the ring."""
    data = b"".join(bytes([0x90 | n & 15, n >> 4 & 127, 1 + n % 127]) for n in range(100_000))
    found = []
    with reading(image, ring, pipe[0]):
        writer = threading.Thread(target=send_as_read, args=(pipe[1], data, found))
        writer.start()
        wait_for(lambda: found.extend(ring.records()) or len(found) >= 100_000 or ring.ring.dropped, 60)
        writer.join()
    assert ring.ring.dropped == 0
    expected = [(0x90 | n & 15, n >> 4 & 127) for n in range(100_000)]
    assert [(0x90 | int(r["channel"]), int(r["key"])) for r in found[:100_000]] == expected
    stamps = [int(r["frame"]) for r in found]
    assert stamps == sorted(stamps)


def send_as_read(end, data, found):
    """Write in pieces of half a ring, no faster than the ring's reader, which is Python here, can follow."""
    for begin in range(0, len(data), 1500):
        wait_for(lambda begin=begin: begin // 3 - len(found) < 500, 60)
        os.write(end, data[begin : begin + 1500])


def test_raw_devices_are_listed_with_their_makers_names(tmp_path):
    def device(card, number, text):
        place = tmp_path / f"card{card}" / f"midi{number}"
        place.parent.mkdir(exist_ok=True)
        place.write_text(text)

    device(1, 0, "nanoKEY2\n\nOutput 0\n  Tx bytes     : 0\nInput 0\n  Rx bytes     : 0\n")
    device(2, 0, "nanoKEY2\n\nInput 0\n  Rx bytes     : 0\n")
    device(3, 1, "Interface\n\nInput 0\n  Rx bytes     : 0\nInput 1\n  Rx bytes     : 0\n")
    device(4, 0, "Only Out\n\nOutput 0\n")
    found = [(device.name, device.path, device.card) for device in list_raw_midi(tmp_path, "/dev/snd")]
    assert found == [
        ("nanoKEY2", "/dev/snd/midiC1D0", 1),
        ("nanoKEY2", "/dev/snd/midiC2D0", 2),
        ("Interface", "/dev/snd/midiC3D1", 3),
        ("Interface", "/dev/snd/midiC3D1", 3),
    ]
    assert list_raw_midi(tmp_path / "nowhere") == []
