"""The sound comes out of the channels that were chosen, and of no others."""

import numpy as np
import pytest

from synthhost.audio.errors import AudioError
from synthhost.audio.speakers import Speakers, parse_speakers
from synthhost.events.event import CONTROL, NOTE_ON
from tests.engine.playing import names_of, new_engine, sound

FRAMES = 1000
NAN = np.float32(np.nan)


@pytest.mark.parametrize(
    ("text", "speakers"),
    [("1-2", Speakers()), ("3-4", Speakers(3)), (" 7/8 ", Speakers(7)), ("MONO", Speakers(mono=True))],
)
def test_channels_are_written_as_on_the_card(text, speakers):
    assert parse_speakers(text) == speakers


@pytest.mark.parametrize("text", ["", "3", "4-3", "3-5", "0-1", "stereo", "-1-0", "999-1000"])
def test_what_is_no_pair_of_channels_is_refused(text):
    with pytest.raises(ValueError, match="two channels side by side"):
        parse_speakers(text)


def test_a_card_with_too_few_channels_is_named():
    assert Speakers(3).channels(8, "Card") == 4
    assert Speakers().channels(8, "Card") == 2
    assert Speakers(mono=True).channels(1, "Card") == 1
    with pytest.raises(AudioError, match="'Card' has no channels 3-4 but 2 channels"):
        Speakers(3).channels(2, "Card")
    with pytest.raises(AudioError, match="'--out mono' plays on it"):
        Speakers().channels(1, "Card")


def played(image, speakers, channels, pan=30):
    """A panned note into a device's interleaved buffer that held rubbish."""
    engine = new_engine(image, sound(names_of(image)), buffer_frames=0)
    speakers.aim(engine, channels)
    engine.push(CONTROL, key=10, value=pan)
    engine.push(NOTE_ON, key=60, value=0.8)
    output = np.full((FRAMES, channels), NAN)
    callback = image.function("portaudio_callback")
    for start in range(0, FRAMES, 125):  # not in step with the engine's grid
        callback(None, output[start:].ctypes.data, 125, None, 0, engine.address)
    return output


def test_channels_3_and_4_sound_as_1_and_2_would_and_the_others_are_silent(image):
    stereo = played(image, Speakers(), 2)
    wide = played(image, Speakers(3), 6)
    assert np.abs(stereo).max() > 0.01
    assert np.array_equal(wide[:, 2:4], stereo)
    assert not wide[:, [0, 1, 4, 5]].any()


def test_mono_is_the_middle_of_both_on_both_or_on_the_only_channel(image):
    stereo = played(image, Speakers(), 2)
    middle = (stereo[:, 0] + stereo[:, 1]) * np.float32(0.5)
    mono = played(image, Speakers(mono=True), 2)
    assert np.array_equal(mono, np.stack([middle, middle], axis=1))
    assert np.array_equal(played(image, Speakers(mono=True), 1)[:, 0], middle)
