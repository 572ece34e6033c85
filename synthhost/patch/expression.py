"""Sums of signals as a patch writes them: ``"osc1 + 0.5 * osc2 - noise"``, and nothing else."""

import re
from typing import NamedTuple

NUMBER = r"(?:\d+(?:_\d+)*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
TOKEN = re.compile(
    rf"\s*(?:(?P<number>{NUMBER})|(?P<name>[A-Za-z_]\w*)|(?P<sign>[-+])|(?P<times>\*)|(?P<other>\S))"
)
MOST_TERMS = 64
GREATEST_GAIN = 1000.0


class Term(NamedTuple):
    """One signal of a sum and how loud it is in it.

    `number` is where the factor is written in the text (empty, just before the name, where there is none) and `sign`
    where its sign is, or -1.
    """

    name: str
    gain: float
    plain: bool  # neither a factor nor a minus
    number: tuple[int, int]
    sign: int


class ExpressionError(ValueError):
    """Not a sum; the message says what was expected."""


def parse(text):
    """Read a sum into its terms, in order. Raises ExpressionError."""
    found = [(match.lastgroup or "other", match) for match in TOKEN.finditer(text)]
    tokens = [(kind, match[kind], match.start(kind)) for kind, match in found]
    if not tokens:
        raise ExpressionError("there is no signal in it")
    for kind, word, _ in tokens:
        if kind == "other":
            raise ExpressionError(f"'{word}' does not belong in a sum; write it like \"osc1 + 0.5 * osc2\"")
    terms, at = [], 0
    while at < len(tokens):
        term, at = read_term(tokens, at, first=not terms)
        if any(term.name == before.name for before in terms):
            raise ExpressionError(
                f"'{term.name}' is in it twice; write it once, with a factor: \"2 * {term.name}\""
            )
        terms.append(term)
        if len(terms) > MOST_TERMS:
            raise ExpressionError(f"it has more than {MOST_TERMS} signals")
    return tuple(terms)


def read_term(tokens, at, first):
    """One ``[sign] [number *] name [* number]``; the Term, and the token after it."""
    minus, sign = False, -1
    if tokens[at][0] == "sign":
        minus, sign, at = tokens[at][1] == "-", tokens[at][2], at + 1
    elif not first:
        raise ExpressionError(f"there should be + or - before '{tokens[at][1]}'")
    if at < len(tokens) and tokens[at][0] == "sign" and sign >= 0 and not first:
        minus, sign, at = minus != (tokens[at][1] == "-"), -2, at + 1  # "+ -0.5 * x"
    kinds = tuple(kind for kind, _, _ in tokens[at : at + 3])
    if kinds == ("number", "times", "name"):
        number, name, end = tokens[at], tokens[at + 2], at + 3
    elif kinds == ("name", "times", "number"):
        number, name, end = tokens[at + 2], tokens[at], at + 3
    elif kinds[:1] == ("name",) and kinds[1:2] != ("times",):
        number, name, end = None, tokens[at], at + 1
    else:
        raise ExpressionError(explain(kinds, tokens, at))
    gain = float(number[1].replace("_", "")) if number else 1.0
    if gain > GREATEST_GAIN:
        raise ExpressionError(f"the factor {number[1]} is greater than {GREATEST_GAIN:g}")
    span = (number[2], number[2] + len(number[1])) if number else (name[2], name[2])
    return Term(name[1], -gain if minus else gain, number is None and not minus, span, sign), end


def explain(kinds, tokens, at):
    """Say what is wrong with a term."""
    if not kinds:
        return f"there should be a signal after '{tokens[-1][1]}'"
    if kinds[0] == "number" and kinds[1:2] == ("name",):
        return f'there should be a * between them: "{tokens[at][1]} * {tokens[at + 1][1]}"'
    if kinds[0] == "number" and kinds[1:2] != ("times",):
        return (
            f'{tokens[at][1]} is not a signal: a number can only multiply one, as in "{tokens[at][1]} * osc1"'
        )
    if kinds[:2] == ("name", "times") and kinds[2:] == ("name",):
        return 'two signals cannot be multiplied here; add a module with op = "multiply"'
    return "a * stands between a number and a signal"
