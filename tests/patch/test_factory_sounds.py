"""What a player may expect of every factory patch, measured: it answers hands and knobs, is as loud as the others, in tune."""

import dataclasses
from collections import Counter
from functools import cache

import numpy as np
import pytest

from synthhost.dsp.master import limit
from synthhost.events.event import CONTROL, NOTE_ON
from synthhost.patch import compile_patch, list_patches, load
from synthhost.patch.folders import factory_folder
from synthhost.patch.macros import names_of
from synthhost.realtime.image import load_image
from synthhost.sheet.loudness import loudness
from synthhost.sheet.play import (
    MELODY_S,
    RATE_HZ,
    SUSTAIN,
    brightness_hz,
    controls,
    difference_db,
    hear,
    home_key,
    level_db,
    melody,
    note,
)
from tests.dsp.rig import master

FACTORY = [factory_folder()]
PATCHES = list_patches(FACTORY)
MACROS = ("macro1", "macro2", "macro3", "macro4")
LOUDNESS_LUFS = -24.0
PLAY_GAIN = 10 ** (-12 / 20)  # at which `synthhost play` begins
CHORD = (-12, -8, -5, 0, 2, 4, 7, 11, 12, 16)  # both hands, from the home key
FORTE = 112
STROKE = slice(0, RATE_HZ // 10)


@cache
def program(name):
    return compile_patch(load(PATCHES[name], FACTORY), load_image().operators)


def play(name, events, seconds=1.0, rate_hz=RATE_HZ, effects=True):
    played = program(name)
    if not effects:
        played = dataclasses.replace(played, effects=played.effects[:0])
    return hear(load_image(), played, events, seconds, rate_hz)


def key_of(name):
    return home_key(name) + 3


def test_there_are_enough_patches_of_every_kind():
    kinds = Counter(name.partition("/")[0] for name in PATCHES)
    wanted = [
        "keys",
        "organ",
        "bass",
        "lead",
        "pad",
        "pluck",
        "strings",
        "brass",
        "bell",
        "mallet",
        "drums",
        "mpe",
        "layers",
    ]
    assert len(PATCHES) >= 24 and set(kinds) == set(wanted)


def test_no_more_than_three_patches_differ_in_numbers_only():
    assert max(Counter(program(name).graph for name in PATCHES).values()) <= 3


@pytest.mark.parametrize("name", PATCHES)
def test_a_patch_has_four_macros_with_names_of_their_own(name):
    names = names_of(load(PATCHES[name], FACTORY))
    assert set(names) == set(MACROS) and len(set(names.values())) == 4


@pytest.mark.parametrize("name", PATCHES)
def test_every_control_is_heard(name):
    for control in ("wheel", "pressure", *MACROS):
        down, up = (play(name, controls(**{control: value}) + note(key_of(name), 90)) for value in (0.0, 1.0))
        heard_db = max(difference_db(down, up), difference_db(down[STROKE], up[STROKE]))
        assert heard_db > -30.0, f"{control}: {heard_db:.0f} dB"


@pytest.mark.parametrize("name", PATCHES)
def test_a_harder_stroke_is_louder_and_brighter_all_the_way(name):
    sounds = [play(name, note(key_of(name), velocity)) for velocity in (20, 55, 90, 125)]
    levels, bright = [level_db(sound) for sound in sounds], [brightness_hz(sound) for sound in sounds]
    assert (np.diff(levels) > 0.7).all()
    assert bright[-1] / bright[0] > 2 ** (1 / 12)


@pytest.mark.parametrize("name", PATCHES)
def test_the_pedal_holds_a_note_as_the_key_does(name):
    by_key = play(name, [(0.0, NOTE_ON, key_of(name), 0.7)], 2.0)
    by_pedal = play(name, [(0.0, CONTROL, SUSTAIN, 127.0), *note(key_of(name), 0.7 * 127, held_s=0.3)], 2.0)
    assert np.array_equal(by_key, by_pedal)


@pytest.mark.parametrize("name", PATCHES)
@pytest.mark.parametrize(
    "rate_hz",
    (pytest.param(44_100, marks=pytest.mark.slow), 48_000, pytest.param(96_000, marks=pytest.mark.slow)),
)
def test_all_patches_are_equally_loud_at_every_rate(name, rate_hz):
    lufs = loudness(play(name, melody(home_key(name)), MELODY_S, rate_hz), rate_hz)
    assert lufs == pytest.approx(LOUDNESS_LUFS, abs=0.5)  # so that no two are more than 1 LU apart


@pytest.mark.parametrize("name", PATCHES)
def test_a_forte_chord_of_ten_stays_clear_of_the_limiter(name):
    chord = sum((note(home_key(name) + step, FORTE, held_s=2.0) for step in CHORD), [])
    sound = play(name, chord, 2.5) * np.float32(PLAY_GAIN)
    assert np.array_equal(master(limit, sound), sound)


def off_by_cents(sound, hz):
    """How far the fundamental is off, from its phase at two moments."""
    mono, window = sound.mean(axis=1, dtype=float), np.blackman(RATE_HZ)
    turned_back = mono * np.exp(-2j * np.pi * hz * np.arange(len(mono)) / RATE_HZ)
    turns = [
        np.angle(np.sum(turned_back[at : at + RATE_HZ] * window)) for at in (RATE_HZ // 2, 3 * RATE_HZ // 2)
    ]
    return ((turns[1] - turns[0] + np.pi) % (2 * np.pi) - np.pi) / (2 * np.pi) / hz * 1731.2340


IN_TUNE = [
    "bell/crystal",
    "bass/fm-bass",
    "bass/ladder-bass",
    "bass/sub-bass",
    "bell/tower-bell",
    "keys/electric-piano",
    "keys/reed-piano",
    "lead/torn-lead",
    "lead/whistle",
    "mallet/vibraphone",
    "mpe/bowed-glass",
    "mpe/silk",
    "organ/combo-organ",
    "organ/drawbar-organ",
    "pluck/koto",
    "pluck/nylon-guitar",
    "pluck/thumb-harp",
    "strings/solo-cello",
]
ALONE = {  # with others, or in noise: in tune when the macro takes those away
    "brass/soft-horns": {"macro2": 0.0, "macro3": 0.0},
    "keys/harpsichord": {"macro4": 0.0},
    "mallet/marimba": {"macro2": 0.0},
    "organ/pipe-organ": {"macro3": 0.0},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", [*IN_TUNE, *ALONE])
@pytest.mark.parametrize("interval", (-9, 3))
def test_a_patch_that_is_not_detuned_is_in_tune(name, interval):
    key = home_key(name) + interval
    events = controls(**ALONE.get(name, {})) + note(key, 90, held_s=4.0)
    sound = play(name, events, 3.0, effects=False)  # a chorus swings round the pitch, a hall builds up
    assert abs(off_by_cents(sound, 440 * 2 ** ((key - 69) / 12))) < 0.1


@pytest.mark.parametrize("name", PATCHES)
def test_no_patch_pushes_the_loudspeaker_to_one_side(name):
    sound = play(name, note(key_of(name), 110, held_s=4.0), 3.0)
    window = np.hanning(len(sound))[:, None]
    steady = np.abs((sound * window).sum(axis=0) / window.sum()).max()
    assert 20 * np.log10(steady + 1e-12) < -60.0
