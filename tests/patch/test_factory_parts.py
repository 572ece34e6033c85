"""What a player may expect of the factory patches that are made of parts, besides what holds for all of them."""

import dataclasses

import numpy as np
import pytest

from synthhost.dsp.master import CEILING
from synthhost.patch import load
from synthhost.patch.macros import names_of
from synthhost.realtime.image import load_image
from synthhost.sheet.play import RATE_HZ, controls, difference_db, hear, level_db, note
from tests.patch.test_factory_sounds import FACTORY, PATCHES, PLAY_GAIN, play, program

KIT = "drums/kit"


def test_every_key_of_the_kit_from_bass_drum_to_timbale_is_a_drum_and_stays_clear_of_the_limiter():
    for key in (*range(35, 58), *range(59, 67)):
        sound = play(KIT, note(key, 127, held_s=0.2))
        assert level_db(sound[:4800]) > -45.0, key
        assert np.abs(sound).max() * PLAY_GAIN < CEILING / 2, key


def test_the_foot_closes_the_hat():
    opened = play(KIT, note(46, 110, held_s=0.05), 1.0)
    closed = play(KIT, note(46, 110, held_s=0.05) + note(44, 40, 0.3), 1.0)
    late = slice(RATE_HZ // 2, RATE_HZ)
    assert level_db(opened[late]) > level_db(closed[late]) + 10.0


KNOBS = {"macro1": "Attack", "macro2": "Tail", "macro3": "Edge", "macro4": "Tone"}
DRUMS = {36: "kick", 38: "snare", 39: "clap", 42: "hat", 37: "rim", 45: "tom", 49: "cymbal"}


def test_the_knobs_of_the_kit_are_called_what_they_do():
    assert names_of(load(PATCHES[KIT], FACTORY)) == KNOBS


@pytest.mark.parametrize("key", DRUMS)
def test_the_knobs_of_the_kit_do_to_every_drum_what_they_say(key):
    def turned(macro):
        return [play(KIT, controls(**{macro: value}) + note(key, 100, held_s=0.1)) for value in (0.0, 1.0)]

    def louder_db(sounds):
        return level_db(sounds[1]) - level_db(sounds[0])

    def edges(sounds, part=slice(None)):  # highs count more: 6 dB an octave
        return [np.diff(sound[part], axis=0) for sound in sounds]

    first, late = slice(0, RATE_HZ // 50), slice(RATE_HZ // 5, RATE_HZ)
    assert louder_db(edges(turned("macro1"), first)) > 1.5
    assert louder_db([sound[late] for sound in turned("macro2")]) > 3.0
    if key == 36:  # a tube adds harmonics to the skin
        assert np.diff([harmonics_db(sound) for sound in turned("macro3")]) > 10.0
    else:
        assert louder_db(edges(turned("macro3"))) > 0.2
    assert difference_db(*turned("macro4")) > -6.0


def harmonics_db(sound, edge_hz=130.0, end_hz=800.0):
    """What a bass drum has above its lowest partial, against that."""
    power = np.abs(np.fft.rfft(sound.sum(axis=1) * np.hanning(len(sound)))) ** 2
    hz = np.fft.rfftfreq(len(sound), 1 / RATE_HZ)
    return 10 * np.log10(power[(hz > edge_hz) & (hz < end_hz)].sum() / power[hz < edge_hz].sum())


def test_the_bass_drum_is_dry_and_the_snare_is_not():
    played = program(KIT)
    dry = dataclasses.replace(played, effects=played.effects[:0])
    for key, wet in ((36, False), (38, True), (45, True), (42, True)):
        heard, alone = (hear(load_image(), each, note(key, 110), 1.0) for each in (played, dry))
        assert np.array_equal(heard, alone) != wet


def test_the_left_hand_of_bass_and_keys_plays_one_note_and_the_right_one_chords():
    def late(*strokes):
        events = sum((note(key, 100, start_s, 1.5) for start_s, key in strokes), [])
        return play("layers/bass-and-keys", events, 1.4)[RATE_HZ // 2 :]

    both, low, high = late((0.0, 40), (0.2, 47)), late((0.0, 40)), late((0.2, 47))
    assert strength(both, 47) > strength(high, 47) - 3.0 and strength(both, 40) < strength(low, 40) - 20.0
    chord = late((0.0, 67), (0.2, 74))
    assert all(strength(chord, key) > strength(late((0.0, key)), key) - 3.0 for key in (67, 74))


def strength(sound, key, transposed=-12):
    """Level of the partial at a key's pitch, in dB; those of the left hand are an octave lower."""
    hz = 440 * 2 ** ((key + (transposed if key < 60 else 0) - 69) / 12)
    turned_back = (
        sound.mean(axis=1)
        * np.hanning(len(sound))
        * np.exp(-2j * np.pi * hz * np.arange(len(sound)) / RATE_HZ)
    )
    return 20 * np.log10(np.abs(turned_back.sum()) + 1e-12)
