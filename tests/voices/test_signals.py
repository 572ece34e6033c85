"""What hands, breath and knobs do reaches the sound: each signal through the real callback, as a level."""

import numpy as np
import pytest

from synthhost.dsp.master import GUARD_HZ
from synthhost.events.event import KEY_PRESSURE, MACRO, PRESSURE
from synthhost.patch import compile_patch, loads
from tests.engine.playing import (
    HEAD,
    RATE_HZ,
    RESET,
    control,
    event,
    names_of,
    new_engine,
    off,
    on,
    play,
    program_change,
    settle,
)

# The signal is what is heard.
PROBE = """
[env]
op = "adsr"
attack_s = 0
decay_s = 0
sustain_norm = 1
release_s = {release_s}
[amp]
op = "multiply"
a = "{signal}"
b = "env"
[out]
in = "amp"
"""
KEPT = 1 - 2 * np.pi * GUARD_HZ / RATE_HZ  # of the guard against DC, from frame to frame
UNITY = (100 / 127) ** 2 * np.sqrt(0.5)  # volume at its default, pan in the middle
TWO_MACROS = '[macros]\nmacro1 = {{ name = "Bite", start_norm = {0} }}\nmacro2.start_norm = 0.25\n'

near_zero = pytest.approx(0, abs=1e-4)


def probe(image, signal, macros="", release_s=0.5):
    """An engine whose output is a signal."""
    text = HEAD.format(name=signal, performance="") + macros
    text += PROBE.format(signal=signal, release_s=release_s)
    program = compile_patch(loads(text), names_of(image))
    return new_engine(image, program)


class Watch:
    """Plays events to an engine whose output is a signal, and gives the signal back: what the guard against DC took
    is added again."""

    def __init__(self, image, signal, macros="", release_s=0.5):
        self.engine = probe(image, signal, macros, release_s)
        self.last = self.sum = 0.0

    def levels(self, events, frames=256):
        """The signal frame by frame: ``float64[frames]``."""
        output = play(self.engine, events, frames)[:, 0].astype(float) / UNITY
        before = np.concatenate(([self.last], output[:-1]))
        signal = self.sum + np.cumsum(output - KEPT * before)
        self.last, self.sum = output[-1], signal[-1]
        return signal

    def level(self, events, frames=64):
        """Where the signal is at the end."""
        return float(self.levels(events, frames)[-1])


@pytest.fixture
def watch(image):
    def make(signal, macros="", release_s=0.5):
        return Watch(image, signal, macros, release_s)

    return make


@pytest.mark.parametrize(
    "signal, move",
    [
        ("wheel", lambda at, x: control(at, 1, x * 127)),
        ("breath", lambda at, x: control(at, 2, x * 127)),
        ("pressure", lambda at, x: event(PRESSURE, at, value=x)),
        ("pressure", lambda at, x: event(KEY_PRESSURE, at, key=60, value=x)),
        ("macro1", lambda at, x: control(at, 16, x * 127)),
        ("macro2", lambda at, x: control(at, 17, x * 127)),
        ("macro3", lambda at, x: control(at, 18, x * 127)),
        ("macro4", lambda at, x: control(at, 19, x * 127)),
        ("macro2", lambda at, x: event(MACRO, at, channel=255, port=255, a=1, value=x)),
    ],
)
def test_a_controller_moves_its_signal_in_a_straight_line_over_the_quantum(watch, signal, move):
    synth = watch(signal)
    sound = synth.levels([on(0), move(64, 0.5)])
    assert np.abs(sound[:64]).max() == 0
    line = sound[64:96]
    assert line[-1] == pytest.approx(0.5, abs=2e-3)
    assert np.diff(line) == pytest.approx(0.5 / 32, abs=1e-4), "no step in it"


@pytest.mark.parametrize("signal, number", [("wheel", 1), ("breath", 2), ("macro3", 18)])
def test_a_note_begins_with_the_controllers_as_they_stand(watch, signal, number):
    sound = watch(signal).levels([control(0, number, 127), on(40)])
    assert sound[39] == near_zero and sound[40] == pytest.approx(1, abs=2e-3)


def test_a_controller_in_the_quantum_of_a_note_is_on_its_way_when_the_note_begins(watch):
    sound = watch("wheel").levels([control(64, 1, 127), on(80)])
    assert sound[80] == pytest.approx(1, abs=2e-3), "one tile from the note to the end of the quantum"
    assert sound[95] == pytest.approx(1, abs=2e-3)


def test_pressure_is_the_greater_of_channel_and_key(watch):
    synth = watch("pressure")
    assert synth.level([on(0), event(PRESSURE, 0, value=0.3)]) == pytest.approx(0.3, abs=2e-3)
    assert synth.level([event(KEY_PRESSURE, 64, key=60, value=0.8)]) == pytest.approx(0.8, abs=2e-3)
    assert synth.level([event(KEY_PRESSURE, 128, key=61, value=1.0)]) == pytest.approx(0.8, abs=2e-3)
    assert synth.level([event(KEY_PRESSURE, 192, key=60, value=0.1)]) == pytest.approx(0.3, abs=2e-3)


