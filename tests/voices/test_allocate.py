"""Allocation and stealing: who goes when there are too many, and how quietly."""

import numpy as np
import pytest

from synthhost.engine.engine import Engine
from synthhost.events.event import POLYPHONY
from synthhost.voices.stages import FADING, HELD
from tests.engine.playing import (
    ALL_NOTES_OFF,
    ALL_SOUND_OFF,
    PEDAL,
    RATE_HZ,
    control,
    event,
    factory,
    first_sound,
    hand_in,
    names_of,
    new_engine,
    off,
    on,
    panic,
    play,
    recount,
    settle,
    sound,
    stages,
)

FOUR = "polyphony = 4"


def stolen(engine):
    return [key for _, key, stage in stages(engine) if stage == FADING]


def test_released_voices_are_stolen_before_held_ones(image):
    engine = new_engine(image, sound(names_of(image), FOUR, release_s=5.0))
    quiet = [control(0, 7, 30), *(on(n * 100, 60 + n) for n in range(3))]
    play(engine, [*quiet, on(0, 90, channel=1), off(600, 90, channel=1)], 992)
    play(engine, [on(1000, 70)], 32)
    assert stolen(engine) == [90], "though it is the loudest"


def test_notes_under_the_pedal_are_stolen_before_held_keys(image):
    engine = new_engine(image, sound(names_of(image), FOUR))
    play(engine, [on(n * 100, 60 + n) for n in range(4)] + [control(500, PEDAL, 127), off(600, 63)], 992)
    play(engine, [on(1000, 70)], 32)
    assert stolen(engine) == [63]


def test_the_quietest_of_the_held_is_stolen(image):
    engine = new_engine(image, sound(names_of(image), FOUR))
    engine.set_value(0, "env.velocity_norm", 1.0)
    settle(engine, 0.1)
    now = int(engine.record.frame)
    play(engine, [on(now + n, 60 + n, velocity) for n, velocity in enumerate((0.9, 0.5, 0.2, 0.7))], 992)
    play(engine, [on(int(engine.record.frame), 70)], 32)
    assert stolen(engine) == [62]


def test_the_same_key_is_stolen_first(image):
    engine = new_engine(image, sound(names_of(image), FOUR, release_s=5.0))
    play(engine, [on(n * 100, 60 + n) for n in range(4)] + [off(600, 61)], 992)
    play(engine, [on(1000, 63)], 32)
    assert stolen(engine) == [63]


def test_a_program_steals_from_itself_the_engine_from_all(image):
    names = names_of(image)
    engine = new_engine(image, sound(names, FOUR), polyphony=6)
    other = engine.load(sound(names, FOUR, op="saw"))
    engine.hand_in(other, 0, 1)
    settle(engine, 0.01)
    now = int(engine.record.frame)
    play(engine, [on(now, 60 + n) for n in range(8)], 32)
    assert recount(engine)[0] == 4
    play(engine, [on(now + 32, 60 + n, channel=1) for n in range(4)], 32)
    assert recount(engine)[0] == 6
    assert sum(1 for channel, _, stage in stages(engine) if channel == 1 and stage == HELD) == 4


