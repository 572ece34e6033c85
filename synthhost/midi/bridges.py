"""Keyboards as JACK names them: each bridge from ALSA to JACK has names of its own for what the maker called the same.

`alsa_pcm` is jackd's own (-X seq, as an alias, and -X raw), `a2j` is a2jmidid, `Midi-Bridge` is PipeWire's, which has
changed its names in time.
"""

import re
from dataclasses import dataclass

from synthhost.midi.kinds import usb_identity
from synthhost.midi.recognise import Source

FORMS = (  # of a port's name or alias
    re.compile(r"alsa_pcm:(?P<model>.+)/midi_capture_\d+"),
    re.compile(r"[^:]+:in-hw-(?P<card>\d+)-\d+-\d+-(?P<model>.+)"),
    re.compile(r"a2j:.+ \[(?P<client>\d+)\] \(capture\): (?P<model>.+)"),
    re.compile(r"Midi-Bridge:(.+:)?\(capture_\d+\) (?P<model>.+)"),
    re.compile(r"Midi-Bridge:(?P<model>.+) \(capture\)"),
)
PATH = re.compile(r"alsa:seq:.*client_(?P<client>\d+):")  # an alias that PipeWire gives


@dataclass(frozen=True)
class JackPort:
    """A MIDI output of JACK's graph, with all its names, JACK's own first."""

    names: tuple[str, ...]

    @property
    def card(self):
        """Number of the ALSA sound card it belongs to, if a name tells; cards have four clients each, from 16."""
        for name in self.names:
            for form in (*FORMS, PATH):
                found = form.match(name)
                numbers = found.groupdict() if found else {}
                if numbers.get("card"):
                    return int(numbers["card"])
                if numbers.get("client") and 16 <= int(numbers["client"]) < 128:
                    return (int(numbers["client"]) - 16) // 4
        return None

    @property
    def model(self):
        """What its maker called it, as far as a name tells; else its name without the client's."""
        for form in FORMS:
            for name in self.names:
                if found := form.fullmatch(name):
                    return found["model"]
        return self.names[0].partition(":")[2]

    @property
    def plain_names(self):
        """All names without the client's."""
        return [name.partition(":")[2] for name in self.names]

    def source(self):
        """It as something to be recognised again: by its USB identity if it can be known, else by its name in the graph."""
        home = usb_identity(self.card) if self.card is not None else ""
        return Source(self.model, self.names[0], self, home or self.names[0])
