"""What `synthhost doctor` finds on machines that are not this one: each trouble is named, with the command that mends it."""

import os

import pytest

from synthhost.control.commands.doctor import saved_settings
from synthhost.control.machine_checks import BAD, NOTE, OK, cards, clashes, governor, judge_priority

MB = 1 << 20


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize("name", ["powersave", "schedutil"])
def test_a_governor_that_saves_power_is_named_also_if_only_one_processor_has_it(tmp_path, name):
    write(tmp_path / "cpu0/cpufreq/scaling_governor", "performance\n")
    write(tmp_path / "cpu1/cpufreq/scaling_governor", f"{name}\n")
    ((state, what, remedy),) = governor(tmp_path)
    assert (state, name in what, "performance" in remedy) == (NOTE, True, True)


def test_a_fast_governor_is_fine_and_none_is_not_mentioned(tmp_path):
    assert list(governor(tmp_path)) == []
    write(tmp_path / "cpu0/cpufreq/scaling_governor", "performance\n")
    assert list(governor(tmp_path)) == [(OK, "power governor 'performance'", "")]


def test_lost_priority_is_named_with_the_limit_that_gives_it_back():
    (allowed, locked) = judge_priority(True, -1, False, "950000")
    assert (allowed[0], locked[0]) == (OK, OK)
    refused, locked = judge_priority(False, 8 * MB, False, "950000")
    assert (refused[0], "rtprio" in refused[2], "usermod -aG audio" in refused[2]) == (NOTE, True, True)
    assert (locked[0], "8192 kB" in locked[1], "memlock unlimited" in locked[2]) == (NOTE, True, True)
    refused, locked = judge_priority(False, 8 * MB, True, "0")
    assert "sched_rt_runtime_us" in refused[2]
    assert locked[0] == OK  # root may


@pytest.mark.parametrize(
    ("program", "remedy"),
    [
        ("jackd", "synthhost play --audio jack"),
        ("pipewire", "pw-jack synthhost play"),
        ("game", "end it: kill 77"),
    ],
)
def test_a_card_that_another_program_holds_is_named_with_its_driver(tmp_path, program, remedy):
    write(tmp_path / "modules", " 0 snd_hda_intel\n 1 snd_usb_audio\n")
    write(tmp_path / "card0/id", "PCH\n")
    write(tmp_path / "card0/pcm0p/sub0/status", "closed\n")
    write(tmp_path / "card1/id", "USB\n")
    write(tmp_path / "card1/pcm0p/sub0/status", "state: RUNNING\nowner_pid   : 77\n")
    write(tmp_path / "card1/pcm0c/sub0/status", "state: RUNNING\nowner_pid   : 78\n")
    write(tmp_path / "proc/77/comm", f"{program}\n")
    assert list(cards(tmp_path, tmp_path / "proc")) == [
        (OK, "sound card 0 'PCH', driver snd_hda_intel", ""),
        (OK, "sound card 1 'USB', driver snd_usb_audio", ""),
        (NOTE, f"sound card 'USB' is in use by {program} (process 77)", remedy),
    ]


def test_a_keyboard_that_another_program_reads_is_named(tmp_path):
    text = "nanoKEY2\n\nOutput 0\n  Tx bytes     : 0\n  Owner PID    : 88\nInput 0\n  Rx bytes     : 9\n  Owner PID    : {}\n"
    write(tmp_path / "card1/midi0", text.format(77))
    write(tmp_path / "card2/midi0", text.format(os.getpid()))
    write(tmp_path / "proc/77/comm", "jackd\n")
    ((state, what, remedy),) = clashes(tmp_path, tmp_path / "proc")
    assert state == NOTE
    assert "keyboard 'nanoKEY2' is read by jackd (process 77)" in what
    assert remedy == "start jackd without -X raw"


def test_settings_that_were_edited_badly_keep_it_from_playing(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    if os.name == "nt":
        monkeypatch.setenv("APPDATA", str(tmp_path))
    assert list(saved_settings()) == []
    write(tmp_path / "synthhost/play.toml", "[play]\nchannel = 17\n")
    ((state, what, remedy),) = saved_settings()
    assert (state, "channel = 17" in what, remedy) == (BAD, True, "synthhost play --forget")
