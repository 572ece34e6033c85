"""`play --audition`: a phrase without a keyboard, and what an edit of the file does to notes that ring."""

import os
import time

import numpy as np
import pytest

from synthhost.control.audition import CHORDS, KIT, LINE, Audition, beat, events_of, phrase_for
from synthhost.events.event import NOTE_OFF, NOTE_ON
from synthhost.host import Host
from synthhost.patch import compile_patch, find, list_patches, load
from synthhost.session import play_session
from tests.control.command import run

# A tone that does not change while it is held: what changes is the edit.
STEADY = """
format = "synthhost/patch"
version = 1
name = "Steady"
[osc]
op = "saw"
[filter]
op = "svf_lowpass"
in = "osc"
cutoff_hz = 4000
[env]
op = "adsr"
attack_s = 0
sustain_norm = 1
[amp]
op = "multiply"
a = "filter"
b = "env"
[out]
in = "amp"
level_db = -20
"""


def program(name):
    return compile_patch(load(find(name)))


class Listener:
    """A host on the virtual device whose sound we keep, and a patch file that is edited while it plays."""

    def __init__(self, image, path):
        self.path, self.said = path, []
        path.write_text(STEADY)
        self.host = Host(image, tell=self.hear)
        self.host.open("virtual")
        self.host.engine.record.capture_on = 1
        self.host.start(compile_patch(load(path), image.operators), str(path))
        self.host.start_worker()
        self.listen(0.3)

    def hear(self, sentence):
        """Keep what is said about a save."""
        if "heard again" in sentence or "nothing changed" in sentence:
            self.said.append(sentence)

    def listen(self, seconds):
        """The sound of the next seconds, ``float32[N, 2]``."""
        rate, sound = self.host.engine.rate_hz, []
        self.host.engine.read_capture()
        while sum(map(len, sound)) < seconds * rate:
            time.sleep(0.01)
            self.host.tick()
            sound.append(self.host.engine.read_capture())
        return np.concatenate(sound)

    def save(self, old, new):
        """Edit the file; the sound from just before the save until it was heard and the change is over."""
        assert old in self.path.read_text()
        self.path.write_text(self.path.read_text().replace(old, new))
        count, sound, end = len(self.said), [], time.monotonic() + 20
        while len(self.said) == count:
            assert time.monotonic() < end, "the save was not heard"
            sound.append(self.listen(0.02))
        return np.concatenate([*sound, self.listen(0.2)])


@pytest.fixture
def listener(image, tmp_path):
    listener = Listener(image, tmp_path / "steady.toml")
    yield listener
    listener.host.close()


def level_db(sound):
    return 10 * np.log10(np.mean(np.square(sound, dtype=np.float64)) + 1e-20)


def loudness_above_db(sound, hz, rate_hz=48_000):
    """Level of what is above a frequency."""
    spectrum = np.fft.rfft(sound[:, 0] * np.hanning(len(sound)))
    return level_db(np.abs(spectrum[int(hz * len(sound) / rate_hz) :]) / len(sound))


def test_an_edit_of_the_level_is_heard_in_a_note_that_rings(listener):
    listener.host.note_on(57, 1.0)
    before = listener.listen(0.3)[4800:]
    listener.save("level_db = -20", "level_db = -32")
    after = listener.listen(0.2)
    assert listener.said[-1] == "heard again: Steady"
    assert level_db(before) - level_db(after) == pytest.approx(12.0, abs=0.2)
    assert listener.host.report()["notes"] == 1


def test_an_edit_of_the_filter_is_heard_in_a_note_that_rings(listener):
    listener.host.note_on(45, 1.0)
    before = listener.listen(0.3)[4800:]
    listener.save("cutoff_hz = 4000", "cutoff_hz = 400")
    after = listener.listen(0.2)
    assert loudness_above_db(before, 2000) - loudness_above_db(after, 2000) > 20
    assert level_db(before) - level_db(after) < 6
    assert listener.host.report()["notes"] == 1


