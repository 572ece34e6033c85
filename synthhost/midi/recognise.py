"""Know keyboards again: each has one name, which it keeps while it is plugged in and gets back when it returns.

Two of the same model are told apart by their USB identity, else by their order: `nanoKEY2`, `nanoKEY2 #2`.
"""

import os
from dataclasses import dataclass, replace
from typing import Any

from synthhost.midi.ports import Port, PortInput
from synthhost.midi.raw import RawDevice, RawMidiInput


@dataclass(frozen=True)
class Source:
    """Something that could be played on.

    `model` is what its maker called it, `where` its place for now, `home` what stays when it is plugged in again, `name`
    what it is recognised by.
    """

    model: str
    where: str
    what: Any  # RawDevice, Port, or a path
    home: str = ""
    name: str = ""

    @property
    def is_listed(self):
        """Whether the system listed it; else somebody named its path."""
        return not isinstance(self.what, str)

    @property
    def card(self):
        """Number of the ALSA sound card it belongs to, or None."""
        return self.what.card if self.is_listed else None

    def open(self, image, ring_address, number, touch):
        """Start to read from it; raises OSError."""
        if isinstance(self.what, Port):
            return PortInput(image, ring_address, self.what, number, self.name, touch)
        path = self.what.path if isinstance(self.what, RawDevice) else self.what
        return RawMidiInput(image, ring_address, path, number, self.name, touch)


def list_sources(raw_paths, devices, ports):
    """All that could be played on, without names: paths, raw devices that are not among them, ports of the system."""
    sources = [Source(path, path, path) for path in raw_paths]
    named = {os.path.realpath(path) for path in raw_paths}
    times = {}  # a device with several inputs is opened so often
    for item in [*(device for device in devices if os.path.realpath(device.path) not in named), *ports]:
        times[item.path] = times.get(item.path, 0) + 1
        where = item.path if times[item.path] == 1 else f"{item.path}#{times[item.path]}"
        sources.append(Source(item.name, where, item, item.home))
    return sources


def recognise(found, known, open_names):
    """Give each source that was found its name; no name twice.

    `known` are the sources that were ever opened, by name; `open_names` those that play now.
    """
    places = {source.where for source in found}
    open_names = {name for name in open_names if known[name].where in places}
    named, taken = {}, set()
    for test in (
        lambda source, old, name: name in open_names and source.where == old.where,
        lambda source, old, name: name not in open_names and old.home and source.home == old.home,
    ):
        for place, source in enumerate(found):
            for name, old in known.items():
                fits = place not in named and name not in taken and source.model == old.model
                if fits and test(source, old, name):
                    named[place] = name
                    taken.add(name)
    return [
        replace(source, name=named.get(place) or free_name(source.model, taken | open_names, taken))
        for place, source in enumerate(found)
    ]


def free_name(model, avoided, taken):
    """The first of `model`, `model #2`, `model #3` … that nobody has; it counts as taken from now on."""
    number, name = 1, model
    while name in avoided:
        number += 1
        name = f"{model} #{number}"
    taken.add(name)
    return name


def heard_once(sources, refused=()):
    """The sources without ports of cards that are read as raw devices; `refused` are places that could not be opened."""
    raw = {s.card for s in sources if not isinstance(s.what, Port) and s.where not in refused} - {None}
    return [s for s in sources if not isinstance(s.what, Port) or s.card not in raw]
