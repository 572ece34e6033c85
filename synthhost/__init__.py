"""synthhost: press a key, hear your own instrument."""

__version__ = "0.1.0"
