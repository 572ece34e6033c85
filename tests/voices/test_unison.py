"""Unison: one key, several voices, one note."""

import numpy as np
import pytest

from synthhost.voices.stages import FADING, HELD, RELEASED
from tests.engine.playing import RATE_HZ, names_of, new_engine, off, on, play, recount, settle, sound, stages


def engine_of(image, voices, *lines, **settings):
    text = "\n".join((f"unison = {voices}", *lines))
    return new_engine(image, sound(names_of(image), text, **settings))


def test_one_key_sounds_all_voices_evenly_detuned(image):
    engine = engine_of(image, 5, "unison_detune_cents = 20")
    output = play(engine, [on(0, 69)], 8 * RATE_HZ)[RATE_HZ:, 0]
    spectrum = np.abs(np.fft.rfft(output * np.blackman(len(output))))
    hz = np.fft.rfftfreq(len(output), 1 / RATE_HZ)
    peaks = [n for n in range(1, len(spectrum) - 1) if spectrum[n] == spectrum[max(n - 8, 0) : n + 9].max()]
    loud = sorted(peaks, key=lambda n: -spectrum[n])[:5]
    cents = sorted(1200 * np.log2(hz[n] / 440) for n in loud)
    assert cents == pytest.approx([-20, -10, 0, 10, 20], abs=0.7)


@pytest.mark.parametrize("spread", [0, 1])
def test_the_power_is_that_of_one_voice_from_the_beginning(image, spread):
    """Over many strokes, as the voices' phases are drawn anew for each."""

    def power(voices, part):
        engine = engine_of(image, voices, f"unison_spread_norm = {spread}", release_s=0)
        strokes = [event for n in range(64) for event in (on(n * 6400, 69), off(n * 6400 + 6000, 69))]
        output = play(engine, strokes, 64 * 6400).reshape(64, 6400, 2)
        return (output[:, part] ** 2).sum(2).mean()

    for part in (slice(100, 1000), slice(3000, 6000)):
        assert 10 * np.log10(power(7, part) / power(1, part)) == pytest.approx(0, abs=1.5)


def test_the_voices_stand_from_left_to_right(image):
    engine = engine_of(image, 2, "unison_spread_norm = 1", "unison_detune_cents = 50")
    output = play(engine, [on(0, 69)], 2 * RATE_HZ)[RATE_HZ:]
    spectrum = np.abs(np.fft.rfft(output * np.hanning(RATE_HZ)[:, None], axis=0))
    assert [int(n) for n in spectrum.argmax(0)] == [427, 453]
    assert spectrum[453, 0] < 1e-3 * spectrum[427, 0], "nothing of the other"


def test_one_voice_stands_in_the_middle_whatever_the_spread(image):
    plain = play(new_engine(image, sound(names_of(image))), [on(0, 69)], 4096)
    single = play(
        engine_of(image, 1, "unison_spread_norm = 1", "unison_detune_cents = 50"), [on(0, 69)], 4096
    )
    assert np.array_equal(plain, single)


def test_a_note_is_released_and_stolen_with_all_its_voices(image):
    engine = engine_of(image, 4, "polyphony = 3")
    play(engine, [on(n * 10, 60 + n) for n in range(3)], 64)
    assert recount(engine) == (12, 0)
    play(engine, [off(70, 61)], 32)
    assert [key for _, key, stage in stages(engine) if stage == RELEASED] == [61] * 4
    play(engine, [on(100, 70)], 32)
    assert [key for _, key, stage in stages(engine) if stage == FADING] == [61] * 4
    assert [key for _, key, stage in stages(engine) if stage == HELD].count(70) == 4
    assert engine.record.stats.stolen == 1, "polyphony counts notes"


def test_the_engine_counts_voices(image):
    engine = new_engine(image, sound(names_of(image), "unison = 8"), polyphony=20)
    for n in range(10):
        play(engine, [on(n * 32, 50 + n)], 32)
        assert recount(engine)[0] <= 20
    assert recount(engine)[0] == 16
    settle(engine, 0.1)
    few = new_engine(image, sound(names_of(image), "unison = 8"), polyphony=3)
    play(few, [on(0, 60)], 64)
    assert recount(few) == (3, 0)


@pytest.mark.parametrize("mode", ["mono", "legato"])
def test_a_mono_unison_moves_as_one(image, mode):
    engine = engine_of(image, 6, f'mode = "{mode}"')
    play(engine, [on(n * 20, 40 + n) for n in range(30)], 1024)
    assert stages(engine) == [(0, 69, HELD)] * 6
    play(engine, [off(1030, 69)], 64)
    assert stages(engine) == [(0, 68, HELD)] * 6
    play(engine, [off(1200 + n, 40 + n) for n in range(29)], 512)
    settle(engine)
    assert recount(engine) == (0, 0)


def test_voices_have_numbers_of_their_own(image):
    engine = engine_of(image, 8)
    play(engine, [on(0, 60)], 64)
    voice = engine.record.groups[0].voice
    assert len(set(voice.seed[:8].tolist())) == len(set(voice.random[:8].tolist())) == 8
