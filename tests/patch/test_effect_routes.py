"""Routes from knobs to numbers of effects: read, refused when wrong, inherited, saved, compiled."""

import numpy as np
import pytest

from synthhost.engine.program import KNOBS, STEERS
from synthhost.patch import PatchError, compile_patch, loads
from synthhost.patch.save import with_value
from tests.patch.texts import HEAD, VOICE

ROUTE = '[[route]]\nfrom = "{}"\nto = "{}"\n{}\n'
LEVEL = ROUTE.format("macro2", "effects.echo.level_norm", "amount = 0.5")
START = '[macros]\nmacro2 = {{ name = "Echo", start_norm = {} }}\n'


def complaint(text):
    with pytest.raises(PatchError) as caught:
        loads(text)
    return str(caught.value)


def test_a_route_to_an_effect_says_who_moves_what_and_how_far():
    program = compile_patch(loads(VOICE + START.format(0.5) + LEVEL))
    (steer,) = program.steers
    at = program.addresses
    assert KNOBS[steer["source"]] == "macro2"
    assert steer["target"] == at["effects.echo.level_norm"]
    assert steer["depth"] == at["route.2.amount"] and program.values[steer["depth"]] == 0.5
    assert steer["start"] == at["macros.macro2.start_norm"] and program.values[steer["start"]] == 0.5
    assert (steer["octaves"], steer["low"], steer["high"]) == (0, 0, 1)


def test_a_macro_that_voices_hear_too_starts_at_one_place():
    both = VOICE + LEVEL + ROUTE.format("macro2", "filter.cutoff_hz", "octaves = 1") + START.format(0.25)
    program = compile_patch(loads(both))
    assert program.values[program.steers[0]["start"]] == 0.25
    assert program.steers[0]["start"] == program.addresses["macros.macro2.start_norm"]


def test_frequencies_and_times_are_moved_by_intervals():
    program = compile_patch(loads(VOICE + ROUTE.format("wheel", "effects.echo.tone_hz", "semitones = -24")))
    (steer,) = program.steers
    assert steer["octaves"] == 1 and program.values[steer["depth"]] == np.float32(-2)
    assert steer["start"] == -1


@pytest.mark.parametrize(
    ("route", "says"),
    [
        (
            ("env", "effects.echo.level_norm", "amount = 1"),
            ["all voices share effects.echo, so only", "macro4"],
        ),
        (("macro5", "effects.echo.level_norm", "amount = 1"), ["Did you mean 'macro"]),
        (("wheel", "effects.echo.level", "amount = 1"), ["no number 'level'", "effects.echo.level_norm"]),
        (("wheel", "effects.echo.time_s", "octaves = 1"), ["time_s is set once", "effects.echo.tone_hz"]),
        (("wheel", "effects.echo.ping_pong", "amount = 1"), ["ping_pong is set once"]),
        (
            ("wheel", "effects.eco.level_norm", "amount = 1"),
            ["no 'effects.eco'", "Did you mean 'effects.echo'?"],
        ),
        (("wheel", "effects.echo.tone_hz", "amount = 1"), ["octaves or semitones or cents"]),
        (("wheel", "effects.echo.level_norm", "octaves = 1"), ["amount"]),
        (("wheel", "effects.echo.level_norm", "amount = inf"), ["not a number to play with"]),
        (("wheel", "effects.echo", "amount = 1"), ["must be a module and its input, such as effects.echo."]),
        (("wheel", "effects", "amount = 1"), ["must be a module and its input"]),
        (("wheel", "performance.glide_s", "amount = 1"), ["no 'performance'"]),
    ],
)
def test_a_mistake_is_named_with_its_line(route, says):
    said = complaint(VOICE + ROUTE.format(*route))
    assert all(words in said for words in says), said
    assert any(f"patch:{line}" in said for line in (39, 40, 41, 42)), said


def test_more_routes_than_fit_are_refused():
    echoes = "".join(f'[effects.e{n}]\nop = "delay"\n' for n in range(6))
    routes = [
        ROUTE.format(knob, f"effects.e{n}.level_norm", "amount = 1") for n in range(6) for knob in KNOBS[:3]
    ]
    assert compile_patch(loads(VOICE + echoes + "".join(routes[:STEERS]))).steers.size == STEERS
    assert f"at most {STEERS} routes may go to effects, sends and parts" in complaint(
        VOICE + echoes + "".join(routes)
    )


def test_it_is_inherited_replaced_and_dropped_with_its_number(tmp_path):
    (tmp_path / "base.toml").write_text(VOICE + LEVEL)

    def steers(text):
        return compile_patch(loads(HEAD + 'extends = "base"\n' + text, folders=[tmp_path]))

    assert steers("").values[steers("").steers[0]["depth"]] == 0.5
    other = steers(LEVEL.replace("0.5", "0.75"))
    assert len(other.steers) == 1 and other.values[other.steers[0]["depth"]] == 0.75
    assert len(steers('[effects.echo]\nop = "reverb"\n').steers) == 1  # it has a level too
    tone = ROUTE.format("wheel", "effects.echo.tone_hz", "octaves = 1")
    assert len(steers(tone + '[effects.echo]\nop = "reverb"\n').steers) == 2
    (tmp_path / "base.toml").write_text(
        VOICE + LEVEL + ROUTE.format("wheel", "effects.echo.feedback_norm", "amount = 1")
    )
    assert len(steers('[effects.echo]\nop = "reverb"\n').steers) == 1  # which has no feedback


def test_its_depth_can_be_saved():
    patch = with_value(loads(VOICE + LEVEL), "route.2.amount", 0.125)
    assert "amount = 0.125" in patch.source
    assert compile_patch(patch).graph == compile_patch(loads(VOICE + LEVEL)).graph
