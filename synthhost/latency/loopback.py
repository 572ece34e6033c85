"""``synthhost latency --loopback``: hear the sound itself, through a cable or a microphone.

Three ways: the card's output in its own input, keys struck by the computer (and, with ``--midi-out``, sent through a MIDI
cable); a microphone near the key that you strike; a recording made anywhere.
"""

import dataclasses
import json
import pathlib

from synthhost.audio.errors import AudioError
from synthhost.latency.ear import by_hand, through_cable
from synthhost.latency.facts import machine
from synthhost.latency.heard import analyse, words_of
from synthhost.latency.result import BUDGET_S

FORMAT = "synthhost/loopback"
LIVE = ""  # instead of a recording's name


def run_loopback(options, tell=print):
    """Measure as the options say, print what was heard. Returns the exit code: 0 pass, 1 fail, 2 it cannot be measured."""
    try:
        heard = listen(options, tell)
    except AudioError as error:
        tell(f"{error}")
        return 2
    data = {
        "format": FORMAT,
        "version": 1,
        "machine": machine(),
        **dataclasses.asdict(heard),
        "key_to_sound_s": {
            name.removesuffix("_s"): value
            for name, value in dataclasses.asdict(heard.key_to_sound).items()
            if name.endswith("_s")
        },
    }
    text = json.dumps(data, indent=1)
    if options.json == "-":
        tell(text)
    else:
        for line in words_of(heard):
            tell(line)
        if options.json:
            pathlib.Path(options.json).write_text(text + "\n")
    return 0 if heard.key_to_sound.max_s <= BUDGET_S else 1


def listen(options, tell):
    """The measurement that the options ask for. Raises AudioError."""
    if options.loopback != LIVE:
        key, sound, rate_hz = read(options.loopback, options.two_channels)
        return analyse(key, sound, rate_hz, options.loopback)
    return by_hand(options, tell) if options.by_hand else through_cable(options)


def read(path, two_channels=False):
    """A recording: (key ``float32[N]``, sound or None, sample rate). Raises AudioError."""
    import soundfile

    try:
        sound, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.SoundFileError) as error:
        raise AudioError(f"{path}: cannot be read as a recording ({error})") from None
    if not two_channels:
        return sound.mean(axis=1), None, rate_hz
    if sound.shape[1] < 2:
        raise AudioError(
            f"{path}: has one channel; --two-channels needs the key on the left, the sound on the right"
        )
    return sound[:, 0], sound[:, 1], rate_hz
