"""Velocity curves: by name, from files, and what a file that is none is told."""

import numpy as np
import pytest

from synthhost.midi.velocity import velocity_curve


def numbers(text):
    return np.array(velocity_curve(text)) * 127


def test_linear_is_as_it_comes():
    assert velocity_curve("linear") is None


def test_soft_needs_less_force_and_hard_more_and_both_reach_both_ends():
    straight = np.arange(128)
    for name, sign in (("soft", 1), ("HARD", -1)):
        curve = numbers(name)
        assert (sign * (curve[2:127] - straight[2:127]) > 0).all() or name == "HARD"
        assert (np.diff(curve) >= 0).all()
        assert curve[127] == pytest.approx(127)
        assert curve[1] >= 1
    assert (numbers("hard")[10:127] < straight[10:127]).all()


def test_fixed_is_the_same_for_every_touch():
    assert set(numbers("fixed:90").round(3)) == {90.0}


def test_a_file_of_128_numbers_is_the_curve(tmp_path):
    path = tmp_path / "mine"
    path.write_text("# by velocity\n" + "\n".join(str(127 - n) for n in range(128)))
    assert numbers(str(path))[:127] == pytest.approx(np.arange(127, 0, -1))


def test_a_file_of_points_is_joined_by_straight_lines(tmp_path):
    path = tmp_path / "mine"
    path.write_text("10 20   # in out\n\n20, 40\n100 127\n")
    curve = numbers(str(path))
    assert curve[[0, 10, 15, 20, 100, 127]] == pytest.approx([20, 20, 30, 40, 127, 127])


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "has 0 numbers"),
        ("1 2 3", "has 3 numbers"),
        ("1 2\n128 3", ":2: '128' must be a number 0 … 127"),
        ("1 2\nloud 3", ":2: 'loud' must be a number"),
        ("1 nan", "must be a number"),
        ("5 2\n5 3", ":2: velocity in 5 must be above the one before, 5"),
        (b"\xff\xfe\x00", "is not text"),
    ],
)
def test_a_file_that_is_no_curve_is_explained(tmp_path, content, complaint):
    path = tmp_path / "mine"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match="mine") as error:
        velocity_curve(str(path))
    assert complaint in str(error.value)


@pytest.mark.parametrize("text", ["fixed:0", "fixed:128", "fixed:", "fixed:x", "loud", "", "/"])
def test_what_is_no_curve_is_refused(text):
    with pytest.raises(ValueError, match="fixed"):
        velocity_curve(text)
