"""MIDI files: the right notes at the right time, or a sentence that says what is wrong."""

import os
import struct
import time

import mido
import numpy as np
import pytest

from synthhost.events.event import EVENT, NOTE_OFF, NOTE_ON
from synthhost.midi.files import FILE_BYTES, MidiFileError, events_at, read_midi_file
from tests.midi.stream import spoken


def var(number):
    parts = [number & 0x7F]
    while number := number >> 7:
        parts.insert(0, number & 0x7F | 0x80)
    return bytes(parts)


def track(*events):
    """A track of (ticks to wait, bytes)."""
    body = b"".join(var(delta) + bytes(data) for delta, data in events)
    return b"MTrk" + struct.pack(">I", len(body)) + body


def midi(*tracks, kind=1, division=480, count=None):
    return (
        b"MThd"
        + struct.pack(">IHHH", 6, kind, len(tracks) if count is None else count, division)
        + b"".join(tracks)
    )


def tempo(bpm):
    return b"\xff\x51\x03" + round(60e6 / bpm).to_bytes(3, "big")


END = (0, b"\xff\x2f\x00")
ON, OFF = b"\x90\x3c\x64", b"\x80\x3c\x40"
PLAIN = midi(track((0, ON), (480, OFF), END))


@pytest.fixture
def read(tmp_path):
    def read(data, name="song.mid"):
        (tmp_path / name).write_bytes(data)
        return read_midi_file(tmp_path / name)

    return read


def times(song):
    return [round(float(t), 6) for t in song.events["seconds"]]


def test_a_note_lasts_a_beat(read):
    song = read(PLAIN)
    assert song.name == "song"
    assert times(song) == [0.0, 0.5]
    assert [spoken(e) for e in song.events] == [("on", 0, 60, 100), ("off", 0, 60, 64)]
    assert song.length_s == 0.5


def test_a_tempo_of_another_track_changes_the_time(read):
    conductor = track((0, tempo(60)), (480, tempo(240)), END)
    song = read(midi(conductor, track((480, ON), (480, OFF), (960, b"\xff\x2f\x00"))))
    assert times(song) == [1.0, 1.25]
    assert song.length_s == 1.75


def test_the_last_of_two_tempos_at_one_place_counts(read):
    assert times(read(midi(track((0, tempo(30)), (0, tempo(60)), (480, ON), END)))) == [1.0]


@pytest.mark.parametrize(("fps", "hz"), [(24, 24), (25, 25), (29, 30000 / 1001), (30, 30)])
def test_time_may_be_counted_in_film_frames(read, fps, hz):
    song = read(midi(track((0, tempo(10)), (400, ON), END), division=(256 - fps) << 8 | 40))
    assert times(song) == [round(10 / hz, 6)]


def test_running_status_and_velocity_0(read):
    song = read(midi(track((0, ON), (10, b"\x40\x64"), (10, b"\x3c\x00"), (0, b"\x40\x00"), END)))
    assert song.events["kind"].tolist() == [NOTE_ON, NOTE_ON, NOTE_OFF, NOTE_OFF]
    assert song.events["key"].tolist() == [60, 64, 60, 64]


def test_tracks_come_together_in_their_order(read):
    first = track((0, b"\x90\x01\x64"), (5, b"\x02\x64"), END)
    second = track((0, b"\x91\x03\x64"), (5, b"\x04\x64"), END)
    assert read(midi(first, second)).events["key"].tolist() == [1, 3, 2, 4]


def test_names_and_program_changes_are_told(read):
    first = track(
        (0, b"\xff\x03\x05Piano"), (0, b"\xc0\x05"), (0, b"\xc1\x07"), (0, b"\xc0\x06"), (0, ON), END
    )
    second = track((0, b"\xff\x03\x04Fl\xf6t"), (0, b"\xff\x03\x00"), END)
    song = read(midi(first, second))
    assert song.names == ("Piano", "Flöt")
    assert song.programs == {0: ((0, 5), (0, 6)), 1: ((0, 7),)}


def test_a_program_change_is_of_the_bank_that_was_selected_before_it(read):
    bank = (0, b"\xb0\x00\x08"), (0, b"\xb0\x20\x03")
    song = read(midi(track(*bank, (0, b"\xc0\x05"), (0, b"\xb0\x00\x09"), (0, b"\xc0\x06"), (0, ON), END)))
    assert song.programs == {0: ((8 * 128 + 3, 5), (9 * 128, 6))}
    assert events_at(song, 48_000)["b"].tolist() == [0, 0, 8 * 128 + 3, 0, 9 * 128, 0]


