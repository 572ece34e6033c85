"""Ways to play: what the words of a patch's ``[performance]`` are in memory, each its place in the list of choices."""

POLY, MONO, LEGATO = 0, 1, 2
LAST, LOW, HIGH = 0, 1, 2  # which key sounds
WHOLE_WAY, PER_OCTAVE = 0, 1  # what a glide's time is the time of
ALWAYS, FINGERED = 0, 1  # when notes glide
MOST_UNISON = 8
LAYERS = 4  # parts that one stroke plays