def test_an_edit_of_the_modules_is_heard_from_the_next_note_and_cuts_none(listener):
    listener.host.note_on(57, 1.0)
    before = listener.listen(0.3)[4800:]
    during = listener.save(
        '[out]\nin = "amp"', '[loud]\nop = "drive"\nin = "amp"\ndrive_db = 24\n[out]\nin = "loud"'
    )
    assert listener.said[-1] == "heard again from the next note on: Steady"
    tenths = during[: len(during) // 2400 * 2400].reshape(-1, 2400, 2)
    assert [level_db(part) for part in tenths] == pytest.approx([level_db(before)] * len(tenths), abs=0.3)
    listener.host.note_off(57)
    listener.listen(0.5)
    listener.host.note_on(57, 1.0)
    assert level_db(listener.listen(0.3)[4800:]) > level_db(before) + 3
    assert listener.host.report()["stolen"] == 0


def test_a_broken_save_leaves_the_sound_as_it_is(listener):
    listener.host.note_on(57, 1.0)
    before = level_db(listener.listen(0.3)[4800:])
    listener.save("level_db = -20", "level_db = 20")
    assert (
        f"{listener.path}:21: out.level_db = 20 is out of range; it must be -96 … 12 dB." in listener.said[-1]
    )
    assert level_db(listener.listen(0.2)) == pytest.approx(before, abs=0.2)


@pytest.mark.parametrize(
    ("name", "phrase", "semitones"),
    [
        ("keys/electric-piano", CHORDS, 0),
        ("bass/round-bass", LINE, -12),
        ("lead/solo-lead", LINE, 12),
        ("test/latency", CHORDS, 0),
    ],
)
def test_the_phrase_suits_the_patch(name, phrase, semitones):
    assert phrase_for(find(name), program(name)) == (phrase, semitones)


def test_drums_get_a_beat(tmp_path):
    drums = find("drums/skin-and-wire")
    assert {type(keys) for _, keys, *_ in phrase_for(drums, program(drums))[0].notes} == {int}
    assert phrase_for(tmp_path / "my-kit.toml", program(drums)) == (beat(KIT), 0)


@pytest.mark.parametrize("phrase", [CHORDS, LINE, beat(KIT)])
def test_every_note_of_a_phrase_ends_before_the_phrase_does(phrase):
    events, length = events_of(phrase, 0, 48_000, 0)
    assert (np.diff(events["frame"]) >= 0).all()
    assert events["frame"][-1] < length
    down = set()
    for event in events:
        if event["kind"] == NOTE_OFF:
            down.remove(event["key"])
        else:
            assert event["key"] not in down
            down.add(event["key"])
    assert not down
    values = events["value"][events["kind"] == NOTE_ON]
    assert values.min() < 0.4 < 0.9 < values.max() <= 1.0


@pytest.mark.parametrize("name", list_patches())
def test_every_patch_is_heard_in_an_audition_and_no_note_hangs(image, engine, name):
    class Offline:
        patch_path, program = str(find(name)), compile_patch(load(find(name)), image.operators)

    Offline.engine = engine
    engine.record.log_on = 1
    engine.hand_in(engine.load(Offline.program))
    audition, sound, played = Audition(Offline), [], []
    for _ in range(1000):  # 20 s: more than one round of every phrase
        audition.feed()
        sound.append(engine.render(960))
        played += [
            (int(e["kind"]), int(e["key"])) for e in engine.read_log() if e["kind"] in (NOTE_ON, NOTE_OFF)
        ]
    down = set()
    for kind, key in played:
        assert (key in down) == (kind == NOTE_OFF)
        down ^= {key}
    once, _ = events_of(*phrase_for(Offline.patch_path, Offline.program), 48_000, 0)
    assert len(played) > len(once)
    sound = np.concatenate(sound)
    assert level_db(sound) > -50
    assert np.isfinite(sound).all()


@pytest.mark.skipif(os.name == "nt", reason="the virtual device keeps time here")
@pytest.mark.slow
def test_play_with_audition_plays_by_itself(image, tmp_path):
    session = tmp_path / "a.session"
    done = run(
        "play", "round-bass", "--audition", "--audio", "virtual", "--seconds", "3", "--record", session
    )
    assert done.returncode == 0, done.stderr
    assert "A phrase plays in a loop" in done.stdout
    rate, sound = play_session(session, image)
    sound = np.concatenate(list(sound))
    assert level_db(sound[int(rate) :]) > -50
