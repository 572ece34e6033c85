"""All MIDI inputs of a running host: which keyboards there are, which ring each has, unplugged and plugged in again."""

import threading

from synthhost.midi.kinds import why_left_out
from synthhost.midi.ports import PortLister, loosely
from synthhost.midi.raw import list_raw_midi
from synthhost.midi.recognise import heard_once, list_sources, recognise
from synthhost.midi.touch import Touch

POLL_S = 0.5


class MidiInputs:
    """The MIDI inputs of a host, each with its own ring.

    Parameters
    ----------
    image : the loaded machine code
    rings : addresses of up to 16 rings; port `n` writes to ring `n`
    names : words of names of the wanted ports, or None for all that are there and all that come
    raw_paths : devices, FIFOs or pseudo-terminals to be read as well, wanted or not
    tell : called with a sentence when an input comes, goes or fails
    opened : called with each input when it is open; the host gives native threads their priority
    poll_s : how often to look for what was plugged in or out; None: only when `refresh` is called
    touch_of : the Touch of the keyboard of a name
    """

    def __init__(
        self,
        image,
        rings,
        names=None,
        raw_paths=(),
        tell=None,
        poll_s=POLL_S,
        opened=None,
        touch_of=lambda name: Touch(),
    ):
        self.image, self.rings, self.names = image, list(rings), names
        self.raw_paths = [str(path) for path in raw_paths]
        self.tell = tell or (lambda sentence: None)
        self.opened = opened or (lambda item: None)
        self.touch_of = touch_of
        self.numbers = {}  # name -> number of its port: it keeps it while it is unplugged
        self.open = {}  # name -> RawMidiInput or PortInput
        self.problems = {}  # name -> sentence
        self.left_out = {}  # name -> why it is not played on
        self._refused = set()  # where something is that could not be opened
        self._known = {}  # name -> Source, as it was when it was last opened
        self._lister = PortLister()
        self._lock = threading.RLock()  # `tell` may ask for a description
        self._closed = False
        self.refresh()
        self._watcher = PortWatcher(self._watch, poll_s) if poll_s is not None else None

    def listen_to(self, names):
        """Listen to other keyboards from now on: to those that match, or to all (None)."""
        if names != self.names:
            self.names = names
            self.refresh()

    def is_wanted(self, name):
        """Whether a port of this name is one that shall be played on."""
        if self.names is None:
            return not why_left_out(name)
        return any(loosely(wanted, name) for wanted in self.names)

    def sources(self):
        """What could be played on now: paths, raw devices, and ports that are not such a device already."""
        ports, reason = self._lister.list() if self.names is None or self.names else ([], "")
        self.problems["ports"] = reason
        playing = [name for name, item in self.open.items() if item.is_open]
        found = recognise(list_sources(self.raw_paths, list_raw_midi(), ports), self._known, playing)
        if self.names is None:
            self.left_out = {s.name: why for s in found if s.is_listed and (why := why_left_out(s.name))}
        found = [source for source in found if not source.is_listed or self.is_wanted(source.name)]
        return heard_once(found, self._refused)

    def refresh(self):
        """Close what is gone, open what is new or back."""
        with self._lock:
            if self._closed:
                return
            sources = {source.name: source for source in self.sources()}
            for name, item in list(self.open.items()):
                if name not in sources or not item.is_open:
                    self._close(name, item)
                else:
                    item.settle()
            for name, source in sources.items():
                if name not in self.open:
                    self._open(name, source)

    def _watch(self):
        try:
            self.refresh()
        except Exception as error:  # a port's odd behaviour is no reason to stop looking after the others
            self._trouble("watch", f"looking for MIDI ports failed: {error!r}")

    def _close(self, name, item):
        del self.open[name]
        item.close()
        self.tell(f"{name} is gone; its notes were released")

    def _open(self, name, source):
        number = self.numbers.get(name, len(self.numbers))
        if number >= len(self.rings):
            self._trouble(name, f"{name} is not read: all {len(self.rings)} MIDI inputs are in use")
            return
        try:
            self.open[name] = source.open(self.image, self.rings[number], number, self.touch_of(name))
        except OSError as error:
            self._refused.add(source.where)
            self._trouble(name, f"{name} cannot be opened: {error.strerror or error}")
            return
        self.opened(self.open[name])
        self.numbers[name], self._known[name] = number, source
        self._refused.discard(source.where)
        self.problems.pop(name, None)
        self.tell(f"{name} is port {number}")

    def _trouble(self, name, sentence):
        if self.problems.get(name) != sentence:
            self.problems[name] = sentence
            self.tell(sentence)

    def describe(self):
        """One line for each input, then one for each thing that is missing."""
        with self._lock:
            lines = [item.describe() for item in sorted(self.open.values(), key=lambda item: item.port)]
            away = [
                f"port {n}: {name}, unplugged" for name, n in self.numbers.items() if name not in self.open
            ]
            left_out = [f"{name}: left out, it {why}" for name, why in self.left_out.items()]
            return lines + away + left_out + [sentence for sentence in self.problems.values() if sentence]

    def counters(self):
        """What each open input has counted: name -> {counter: number}."""
        with self._lock:
            return {name: item.counters() for name, item in self.open.items()}

    def close(self):
        """Stop to watch, close all inputs, release their notes. May be called twice."""
        if self._watcher is not None:
            self._watcher.close()
        with self._lock:
            self._closed = True
            for item in self.open.values():
                item.close()
            self.open.clear()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def open_midi_inputs(image, rings, names=None, raw_paths=(), tell=None):
    """Open all wanted MIDI inputs and watch for those that come and go."""
    return MidiInputs(image, rings, names, raw_paths, tell)


class PortWatcher:
    """Calls `refresh` every `poll_s` seconds in a control thread: RtMidi does not say that a port is gone."""

    def __init__(self, refresh, poll_s=POLL_S):
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(refresh, poll_s), name="midi ports", daemon=True
        )
        self._thread.start()

    def _run(self, refresh, poll_s):
        while not self._stop.wait(poll_s):
            refresh()

    def close(self):
        """Stop to watch."""
        self._stop.set()
        self._thread.join(1.0)
