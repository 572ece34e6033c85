"""Control surfaces: the command line."""