def test_a_lowered_polyphony_is_reached_in_good_time(image):
    engine = new_engine(image, sound(names_of(image), "polyphony = 256"))
    play(engine, [on(n, n % 128, channel=n // 128) for n in range(200)], 512)
    assert recount(engine)[0] == 200
    play(engine, [event(POLYPHONY, 600, a=10)], 2048)
    assert recount(engine)[0] == 10
    play(engine, [control(2600, ALL_NOTES_OFF, 0, channel) for channel in (0, 1)], 480)
    settle(engine)
    assert recount(engine) == (0, 0)


@pytest.mark.parametrize("frame", range(4096, 4128, 5))
def test_a_stolen_voice_is_gone_within_3_ms_and_fades_without_a_click(image, frame):
    """The residual beside a voice that is not stolen is a smooth fade: above 3 kHz nothing is louder than -60 dB."""
    program = sound(names_of(image), "polyphony = 1", level_db=-6)  # two at once stay clear of the limiter
    kept = play(new_engine(image, program), [on(0, 57)], 8192)
    engine = new_engine(image, program)
    engine.load(sound(names_of(image), FOUR, level_db=-96))
    engine.hand_in(1, 0, 1)
    both = play(engine, [on(0, 57), on(frame, 57)], 8192)
    alone = play(new_engine(image, program), [on(frame, 57)], 8192)
    residual = (both - alone)[:, 0]
    gone = frame + round(0.003 * RATE_HZ)
    assert np.array_equal(both[:frame], kept[:frame]), "nothing happens before the stroke"
    level = np.abs(kept[2000:4000]).max()
    assert np.abs(residual[frame - 32 : frame]).max() > 0.2 * level
    assert np.abs(residual[gone:]).max() < 0.02 * level, "only the DC guard remembers"
    window = residual[frame - 1024 : frame + 1024] * np.blackman(2048)
    spectrum = np.abs(np.fft.rfft(window))
    high = spectrum[int(3000 / RATE_HZ * 2048) :]
    assert 20 * np.log10(high.max() / spectrum.max()) < -60


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("op", ["sine", "saw"])
@pytest.mark.parametrize("performance", ["polyphony = 1", "polyphony = 1\nunison = 5"])
def test_a_stolen_voice_leaves_no_click_at_any_rate(image, rate_hz, op, performance):
    """What the fade adds to a note above 3 kHz, beside what the note has there itself, is below -60 dB."""
    program = sound(names_of(image), performance, op=op, level_db=-6)
    silent = sound(names_of(image), level_db=-96)

    def played(*events):
        engine = Engine(image, rate_hz, buffer_frames=1024)
        engine.hand_in(engine.load(program))
        engine.load(silent)
        engine.hand_in(1, 0, 1)
        return play(engine, list(events), 16_384)[:, 0].astype(float)

    def high(sound, middle):
        window = sound[middle - 1024 : middle + 1024] * np.blackman(2048)
        spectrum = np.abs(np.fft.rfft(window))
        return spectrum[int(3000 / rate_hz * 2048) :].max(), spectrum.max()

    frame = 8205
    kept = played(on(0, 57))
    residual = played(on(0, 57), on(frame, 58)) - played(on(0, 57, channel=1), on(frame, 58))
    gone = frame + round(0.003 * rate_hz)
    assert np.array_equal(kept[:frame], residual[:frame])
    assert np.abs(residual[gone:]).max() < 0.03 * np.abs(kept).max(), "only the DC guard remembers"
    fade, note = high(residual, frame), high(kept, frame)
    assert fade[0] < note[0] + 10 ** (-60 / 20) * note[1]


def test_the_new_note_begins_on_its_frame_though_one_is_stolen(image):
    program = sound(names_of(image), "polyphony = 1", release_s=0)
    engine = new_engine(image, program)
    play(engine, [control(0, 7, 0), on(10, 50)], 960)
    quiet = play(engine, [], 96)
    assert not quiet.any()
    begin = int(engine.record.frame)
    output = play(engine, [on(begin + 17, 60, channel=3)], 960)
    assert first_sound(output) == 17


def test_256_voices_and_never_more(image):
    engine = new_engine(image, sound(names_of(image), "polyphony = 256"), polyphony=256)
    for turn in range(20):
        begin = int(engine.record.frame)
        play(
            engine,
            [on(begin + n % 32, n % 128, channel=turn * 3 % 256 + n // 128 & 15) for n in range(200)],
            64,
        )
        sounding, fading = recount(engine)
        assert sounding <= 256 and sounding + fading <= 1280
    assert engine.record.stats.dropped_notes == 0 and engine.record.stats.voices_max == 256
    play(engine, [panic(int(engine.record.frame))], 480)
    assert recount(engine) == (0, 0)


def test_a_flood_of_strokes_drops_notes_but_nothing_breaks(image):
    engine = new_engine(image, sound(names_of(image), "polyphony = 256"), polyphony=1024)
    for turn in range(8):
        begin = int(engine.record.frame)
        play(engine, [on(begin, n % 128, channel=n // 128, port=turn) for n in range(1000)], 128)
        recount(engine)
    play(engine, [panic(int(engine.record.frame))], 4800)
    assert recount(engine) == (0, 0) and int(engine.record.groups_used) == 0


@pytest.mark.parametrize("cut", range(4800, 4800 + 5 * 32, 32))
def test_the_last_tile_of_the_last_voice_is_heard_and_not_kept_for_the_next(image, cut):
    """A program whose last group is freed still has that tile's sound in its mix."""
    program = sound(names_of(image), release_s=5.0)
    engine = new_engine(image, program)
    output = play(engine, [on(0, 69), control(cut, ALL_SOUND_OFF, 0)], 9600)
    steps = np.abs(np.diff(output[:, 0]))
    assert steps[cut : cut + 200].max() < 1.3 * steps[2400:4800].max()
    settle(engine, 4.0)
    begin = int(engine.record.frame)
    again = play(engine, [on(begin, 69)], 2048)
    fresh = play(new_engine(image, program), [on(0, 69)], 2048)
    assert np.abs(again - fresh).max() < 1e-5


def test_a_group_is_reused_in_the_quantum_in_which_its_last_voice_ends(image):
    names = names_of(image)
    engine = new_engine(image, sound(names, release_s=0))
    for turn in range(300):
        begin = int(engine.record.frame)
        strokes = [
            on(begin + 1, 60),
            off(begin + 9, 60),
            on(begin + 10 + turn % 22, 61),
            off(begin + 100, 61),
        ]
        output = play(engine, strokes, 128)
        assert first_sound(output[10:]) >= 0
        recount(engine)
    settle(engine, 0.1)
    assert recount(engine) == (0, 0)


def test_a_lane_starts_with_nothing_of_the_note_before(image):
    names = names_of(image)
    fresh = play(new_engine(image, sound(names, op="saw")), [on(5000, 60)], 9600)
    engine = new_engine(image, sound(names, op="saw"))
    # The engine counts notes for its random numbers; nothing in this sound listens to them.
    used = play(engine, [on(0, 90), off(1000, 90), on(5000, 60)], 9600)
    residual = np.abs(used - fresh)[5000:].max()
    assert residual < 1e-4, "only the DC guard remembers"


def test_voice_3_alone_is_voice_3_among_16(image):
    """Bit by bit: lanes never hear each other."""
    names = names_of(image)
    program = sound(names, op="saw", attack_s=0.01, sustain=0.5, decay_s=0.1)
    many = new_engine(image, program)
    play(many, [on(40, 40 + 3 * n) for n in range(16)], 64)
    alone = new_engine(image, program)
    play(alone, [on(40, 49)], 64)
    lane = int(np.flatnonzero(many.record.groups[0].key == 49)[0])
    for _ in range(50):
        many.render(32, block=32)
        alone.render(32, block=32)
        a, b = many.record.groups[0], alone.record.groups[0]
        rows = int(many.record.slots[0].state_rows)
        assert np.array_equal(a.state.view(np.uint32)[:rows, lane], b.state.view(np.uint32)[:rows, 0])
        assert a.voice.peak[lane] == b.voice.peak[0] > 0


def test_free_lanes_of_a_reused_group_hold_nothing_of_the_program_before(image):
    """They are rendered too: a phase of one program must never be a table's number to the next."""
    names = names_of(image)
    programs = [
        factory(names, name) for name in ("keys/electric-piano", "pad/glass-pad", "template/subtractive")
    ]
    engine = new_engine(image, programs[0])
    for turn in range(9):
        begin = int(engine.record.frame)
        play(engine, [on(begin, 40 + n) for n in range(16)], 2048)
        play(engine, [panic(begin)], 480)
        assert not stages(engine)
        slot = engine.load(programs[(turn + 1) % 3])
        play(engine, [hand_in(int(engine.record.frame), slot), on(int(engine.record.frame) + 9, 60)], 32)
        rows = int(engine.record.slots[slot].state_rows)
        lane = engine.record.groups[0].stage != 0
        assert lane.sum() == 1 and engine.record.groups[0].program == slot
        assert np.isfinite(engine.record.groups[0].state[:rows, ~lane]).all()
        play(engine, [panic(0)], 480)
