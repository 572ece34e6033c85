"""The rules of `docs/keys.md` in plain Python: which notes are held and kept, after any events. The engine's oracle."""

from dataclasses import dataclass, field

from synthhost.voices.ways import HIGH, LAST, LOW, MONO, POLY

SUSTAIN, SOSTENUTO, SOFT = 64, 66, 67
HELD, KEPT = "held", "kept"


@dataclass(frozen=True)
class Part:
    """Which strokes it hears, and how it plays them; a program without parts has one that hears all."""

    mode: int = POLY
    priority: int = LAST
    keys: range = range(128)
    velocities: range = range(1, 128)

    def plays(self, key, velocity):
        return key in self.keys and velocity in self.velocities


@dataclass
class Note:
    program: int
    part: int
    key: int
    state: str = HELD


@dataclass
class Channel:
    """What one channel's player does; `programs` maps a number to its Parts."""

    programs: dict
    program: int = 0
    down: list = field(default_factory=list)  # keys, in the order of their strokes
    notes: list = field(default_factory=list)  # in the order of their strokes; those let go are not here
    sustain: bool = False
    sostenuto: bool = False
    soft: bool = False
    caught: set = field(default_factory=set)
    mode: int | None = None  # what a mode message said
    struck: dict = field(default_factory=dict)  # key -> velocity of its last stroke

    def parts_of(self, key):
        """The parts that a key plays: (number, Part)."""
        parts = enumerate(self.programs[self.program])
        return [(number, part) for number, part in parts if part.plays(key, self.struck.get(key, 0))]

    def one_note(self, part):
        return part.mode != POLY if self.mode is None else self.mode == MONO

    def winner(self, part):
        """Which of the keys that are down has a part that plays one note; None if none plays it."""
        keys = [key for key in self.down if part.plays(key, self.struck[key])]
        choose = {LOW: min, HIGH: max}.get(part.priority, lambda keys: keys[-1])
        return choose(keys) if keys else None

    def kept(self, key):
        return self.sustain or (self.sostenuto and key in self.caught)

    def current(self, part):
        """The note of a part that can go to another key."""
        mine = [note for note in self.notes if (note.program, note.part) == (self.program, part)]
        return mine[-1] if mine else None

    def note_on(self, key, velocity=1.0):
        softer = 0.6 if self.soft else 1.0
        self.struck[key] = max(int(velocity * softer * 127 + 0.5), 1)
        self.down = [other for other in self.down if other != key] + [key]
        stroke = []
        for number, part in self.parts_of(key):
            note = self.current(number) if self.one_note(part) else None
            if note is None:
                note = Note(self.program, number, key)
            elif note.state == KEPT or key in (self.winner(part), note.key):  # else the key waits (rule 14)
                self.notes.remove(note)
                note.key, note.state = key, HELD
            else:
                self.notes.remove(note)
            stroke.append(note)
        self.notes = [other for other in self.notes if other.key != key] + stroke

    def note_off(self, key):
        self.down = [other for other in self.down if other != key]
        for number, part in self.parts_of(key):
            note, winner = self.current(number), self.winner(part)
            if self.one_note(part) and winner is not None and note and note.state == HELD and note.key == key:
                note.key = winner
        self.come_up(key)

    def come_up(self, *keys):
        """Rule 1: keys let their notes go, or leave them to pedals."""
        for note in self.notes:
            if note.key in keys:
                note.state = KEPT
        self.let_go()

    def let_go(self):
        self.notes = [note for note in self.notes if note.state == HELD or self.kept(note.key)]

    def all_notes_off(self):
        self.down = []
        self.come_up(*range(128))

    def control(self, number, value):
        if number == SUSTAIN:
            self.sustain = value >= 64
        elif number == SOFT:
            self.soft = value >= 64
        elif number == SOSTENUTO and value < 64:
            self.sostenuto, self.caught = False, set()
        elif number == SOSTENUTO and not self.sostenuto:
            self.sostenuto, self.caught = True, {note.key for note in self.notes if note.state == HELD}
        elif number == 120:
            self.down, self.notes = [], []
        elif number == 121:
            self.sustain, self.sostenuto, self.soft, self.caught = False, False, False, set()
        elif number in (126, 127):
            self.mode = MONO if number == 126 else POLY
        if number in range(123, 128):
            self.all_notes_off()
        self.let_go()

    def choose(self, program):
        if program != self.program:
            self.program, self.mode, self.down = program, None, []

    def end(self):
        """A pulled cable, or panic: no key, no pedal, no note."""
        self.sustain, self.sostenuto, self.soft, self.caught = False, False, False, set()
        self.down, self.notes = [], []
