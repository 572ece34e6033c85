"""A sheet to look at: nine spectrograms (three keys, three velocities), level and spectrum by velocity, and the controls."""

import numpy as np

from synthhost.sheet.loudness import loudness
from synthhost.sheet.play import (
    MELODY_S,
    RATE_HZ,
    brightness_hz,
    controls,
    hear,
    home_key,
    level_db,
    melody,
    note,
)

VELOCITIES = (30, 80, 120)
HELD_S, SECONDS = 1.5, 2.5
HEARD = slice(0, round(HELD_S * RATE_HZ))
CONTROLS = ("wheel", "pressure", "macro1", "macro2", "macro3", "macro4")


def draw(image, program, name, macros, path):
    """Draw the sheet of a patch into a file; `macros` are the names of its knobs."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    home = home_key(name)
    keys = (home - 12, home + 3, home + 24)
    figure, axes = plt.subplots(5, 3, figsize=(16, 18), layout="constrained")
    for row, velocity in enumerate(VELOCITIES):
        for column, key in enumerate(keys):
            sound = hear(image, program, note(key, velocity, held_s=HELD_S), SECONDS)
            title = f"key {key}, velocity {velocity}: {level_db(sound[HEARD]):.1f} dB, {brightness_hz(sound[HEARD]):.0f} Hz"
            spectrogram(axes[row, column], sound, title)
    by_velocity(axes[3], image, program, keys[1])
    for place, first in zip(axes[4], (0, 2, 4), strict=True):
        compare(place, image, program, keys[1], CONTROLS[first : first + 2], macros)
    lufs = loudness(hear(image, program, melody(home), MELODY_S), RATE_HZ)
    rows = sum(len(each.rows) for each in program.parts or (program,))
    figure.suptitle(f"{program.name} ({name}): {lufs:.1f} LUFS, {rows} rows")
    figure.savefig(path, dpi=70)
    plt.close(figure)


def spectrogram(place, sound, title):
    """One spectrogram, 0 … 20 kHz, down to -120 dB."""
    with np.errstate(divide="ignore"):  # silence is minus infinity, which is drawn as the darkest
        place.specgram(sound.mean(axis=1), NFFT=2048, Fs=RATE_HZ, noverlap=1536, vmin=-150, vmax=-40)
    place.set(title=title, ylim=(0, 20_000))


def by_velocity(places, image, program, key):
    """Level curves and spectra at three velocities, and level and brightness over all of them."""
    for velocity in VELOCITIES:
        sound = hear(image, program, note(key, velocity, held_s=HELD_S), SECONDS)
        steps = np.square(sound[: len(sound) // 480 * 480].reshape(-1, 480, 2), dtype=float).mean(axis=(1, 2))
        places[0].plot(
            np.arange(len(steps)) / 100, 10 * np.log10(steps + 1e-12), label=f"velocity {velocity}"
        )
        mono = sound[HEARD].sum(axis=1)
        magnitudes = np.abs(np.fft.rfft(mono * np.blackman(len(mono)))) / len(mono) * 4
        hz = np.fft.rfftfreq(len(mono), 1 / RATE_HZ)
        places[1].semilogx(hz[1:], 20 * np.log10(magnitudes[1:] + 1e-9), linewidth=0.6)
    places[0].set(ylim=(-90, 0), title="level, dBFS")
    places[0].legend()
    places[1].set(xlim=(20, 24_000), ylim=(-140, 0), title="spectrum")
    velocities = np.arange(1, 128, 14)
    sounds = [hear(image, program, note(key, v, held_s=HELD_S), HELD_S) for v in velocities]
    levels = [level_db(sound) for sound in sounds]
    places[2].plot(velocities, np.array(levels) - levels[-1], label="level, dB")
    bright = np.array([brightness_hz(sound) for sound in sounds])
    places[2].plot(velocities, 12 * np.log2(bright / bright[-1]), label="brightness, semitones")
    places[2].set(ylim=(-42, 3), title="by velocity")
    places[2].legend()


def compare(place, image, program, key, names, macros):
    """Spectra of one note with controls down and up, as octave thirds, the second control 40 dB below."""
    edges = 20.0 * 2.0 ** (np.arange(31) / 3)
    for name, offset_db in zip(names, (0.0, -40.0), strict=True):
        for value, line in ((0.0, "--"), (1.0, "-")):
            sound = hear(image, program, controls(**{name: value}) + note(key, 90, held_s=HELD_S), HELD_S)
            power = np.square(np.abs(np.fft.rfft(sound.sum(axis=1)))) / len(sound) ** 2
            hz = np.fft.rfftfreq(len(sound), 1 / RATE_HZ)
            bands = [
                power[(hz >= low) & (hz < high)].sum()
                for low, high in zip(edges[:-1], edges[1:], strict=True)
            ]
            label = f"{name} {macros.get(name, '')} {value:g}: {level_db(sound):.1f} dB"
            place.semilogx(edges[:-1], 10 * np.log10(np.array(bands) + 1e-14) + offset_db, line, label=label)
    place.set(ylim=(-130, -10))
    place.legend(fontsize=8)
