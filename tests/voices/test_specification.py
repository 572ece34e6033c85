"""The specification of keys and pedals, rule by rule (`docs/keys.md`), and all of it over a million random events."""

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from synthhost.events.event import RELEASE_PORT
from synthhost.voices.stages import FADING, HELD, PEDALLED, RELEASED
from tests.engine.playing import (
    SONG_RING,
    bare,
    control,
    event,
    hand_in,
    names_of,
    new_engine,
    of_parts,
    off,
    on,
    panic,
    play,
    program_change,
    recount,
    settle,
    sound,
)
from tests.voices import rules

SUSTAIN, SOSTENUTO, SOFT = 64, 66, 67
WORDS = {HELD: "held", PEDALLED: "kept", RELEASED: "let go", FADING: "fades"}


class Player:
    """Plays on an engine, one move a quantum, and looks at what became of the keys."""

    def __init__(self, image, performance="", **settings):
        self.names = names_of(image)
        self.engine = new_engine(image, sound(self.names, performance, release_s=1.0, **settings))

    def do(self, *moves):
        for move in moves:
            move.frame = self.engine.record.frame
            play(self.engine, [move], 32)
        return self

    def all_notes(self):
        """(key, what is true of it) of every voice."""
        groups = self.engine.record.groups
        return [
            (int(groups["key"][place]), WORDS[int(groups["stage"][place])])
            for place in map(tuple, np.argwhere(groups["stage"] != 0))
        ]

    def notes(self):
        """The same of held and kept notes."""
        return {key: word for key, word in self.all_notes() if word in ("held", "kept")}

    def voice(self, field, key):
        groups = self.engine.record.groups
        (place,) = map(tuple, np.argwhere((groups["stage"] == HELD) & (groups["key"] == key)))
        return float(groups["voice"][field][place])


@pytest.fixture
def piano(image):
    return Player(image)


def pedal(value=127, number=SUSTAIN, **where):
    return control(0, number, value, **where)


def key(number, **where):
    return on(0, number, **where)


def up(number, **where):
    return off(0, number, **where)


def test_rule_1_a_key_holds_its_note_while_it_is_down(piano):
    assert piano.do(key(60)).notes() == {60: "held"}
    assert piano.do(up(60)).all_notes() == [(60, "let go")]


def test_rule_2_a_key_struck_again_has_one_note(piano):
    assert sorted(piano.do(key(60), key(60)).all_notes()) == [(60, "held"), (60, "let go")]
    assert piano.do(up(60)).notes() == {}


def test_rule_3_an_end_before_its_stroke_changes_nothing(piano):
    assert piano.do(up(60), key(62), up(60)).notes() == {62: "held"}
    assert piano.do(key(60)).notes() == {60: "held", 62: "held"}, "and the stroke that comes then is heard"


def test_rule_4_stroke_and_end_on_one_frame_are_heard(image):
    engine = new_engine(image, bare(names_of(image)))
    assert np.abs(play(engine, [on(100, 69), off(100, 69)], 1024)).max() > 0.01
    settle(engine, 0.1)
    assert recount(engine) == (0, 0)


def test_rule_5_a_program_change_leaves_old_notes_to_their_keys(piano):
    piano.do(key(60), key(62))
    other = piano.engine.load(sound(piano.names, 'mode = "mono"', op="saw"))
    piano.do(hand_in(0, other), key(64))
    assert piano.notes() == {60: "held", 62: "held", 64: "held"}
    assert piano.do(up(64)).notes() == {60: "held", 62: "held"}, "not returned to"
    assert piano.do(key(62), key(65), up(62)).notes() == {60: "held", 65: "held"}
    assert piano.do(up(60), up(65)).notes() == {}


def test_rule_6_the_sustain_pedal_keeps_notes_until_it_comes_up(piano):
    assert piano.do(key(60), key(64), pedal(64), up(60)).notes() == {60: "kept", 64: "held"}
    assert piano.do(pedal(0)).notes() == {64: "held"}


def test_rule_7_strokes_under_the_pedal_do_not_pile_up(piano):
    piano.do(pedal(), key(60), up(60), key(60), up(60))
    assert sorted(piano.all_notes()) == [(60, "kept"), (60, "let go")]


