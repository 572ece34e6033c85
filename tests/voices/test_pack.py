"""Voices are brought together when others end: fewer groups to render, and nobody hears of it."""

from dataclasses import replace

import numpy as np
import pytest

from synthhost.dsp.context import VOICE
from synthhost.engine.memory import GROUP
from synthhost.voices.stages import FREE
from synthhost.voices.ways import POLY
from tests.engine.playing import (
    RATE_HZ,
    bend,
    control,
    factory,
    names_of,
    new_engine,
    off,
    on,
    play,
    recount,
    sound,
    stages,
)

MANY = "polyphony = 256"


def groups(engine):
    """How many groups are rendered."""
    return int((engine.record.groups["program"] >= 0).sum())


def test_what_goes_with_a_voice_is_rows_of_16_words():
    begin, end = GROUP.fields["stage"][1], GROUP.fields["voice"][1] + VOICE.itemsize
    inside = [kind for kind, place, *_ in GROUP.fields.values() if begin <= place < end]
    assert all(kind.itemsize % 64 == 0 for kind in inside)
    assert sum(kind.itemsize for kind in inside) == end - begin
    assert all(kind.itemsize == 64 for kind, *_ in VOICE.fields.values())
    outside = [
        name for name, (kind, place, *_) in GROUP.fields.items() if not begin <= place < end and kind.shape
    ]
    assert outside == ["order", "guard_before", "state", "guard_after"]


@pytest.mark.parametrize("seed", range(4))
def test_notes_that_are_left_of_many_share_as_few_groups_as_they_can(image, seed):
    engine = new_engine(image, sound(names_of(image), MANY, release_s=0.01))
    keys = [(n % 128, n // 128) for n in range(256)]
    play(engine, [on(n // 8, key, channel=channel) for n, (key, channel) in enumerate(keys)], 512)
    assert groups(engine) == 16
    np.random.default_rng(seed).shuffle(keys)
    gone, left = keys[:200], keys[200:]
    play(engine, [off(600, key, channel=channel) for key, channel in gone], RATE_HZ // 4)
    assert groups(engine) == 4 and recount(engine) == (56, 0)
    assert sorted((channel, key) for channel, key, _ in stages(engine)) == sorted((c, k) for k, c in left)
    play(engine, [off(0, key, channel=channel) for key, channel in left], RATE_HZ // 4)
    assert groups(engine) == 0 and recount(engine) == (0, 0)


def test_each_program_has_groups_of_its_own(image):
    engine = new_engine(image, sound(names_of(image), MANY, release_s=0.01))
    other = engine.load(sound(names_of(image), MANY, op="saw", release_s=0.01))
    engine.hand_in(other, 0, 1)
    engine.render(64)
    play(engine, [on(64 + n, 40 + n, channel=n % 2) for n in range(80)], 512)
    assert groups(engine) == 6
    play(engine, [off(600, 40 + n, channel=n % 2) for n in range(80) if n % 4 > 1], RATE_HZ // 4)
    assert groups(engine) == 4 and recount(engine) == (40, 0)
    for number in np.flatnonzero(engine.record.groups["program"] >= 0):
        group = engine.record.groups[number]
        assert set(group.channel[group.stage != FREE]) == {int(group.program == other)}


@pytest.mark.parametrize(
    "name",
    [
        "lead/fifths",
        "pad/glass-pad",
        "organ/combo-organ",
        "mpe/silk",
        "strings/solo-cello",
        "pluck/nylon-guitar",
    ],
)
def test_a_voice_that_is_moved_sounds_on_as_if_it_were_not(image, name):
    """Envelopes, noise, LFOs, pressure: the notes left of a chord are those of a chord whose others are silent.

    All happens where a tile ends: within one it would cut the tiles of other voices in the group.
    """
    program = factory(names_of(image), name)
    program = replace(program, effects=program.effects[:0], polyphony=64, mode=POLY, glide_s=0.0)
    silent = sound(names_of(image), MANY, level_db=-96, release_s=0.01)
    outputs, counts = [], []
    for left, others in ((0, 0), (0, 1), (1, 0)):
        engine = new_engine(image, program, volume=0.02)
        engine.hand_in(engine.load(silent), 0, 1)
        engine.render(64)
        chord = [(36 + n, others if n % 5 else left) for n in range(40)]
        strokes = [
            on(64 + 32 * n, key, 0.5 + n / 80, channel=channel) for n, (key, channel) in enumerate(chord)
        ]
        ends = [off(4800 + 32 * n, key, channel=channel) for n, (key, channel) in enumerate(chord) if n % 5]
        hands = [bend(t, t / 48_000) for t in range(9000, 20_000, 500)] + [
            control(12_000, 1, 90),
            control(0, 72, 0),
        ]
        output = [play(engine, [*strokes, *ends, *hands], 28_672)]
        counts.append(groups(engine))
        output.append(play(engine, [off(30_016, key, channel=left) for key, _ in chord], 19_456))
        outputs.append(np.concatenate(output).astype(float))
    assert counts[:2] == [1, 1], "of three groups"
    whole, kept, ended = (
        output[4096:] for output in outputs
    )  # strokes cut the tiles of others in their group
    assert np.abs(kept[20_000:30_000]).max() > 1e-4
    assert np.abs(whole - kept - ended).max() < 1e-5 * np.abs(whole).max()
