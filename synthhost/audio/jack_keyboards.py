"""Keyboards that JACK brings: each plays through an input of ours, which it gets back when it returns.

What somebody connects by hand is left as it is: to `midi_in`, to another input, or not at all.
"""

from synthhost.audio.jack_process import FIRST_PORT, KEYBOARDS, MIDI_IN
from synthhost.midi.bridges import JackPort
from synthhost.midi.kinds import why_left_out
from synthhost.midi.ports import loosely
from synthhost.midi.recognise import recognise
from synthhost.midi.touch import Touch

JACK_KEYS = "JACK's midi_in"  # by which name its settings are saved
FULL = f"all {KEYBOARDS} inputs for keyboards are in use"
EVERYTHING = ""  # the word that every name contains


def list_ports(client, is_physical):
    """MIDI outputs of JACK's graph, as Sources without names; those of hardware, or all."""
    ports = client.get_ports(is_midi=True, is_output=True, is_physical=is_physical)
    return [JackPort((port.name, *port.aliases)).source() for port in ports]


def list_keyboards(client):
    """Hardware that is played on unless somebody says otherwise, and why the rest is not: (Sources, {JACK's name: why})."""
    sources = list_ports(client, is_physical=True)
    reasons = {s.where: next(filter(None, map(why_left_out, s.what.plain_names)), "") for s in sources}
    left_out = {where: why for where, why in reasons.items() if why}
    return [source for source in sources if source.where not in left_out], left_out


