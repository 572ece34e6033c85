"""What is wrong with a patch, said so that the next step is clear: where, what is there, and what may be there."""

from dataclasses import asdict, dataclass

MOST_PROBLEMS = 50  # a file that has more is not a patch


@dataclass(frozen=True)
class Problem:
    """One mistake in one place."""

    message: str  # the sentence, without file and line
    file: str = ""
    line: int = 0  # from 1; 0 where no line is to blame
    key: str = ""
    value: object = None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    suggestion: str = ""

    def __str__(self):
        place = f"{self.file}:{self.line}: " if self.line else f"{self.file}: " if self.file else ""
        return place + self.message

    def as_dict(self):
        """Everything as plain data that JSON can hold, without what is empty."""
        data = {
            key: value for key, value in asdict(self).items() if value not in (None, "", 0) or key == "value"
        }
        value = data.pop("value")
        if value is not None:
            data["value"] = value if isinstance(value, (bool, int, str)) else repr(value)
        return data


class PatchError(ValueError):
    """A patch that cannot be played.

    The message is the first problem's; `problems` lists all that were found. The first problem's ``file``, ``line``,
    ``key``, ``value``, ``low``, ``high``, ``unit`` and ``suggestion`` are attributes of the error too.
    """

    def __init__(self, *problems):
        self.problems = tuple(p if isinstance(p, Problem) else Problem(str(p)) for p in problems)
        more = len(self.problems) - 1
        super().__init__(str(self.problems[0]) + (f" (and {more} more)" if more else ""))

    def __getattr__(self, name):
        if name in Problem.__dataclass_fields__:
            return getattr(self.problems[0], name)
        raise AttributeError(name)

    def as_dict(self):
        """The message and all problems as plain data."""
        return {"error": str(self), "problems": [p.as_dict() for p in self.problems]}


class Report:
    """Collects problems, so that a reader of the file learns of all of them at once."""

    def __init__(self):
        self.problems = []

    def add(self, message, place=None, key="", **facts):
        """Note a problem at a `Place` of a source file."""
        file, line = (place.file, place.line) if place else ("", 0)
        self.problems.append(Problem(f"{key}{message}" if key else message, file, line, key, **facts))
        if len(self.problems) >= MOST_PROBLEMS:
            self.finish()

    def finish(self):
        """Raise what was found, if anything."""
        if self.problems:
            raise PatchError(*sorted(self.problems, key=lambda problem: problem.line))


def did_you_mean(word, words):
    """The closest of `words`, or nothing: ``" Did you mean 'osc1'?"`` and ``"osc1"``."""
    if not isinstance(word, str) or len(word) > 64:
        return "", ""
    import difflib  # only needed when something is wrong

    close = difflib.get_close_matches(word.lower(), list(words), 1, 0.6)
    return (f" Did you mean '{close[0]}'?", close[0]) if close else ("", "")


def show(value):
    """A value as the file would have it, shortened."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return "a table" if isinstance(value, dict) else "a list"
    text = (
        f'"{value}"'
        if isinstance(value, str)
        else f"{value:.10g}"
        if isinstance(value, float)
        else str(value)
    )
    return text if len(text) <= 60 else text[:57] + "…"
