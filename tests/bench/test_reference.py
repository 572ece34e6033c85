"""The reference voice that the bench measures is a real one, in the engine as in C++."""

import shutil

import numpy as np
import pytest

from synthhost.bench.faust import compile_faust
from synthhost.bench.reference import NoReferenceError, ReferenceVoices, compile_reference
from synthhost.bench.voices import RATE_HZ, VERSIONS, Player, place_of_voice, reference_program
from synthhost.units import hz_from_note

needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")


def loudest_hz(sound):
    """The strongest frequency below 2 kHz."""
    spectrum = np.abs(np.fft.rfft(sound.sum(axis=1) * np.hanning(len(sound)), RATE_HZ))  # a bin a hertz
    return np.argmax(spectrum[:2000])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("number", [0, 3, 9])
def test_a_voice_has_the_pitch_of_its_key(image, version, number):
    player = Player(image, reference_program(image, version), 0, settle_s=0.01)
    player.strike(number)
    key = place_of_voice(number)[2]
    early = player.sound(100)  # later the two saws beat
    assert loudest_hz(early) == pytest.approx(hz_from_note(key), rel=0.03)


def test_1024_voices_have_places_and_pitches_of_their_own(image):
    places = [place_of_voice(number) for number in range(1024)]
    assert len(set(places)) == 1024
    player = Player(image, reference_program(image, "polyblep"), 1024, settle_s=0.05)
    assert player.voices() == 1024
    groups = player.engine.record.groups[:64]
    assert sorted(groups["key"].ravel()) == sorted(key for _, _, key in places)
    for group in groups:
        assert len(set(group["pitch"])) == 16


def after_release(image, program, released):
    """16 voices, a second after one was let go (or none): 20 blocks of sound."""
    player = Player(image, program, 16, settle_s=0.2)
    for number in released:
        player.let_go(number)
    for _ in range(RATE_HZ // 128):
        player.render()
    assert player.voices() == 16 - len(released)
    return player.sound(20)


@pytest.mark.parametrize("version", VERSIONS)
def test_without_one_voice_the_sum_is_another(image, version):
    program = reference_program(image, version)
    whole = after_release(image, program, [])
    for number in (0, 7, 15):
        assert np.abs(whole - after_release(image, program, [number])).max() > 1e-4


@needs_compiler
def test_the_kernel_in_c_sounds_and_stays_finite():
    voices = ReferenceVoices(40, 128, RATE_HZ)
    sound = np.concatenate([voices.render() or voices.output.copy() for _ in range(2000)])
    voices.close()
    assert np.isfinite(sound).all()
    assert np.abs(sound[-4800:]).max() > 1e-3
    assert np.abs(sound).max() < 4.0


@needs_compiler
def test_a_voice_of_the_kernel_in_c_has_the_pitch_of_its_key():
    voices = ReferenceVoices(1, 128, RATE_HZ)
    sound = np.concatenate([voices.render() or voices.output.copy() for _ in range(100)])
    voices.close()
    assert loudest_hz(sound) == pytest.approx(hz_from_note(36), rel=0.03)


def test_without_a_compiler_the_bench_says_so(monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(NoReferenceError, match="no-such-compiler is not installed"):
        compile_reference()


def test_without_faust_the_bench_says_so(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NoReferenceError, match="not installed"):
        compile_faust(1)
