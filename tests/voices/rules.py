"""The rules of `docs/keys.md` in plain Python: which notes are held and kept, after any events. The engine's oracle."""

from dataclasses import dataclass, field

from synthhost.voices.ways import HIGH, LOW, MONO, POLY

SUSTAIN, SOSTENUTO = 64, 66
HELD, KEPT = "held", "kept"


@dataclass
class Note:
    program: int
    key: int
    state: str = HELD


@dataclass
class Channel:
    """What one channel's player does; `programs` maps a slot to (mode, priority)."""

    programs: dict
    program: int = 0
    down: list = field(default_factory=list)  # keys, in the order of their strokes
    notes: list = field(default_factory=list)  # in the order of their strokes; those let go are not here
    sustain: bool = False
    sostenuto: bool = False
    caught: set = field(default_factory=set)
    mode: int | None = None  # what a mode message said

    def one_note(self):
        return self.programs[self.program][0] != POLY if self.mode is None else self.mode == MONO

    def winner(self):
        priority = self.programs[self.program][1]
        return min(self.down) if priority == LOW else max(self.down) if priority == HIGH else self.down[-1]

    def kept(self, key):
        return self.sustain or (self.sostenuto and key in self.caught)

    def current(self):
        """The note that can go to another key."""
        mine = [note for note in self.notes if note.program == self.program]
        return mine[-1] if mine else None

    def note_on(self, key):
        self.down = [other for other in self.down if other != key] + [key]
        note = self.current() if self.one_note() else None
        if note is None:
            note = Note(self.program, key)
        elif note.state == KEPT or self.winner() == key:  # else the key waits (rule 14)
            self.notes.remove(note)
            note.key, note.state = key, HELD
        else:
            self.notes.remove(note)
        self.notes = [other for other in self.notes if other.key != key] + [note]

    def note_off(self, key):
        self.down = [other for other in self.down if other != key]
        note = self.current()
        if self.one_note() and self.down and note and note.state == HELD and note.key == key:
            note.key = self.winner()
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
        elif number == SOSTENUTO and value < 64:
            self.sostenuto, self.caught = False, set()
        elif number == SOSTENUTO and not self.sostenuto:
            self.sostenuto, self.caught = True, {note.key for note in self.notes if note.state == HELD}
        elif number == 120:
            self.down, self.notes = [], []
        elif number == 121:
            self.sustain, self.sostenuto, self.caught = False, False, set()
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
        self.sustain, self.sostenuto, self.caught = False, False, set()
        self.down, self.notes = [], []