def test_rule_8_half_a_pedal_keeps_nothing_but_damps_less(piano):
    assert piano.do(key(60), pedal(), up(60), pedal(63)).all_notes() == [(60, "let go")]
    assert piano.engine.record.groups[0].voice.lifted[0] == pytest.approx(0.95)
    assert piano.do(pedal(127)).all_notes() == [(60, "let go")]
    piano.do(pedal(15))
    assert piano.engine.record.groups[0].voice.lifted[0] == 0


def test_rule_9_a_pedal_on_another_port_or_channel_keeps_nothing(piano):
    for number in (SUSTAIN, SOSTENUTO):
        piano.do(key(60), pedal(number=number, port=1), pedal(number=number, channel=1), up(60))
        assert piano.notes() == {}


def test_rule_10_sostenuto_catches_the_keys_that_are_down(piano):
    piano.do(pedal(), key(50), up(50), key(60), pedal(number=SOSTENUTO), key(64), up(60), up(64), pedal(0))
    assert piano.notes() == {60: "kept"}


def test_rule_11_a_caught_key_stays_caught_when_it_is_struck_again(piano):
    piano.do(key(60), pedal(number=SOSTENUTO), up(60), key(60), up(60))
    assert piano.notes() == {60: "kept"}
    assert piano.do(pedal(0, SOSTENUTO)).notes() == {}


@pytest.mark.parametrize("first", [SUSTAIN, SOSTENUTO])
def test_rule_12_a_note_goes_when_neither_pedal_keeps_it(piano, first):
    piano.do(key(60), pedal(number=SOSTENUTO), pedal(), up(60))
    assert piano.do(pedal(0, first)).notes() == {60: "kept"}
    assert piano.do(pedal(0, SUSTAIN + SOSTENUTO - first)).notes() == {}


def test_rule_13_the_soft_pedal_softens_strokes_alone(piano):
    piano.do(key(60), pedal(number=SOFT), key(62))
    assert (piano.voice("velocity", 60), piano.voice("velocity", 62)) == pytest.approx((1.0, 0.6))


def test_rule_14_one_note_goes_to_the_key_that_has_priority(image):
    for priority, heard in {"last": 64, "low": 60, "high": 67}.items():
        player = Player(image, f'mode = "mono"\npriority = "{priority}"').do(key(60), key(67), key(64))
        assert player.notes() == {heard: "held"}


def test_rule_15_legato_strikes_only_when_no_other_key_is_down(image):
    for mode, velocity in {"mono": 0.5, "legato": 1.0}.items():
        player = Player(image, f'mode = "{mode}"').do(key(60), on(0, 62, 0.5))
        assert player.voice("velocity", 62) == velocity
        assert player.do(up(60), up(62), on(0, 64, 0.25)).voice("velocity", 64) == 0.25


def test_rule_16_the_note_goes_back_to_a_key_that_is_down(image):
    for priority, order in {"last": (67, 64, 60), "low": (60, 64, 67), "high": (67, 64, 60)}.items():
        player = Player(image, f'mode = "mono"\npriority = "{priority}"').do(key(60), key(64), key(67))
        for heard in order:
            assert player.notes() == {heard: "held"}
            player.do(up(heard))
        assert player.notes() == {}


def test_rule_17_pedals_keep_the_one_note_after_its_last_key(image):
    player = Player(image, 'mode = "legato"').do(pedal(), key(60), key(64), up(64))
    assert player.notes() == {60: "held"}
    assert player.do(up(60)).notes() == {60: "kept"}
    assert player.do(on(0, 65, 0.5)).notes() == {65: "held"}
    assert player.voice("velocity", 65) == 0.5, "struck"


def test_rule_18_mode_messages_let_go_and_go_before_the_patch(piano):
    assert piano.do(key(60), control(0, 126, 1)).notes() == {}
    assert piano.do(key(60), key(64)).notes() == {64: "held"}
    assert piano.do(control(0, 127, 0)).notes() == {}
    assert piano.do(key(60), key(64)).notes() == {60: "held", 64: "held"}
    assert piano.do(control(0, 124, 0)).notes() == {}


