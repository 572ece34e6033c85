"""`synthhost render`: a MIDI file, or a recorded session, becomes a sound file."""

import json
import os

import mido
import numpy as np
import pytest
import soundfile

from tests.control.command import ENVIRONMENT, ROOT, run


@pytest.fixture
def song(tmp_path):
    """Two bars: piano on channel 1, bass on channel 2, a drum on 10."""
    file, track = mido.MidiFile(ticks_per_beat=480), mido.MidiTrack()
    file.tracks.append(track)
    track.append(mido.Message("program_change", channel=1, program=33))
    for beat in range(8):
        for channel, key in ((0, 60 + beat), (1, 36), (9, 36)):
            track.append(mido.Message("note_on", channel=channel, note=key, velocity=90))
        track.append(mido.Message("note_off", channel=0, note=60 + beat, time=480))
        for channel in (1, 9):
            track.append(mido.Message("note_off", channel=channel, note=36))
    file.save(tmp_path / "song.mid")
    return tmp_path / "song.mid"


def rendered(*arguments):
    done = run("render", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    return facts, *soundfile.read(facts["file"], dtype="float32", always_2d=True)


def test_a_song_becomes_a_sound_file_beside_it(image, song):
    facts, sound, rate = rendered(song)
    assert facts["file"] == str(song.with_suffix(".wav"))
    assert rate == facts["rate_hz"] == 48_000
    assert len(sound) >= 4.0 * rate
    assert facts["seconds"] == len(sound) / rate
    assert 0.05 < np.abs(sound).max() <= 1.0
    assert abs(facts["peak"] - np.abs(sound).max()) < 1e-3
    assert np.abs(sound[-480:]).max() < 1e-3
    assert soundfile.info(facts["file"]).subtype == "PCM_24"


def test_programs_choose_patches_and_one_patch_can_play_all(image, song, tmp_path):
    _, sound, _ = rendered(song, "-o", tmp_path / "a.wav")
    _, organ, _ = rendered(song, "-o", tmp_path / "b.wav", "--patch", "drawbar")
    assert not np.array_equal(sound[:96_000], organ[:96_000])


def test_flac_other_rates_and_bits(image, song, tmp_path):
    _, sound, rate = rendered(song, "-o", tmp_path / "a.flac", "--rate", "44100", "--bits", "16")
    assert rate == 44_100
    assert len(sound) >= 4 * 44_100
    assert soundfile.info(tmp_path / "a.flac").subtype == "PCM_16"
    assert soundfile.info(tmp_path / "a.flac").format == "FLAC"
    rendered(song, "-o", tmp_path / "b.wav", "--bits", "float")
    assert soundfile.info(tmp_path / "b.wav").subtype == "FLOAT"


def test_the_same_song_gives_the_same_bits(image, song, tmp_path):
    rendered(song, "-o", tmp_path / "a.wav")
    rendered(song, "-o", tmp_path / "b.wav")
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


def test_what_cannot_be_done_is_said(image, song, tmp_path):
    (tmp_path / "noise.mid").write_bytes(b"MThd is not enough")
    (tmp_path / "torn.session").write_text('{"format": "synthhost/session", "version": 1}\n')
    (tmp_path / "folder.wav").mkdir()
    os.mkfifo(tmp_path / "pipe.mid")
    for arguments, code, words in (
        ((tmp_path / "noise.mid",), 1, "cut short"),
        ((tmp_path / "pipe.mid",), 1, "is not a file"),
        ((tmp_path / "torn.session",), 1, "line 1 is damaged: rate_hz = None must be 8000 … 192000"),
        ((song, "--patch", "no such thing"), 1, "There is no patch called"),
        ((song, "-o", tmp_path / "nowhere" / "a.wav"), 1, "there is no folder"),
        ((song, "-o", tmp_path / "folder.wav"), 2, "is a directory"),
        ((song, "-o", tmp_path / "a.mp3"), 2, "must end in .wav or .flac"),
        ((song, "-o", tmp_path / "a.flac", "--bits", "float"), 2, "whole numbers"),
        ((tmp_path / "torn.session", "--patch", "drawbar"), 2, "brings the patches"),
    ):
        done = run("render", *arguments)
        assert done.returncode == code, arguments
        assert words in done.stderr


def test_a_played_session_is_rendered_again(image, tmp_path):
    session = tmp_path / "evening.session"
    assert run("play", "glass", "--audio", "virtual", "--seconds", "0.3", "--record", session).returncode == 0
    facts, sound, rate = rendered(session)
    assert rate == 48_000
    assert facts["seconds"] >= 0.3
    assert len(sound) % 32 == 0


def loudest_hz(sound, rate):
    spectrum = np.abs(np.fft.rfft(sound[:, 0] * np.hanning(len(sound))))
    return np.argmax(spectrum) * rate / len(sound)


def test_a_song_is_rendered_in_another_tuning(image, tmp_path):
    file, track = mido.MidiFile(ticks_per_beat=480), mido.MidiTrack()
    file.tracks.append(track)
    track.append(mido.Message("note_on", note=72, velocity=90))
    track.append(mido.Message("note_off", note=72, time=960))
    file.save(tmp_path / "tone.mid")
    (tmp_path / "third.scl").write_text("octaves of three keys\n3\n5/4\n3/2\n2/1\n")
    (tmp_path / "c.kbm").write_text("0\n0\n127\n60\n69\n440.0\n0\n")
    patch = tmp_path / "sine.toml"
    patch.write_text(
        'format = "synthhost/patch"\nversion = 1\n[tone]\nop = "sine"\n[out]\nin = "tone"\n', "utf-8"
    )

    def hz(*options):
        _, sound, rate = rendered(tmp_path / "tone.mid", "--patch", patch, *options)
        return loudest_hz(sound[:rate], rate)

    assert hz() == pytest.approx(523.25, abs=1)
    assert hz("--a4", "442") == pytest.approx(523.25 * 442 / 440, abs=1)
    assert hz("--tuning", tmp_path / "third.scl") == pytest.approx(261.63 * 16, abs=1)
    mapped = hz("--tuning", f"{tmp_path / 'third.scl'},{tmp_path / 'c.kbm'}")
    assert mapped == pytest.approx(880, abs=1), "three keys above a' is an octave"


@pytest.mark.parametrize("tuning", ["missing.scl", "broken.scl", "good.scl,missing.kbm"])
def test_a_tuning_that_cannot_be_read_is_a_sentence(image, song, tmp_path, tuning):
    (tmp_path / "broken.scl").write_text("x\n1\nhigh\n")
    (tmp_path / "good.scl").write_text("x\n1\n2/1\n")
    scale, comma, keys = tuning.partition(",")
    done = run("render", song, "--tuning", f"{tmp_path / scale}" + (f",{tmp_path / keys}" if comma else ""))
    assert done.returncode == 1
    assert done.stderr.startswith("synthhost: ") and done.stderr.count("\n") == 1


def test_a_concert_pitch_out_of_range_is_refused(image, song):
    assert run("render", song, "--a4", "50").returncode == 2


def test_a_song_that_needs_more_than_fits_is_a_sentence(image, song, tmp_path, monkeypatch):
    """Six drum kits, each of which has eleven parts."""
    folder = tmp_path / "config" / "synthhost" / "patches"
    folder.mkdir(parents=True)
    kit = (ROOT / "patches" / "drums" / "kit.toml").read_text("utf-8")
    for number in range(6):
        (folder / f"kit{number}.toml").write_text(kit)
    (folder / "programs.toml").write_text("[bank.0]\n" + "".join(f'"{n}" = "kit{n}"\n' for n in range(6)))
    file, track = mido.MidiFile(str(song)), mido.MidiTrack()
    file.tracks.append(track)
    for number in range(6):
        track.append(mido.Message("program_change", program=number, time=10))
    file.save(song)
    monkeypatch.setitem(ENVIRONMENT, "XDG_CONFIG_HOME", str(tmp_path / "config"))
    done = run("render", song)
    assert done.returncode == 1 and "play it with one patch, --patch" in done.stderr


def test_a_song_is_rendered_by_a_patch_made_of_parts(image, song, tmp_path):
    _, sound, _ = rendered(song, "-o", tmp_path / "a.wav", "--patch", "layers/bass-and-keys")
    assert 0.05 < np.abs(sound).max() <= 1.0
