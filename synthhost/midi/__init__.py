"""MIDI: from bytes on a cable, or in a file, to events in a ring."""
