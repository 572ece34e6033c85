"""Which of a device's channels the sound goes to: `3-4`, `mono`; the first two if nobody says."""

import re
from dataclasses import dataclass

from synthhost.audio.errors import AudioError

MOST_CHANNELS = 256


@dataclass(frozen=True)
class Speakers:
    """A pair of channels, counted from 1; `mono` puts the same on both."""

    first: int = 1
    mono: bool = False

    def __str__(self):
        return "mono" if self.mono else f"{self.first}-{self.first + 1}"

    def channels(self, offered, device):
        """How many channels the device must be opened with. Raises AudioError if it has fewer."""
        if self.mono and offered == 1:
            return 1
        if offered < self.first + 1:
            has = "one channel: '--out mono' plays on it" if offered == 1 else f"{offered} channels"
            raise AudioError(f"'{device}' has no channels {self.first}-{self.first + 1} but {has}")
        return self.first + 1

    def aim(self, engine, channels=2):
        """Let an engine write into these of a buffer's channels; before the device is opened."""
        record = engine.record
        record.out_channels, record.out_mono = channels, self.mono
        record.out_first = min(self.first, channels) - 1


def first_pair(device):
    """What plays if nobody chooses, whatever the device."""
    return Speakers()


def parse_speakers(text):
    """What a person wrote: `3-4`, `3/4`, `3,4` or `mono`. Raises ValueError."""
    if text.strip().casefold() == "mono":
        return Speakers(mono=True)
    found = re.fullmatch(r"\s*(\d{1,3})\s*[-/,+]\s*(\d{1,3})\s*", text)
    if not found or int(found[2]) != int(found[1]) + 1 or not 1 <= int(found[1]) < MOST_CHANNELS:
        raise ValueError(f"'{text}' must be two channels side by side, such as 3-4, or the word mono")
    return Speakers(int(found[1]))