def test_rule_19_notes_glide_from_the_key_that_sounded_last(image):
    player = Player(image, "glide_s = 1.0").do(key(48), key(60))
    assert player.voice("pitch", 60) == pytest.approx(np.log2(440) - 21 / 12, abs=0.01)


def test_rule_20_all_sound_off_forgets_the_keys(image):
    player = Player(image, 'mode = "mono"').do(key(60), control(0, 120, 0))
    assert player.all_notes() == [(60, "fades")]
    assert player.do(key(64), up(64)).notes() == {}


def test_rule_21_all_notes_off_leaves_to_pedals_what_they_keep(piano):
    piano.do(key(60), pedal(number=SOSTENUTO), key(64), control(0, 123, 0))
    assert piano.notes() == {60: "kept"}


def test_rule_22_resetting_controllers_lifts_the_pedals(piano):
    piano.do(key(60), pedal(number=SOSTENUTO), key(64), pedal(), pedal(number=SOFT), up(60), up(64))
    assert piano.do(control(0, 121, 0)).notes() == {}
    assert piano.do(key(67)).voice("velocity", 67) == 1.0


def test_rule_23_an_unplugged_keyboard_lets_all_go_and_others_play_on(piano):
    piano.do(key(60), pedal(), key(64), up(64), key(67, port=1), event(RELEASE_PORT, 0))
    assert piano.notes() == {67: "held"}
    assert piano.do(key(60), up(60)).notes() == {67: "held"}


def test_rule_24_panic_ends_everything(piano):
    piano.do(key(60), pedal(), pedal(number=SOSTENUTO, port=3), key(64, port=3), panic(0))
    assert {word for _, word in piano.all_notes()} == {"fades"}
    settle(piano.engine, 0.003)
    assert piano.all_notes() == []
    assert piano.do(key(60), up(60), key(64, port=3), up(64, port=3)).notes() == {}


def test_rule_25_stealing_takes_the_same_key_then_what_is_let_go_then_any(image):
    def stolen(*moves):
        player = Player(image, "polyphony = 3").do(key(60), key(62), *moves)
        return [number for number, word in player.all_notes() if word == "fades"]

    assert stolen(up(60), key(62), key(62)) == [62]
    assert stolen(key(64), up(62), key(65)) == [62]
    assert stolen(key(64), pedal(), up(64), key(65)) == [64]
    assert len(stolen(key(64), key(65))) == 1


def test_rule_26_the_governor_counts_as_polyphony(piano):
    piano.do(*(key(40 + n) for n in range(20)))
    piano.engine.record.governor.wanted = 12
    piano.do(key(90))
    settle(piano.engine, 0.01)
    assert len(piano.notes()) == 12 and piano.notes()[90] == "held"


def test_rule_27_a_stroke_is_one_note_in_all_parts_that_it_falls_into(image):
    def player(*zones, **settings):
        names, made = names_of(image), Player(image, **settings)
        parts = [sound(names, text, release_s=1.0) for text, *_ in zones]
        places = [(*keys, *velocities, n, -1, 0, 0, -1) for n, (_, keys, velocities) in enumerate(zones)]
        made.engine.hand_in(made.engine.load(of_parts(parts, places)))
        made.engine.render(32)
        return made

    always, low = (1, 127), (0, 59)
    layers = player(("", (0, 127), always), ("", low, always), ("", (0, 127), (100, 127)))
    layers.do(key(48), on(0, 60, 0.5))
    assert sorted(layers.all_notes()) == [(48, "held")] * 3 + [(60, "held")]
    layers.do(pedal(), up(48), on(0, 48, 0.5))
    assert sorted(layers.all_notes()) == [(48, "held")] * 2 + [(48, "let go")] * 3 + [(60, "held")]
    few = player(("polyphony = 2", (0, 127), always), ("", (0, 127), always)).do(key(50), key(52), key(54))
    assert Counter(few.all_notes())[50, "fades"] == 1, "of that part alone"
    assert sum(word == "held" for _, word in few.all_notes()) == 5