def test_controllers_bends_and_pressures_become_events(read):
    song = read(
        midi(
            track(
                (0, ON),
                (0, b"\xb2\x07\x7f"),
                (0, b"\xe2\x7f\x7f"),
                (0, b"\xd2\x10"),
                (0, b"\xa2\x3c\x10"),
                END,
            )
        )
    )
    assert [spoken(e) for e in song.events[1:]] == [
        ("control", 2, 7, 127.0),
        ("bend", 2, 0, 1.0),
        ("pressure", 2, 0, 16),
        ("key pressure", 2, 60, 16),
    ]


def test_sysex_and_unknown_events_are_passed_over_in_time(read):
    unknown = (480, b"\xff\x60\x02ab"), (480, b"\xf0\x03\x7e\x01\xf7"), (480, b"\xf7\x01\xf8")
    other = b"XFIH" + struct.pack(">I", 3) + b"abc"  # a chunk of another kind, behind the tracks
    assert times(read(midi(track(*unknown, (480, ON), END), other, count=1))) == [2.0]


@pytest.mark.parametrize("kind", sorted(set(range(128)) - {0x03, 0x2F, 0x51}))
def test_no_meta_event_takes_time_away_or_keeps_a_song_from_playing(read, kind):
    events = (480, bytes([0xFF, kind, 0])), (480, bytes([0xFF, kind, 4]) + b"\xff\x80\x00\x7f")
    assert times(read(midi(track(*events, (480, ON), END)))) == [1.5]


def test_a_track_may_lack_its_end(read):
    assert len(read(midi(track((0, ON)))).events) == 1


def test_events_are_placed_on_frames(read):
    events = events_at(read(PLAIN), 48_000, port=2, first_frame=1000)
    assert events.dtype == EVENT
    assert events["frame"].tolist() == [1000, 25_000]
    assert events["port"].tolist() == [2, 2]
    assert events["clocked"].tolist() == [0, 0]
    assert [spoken(e) for e in events] == [("on", 0, 60, 100), ("off", 0, 60, 64)]


def test_the_same_file_read_by_mido_has_the_same_notes_at_the_same_time(tmp_path):
    random = np.random.default_rng(seed=3)
    file = mido.MidiFile(type=1, ticks_per_beat=96)
    for channel in range(4):
        part = mido.MidiTrack()
        file.tracks.append(part)
        for _ in range(300):
            wait = int(random.integers(0, 200))
            key, value, what = int(random.integers(128)), int(random.integers(128)), random.integers(6)
            if what == 0:
                part.append(
                    mido.MetaMessage("set_tempo", tempo=int(random.integers(100_000, 2_000_000)), time=wait)
                )
            elif what == 1:
                part.append(
                    mido.Message("control_change", channel=channel, control=key, value=value, time=wait)
                )
            elif what == 2:
                part.append(mido.Message("pitchwheel", channel=channel, pitch=key * 128 - 8192, time=wait))
            else:
                kind = "note_on" if what > 3 else "note_off"
                part.append(mido.Message(kind, channel=channel, note=key, velocity=value, time=wait))
    file.save(tmp_path / "random.mid")
    song = read_midi_file(tmp_path / "random.mid")
    now, expected = 0.0, []
    for message in mido.MidiFile(tmp_path / "random.mid"):
        now += message.time
        if not message.is_meta:
            expected.append((now, message.channel, getattr(message, "note", getattr(message, "control", 0))))
    found = [(float(e["seconds"]), int(e["channel"]), int(e["key"])) for e in song.events]
    assert [f[1:] for f in found] == [e[1:] for e in expected]
    assert np.allclose([f[0] for f in found], [e[0] for e in expected], atol=1e-9)
    assert abs(song.length_s - now) < 1e-9


