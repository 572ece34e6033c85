"""A storm of MIDI on four ports, half of it nonsense, while sounds are changed all the time; a keyboard beside it is timed."""

import mmap
from functools import cache
from pathlib import Path

import numpy as np

from synthhost.dsp.master import CEILING
from synthhost.events.event import ALL, NOTE_OFF, NOTE_ON
from synthhost.midi.decode import DECODER
from synthhost.patch import find, load, settings_of
from synthhost.session import SessionWriter
from tests.dsp.measure import true_peak
from tests.engine.playing import RATE_HZ, factory, names_of, new_engine, recount, sound

SOME = (
    "keys/electric-piano",
    "pad/glass-pad",
    "lead/solo-lead",
    "drums/skin-and-wire",
    "organ/pipe-organ",
    "bass/ladder-bass",
)
LOUD = ("template/subtractive", "test/latency")  # made to measure with: louder than any instrument
BLOCK = 512
VOLUME = 1.0  # 12 dB louder than `synthhost play` begins: the limiter has to work
EVENTS_PER_S = 2000
PORTS = 4
PROBE_PORT = 5  # a keyboard that nobody bothers: its keys must come as punctually as ever
CONTROLLERS = (
    0,
    1,
    2,
    5,
    6,
    7,
    10,
    11,
    16,
    19,
    32,
    38,
    64,
    64,
    65,
    66,
    67,
    71,
    72,
    73,
    74,
    84,
    96,
    100,
    101,
    120,
    121,
    123,
    126,
)
PHRASES = (
    bytes((0xB0, 101, 0, 100, 6, 6, 7)),  # an MPE zone of seven members, by running status
    bytes((0xB0, 101, 0, 100, 6, 6, 0)),  # and none again
    bytes((0xB1, 101, 0, 100, 0, 6, 12, 38, 50)),  # bend range
    bytes((0xB2, 101, 0, 100, 2, 6, 70)),  # coarse tuning
    bytes((0xF0, 0x7F, 0x7F, 0x04, 0x01, 0x00, 0x60, 0xF7)),  # master volume
    bytes((0xF0, 0x7E, 0x7F, 0x09, 0x01, 0xF7)),  # General MIDI on
    bytes((0xF0, 0x7E, 0x7F, 0x08, 0x08, 3, 127, 127, *range(58, 70), 0xF7)),  # octave tuning
    bytes((0xF0, 0x7F, 0x7F, 0x08, 0x02, 0, 2, 60, 59, 64, 0, 61, 127, 127, 127, 0xF7)),  # note tuning
    bytes((0xF0, 0x43, 0x10, 0x4C, 0x00, 0x00, 0x7E, 0x00, 0xF7)),  # XG reset
)


def storm(random, count):
    """Bytes of so many messages: notes for the most part, all other kinds, and noise from a bad cable."""
    message = bytearray()
    for kind in random.choice(11, count, p=(0.36, 0.3, 0.08, 0.06, 0.03, 0.03, 0.03, 0.02, 0.04, 0.04, 0.01)):
        channel, a, b = (
            int(random.integers(0, 16)),
            int(random.integers(0, 128)),
            int(random.integers(0, 128)),
        )
        if kind < 2:
            message += bytes(((0x90, 0x80)[kind] | channel & 3, 36 + a % 60, b))
        elif kind == 2:
            message += bytes((0xB0 | channel, int(random.choice((*CONTROLLERS, a))), b))
        elif kind == 3:
            message += bytes((0xE0 | channel, a, b))
        elif kind == 4:
            message += bytes((0xC0 | channel, a % 12))
        elif kind == 5:
            message += bytes((0xF0, a, b, 0xF7))[: int(random.integers(1, 5))]
        elif kind == 6:
            message += bytes(random.integers(0, 256, int(random.integers(1, 6))).tolist())
        elif kind == 7:
            message += bytes((0xF8 + channel % 8,))
        elif kind == 8:
            message += bytes((0xA0 | channel & 3, 36 + a % 60, b))
        elif kind == 9:
            message += bytes((0xD0 | channel & 3, b))
        else:
            message += PHRASES[a % len(PHRASES)]
    return bytes(message)


def resident_bytes():
    """Memory of this process that is in use; 0 where the system does not say so in a file."""
    facts = Path("/proc/self/statm")
    return int(facts.read_text().split()[1]) * mmap.PAGESIZE if facts.exists() else 0


@cache
def settings(name):
    return settings_of(load(find(name)))


