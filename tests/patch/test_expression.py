"""Sums of signals, as patches write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthhost.patch.expression import ExpressionError, parse


@pytest.mark.parametrize(
    ("text", "gains"),
    [
        ("osc1", {"osc1": 1.0}),
        ("osc1 + osc2", {"osc1": 1.0, "osc2": 1.0}),
        ("osc1+0.5*osc2", {"osc1": 1.0, "osc2": 0.5}),
        ("osc1 * 0.5 - x", {"osc1": 0.5, "x": -1.0}),
        ("-0.5 * a + .25*b", {"a": -0.5, "b": 0.25}),
        ("a + -0.5 * b - -2 * c", {"a": 1.0, "b": -0.5, "c": 2.0}),
        ("  1e-2 * a\n + b ", {"a": 0.01, "b": 1.0}),
    ],
)
def test_a_sum_is_read_in_order(text, gains):
    terms = parse(text)
    assert {term.name: term.gain for term in terms} == gains
    assert [term.name for term in terms] == list(gains)


def test_only_a_bare_signal_is_plain():
    assert [term.plain for term in parse("a - b + 1 * c + d * 1 + e")] == [True, False, False, False, True]


def test_the_place_of_a_factor_is_known():
    text = "a - 0.5 * b + c * 12"
    assert [text[slice(*term.number)] for term in parse(text)] == ["", "0.5", "12"]
    assert [text[term.sign] for term in parse(text)[1:]] == ["-", "+"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no signal"),
        ("a +", "after '+'"),
        ("a b", "+ or - before 'b'"),
        ("a * b", "multiply"),
        ("a + 2", "only multiply"),
        ("2 a", '"2 * a"'),
        ("a / 2", "'/'"),
        ("(a + b)", "'('"),
        ("a + a", "twice"),
        ("2 * 3 * a", "between a number and a signal"),
        ("1001 * a", "greater than 1000"),
        ("* a", "between"),
        ("a *", "between"),
        ("+ + + a", "a *"),
        ("__import__('os')", "'('"),
    ],
)
def test_what_is_no_sum_is_refused_with_a_reason(text, says):
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert says in str(caught.value)


@given(st.text(alphabet="ab1.5e+-* ()_", max_size=40))
def test_any_text_is_a_sum_or_refused(text):
    try:
        terms = parse(text)
    except ExpressionError:
        return
    assert all(abs(term.gain) <= 1000 for term in terms)