def test_rule_28_each_part_plays_one_note_at_a_time_for_its_own_keys(image):
    names, player = names_of(image), Player(image)
    bass = sound(names, 'mode = "legato"\npriority = "low"\nglide_s = 1', release_s=1.0)
    zones = [(0, 59, 1, 127, 0, -1, 0, 0, -1), (60, 127, 1, 127, 1, -1, 0, 0, -1)]
    player.engine.hand_in(player.engine.load(of_parts([bass, sound(names, release_s=1.0)], zones)))
    player.do(key(64), key(67), key(50), key(55))
    assert player.notes() == {64: "held", 67: "held", 50: "held"}, "the higher key of the bass waits"
    assert player.voice("pitch", 50) == pytest.approx(np.log2(440) - 19 / 12, abs=0.01), (
        "no glide from the right hand"
    )
    assert player.do(up(50)).notes() == {64: "held", 67: "held", 55: "held"}
    assert player.do(up(55)).notes() == {64: "held", 67: "held"}
    assert player.do(control(0, 126, 1), key(70), key(72), key(40)).notes() == {72: "held", 40: "held"}


def test_every_rule_has_its_test():
    page = (Path(__file__).parents[2] / "docs" / "keys.md").read_text("utf-8")
    written = re.findall(r"^(\d+)\. ", page, re.MULTILINE)
    tested = re.findall(r"^def test_rule_(\d+)_", Path(__file__).read_text("utf-8"), re.MULTILINE)
    assert written == tested == [str(n) for n in range(1, len(written) + 1)]


# --- all rules at once ------------------------------------------------------------------------------------------------

PLACES = [(0, 0), (0, 1), (5, 0)]  # port, channel
PROGRAMS = [
    ("", 1),
    ('mode = "mono"\npriority = "low"\nglide_s = 0.01', 1),
    ('mode = "legato"\npriority = "high"\nunison = 3', 3),
    ('mode = "legato"', 1),
    ("unison = 2\nglide_s = 0.1", 2),
]
WHOLES = [  # numbers of programs, each with keys and velocities
    [(0, range(128), range(1, 128)), (4, range(128), range(1, 128))],  # a layer
    [(1, range(55), range(1, 128)), (0, range(52, 128), range(1, 128))],  # a split that overlaps
    [(3, range(128), range(64, 128)), (2, range(50, 60), range(1, 90)), (0, range(128), range(1, 64))],
]
ALL_PROGRAMS = tuple(range(len(PROGRAMS) + len(WHOLES)))
KINDS = ("on", "off", "sustain", "sostenuto", "other", "message", "program", "release", "panic")
CHANCES = np.array([0.42, 0.36, 0.06, 0.05, 0.04, 0.03, 0.03, 0.006, 0.004])


def stream(seed, count, programs):
    """Random moves: (kind, place, key or number, value); of the programs whose numbers are given."""
    random = np.random.default_rng(seed)
    kinds = random.choice(len(KINDS), count, p=CHANCES / CHANCES.sum())
    places, keys = random.integers(0, len(PLACES), count), random.integers(48, 62, count)
    values = random.choice([0, 10, 40, 63, 64, 127], count)
    others = random.choice([1, 5, 7, 11, 65, 67, 84], count)
    messages = random.choice([120, 121, 123, 124, 125, 126, 127], count)
    programs = random.choice(programs, count)
    for n in range(count):
        number = {4: others, 5: messages, 6: programs}.get(kinds[n], keys)[n]
        yield KINDS[kinds[n]], PLACES[places[n]], int(number), float(values[n])


def give(engine, channels, move):
    """Make one move on the engine and in the plain rules."""
    kind, (port, channel), number, value = move
    model = channels[port, channel]
    if kind == "on":
        velocity = (value + 1) / 128
        item = on(0, number, velocity, channel, port)
        model.note_on(number, velocity)
    elif kind == "off":
        item = off(0, number, channel, port)
        model.note_off(number)
    elif kind in ("sustain", "sostenuto", "other", "message"):
        number = {"sustain": SUSTAIN, "sostenuto": SOSTENUTO}.get(kind, number)
        item = control(0, number, value, channel, port)
        model.control(number, value)
    elif kind == "program":
        item = program_change(0, number, channel, port)
        model.choose(number)
    else:
        item = event(RELEASE_PORT, 0, port=port) if kind == "release" else panic(0)
        for (other, _), state in channels.items():
            if kind == "panic" or other == port:
                state.end()
    return item


