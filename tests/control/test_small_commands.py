"""`patch`, `devices`, `doctor`, `image`: what they say, for people and for scripts."""

import json

import pytest

from tests.control.command import FIFTHS, run


def test_patches_are_listed_by_folder_without_templates():
    done = run("patch", "list")
    assert done.returncode == 0
    assert "keys\n" in done.stdout
    assert "electric-piano" in done.stdout
    assert "subtractive" not in done.stdout
    assert "template/subtractive" in json.loads(run("patch", "list", "--all", "--json").stdout)


def test_a_patch_is_shown_with_all_that_can_be_moved():
    done = run("patch", "show", "fifths")
    assert FIFTHS.read_text() in done.stdout
    assert "filter.cutoff_hz" in done.stdout
    facts = json.loads(run("patch", "show", "fifths", "--json").stdout)
    wanted = {"value": 500, "low": 20.0, "high": 20000.0, "unit": "hz"}
    assert facts["settings"]["filter.cutoff_hz"].items() >= wanted.items()
    assert facts["extends"] == ["Subtractive"]


def test_a_check_names_file_line_key_value_and_range(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(FIFTHS.read_text().replace("cutoff_hz = 500", "cutoff_hz = 5"))
    done = run("patch", "check", path)
    assert done.returncode == 1
    assert f"{path}:10: filter.cutoff_hz = 5 is out of range; it must be 20 … 20000 Hz." in done.stderr
    (facts,) = json.loads(run("patch", "check", path, "--json").stdout)
    problem = facts["problems"][0]
    wanted = {"line": 10, "key": "filter.cutoff_hz", "value": 5, "low": 20.0, "high": 20000.0}
    assert {key: problem[key] for key in wanted} == wanted
    path.write_text(FIFTHS.read_text().replace("cutoff_hz", "cutof_hz"))
    assert "Did you mean 'cutoff_hz'?" in run("patch", "check", path).stderr


def test_several_files_are_checked_at_once(tmp_path):
    (tmp_path / "bad.toml").write_text("x")
    done = run("patch", "check", "fifths", tmp_path / "bad.toml", "glass-pad")
    assert done.returncode == 1
    assert "fifths: fine\n" in done.stdout
    assert "glass-pad: fine\n" in done.stdout


def test_devices_are_listed_or_missed_in_a_sentence():
    done = run("devices")
    assert done.returncode == 0
    assert [line for line in done.stdout.splitlines() if not line.startswith(" ")] == [
        "Sound out",
        "JACK",
        "Keyboards",
    ]
    assert set(json.loads(run("devices", "--json").stdout)) == {"outputs", "jack", "keyboards"}


def test_the_doctor_finds_this_machine_fit_to_play(image):
    done = run("doctor", "--json")
    findings = json.loads(done.stdout)
    assert done.returncode == 0, done.stdout
    assert all(set(finding) == {"state", "what", "remedy"} for finding in findings)
    assert any("the audio code is stored" in finding["what"] for finding in findings)
    assert all(finding["remedy"] for finding in findings if finding["state"] == "bad")


def test_the_image_is_as_it_was_built_and_calls_nothing(image):
    done = run("image", "check")
    assert done.returncode == 0
    assert "as built" in done.stdout
    assert "nm -u " in done.stdout
    facts = json.loads(run("image", "check", "--json").stdout)
    assert facts["ok"]
    assert set(facts["undefined_symbols"]) <= {"memset", "memcpy"}
    assert str(image.folder) in run("image", "info").stdout


@pytest.mark.slow
def test_a_sheet_of_a_patch_is_a_picture(image, tmp_path):
    done = run("patch", "sheet", "sub-bass", "-o", tmp_path / "sheets")
    assert done.returncode == 0, done.stderr
    picture = tmp_path / "sheets" / "bass_sub-bass.png"
    assert picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert str(picture) in done.stdout