def test_key_pressure_presses_its_own_key_only(image):
    engine = probe(image, "pressure")
    play(engine, [on(0, 60), on(0, 64), event(KEY_PRESSURE, 64, key=64, value=0.5)], 128)
    group = engine.record.groups[0]
    assert group.voice.pressure[:2].tolist() == [0, 0.5]


def test_a_struck_key_is_not_pressed_as_the_last_one_was(watch):
    synth = watch("pressure", release_s=0)
    synth.levels([on(0), event(KEY_PRESSURE, 32, key=60, value=0.9), off(64)], 256)
    assert synth.level([on(256)]) == near_zero


def test_a_mono_voice_that_goes_to_another_key_is_neither_pressed_nor_released(image):
    text = HEAD.format(name="mono", performance='mode = "mono"') + PROBE.format(
        signal="pressure", release_s=1
    )
    engine = new_engine(image, compile_patch(loads(text), names_of(image)))
    play(engine, [on(0, 60), on(10, 64), event(KEY_PRESSURE, 40, key=64, value=0.5)], 64)
    voice = engine.record.groups[0].voice
    assert voice.pressure[0] == 0.5
    play(engine, [off(70, 64)], 64)
    assert voice.gate[0] == 1 and voice.pressure[0] == 0 and voice.release_velocity[0] == 0


def test_release_velocity_is_known_once_the_key_is_up(watch):
    synth = watch("release_velocity", release_s=60)
    assert synth.level([on(0)]) == near_zero
    up = off(80)
    up.value = 0.75
    sound = synth.levels([up], 64)
    assert sound[:16].max() == near_zero and sound[-1] == pytest.approx(0.75, abs=2e-3)


def test_reset_controllers_brings_wheel_breath_and_pressure_back_but_no_macro(watch):
    for signal, number in (("wheel", 1), ("breath", 2)):
        assert watch(signal).level([on(0), control(0, number, 100), control(64, RESET, 0)], 128) == near_zero
    pressed = [event(PRESSURE, 0, value=0.5), event(KEY_PRESSURE, 0, key=60, value=0.7)]
    assert watch("pressure").level([on(0), *pressed, control(64, RESET, 0)], 128) == near_zero
    level = watch("macro1").level([on(0), control(0, 16, 127), control(64, RESET, 0)], 128)
    assert level == pytest.approx(1, abs=2e-3)


def test_a_macro_stands_where_the_patch_says_until_it_is_turned(watch):
    synth = watch("macro1", TWO_MACROS.format(0.5))
    assert synth.level([on(0)]) == pytest.approx(0.5, abs=2e-3)
    assert synth.level([control(64, 16, 0)]) == near_zero
    assert watch("macro2", TWO_MACROS.format(0.5)).level([on(0)]) == pytest.approx(0.25, abs=2e-3)


def test_another_program_begins_with_its_own_macros_and_ringing_notes_keep_theirs(image, watch):
    synth = watch("macro1", TWO_MACROS.format(0.5))
    engine = synth.engine
    text = HEAD.format(name="other", performance="") + TWO_MACROS.format(0.125)
    text += PROBE.format(signal="macro1", release_s=0.5)
    other = engine.load(compile_patch(loads(text), names_of(image)))
    engine.map_program(3, other)
    assert synth.level([on(0, 60), control(10, 16, 127)]) == pytest.approx(1, abs=2e-3)
    play(engine, [program_change(64, 3), on(70, 62)], 64)
    slots = {int(group.program): group.voice.macro1[0] for group in engine.record.groups[:2]}
    assert slots[other] < 0 and slots[1 - other] == 1
    values = engine.record.slots[other].value.reshape(-1)
    assert values[engine.program(other).addresses["macros.macro1.start_norm"]] == 0.125
    play(engine, [control(130, 16, 64)], 64)
    slots = {int(group.program): group.voice.macro1[0] for group in engine.record.groups[:2]}
    assert slots[other] == pytest.approx(64 / 127) and slots[1 - other] == 1


def test_where_a_macro_starts_can_be_moved_while_the_patch_plays(watch):
    synth = watch("macro1", TWO_MACROS.format(0.5))
    synth.level([on(0)])
    synth.engine.set_value(0, "macros.macro1.start_norm", 1.0)
    settle(synth.engine, 0.1)
    group = synth.engine.record.groups[0]
    assert group.voice.macro1[0] < 0
    assert synth.engine.record.slots[0].value.reshape(-1).max() == 1


def test_two_channels_have_wheels_of_their_own(image):
    engine = probe(image, "wheel")
    events = [on(0, 60), on(0, 60, channel=1), on(0, 60, port=1), control(32, 1, 127, channel=1)]
    play(engine, events, 128)
    assert engine.record.groups[0].voice.wheel[:3].tolist() == [0, 1, 0]
