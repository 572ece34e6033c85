"""The demo's song, as data: who plays what, in beats. "Night Bus", 104 beats a minute, D minor to D major.

An electric piano with pedal and a pad begin; bass and drums join; a thumb harp runs, a lead sings with bends; strings and
a bell lift the bridge; all meet on one last chord, in which the harp still runs while Python stands still. Times and
velocities are a little human, drawn from a seeded generator, so the song is the same every time.
"""

BPM = 104
TICKS = 480  # a beat
BEATS = 4  # a bar
SEED = 1997

# Channel: (name, program of General MIDI, volume 0 … 127)
PIANO, PAD, BASS, LEAD, HARP, STRINGS, BELL, DRUMS = 0, 1, 2, 3, 4, 5, 6, 9
PLAYERS = {
    PIANO: ("electric piano", 4, 80),
    PAD: ("pad", 88, 70),
    BASS: ("bass", 32, 112),
    LEAD: ("lead", 80, 104),
    HARP: ("thumb harp", 108, 92),
    STRINGS: ("strings", 48, 72),
    BELL: ("bell", 14, 104),
    DRUMS: ("drums", 0, 95),
}

CHORDS = {  # bass note; left and right hand
    "Dm9": ("D2", "D3 A3", "C4 E4 F4"),
    "Bbmaj9": ("Bb2", "Bb2 F3", "A3 C4 D4"),
    "Fmaj9": ("F2", "F3 C4", "E4 G4 A4"),
    "C6/9": ("C2", "C3 G3", "A3 D4 E4"),
    "Gm9": ("G2", "G3 D4", "F4 A4 Bb4"),
    "Am7": ("A2", "A3 E4", "G4 C5"),
    "Bbmaj7": ("Bb2", "Bb3 F4", "A4 D5"),
    "A7sus4": ("A2", "A3 E4", "G4 D5"),
    "A7": ("A2", "A3 E4", "G4 C#5"),
    "Dmaj9": ("D2", "D3 A3 D4", "F#4 A4 C#5 E5"),
}

# Bar by bar: (beat in the bar, chord).
HARMONY = [
    [(0, "Dm9")], [(0, "Bbmaj9")], [(0, "Fmaj9")], [(0, "C6/9")],
    [(0, "Dm9")], [(0, "Bbmaj9")], [(0, "Fmaj9")], [(0, "C6/9")],
    [(0, "Gm9")], [(0, "Am7")], [(0, "Bbmaj7")], [(0, "A7sus4"), (2, "A7")],
    [(0, "Dm9"), (2, "Bbmaj9")], [(0, "Gm9"), (2, "A7")],
    [(0, "Dmaj9")],
]  # fmt: skip
BARS = len(HARMONY) - 1  # before the last chord
LAST_CHORD_BEATS = 7.0
LAST_LADDER = "D4 F#4 A4 C#5 E5 F#5 A5 C#6 E6 A6"

# The lead: bar -> (beat, key, beats, velocity) and, where there is one, a bend: from and to, in semitones.
MELODY: dict[int, list[tuple]] = {
    4: [(1.0, "A4", 0.5, 84), (1.5, "C5", 0.5, 88), (2.0, "D5", 1.5, 98, (-2, 0)), (3.5, "E5", 0.5, 90)],
    5: [(0.0, "F5", 1.0, 102), (1.0, "E5", 0.5, 90), (1.5, "D5", 0.5, 86), (2.0, "C5", 1.0, 90),
        (3.0, "A4", 1.0, 88, (0, -1))],
    6: [(0.0, "C5", 0.5, 86), (0.5, "D5", 0.5, 90), (1.0, "E5", 1.0, 96), (2.0, "G5", 1.5, 106, (-2, 0)),
        (3.5, "E5", 0.5, 88)],
    7: [(0.0, "D5", 2.4, 96), (2.5, "E5", 0.5, 86), (3.0, "G5", 0.5, 92), (3.5, "A5", 0.5, 98)],
    8: [(0.0, "A5", 1.0, 106, (-1, 0)), (1.0, "Bb5", 1.0, 104), (2.0, "A5", 0.5, 96), (2.5, "G5", 0.5, 92),
        (3.0, "F5", 1.0, 94)],
    9: [(0.0, "E5", 1.5, 98), (1.5, "C5", 0.5, 88), (2.0, "D5", 0.5, 90), (2.5, "E5", 1.5, 96, (0, 1))],
    10: [(0.0, "F5", 0.5, 98), (0.5, "A5", 0.5, 102), (1.0, "C6", 2.0, 112, (-2, 0)),
        (3.0, "Bb5", 0.5, 102), (3.5, "A5", 0.5, 98)],
    11: [(0.0, "G5", 1.5, 102), (1.5, "E5", 0.5, 92), (2.0, "C#5", 1.0, 94), (3.0, "E5", 0.5, 92),
        (3.5, "A5", 0.5, 100)],
    12: [(0.0, "A5", 1.0, 108, (-2, 0)), (1.0, "F5", 1.0, 98), (2.0, "D5", 1.0, 96), (3.0, "F5", 0.5, 96),
        (3.5, "A5", 0.5, 100)],
    13: [(0.0, "Bb5", 1.0, 108), (1.0, "A5", 0.5, 100), (1.5, "G5", 0.5, 98), (2.0, "E5", 1.0, 102),
        (3.0, "G5", 0.75, 104, (0, 2))],
    14: [(0.0, "F#5", 3.5, 104, (-2, 0))],
}  # fmt: skip

# Steps of an eighth for the bass: + root, 8 the octave, 5 the fifth, . nothing, - hold.
BASS_LINES = {"sparse": "+---..5-", "groove": "+-.+-8.5", "half": "+-.8"}

# Sixteenths: k skin (bass drum), s wire (snare), h soft wire, t toms falling.
BEATS_OF = {
    "hats": "..h...h...h...hh",
    "groove": "k.h.s.hk..k.s.h.",
    "lift": "k.h.s.hk.hk.s.hk",
    "fill": "k.h.s.hks.tsttTT",
}
DRUM_PLAN = [None, None, "hats", "hats", *["groove"] * 3, "lift", *["groove"] * 3, "lift", "lift", "fill"]
DRUM_KEYS = {"k": (36, 104), "s": (38, 84), "h": (42, 60), "t": (48, 84), "T": (43, 96)}  # key, velocity


def length_s():
    """Seconds from the first note to the end of the last chord's pedal."""
    return (BARS * BEATS + LAST_CHORD_BEATS) * 60.0 / BPM


def last_chord_s():
    """When the last chord begins."""
    return BARS * BEATS * 60.0 / BPM