class Storm:
    """An engine in a storm of MIDI on four ports, and a keyboard on a port of its own whose keys are timed.

    `knobs`: which values of patches are set while they play: "untouched", "allowed" or "wild". `probe` is the keyboard's
    program, if it has one of its own; `session` the file to which everything is written.
    """

    def __init__(self, image, seed, patches, knobs, polyphony=96, probe=None, session=None):
        self.knobs, self.keeps_probe = knobs, probe is not None
        self.names, self.random, self.patches = names_of(image), np.random.default_rng(seed), patches
        self.engine = new_engine(image, buffer_frames=BLOCK, polyphony=polyphony, volume=VOLUME)
        self.engine.record.log_on = 1
        self.session = SessionWriter(session, self.engine) if session else None
        self.engine.hand_in(self.engine.load(sound(self.names)))
        if probe:
            self.engine.hand_in(self.engine.load(probe), PROBE_PORT)
        self.decoders = [np.zeros(1, DECODER) for _ in range(PORTS)]
        self.push_bytes, self.push_release = image.function("push_bytes"), image.function("push_release")
        self.clock = self.engine.record.clock.__array_interface__["data"][0]
        self.blocks, self.wanted, self.placed, self.memory = 0, [], [], []
        self.tail, self.peaks = np.zeros((0, 2), np.float32), []
        self.heard = []  # with a session: every block

    def play(self, seconds, set_time, stormy=True):
        """Play for so long; everything that must hold at any time is held to it."""
        blocks = int(seconds * RATE_HZ / BLOCK)
        for number in range(blocks):
            self.now = 1e12 + self.blocks * BLOCK * 1e9 / RATE_HZ
            set_time(self.now)
            if stormy:
                self._blow(number)
            if number % 8 == 4:
                self._probe()
            output = self.engine.render(BLOCK, block=BLOCK)
            self.blocks += 1
            if self.session:
                self.heard.append(output)
            assert np.isfinite(output).all() and np.abs(output).max() <= CEILING
            self.tail = np.concatenate([self.tail, output])
            if len(self.tail) > RATE_HZ:
                self.peaks.append(true_peak(self.tail))
                self.tail = self.tail[-128:]
            if number % 8 == 7:
                self._read_log()
            if number % 50 == 0:
                self.engine.collect()
                recount(self.engine)
            if stormy and number in (blocks // 4, blocks - 1):
                self.memory.append(resident_bytes())

    def _blow(self, number):
        for port in range(PORTS):
            bytes_in = storm(self.random, EVENTS_PER_S * BLOCK // RATE_HZ // PORTS + 1)
            buffer = np.frombuffer(bytes_in, np.uint8)
            where = self.decoders[port].ctypes.data, self.engine.ring_address(port), self.clock, port
            self.push_bytes(*where, buffer.ctypes.data, len(buffer))
            if self.random.random() < 0.01:  # the cable is pulled
                self.push_release(*where)
        if number % 25 == 0:
            self._load_some()

    def _load_some(self):
        """Hand a sound in, map it to a program change, give new values; whatever fits at the moment."""
        random, engine = self.random, self.engine
        name = self.patches[random.integers(0, len(self.patches))]
        try:
            slot = engine.load(factory(self.names, name))
        except BufferError:
            return
        port, channel = int(random.integers(0, PORTS)), int(random.integers(0, 4))
        if random.random() < 0.2:
            engine.map_program(int(random.integers(0, 12)), slot)
        everywhere = random.random() > 0.8 and not self.keeps_probe
        engine.hand_in(slot, *((ALL, ALL) if everywhere else (port, channel)))
        for _ in range(0 if self.knobs == "untouched" else 4):
            address = str(random.choice(list(engine.program(slot).addresses)))
            engine.set_value(slot, address, self._value(name, address))

    def _value(self, name, address):
        """Any value that a surface may send; or, wild, any number, as only damaged memory could bring."""
        random = self.random
        if self.knobs == "wild":
            return float(random.normal() * 10.0 ** random.integers(-2, 5))
        setting = settings(name)[address]
        if setting.choices:
            return setting.encode(str(random.choice(setting.choices)))
        value = setting.low + random.random() * (setting.high - setting.low)
        return float(setting.encode(round(value) if setting.whole else value))

    def _probe(self):
        """Strike a key between two blocks and let it go; steady timing puts it one buffer after its arrival."""
        arrival = self.now - self.random.uniform(0.0, 0.9) * BLOCK * 1e9 / RATE_HZ
        key = int(self.random.integers(40, 90))
        self.engine.push(NOTE_ON, int(arrival), PROBE_PORT, 0, key, 1.0, ring=PROBE_PORT, clocked=True)
        self.engine.push(
            NOTE_OFF, int(arrival) + 1000, PROBE_PORT, 0, key, 0.5, ring=PROBE_PORT, clocked=True
        )
        since = (int(arrival) - self.now) / 1e9 * RATE_HZ
        self.wanted.append(self.blocks * BLOCK + BLOCK + int(round(since)))

    def _read_log(self):
        if self.session:
            self.session.write()
            return
        log = self.engine.read_log()
        struck = log[(log["kind"] == NOTE_ON) & (log["port"] == PROBE_PORT)]
        self.placed.extend(struck["frame"].tolist())
