"""From a patch to the rows of a program."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthhost.engine.program import DELAY_FRAMES, check_program
from synthhost.patch import PatchError, compile_patch, list_patches, load, loads, settings_of
from synthhost.patch.check import warnings_of
from synthhost.patch.tiles import assign_tiles
from synthhost.realtime.operator import OPERATORS
from synthhost.voices.ways import MONO
from tests.patch.texts import HEAD, VOICE

NAMES = sorted(OPERATORS)
OUT = '[out]\nin = "a"\n'


def rows_of(program, name):
    """The rows of one operator."""
    return [row for row in program.rows if NAMES[row["operator"]] == name]


def values_of(program, row):
    """A row's values by the names of its operator's parameters."""
    operator = OPERATORS[NAMES[row["operator"]]]
    return {p.name: float(program.values[row["values"] + n]) for n, p in enumerate(operator.parameters)}


def test_numbers_stand_in_the_order_of_the_operators_table():
    program = compile_patch(loads(VOICE))
    (row,) = rows_of(program, "svf_lowpass")
    assert values_of(program, row)["q"] == np.float32(1.2)
    values = values_of(program, rows_of(program, "saw")[0])
    assert values["detune_cents"] == 6.0
    assert values["key_follow_norm"] == 1.0


def test_a_control_input_is_a_base_and_routes_in_octaves():
    program = compile_patch(loads(VOICE))
    (cutoff, *_) = rows_of(program, "control_mix")
    values = values_of(program, cutoff)
    assert values["base"] == pytest.approx(np.log2(900))
    assert values["gain_a"] == 3.5
    assert cutoff["inputs"][0] == rows_of(program, "adsr")[0]["output"]


@pytest.mark.parametrize(
    ("depth", "octaves"), [("semitones = 6", 0.5), ("cents = -300", -0.25), ("octaves = 2", 2)]
)
def test_depths_are_converted_to_what_the_input_holds(depth, octaves):
    program = compile_patch(loads(VOICE.replace("octaves = 3.5", depth)))
    assert program.values[program.addresses[f"route.1.{depth.split()[0]}"]] == octaves


def test_one_plain_signal_is_taken_as_it_is_and_a_sum_is_mixed():
    program = compile_patch(loads(VOICE))
    (mix,) = rows_of(program, "mix")
    assert values_of(program, mix) == {"gain_a": 1, "gain_b": 0.5, "gain_c": 0, "gain_d": 0, "base": 0}
    (product,) = rows_of(program, "multiply")
    assert product["inputs"][0] == rows_of(program, "svf_lowpass")[0]["output"]


def test_nothing_connected_is_silence_and_never_written():
    program = compile_patch(loads(VOICE))
    assert all(row["inputs"][0] == 0 for row in rows_of(program, "saw"))
    assert all(row["output"] > 0 for row in program.rows)


def test_a_default_that_is_not_zero_is_heard():
    program = compile_patch(loads(HEAD + '[o]\nop = "saw"\n[a]\nop = "multiply"\na = "o"\n' + OUT))
    (mix,) = rows_of(program, "mix")
    assert values_of(program, mix)["base"] == 1.0
    assert program.addresses["a.b"] == mix["values"] + 4


def test_more_than_four_signals_are_added_in_a_chain():
    oscillators = "".join(f'[o{n}]\nop = "saw"\n' for n in range(9))
    total = " + ".join(f"0.{n + 1} * o{n}" for n in range(9))
    program = compile_patch(loads(f'{HEAD}{oscillators}[out]\nin = "{total}"\n'))
    mixes = rows_of(program, "mix")
    assert len(mixes) == 3
    assert [mixes[n + 1]["inputs"][0] == mixes[n]["output"] for n in range(2)] == [True, True]
    for n in range(9):
        assert program.values[program.addresses[f"out.in.o{n}"]] == np.float32((n + 1) / 10)


def test_what_is_not_heard_is_not_computed_and_warned_of():
    patch = loads(VOICE + '[lost]\nop = "noise"\n')
    assert len(compile_patch(patch).rows) == len(compile_patch(loads(VOICE)).rows)
    (warning,) = warnings_of(patch)
    assert (warning.key, warning.line) == ("lost", 39)


def test_signals_of_the_note_need_no_table():
    program = compile_patch(loads(VOICE.replace('from = "env"', 'from = "velocity"')))
    assert rows_of(program, "velocity")


def test_words_are_their_index():
    program = compile_patch(loads(VOICE))
    assert program.values[program.addresses["effects.echo.ping_pong"]] == 1.0
    assert not program.ramps[program.addresses["effects.echo.ping_pong"]]
    assert program.ramps[program.addresses["filter.cutoff_hz"]]


@pytest.mark.parametrize(("count", "halved"), [(1, 0), (2, 0), (3, 1), (4, 1), (5, 2)])
def test_effects_get_the_memory_they_want_or_half_as_often_as_it_takes(count, halved):
    echoes = "".join(f'[effects.echo{n}]\nop = "delay"\n' for n in range(1, count))
    program, frames = compile_patch(loads(VOICE + echoes)), OPERATORS["delay"].memory_frames >> halved
    assert [row["memory_frames"] for row in program.effects] == [frames] * count
    assert [row["memory"] for row in program.effects] == [n * frames for n in range(count)]
    assert [row["state"] for row in program.effects] == [
        n * len(OPERATORS["delay"].state) for n in range(count)
    ]
    check_program(program, [OPERATORS[name] for name in NAMES])


def test_an_echo_a_chorus_and_a_reverb_have_all_the_memory_they_want():
    more = '[effects.swarm]\nop = "chorus"\n[effects.hall]\nop = "reverb"\n'
    program = compile_patch(loads(VOICE + more))
    wanted = [OPERATORS[name].memory_frames for name in ("delay", "chorus", "reverb")]
    assert [row["memory_frames"] for row in program.effects] == wanted
    assert [row["memory"] for row in program.effects] == [0, wanted[0], wanted[0] + wanted[1]]
    assert sum(wanted) <= DELAY_FRAMES
    check_program(program, [OPERATORS[name] for name in NAMES])


def test_each_row_has_its_own_state_and_values():
    program = compile_patch(loads(VOICE))
    state = [
        n for row in program.rows for n in range(row["state"], row["state"] + len(operator_of(row).state))
    ]
    values = [
        n
        for row in program.rows
        for n in range(row["values"], row["values"] + len(operator_of(row).parameters))
    ]
    assert state == list(range(len(state)))
    assert values == list(range(len(values)))


def operator_of(row):
    """The operator of a row."""
    return OPERATORS[NAMES[row["operator"]]]


def test_performance_is_in_the_program():
    text = VOICE + '[performance]\nmode = "mono"\nglide_s = 0.1\nbend_semitones = 12\npolyphony = 8\n'
    program = compile_patch(loads(text))
    assert (program.mode, program.glide_s, program.bend_semitones, program.polyphony) == (MONO, 0.1, 12.0, 8)


def test_a_patch_without_envelope_says_so():
    assert not compile_patch(loads(HEAD + '[a]\nop = "saw"\n' + OUT)).has_envelope


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("cutoff_hz = 900", "cutoff_hz = 4000.5"),
        ("detune_cents = 6", "detune_cents = -6"),
        ("0.5 * osc2", "0.7 * osc2"),
        ("octaves = 3.5", "octaves = -1"),
        ("octaves = 3.5", "cents = 20"),
        ('ping_pong = "on"', 'ping_pong = "off"'),
        ('name = "Plain"', 'name = "Other"'),
        ("# a little", "# nothing"),
    ],
)
def test_other_numbers_are_the_same_graph(old, new):
    one, other = compile_patch(loads(VOICE)), compile_patch(loads(VOICE.replace(old, new)))
    assert one.graph == other.graph
    assert len(one.values) == len(other.values)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('op = "svf_lowpass"', 'op = "svf_highpass"'),
        ("osc1 + 0.5 * osc2", "osc1"),
        ('from = "env"', 'from = "velocity"'),
        ("[effects.echo]", '[effects.room]\nop = "delay"\n[effects.echo]'),
        ("[effects.echo]", '[performance]\nmode = "mono"\n[effects.echo]'),
        ("[effects.echo]", "[performance]\npolyphony = 3\n[effects.echo]"),
    ],
)
def test_other_connections_are_another_graph(old, new):
    assert compile_patch(loads(VOICE)).graph != compile_patch(loads(VOICE.replace(old, new))).graph


def test_every_address_has_a_setting_that_encodes_its_value():
    for path in list_patches(every=True).values():
        patch = load(path)
        program, known = compile_patch(patch), settings_of(patch)
        assert set(known) == set(program.addresses)
        for address, setting in known.items():
            assert program.values[program.addresses[address]] == np.float32(setting.encode(setting.value))


def test_the_operators_index_is_the_images():
    table = list(reversed(NAMES))
    program = compile_patch(loads(VOICE), table)
    assert table[program.rows[-1]["operator"]] == "out"
    with pytest.raises(PatchError, match="'saw', which is not in the engine's image"):
        compile_patch(loads(VOICE), [name for name in NAMES if name != "saw"])


def test_too_many_modules_are_refused():
    chain = "".join(f'[f{n}]\nop = "svf_lowpass"\nin = "f{n + 1}"\n' for n in range(40))
    text = HEAD + chain + '[f40]\nop = "saw"\n[out]\nin = "f0"\n'
    with pytest.raises(PatchError, match="too large: .* modules .* 64 fit"):
        compile_patch(loads(text))
    with pytest.raises(PatchError, match="effects, 8 fit"):
        compile_patch(loads(VOICE + "".join(f'[effects.e{n}]\nop = "delay"\n' for n in range(9))))


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_a_tile_is_never_written_while_it_is_needed(data):
    count = data.draw(st.integers(1, 40))
    rows = [
        (n, data.draw(st.lists(st.integers(0, n - 1), max_size=4), label=f"inputs of {n}"))
        for n in range(1, count + 1)
    ]
    holds = {0: 0}
    for (signal, inputs), (tile, tiles) in zip(rows, assign_tiles(rows), strict=True):
        assert tile not in (0, *tiles)
        assert [holds[t] for t in tiles] == inputs
        holds[tile] = signal


def test_a_chain_of_forty_needs_three_tiles():
    rows = [(n, [n - 1]) for n in range(1, 41)]
    assert max(tile for tile, _ in assign_tiles(rows)) <= 3


def test_operators_are_compiled_for_the_memory_that_programs_may_use():
    from synthhost.engine.program import TILES
    from synthhost.realtime.build import compile as compiled_for

    assert (compiled_for.TILES, compiled_for.DELAY_FRAMES) == (TILES, DELAY_FRAMES)
