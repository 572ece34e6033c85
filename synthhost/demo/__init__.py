"""``synthhost demo``: a song in real time, and proof of what is special about it."""

from synthhost.demo.run import run

__all__ = ["run"]
