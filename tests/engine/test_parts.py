"""Parts in the engine: layers, splits and velocities; how they come, go and are written down."""

import json
from dataclasses import replace

import numpy as np
import pytest

from synthhost.engine.memory import EMPTY
from synthhost.patch import load
from synthhost.patch.settings import lookup
from synthhost.session import SessionError, SessionWriter, render_session
from synthhost.voices.stages import FADING, HELD, RELEASED
from tests.engine.playing import (
    RATE_HZ,
    control,
    hand_in,
    hz_of,
    names_of,
    new_engine,
    off,
    on,
    play,
    settle,
    sound,
    stages,
)
from tests.engine.wholes import ECHO, heard, part


def test_a_stroke_sounds_every_layer_at_its_pitch(image, whole):
    engine = new_engine(image, whole(part("sine") + part("saw", transpose_semitones=12, level_db=-60)))
    output = play(engine, [on(0, 69)], 9600)
    assert heard(engine) == [(69, "saw"), (69, "sine")]
    assert hz_of(output[:, 0]) == pytest.approx(440, rel=1e-3)
    pitches = sorted(group.voice.pitch[0] for group in engine.record.groups if group.used)
    assert pitches[1] - pitches[0] == pytest.approx(1.0, abs=1e-5)
    play(engine, [off(9600, 69)], 64)
    assert {stage for *_, stage in stages(engine)} == {RELEASED}


def test_layers_are_the_sum_of_their_parts(image, whole):
    both, one, other = (
        play(new_engine(image, whole(text)), [on(0, 60), off(5000, 60)], 9600)
        for text in (part("sine") + part("saw"), part("sine"), part("saw"))
    )
    assert np.abs(both - (one + other)).max() < 1e-6 and np.abs(other).max() > 0.1


def test_a_part_alone_sounds_as_its_patch_does(image, whole):
    alone = play(new_engine(image, sound(names_of(image))), [on(0, 60), off(4000, 60)], 9600)
    assert np.array_equal(
        play(new_engine(image, whole(part("sine"))), [on(0, 60), off(4000, 60)], 9600), alone
    )


def test_a_split_has_its_own_keys_left_and_right(image, whole):
    engine = new_engine(image, whole(part("bass", high='"B3"') + part("saw", low='"C4"')))
    play(engine, [on(0, 40), on(0, 59), on(0, 60), on(0, 90)], 64)
    assert heard(engine) == [(40, "bass"), (60, "saw"), (90, "saw")], "the bass plays one note, the lower one"


def test_velocities_choose_the_part(image, whole):
    engine = new_engine(image, whole(part("sine", high_velocity=89) + part("saw", low_velocity=90)))
    velocities = {50: 1, 51: 89, 52: 90, 53: 127}
    play(engine, [on(n * 32, key, value / 127) for n, (key, value) in enumerate(velocities.items())], 256)
    assert heard(engine) == [(50, "sine"), (51, "sine"), (52, "saw"), (53, "saw")]
    play(engine, [on(256, 53, 0.1)], 32)
    assert (53, "sine") in heard(engine) and (53, "saw") not in heard(engine), "one key, one stroke"


def test_the_soft_pedal_chooses_the_softer_part(image, whole):
    engine = new_engine(image, whole(part("sine", high_velocity=89) + part("saw", low_velocity=90)))
    play(engine, [control(0, 67, 127), on(32, 60, 100 / 127)], 96)
    assert heard(engine) == [(60, "sine")]


@pytest.mark.parametrize("sizes", [(32,), (17, 300, 1), (999,)])
def test_the_buffer_does_not_change_the_sound(image, whole, sizes):
    program = whole(ECHO + part("bass", high=59) + part("saw", low=50, pan=-0.4, send_db="{ echo = -3 }"))
    moves = [on(77, 40), on(100, 55), on(500, 64, 0.4), off(2000, 55), off(3001, 64), off(4000, 40)]
    expected = play(new_engine(image, program, 0), moves, 9600, (1024,))
    assert np.array_equal(play(new_engine(image, program, 0), moves, 9600, sizes), expected)


def test_a_part_has_the_polyphony_that_the_whole_gives_it(image, whole):
    engine = new_engine(image, whole(part("sine", polyphony=3) + part("few")))
    play(engine, [on(32 * n, 50 + n) for n in range(6)], 1024)
    names = [name for _, name in heard(engine)]
    assert names.count("sine") == 3 and names.count("few") == 2
    assert engine.record.stats.dropped_notes == 0


def test_a_stroke_never_steals_from_itself(image, whole):
    program = whole(part("wide") + part("sine") + part("saw"))
    engine = new_engine(image, program, polyphony=5)
    play(engine, [on(0, 60)], 64)
    assert sorted(name for _, name in heard(engine)) == ["sine", *["wide"] * 4], "as many as there are voices"
    play(engine, [on(64, 64)], 64)
    assert {key for key, _ in heard(engine)} == {64} and len(heard(engine)) == 5
    assert engine.record.stats.stolen == 1, "all layers of a stroke are one note"


