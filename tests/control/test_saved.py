"""What was kept with --save holds next time, for the same keyboard and device; and can be undone."""

import os

import pytest

from synthhost.audio.speakers import Speakers
from synthhost.control.saved import Saved, SavedError
from synthhost.control.wishes import Wishes, semitones
from synthhost.midi.touch import Touch
from tests.control.command import ENVIRONMENT, Playing, run


@pytest.fixture
def path(tmp_path):
    return tmp_path / "synthhost" / "play.toml"


def test_settings_are_found_again_for_their_keyboard_and_their_device_only(path):
    wishes = Wishes(Saved(path), -12, "fixed:64", ("nano",), 3, -20.0, "3-4")
    wishes.save(["nanoKEY2", "Stage 88"], "Card")
    again = Wishes(Saved(path))
    assert again.touch("nanoKEY2") == Touch(-12, (64 / 127,) * 128, True)
    assert again.touch("Stage 88") == Touch(-12, (64 / 127,) * 128, False)
    assert again.touch("another") == Touch()
    assert (again.volume_db("Card"), again.volume_db("other")) == (-20.0, -12.0)
    assert (again.speakers("Card"), again.speakers("other")) == (Speakers(3), Speakers())
    assert again.channel == 3
    assert again.as_saved(["nanoKEY2"], "Card") == [
        "nanoKEY2: transpose -12, velocity fixed:64, pedal_invert yes",
        "Card: volume_db -20.0, out 3-4",
        "all: channel 3",
    ]


def test_the_command_line_wins_for_this_time(path):
    Wishes(Saved(path), transpose=-12, pedal_invert=("all",), volume_said=-20.0).save(["Keys"], "Card")
    wishes = Wishes(Saved(path), transpose=0, pedal_invert=("none",), volume_said=-6.0, out="mono")
    assert wishes.touch("Keys") == Touch()
    assert wishes.volume_db("Card") == -6.0
    assert wishes.speakers("Card") == Speakers(mono=True)
    assert wishes.as_saved(["Keys"], "Card") == []


def test_saving_one_thing_leaves_the_others_and_the_players_own_words(path):
    path.parent.mkdir()
    path.write_text('# my stage\n[keyboard."Keys"]\ntranspose = 5  # for the singer\n')
    Wishes(Saved(path), velocity="soft").save(["Keys"], "Card")
    text = path.read_text()
    assert "# my stage" in text
    assert "transpose = 5  # for the singer" in text
    assert Saved(path).of("keyboard", "Keys") == {"transpose": 5, "velocity": "soft"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[keybord.x]", "'keybord' is no table. Did you mean 'keyboard'?"),
        (
            '[keyboard."K"]\ntranspos = 1',
            "'transpos' is no setting of [keyboard.\"K\"]. Did you mean 'transpose'?",
        ),
        (
            '[keyboard."K"]\ntranspose = 61',
            'transpose = 61 in [keyboard."K"]: must be a whole number, -60 … 60',
        ),
        ('[keyboard."K"]\ntranspose = true', "must be a whole number"),
        ('[keyboard."K"]\nvelocity = "fixed:200"', "must be fixed:1 … fixed:127"),
        ('[keyboard."K"]\npedal_invert = 1', "must be true or false"),
        ("[keyboard]\nx = 1", 'keyboard."x" must be a table'),
        ("keyboard = 1", "must be a table"),
        ('[output."C"]\nvolume_db = nan', "-96 … 12"),
        ('[output."C"]\nout = "left"', "two channels side by side"),
        ("[play]\nchannel = 0", "must be a whole number, 1 … 16"),
        ("[play\n", "line 1"),
    ],
)
def test_a_file_that_was_edited_badly_is_explained(path, text, complaint):
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(SavedError) as error:
        Saved(path)
    assert str(error.value).startswith(f"{path}: ")
    assert complaint in str(error.value)
    assert "--forget" in str(error.value)


def test_transposition_by_semitones_and_octaves_is_one():
    assert semitones(None, None) is None
    assert semitones(2, -1) == -10
    with pytest.raises(ValueError, match="together"):
        semitones(60, 1)


@pytest.mark.skipif(os.name == "nt", reason="keyboards are pipes here")
def test_a_keyboard_plays_as_it_was_saved_until_that_is_forgotten(image, tmp_path, monkeypatch, path):
    monkeypatch.setitem(ENVIRONMENT, "XDG_CONFIG_HOME", str(tmp_path))
    quick = ("--seconds", "0.1", "--audio", "virtual")
    os.mkfifo(tmp_path / "keyboard")
    cable = ("--midi-raw", tmp_path / "keyboard")
    said = run("play", *quick, *cable, "--octave", "-1", "--pedal-invert", "all", "--volume", "-20", "--save")
    assert f"Saved     {path}" in said.stdout
    said = run("play", *quick, *cable).stdout
    assert f"As saved  {tmp_path}/keyboard: transpose -12, pedal_invert yes" in said
    assert "As saved  virtual device: volume_db -20.0" in said
    assert "Volume    -20 dB" in said
    session = tmp_path / "a.session"
    with Playing(tmp_path, "latency", "--record", session) as playing:
        playing.message("is port 0")
        playing.press(0x90, 60, 100, 0xB0, 64, 127)
        playing.status(notes=1)
    assert ", 1, 0, 0, 48, " in session.read_text()  # C3
    assert ", 3, 0, 0, 64, 0.0, " in session.read_text()  # the pedal is up
    said = run("play", *quick, *cable, "--forget").stdout
    assert f"Forgotten: {path}" in said
    assert "As saved" not in said
    assert not path.exists()
    path.write_text("[keyboard.x]\ntranspose = 99\n")
    done = run("play", *quick)
    assert done.returncode == 1
    assert done.stderr.startswith(f"synthhost: {path}: transpose = 99")


def test_saving_nothing_is_a_wrong_command_line():
    done = run("play", "--audio", "virtual", "--seconds", "0.1", "--save")
    assert done.returncode == 2
    assert "--save keeps what is written beside it" in done.stderr
