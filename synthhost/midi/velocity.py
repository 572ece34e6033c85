"""How loud a key is for how fast it was struck: curves that suit a hand and a keyboard."""

import math
from pathlib import Path

VELOCITIES = 128
# Level = (velocity / 127) ** exponent. `soft` needs less force, `hard` more; as on stage pianos, by ear.
CURVES = {"soft": 0.6, "linear": 1.0, "hard": 1.6}
LEAST = 1.0 / 127.0  # a key that was struck is heard
MOST_BYTES = 1 << 16


def velocity_curve(text):
    """The 128 levels 0 … 1 that `soft`, `linear`, `hard`, `fixed:N` or a file means; None for `linear`, as it comes.

    A file has 128 numbers 0 … 127, one for each velocity from 0 on; or lines of two, velocity in and velocity out, in rising
    order, with straight lines between them. Raises ValueError.
    """
    name = text.strip()
    if name.casefold() == "linear":
        return None
    if name.casefold() in CURVES:
        return shaped([127.0 * (n / 127.0) ** CURVES[name.casefold()] for n in range(VELOCITIES)])
    if name.casefold().startswith("fixed:"):
        number = name[6:].strip()
        if not number.isdecimal() or not 1 <= int(number) <= 127:
            raise ValueError(f"'{text}' must be fixed:1 … fixed:127")
        return shaped([float(number)] * VELOCITIES)
    return read_curve(name)


def shaped(numbers):
    """Velocities 0 … 127 as levels."""
    return tuple(min(max(number / 127.0, LEAST), 1.0) for number in numbers)


def read_curve(name):
    """A curve from a file. Raises ValueError, with the line."""
    try:
        with open(Path(name).expanduser(), encoding="utf-8") as file:
            lines = file.read(MOST_BYTES).splitlines()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "is not text"
        raise ValueError(
            f"'{name}' is neither soft, linear, hard, fixed:N nor a file of a curve: {why}"
        ) from None
    rows = [(n, line.partition("#")[0].replace(",", " ").split()) for n, line in enumerate(lines, 1)]
    rows = [(n, [number_of(word, name, n) for word in words]) for n, words in rows if words]
    flat = [number for _, numbers in rows for number in numbers]
    if rows and all(len(numbers) == 2 for _, numbers in rows):
        return shaped(between(rows, name))
    if len(flat) != VELOCITIES:
        raise ValueError(
            f"{name}: has {len(flat)} numbers; a curve is 128 numbers, or lines of two (velocity in, velocity out)"
        )
    return shaped(flat)


def number_of(word, name, line):
    """A number 0 … 127 of a file."""
    try:
        number = float(word)
    except ValueError:
        number = math.nan
    if not 0.0 <= number <= 127.0:
        raise ValueError(f"{name}:{line}: '{word}' must be a number 0 … 127")
    return number


def between(rows, name):
    """128 numbers on the straight lines between points; level before the first and after the last."""
    points = [(0.0, rows[0][1][1]), *((x, y) for _, (x, y) in rows), (127.0, rows[-1][1][1])]
    for (line, (x, _)), (_, (before, _)) in zip(rows[1:], rows[:-1]):
        if x <= before:
            raise ValueError(f"{name}:{line}: velocity in {x:g} must be above the one before, {before:g}")
    numbers, place = [], 0
    for n in range(VELOCITIES):
        while place < len(points) - 2 and points[place + 1][0] <= n:
            place += 1
        (x0, y0), (x1, y1) = points[place], points[place + 1]
        numbers.append(y0 if x1 <= x0 else y0 + (y1 - y0) * min(max((n - x0) / (x1 - x0), 0.0), 1.0))
    return numbers
