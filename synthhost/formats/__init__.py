"""Other people's sounds and tunings, read from their files."""