class JackKeyboards:
    """The MIDI inputs of a JACK client, and who plays on them.

    Parameters
    ----------
    jack, client : JACK-Client's module and our client in it
    record : JACK of `jack_process.py`, whose `inputs` get their ports here
    connect : whether keyboards are connected, or left for somebody else to connect
    """

    def __init__(self, jack, client, record, connect=True):
        self._jack, self._client, self._record, self._connect = jack, client, record, connect
        names = {MIDI_IN: "midi_in", **{n: f"keyboard_{n + 1}" for n in range(KEYBOARDS)}}
        self._ports = {n: client.midi_inports.register(name, is_terminal=True) for n, name in names.items()}
        for number, port in self._ports.items():
            record.inputs[number].port = int(jack._ffi.cast("intptr_t", port._ptr))
        self._wanted = None  # words of names, or None for all
        self._touch_of = lambda name: Touch()
        self._numbers = {}  # name -> number of its input: it keeps it while it is unplugged
        self._known = {}  # name -> Source, as it was when it was last connected
        self._playing = {}  # JACK's name of a keyboard's port -> ours
        self._taken_away = set()  # JACK's names of those that somebody disconnected
        self._sharing = set()  # JACK's names of those that share `midi_in` for want of another
        self._answered = set()  # words of `_wanted` that JACK had a keyboard for
        self._registrations = 0
        self.left_out = {}  # JACK's name of a port -> why no keys are taken from it

    def listen(self, words, touch_of):
        """Play on keyboards that match, or on all (None); `touch_of` says how the one of a name is read."""
        self._wanted, self._touch_of = words, touch_of
        touch_of(JACK_KEYS).fill(self._record.inputs[MIDI_IN].decoder.touch)
        for name, number in self._numbers.items():
            touch_of(name).fill(self._record.inputs[number].decoder.touch)

    def take_over(self, before):
        """Know what was known at another server, or before it was started again."""
        self._numbers, self._known = before._numbers, before._known
        self.listen(before._wanted, before._touch_of)

    # --- what comes and goes ------------------------------------------------------------------------------------------

    def look(self):
        """Connect keyboards that came. Returns sentences; raises JackError when the server is gone."""
        registrations = int(self._record.registrations)
        moved, self._registrations = registrations != self._registrations, registrations
        found = self._find()
        there = {source.where for source in found}
        gone = [self._playing.pop(where) for where in list(self._playing) if where not in there]
        self._taken_away &= there
        self._sharing &= there
        sentences = [f"{name} is gone; its notes were released" for name in gone]
        return sentences + [sentence for source in found if (sentence := self._follow(source, moved))]

    def _find(self):
        """The keyboards that are there now, each with its name."""
        if self._wanted is None:
            sources, self.left_out = list_keyboards(self._client)
        else:
            sources = list_ports(self._client, is_physical=False)
        return [
            s for s in recognise(sources, self._known, list(self._playing.values())) if self._is_wanted(s)
        ]

    def _is_wanted(self, source):
        """Whether a keyboard is to be played; which words it answers to is noted."""
        words = {EVERYTHING} if self._wanted is None else self._wanted
        names = (source.name, *source.what.names)
        answered = {word for word in words if any(loosely(word, name) for name in names)}
        self._answered |= answered
        return bool(answered)

    def _follow(self, source, moved):
        """See to a keyboard that is there: connect it if it is new. Returns a sentence, or None.

        `moved` is whether ports came or went since the last look: then one that we had connected is not connected any
        more because it was away for a moment, else because somebody took the connection away.
        """
        where = source.where
        connected = self._inputs_of(where)
        own = self._numbers.get(source.name)
        if where in self._playing and own is not None and own in connected and len(connected) > 1:
            self._client.disconnect(where, self._ports[own])  # somebody connected it elsewhere: heard once
        if connected:
            self._adopt(source.name, connected)
            self._remember(source)
            self._taken_away.discard(where)
            return None
        if where in self._playing and not moved:
            self._taken_away.add(where)
        if where in self._taken_away or not self._connect:
            return None
        self._playing.pop(where, None)
        number = self._input_for(source.name)
        if not self._joined(where, MIDI_IN if number is None else number):
            return None
        self._remember(source)
        if number is not None:
            return f"{source.name} was plugged in and plays"
        self._sharing.add(where)
        return f"{source.name} was plugged in and plays, through midi_in with what else comes by it: {FULL}"

    def _inputs_of(self, where):
        """Numbers of our inputs that a port is connected to."""
        names = {port.name for port in self._client.get_all_connections(where)}
        return [number for number, port in self._ports.items() if port.name in names]

    def _remember(self, source):
        self._playing[source.where], self._known[source.name] = source.name, source

    def _input_for(self, name):
        """A keyboard's input: its own of before, else one that nobody had, else that of one that is away; or None."""
        if name not in self._numbers:
            away = [other for other in self._numbers if other not in self._playing.values()]
            unused = [n for n in range(KEYBOARDS) if n not in self._numbers.values()]
            free = [n for n in unused if not self._client.get_all_connections(self._ports[n])]
            if not free and not away:
                return None
            self._assign(name, free[0] if free else self._numbers[away[0]])
        return self._numbers[name]

    def _assign(self, name, number):
        """Let an input be a keyboard's from now on, and read it as that is to be read."""
        self._numbers = {other: n for other, n in self._numbers.items() if n != number}
        self._numbers[name] = number
        self._touch_of(name).fill(self._record.inputs[number].decoder.touch)

    def _adopt(self, name, connected):
        """Let a keyboard have the input that somebody connected it to, unless that is another's or everybody's."""
        taken = {self._numbers[other] for other in self._playing.values() if other in self._numbers}
        free = [number for number in connected if number not in taken | {MIDI_IN}]
        if self._numbers.get(name) not in connected and free:
            self._assign(name, free[0])

    def _joined(self, where, number):
        """Connect a port. Its client may not be ready, or gone by now: then it is tried again with the next look."""
        try:
            self._client.connect(where, self._ports[number])
        except self._jack.JackError:
            return False
        return True

    # --- report ---------------------------------------------------------------------------------------------------------

    def left_to_us(self):
        """Words of names of the keyboards that JACK never brought, None for all: they are to be read by ourselves."""
        if self._wanted is None:
            return [] if self._answered else None
        return [word for word in self._wanted if word not in self._answered]

    def names(self):
        """Names by which settings of what is plugged in are kept."""
        here = [name for where, name in self._playing.items() if where not in self._taken_away]
        own = [name for name in here if name in self._numbers]
        shared = self._client.get_all_connections(self._ports[MIDI_IN])
        return own + ([JACK_KEYS] if shared else [])

    def port_names(self):
        """Whose keys come by which port of the engine."""
        return {FIRST_PORT + number: name for name, number in self._numbers.items()}

    def describe(self):
        """One line for each keyboard, then one for each that is away and one for each that is left out."""
        for where, name in self._playing.items():
            inputs = "; ".join(self._ports[number].shortname for number in self._inputs_of(where))
            full = f" with what else comes by it: {FULL}" if where in self._sharing else ""
            yield f"{name}, by JACK, {f'through {inputs}{full}' if inputs else 'disconnected by hand'}"
        for name in self._numbers:
            if name not in self._playing.values():
                yield f"{name}, unplugged"
        for name, why in self.left_out.items():
            yield f"{name}: left out, it {why}"