def expected(channels):
    """How many voices there should be: of (channel, key, held or kept)."""
    count = Counter()
    for (port, channel), state in channels.items():
        for note in state.notes:
            number = note.program
            if number >= len(PROGRAMS):
                number = WHOLES[number - len(PROGRAMS)][note.part][0]
            count[port * 16 + channel, note.key, note.state] += PROGRAMS[number][1]
    return count


def programs_of(names):
    """The Program and the Parts of each number."""
    plain = [sound(names, "polyphony = 256\n" + text, release_s=0.002) for text, _ in PROGRAMS]
    for program in plain:
        yield program, [rules.Part(program.mode, program.priority)]
    for whole in WHOLES:
        zones = [
            (keys[0], keys[-1], velocities[0], velocities[-1], part, -1, 0, 0, -1)
            for part, (_, keys, velocities) in enumerate(whole)
        ]
        parts = [
            rules.Part(plain[number].mode, plain[number].priority, keys, velocities)
            for number, keys, velocities in whole
        ]
        yield of_parts([plain[number] for number, *_ in whole], zones), parts


def found(engine):
    groups = engine.record.groups[: int(engine.record.groups_used) + 1]
    stage = groups["stage"]
    taken = (stage == HELD) | (stage == PEDALLED)
    return Counter(
        zip(
            groups["channel"][taken].tolist(),
            groups["key"][taken].tolist(),
            (WORDS[word] for word in stage[taken].tolist()),
            strict=True,
        )
    )


def hold_against_rules(image, seed, count, voices=1024, numbers=ALL_PROGRAMS, chunk=8):
    """Play a random stream and compare after every few moves. Returns the engine, all keys and pedals up at last.

    Where there are not enough `voices`, notes are stolen: then there must be none that the rules do not have.
    """
    names = names_of(image)
    engine = new_engine(image, polyphony=voices, buffer_frames=32)
    programs = {}
    for number, (program, parts) in enumerate(programs_of(names)):
        engine.map_program(number, engine.load(program))
        programs[number] = parts
    engine.hand_in(0)
    engine.render(32)
    channels = {place: rules.Channel(programs) for place in PLACES}
    moves = []
    for n, move in enumerate(stream(seed, count, numbers)):
        item = give(engine, channels, move)
        frame = int(engine.record.frame) + 4 * (n % chunk)
        fields = (item.kind, frame, item.port, item.channel, item.key, item.value, item.a, item.b)
        engine.push(*(x.item() if hasattr(x, "item") else x for x in fields), ring=SONG_RING)
        moves.append(move)
        if n % chunk == chunk - 1:
            engine.render(32, block=32)
            wrong = found(engine) - expected(channels)
            if wrong or (voices == 1024 and found(engine) != expected(channels)):
                pytest.fail(f"seed {seed}: {found(engine)} is not {expected(channels)} after {moves[-30:]}")
    assert engine.record.stats.dropped_notes == 0
    assert (engine.record.stats.stolen == 0) == (voices == 1024)
    for port in {port for port, _ in PLACES}:
        engine.push(RELEASE_PORT, port=port, ring=SONG_RING)
    settle(engine, 0.2)
    return engine


@pytest.mark.parametrize("seed", range(4))
def test_random_events_follow_the_rules(image, seed):
    engine = hold_against_rules(image, seed, 8_000)
    assert recount(engine) == (0, 0), "nothing is stuck"


@pytest.mark.parametrize("voices", [1, 2, 7, 40])
def test_with_too_few_voices_notes_go_but_none_is_stuck(image, voices):
    engine = hold_against_rules(image, voices, 8_000, voices, numbers=(0, 4))
    assert recount(engine) == (0, 0) and engine.record.stats.voices_max <= voices


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 110))
def test_a_million_random_events_follow_the_rules(image, seed):
    engine = hold_against_rules(image, seed, 100_000)
    assert recount(engine) == (0, 0), "nothing is stuck"
