"""The demo's song: the same every time, playable, complete."""

import numpy as np
import pytest

from synthhost.demo import score, song
from synthhost.events.event import BEND, CONTROL, NOTE_OFF, NOTE_ON, PROGRAM_CHANGE
from synthhost.midi.files import read_midi_file


@pytest.fixture(scope="module")
def events():
    return score.events()


def test_the_song_is_the_same_every_time(events):
    assert np.array_equal(events, score.events())


def test_the_song_lasts_30_to_40_seconds(events):
    assert 30.0 < events["seconds"].max() <= song.length_s() + 0.1 < 40.0
    assert np.all(np.diff(events["seconds"]) >= 0.0)


def test_every_note_on_has_its_off(events):
    down = {}
    for event in events:
        note = int(event["channel"]), int(event["key"])
        if event["kind"] == NOTE_ON:
            down[note] = down.get(note, 0) + 1
        elif event["kind"] == NOTE_OFF:
            down[note] = down.get(note, 0) - 1
            assert down[note] >= 0
    assert not any(down.values())


def test_pedal_and_bend_come_back(events):
    pedal = events[(events["kind"] == CONTROL) & (events["key"] == score.PEDAL)]
    bend = events[events["kind"] == BEND]
    assert len(pedal) > 20 and pedal["value"][-1] == 0.0
    assert len(bend) > 50 and bend["value"][-1] == 0.0
    assert bend["value"].min() == pytest.approx(-1.0, abs=1e-3) and bend["value"].max() == pytest.approx(
        1.0, abs=1e-3
    )


def test_at_least_four_patches_play(events):
    from synthhost.patch.programs import patch_for_program

    programs = events[events["kind"] == PROGRAM_CHANGE]
    assert len({patch_for_program(int(p["key"]), channel=int(p["channel"]) + 1) for p in programs}) >= 6
    assert set(programs["channel"]) == set(events["channel"]) == set(song.PLAYERS)


def test_keys_have_the_names_of_the_keyboard():
    assert [score.key_of(name) for name in ("C4", "A4", "Bb2", "F#5", "Cb4")] == [60, 69, 46, 78, 59]


def test_the_midi_file_is_the_song(tmp_path, events):
    score.write_midi(tmp_path / "song.mid")
    read = read_midi_file(tmp_path / "song.mid").events
    for name in ("kind", "channel", "key"):
        assert np.array_equal(read[name], events[name])
    assert np.allclose(read["seconds"], events["seconds"], atol=1e-4)
    assert np.allclose(read["value"], events["value"])


def test_the_song_is_loud_without_touching_the_limiter(image):
    from synthhost.demo.player import render_offline

    sound = render_offline(image, 48_000, round((song.length_s() + 0.5) * 48_000))
    peak_db = 20 * np.log10(np.abs(sound).max())
    assert -6.0 < peak_db < -1.0
    seconds = np.sqrt((sound[: 34 * 48_000].reshape(34, -1) ** 2).mean(axis=1))
    assert 20 * np.log10(seconds.min()) > -34.0  # no hole
    assert np.abs(sound.mean(axis=0)).max() < 1e-3