def test_choking_reaches_all_layers_and_spares_the_stroke(image, whole):
    text = part("sine", choke='"hat"', high=59) + part("saw", choke='"hat"') + part("few")
    engine = new_engine(image, whole(text))
    play(engine, [on(0, 70), on(100, 50)], 128)
    found = {(key, stage) for _, key, stage in stages(engine)}
    assert found == {(70, FADING), (70, HELD), (50, HELD)}
    assert heard(engine) == [(50, "few"), (50, "saw"), (50, "sine"), (70, "few")]


def test_a_whole_goes_home_after_its_last_echo(image, whole):
    text = ECHO.replace("feedback_norm = 0", "feedback_norm = 0.7") + part("sine", send_db="{ echo = 0 }")
    engine = new_engine(image, whole(text))
    other = engine.load(sound(names_of(image)))
    play(engine, [on(0, 60), off(480, 60), hand_in(960, other)], 9600)
    engine.collect()
    assert len(engine.slots_in_use()) == 3
    assert play(engine, [], 4800).std() > 1e-3, "it still echoes"
    settle(engine, 20.0)
    engine.collect()
    assert engine.slots_in_use() == [other] and (engine.record.slots["stage"] != EMPTY).sum() == 1
    assert not engine._delays[other][1]


def test_wholes_come_and_go_without_end(image, whole):
    programs = [
        whole(ECHO + part("sine", send_db="{ echo = 0 }") + part("saw")),
        whole(part("few") + part("wide")),
    ]
    engine = new_engine(image, programs[0])
    for turn in range(40):
        engine.hand_in(engine.load(replace(programs[turn % 2], graph=str(turn))))
        now = int(engine.record.frame)
        play(engine, [on(now, 60), off(now + 100, 60)], 4800)
        settle(engine, 6.0)
        engine.collect()
        assert len(engine.slots_in_use()) == 3


def test_a_session_with_parts_renders_again_bit_for_bit(image, whole, tmp_path):
    def program(level_db):
        text = ECHO + part("bass", high=59, level_db=level_db, send_db="{ echo = -6 }")
        return whole(text + part("saw", low=48, low_velocity=60, polyphony=3))

    engine = new_engine(image, buffer_frames=32)
    writer = SessionWriter(tmp_path / "parts.session", engine)
    slot = engine.load(program(0))
    engine.hand_in(slot)
    strokes = [on(n * 480, (36, 50, 52, 64)[n % 4], 0.3 + n % 7 / 10) for n in range(60)]
    live = [play(engine, strokes, RATE_HZ, (32,))]
    engine.update(program(-20), slot)
    live.append(play(engine, [], 9600, (32,)))
    engine.set_value(slot, "part.1.level_db", 6.0)
    live.append(play(engine, [], 9600, (32,)))
    writer.close()
    again, _ = render_session(tmp_path / "parts.session", image)
    assert np.array_equal(again, np.concatenate(live)) and np.abs(again).max() > 0.1


def test_mono_parts_share_a_channel_with_a_layer_of_chords(image, whole):
    engine = new_engine(image, whole(part("bass", high=59) + part("sine", high=59) + part("saw", low=60)))
    play(engine, [on(0, 40), on(32, 45), on(64, 38)], 128)
    assert heard(engine) == [(38, "bass"), (38, "sine"), (40, "sine"), (45, "sine")]
    play(engine, [off(128, 38)], 64)
    assert heard(engine) == [(40, "bass"), (40, "sine"), (45, "sine")]
    play(engine, [control(192, 64, 127), off(200, 40), off(210, 45), on(240, 50)], 128)
    assert heard(engine) == [(50, "bass"), (50, "sine")]


@pytest.mark.parametrize(("place", "value"), [(4, 1), (1, 200), (8, 99_999), (0, -3), (6, 128)])
def test_a_session_whose_zones_are_damaged_is_refused(image, whole, tmp_path, place, value):
    path = tmp_path / "parts.session"
    engine = new_engine(image, buffer_frames=32)
    writer = SessionWriter(path, engine)
    engine.hand_in(engine.load(whole(part("sine"))))
    play(engine, [on(0, 60)], 960, (32,))
    writer.close()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    (line,) = [line for line in lines if isinstance(line, dict) and line.get("parts")]
    line["program"]["zones"][0][place] = value
    path.write_text("\n".join(map(json.dumps, lines)) + "\n")
    with pytest.raises(SessionError, match="damaged"):
        render_session(path, image)


def test_every_setting_has_its_place_in_the_program(whole, tmp_path):
    from synthhost.patch import settings_of

    program = whole(ECHO + '[[key]]\nkey = 36\npatch = "saw"\n' + part("sine", send_db="{ echo = -6 }"))
    settings = settings_of(load(tmp_path / "whole.toml", [tmp_path]))
    assert set(settings) == set(program.addresses)
    for address, place in program.addresses.items():
        setting = lookup(settings, address)
        assert program.values[place] == pytest.approx(setting.encode(setting.value))
