"""What can go wrong with a device, as a sentence with a remedy."""


class AudioError(Exception):
    """A device cannot be used; the message names it, the reason and what mends it."""
