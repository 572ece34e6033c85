"""Every factory patch plays a phrase; its level in dB per 10 ms is held to a file that was looked at and listened to.

A change of sound shows as a diff of small CSV files. After looking at the spectrogram that a failing test writes,
``python -m tests.golden.test_golden`` writes the files anew.
"""

import pathlib

import numpy as np
import pytest

from synthhost.engine.engine import Engine
from synthhost.events.event import BEND, CONTROL, NOTE_OFF, NOTE_ON
from synthhost.patch import compile_patch, list_patches, load

HERE = pathlib.Path(__file__).parent
RATE_HZ = 48_000
TOLERANCE_DB = 0.25
FLOOR_DB = -70.0
PATCHES = sorted(list_patches([HERE.parents[1] / "patches"]))


def phrase():
    """Three seconds: a low, a middle and a high note, a chord with pedal, a bend. As (seconds, kind, key, value)."""
    events = []
    for start, key, velocity in ((0.0, 40, 0.5), (0.4, 60, 0.9), (0.8, 79, 0.3)):
        events += [(start, NOTE_ON, key, velocity), (start + 0.3, NOTE_OFF, key, 0.5)]
    events.append((1.2, CONTROL, 64, 127.0))
    for key in (48, 55, 64, 71):
        events += [(1.2, NOTE_ON, key, 0.7), (1.5, NOTE_OFF, key, 0.5)]
    events += [(1.6 + n * 0.02, BEND, 0, n / 10) for n in range(11)]
    return [*events, (2.2, CONTROL, 64, 0.0)]


def play(image, name):
    """The phrase, played by a factory patch: ``float32[N, 2]``."""
    engine = Engine(image, RATE_HZ, buffer_frames=32)
    path = list_patches([HERE.parents[1] / "patches"])[name]
    engine.hand_in(engine.load(compile_patch(load(path), image.operators)))
    for seconds, kind, key, value in sorted(phrase()):
        engine.push(kind, frame=round(seconds * RATE_HZ), key=key, value=value)
    return engine.render(3 * RATE_HZ)


def levels_db(sound):
    """RMS level of both channels together per 10 ms, in dBFS, not below the floor."""
    blocks = sound.reshape(-1, RATE_HZ // 100, 2).astype(float)
    return np.maximum(10 * np.log10(np.mean(blocks**2, axis=(1, 2)) + 1e-12), FLOOR_DB)


def golden_file(name):
    return HERE / (name.replace("/", "_") + ".csv")


@pytest.mark.parametrize("name", PATCHES)
def test_a_phrase_sounds_as_it_did(image, name, tmp_path):
    sound = play(image, name)
    now, before = levels_db(sound), np.loadtxt(golden_file(name))
    if len(now) != len(before) or np.abs(now - before).max() > TOLERANCE_DB:
        picture = tmp_path / "spectrogram.png"
        draw(sound, now, before, picture)
        pytest.fail(f"{name} changed by up to {np.abs(now - before).max():.2f} dB; look at {picture}")


@pytest.mark.parametrize("name", PATCHES)
def test_a_phrase_is_the_same_bits_each_time(image, name):
    assert np.array_equal(play(image, name), play(image, name))


def draw(sound, now, before, path):
    """Spectrogram, and the level curve beside the golden one."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (top, bottom) = plt.subplots(2, 1, figsize=(10, 6))
    top.specgram(sound[:, 0] + 1e-9, NFFT=2048, Fs=RATE_HZ, noverlap=1536, vmin=-150)
    bottom.plot(before, label="golden")
    bottom.plot(now, label="now")
    bottom.set(xlabel="10 ms", ylabel="dBFS")
    bottom.legend()
    figure.savefig(path)
    plt.close(figure)


if __name__ == "__main__":
    from synthhost.realtime.image import load_image

    for patch_name in PATCHES:
        np.savetxt(golden_file(patch_name), levels_db(play(load_image(), patch_name)), "%.2f")
