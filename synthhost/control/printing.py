"""What `synthhost play` prints: words for people, JSON lines for programs."""

import contextlib
import json
import math
import sys

import click


def print_event(kind, facts):
    """One JSON line; what is not a number (a level of minus infinity) is null."""
    plain = {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in facts.items()}
    print_words(json.dumps({"event": kind, **plain}))


def print_message(text):
    """A sentence for the player as a JSON line."""
    print_event("message", {"text": text})


def print_words(text):
    """Print at once; when nobody reads any more, the music goes on."""
    with contextlib.suppress(OSError):
        click.echo(text)
        sys.stdout.flush()