LONG = var(0x0FFFFFFF)
BROKEN = {
    "empty": (b"", "does not begin with 'MThd'"),
    "text": (b"hello, this is not a song", "does not begin with 'MThd'"),
    "half a header": (PLAIN[:10], "at byte 10: it was cut short"),
    "short header": (b"MThd\0\0\0\2\0\1", "it was cut short"),
    "type 2": (midi(track((0, ON)), kind=2), "type 2"),
    "type 77": (midi(track((0, ON)), kind=77), "type 77"),
    "no tracks": (midi(), "has no tracks"),
    "no division": (midi(track((0, ON)), division=0), "division of time"),
    "odd film frames": (midi(track((0, ON)), division=0x8001), "division of time"),
    "no note": (midi(track((0, b"\xb0\x07\x7f"), END)), "there is no note in it"),
    "track missing": (midi(track((0, ON)), count=2), "it was cut short"),
    "cut short": (PLAIN[:-3], "at byte 32: it was cut short"),
    "message cut short": (midi(track((0, b"\x90\x3c"))), "at byte 25: it was cut short"),
    "data without status": (midi(track((0, b"\x3c\x64"))), "running status without last_status"),
    "time without message": (midi(track((0, ON), (5, b""))), "it was cut short"),
    "endless number": (midi(b"MTrk\0\0\0\x06" + b"\xff" * 500_000), "a number has no end"),
    "large number": (midi(b"MTrk\0\0\3\xec" + b"\xff" * 1000 + b"\0\x90\x3c\x64"), "number|hours"),
    "undefined status": (midi(track((0, b"\xf4"))), "undefined status byte 0xf4"),
    "long meta event": (midi(track((0, b"\xff\x01\x7f"))), "a length in it is wrong"),
    "tempo of nothing": (midi(track((0, b"\xff\x51\x03\0\0\0"))), "tempo"),
    "tempo of two bytes": (midi(track((0, b"\xff\x51\x02\1\1"))), "tempo"),
    "centuries": (midi(track((0x0FFFFFFF, ON)), division=1), "lasts 37,283 hours"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_a_sentence_with_its_name(read, name):
    data, reason = BROKEN[name]
    with pytest.raises(MidiFileError, match=reason) as caught:
        read(data, "broken song.mid")
    assert "broken song.mid" in str(caught.value)


def test_what_cannot_be_read_is_a_sentence(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for name, reason in (("missing.mid", "No such file"), (".", "is not a file"), ("fifo", "is not a file")):
        with pytest.raises(MidiFileError, match=reason):
            read_midi_file(tmp_path / name)


def test_a_huge_file_is_refused_at_once(tmp_path):
    with open(tmp_path / "huge.mid", "wb") as file:
        file.write(PLAIN)
        file.truncate(1 << 34)
    before = time.monotonic()
    with pytest.raises(MidiFileError, match="larger than 1 MB, the most that is read within a few seconds"):
        read_midi_file(tmp_path / "huge.mid")
    assert time.monotonic() - before < 1.0


@pytest.mark.slow
def test_the_largest_file_takes_a_few_seconds(read):
    body = b"\0\x90\x3c\x64" + b"\1\x3c\x64" * (FILE_BYTES // 3 - 20)
    before = time.process_time()
    song = read(midi(b"MTrk" + struct.pack(">I", len(body)) + body))
    assert len(song.events) == FILE_BYTES // 3 - 19
    assert time.process_time() - before < 10.0


def seeds():
    """Files with everything in them, to be damaged."""
    words = track(
        (0, b"\xff\x03\x05Piano"),
        (0, tempo(90)),
        (0, b"\xc0\x05"),
        (0, ON),
        (480, b"\x3e\x50"),
        (9, OFF),
        END,
    )
    other = track(
        (0, b"\xf0\x03\x7e\x01\xf7"),
        (3, b"\xb0\x07\x7f"),
        (3, b"\xe0\x7f\x7f"),
        (999, ON),
        (9, b"\x3c\x00"),
        END,
    )
    return [PLAIN, midi(words, other), midi(words, other, words, division=0xE728)]


def test_damaged_files_are_loaded_or_explained(read):
    random = np.random.default_rng(seed=4)
    loaded = refused = 0
    slowest_s = 0.0
    for _ in range(4000):
        data = bytearray(seeds()[random.integers(3)])
        for _ in range(random.integers(1, 6)):
            place = random.integers(len(data))
            what = random.integers(4)
            if what == 0:
                data[place] = random.integers(256)
            elif what == 1:
                data[place] ^= 1 << random.integers(8)
            elif what == 2:
                del data[place : place + random.integers(1, 8)]
            else:
                data[place:place] = random.bytes(random.integers(1, 8))
            data = data or bytearray(b"M")
        begun = time.monotonic()
        try:
            song = read(bytes(data))
            assert np.all(np.diff(song.events["seconds"]) >= 0)
            assert np.all(np.isfinite(song.events["value"]))
            events_at(song, 192_000)
            loaded += 1
        except MidiFileError as error:
            assert "song.mid" in str(error)
            refused += 1
        slowest_s = max(slowest_s, time.monotonic() - begun)
    assert loaded > 100
    assert refused > 100
    assert slowest_s < 1.0


def test_every_truncated_file_is_loaded_or_explained(read):
    for data in seeds():
        for length in range(len(data)):
            with pytest.raises(MidiFileError):
                read(data[:length])
