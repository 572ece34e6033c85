"""The author's workshop from the outside: begin a patch, look things up, check, upgrade."""

import json
import os
import pathlib
import signal

import pytest

from tests.control.command import ENVIRONMENT, FIFTHS, Playing, run


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """An empty home for one's own patches; where they will be."""
    for name in ("XDG_CONFIG_HOME", "APPDATA", "HOME"):
        monkeypatch.setitem(ENVIRONMENT, name, str(tmp_path))
    folders = run("patch", "list").stdout.partition("Your patches (first): ")[2]
    return type(tmp_path)(folders.splitlines()[0])


def test_a_new_patch_says_where_it_is_and_what_to_do_next(mine):
    done = run("patch", "new", "my-sound")
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == str(mine / "my-sound.toml")
    assert "synthhost play my-sound --audition" in done.stdout
    assert run("patch", "check", "my-sound").stdout == "my-sound: fine\n"
    again = run("patch", "new", "my-sound")
    assert again.returncode == 1
    assert "is there already and stays as it is; choose another name" in again.stderr
    listed = run("patch", "list").stdout
    assert "my-sound                 yours: A whole sound" in listed
    assert listed.index("(no folder)") < listed.index("my-sound") < listed.index("bass\n")


def test_ones_own_patch_is_found_before_the_factorys(mine):
    done = run("patch", "new", "keys/electric-piano", "--from", "glass pad")
    assert done.stdout.splitlines()[0] == str(mine / "keys" / "electric-piano.toml")
    facts = json.loads(run("patch", "show", "electric piano", "--json").stdout)
    assert facts["path"] == str(mine / "keys" / "electric-piano.toml")


def test_a_name_with_blanks_is_shown_as_it_must_be_typed(mine):
    done = run("patch", "new", "Deep Bass", "--from", "round-bass")
    assert done.stdout.splitlines()[0] == str(mine / "bass" / "deep-bass.toml")
    assert 'synthhost play "Deep Bass" --audition' in done.stdout


def test_a_copy_of_what_is_not_there_is_refused(mine):
    done = run("patch", "new", "mine", "--from", "basss-drum")
    assert done.returncode == 1
    assert "There is no patch called 'basss-drum'" in done.stderr
    assert not mine.exists()


def test_the_schema_beside_the_patches_is_kept_current_by_every_patch_command(mine):
    run("patch", "list")
    assert not mine.exists()
    path = mine / "synthhost-patch.schema.json"
    assert run("patch", "schema", "--save").stdout == f"{path}\n"
    written = path.read_bytes()
    path.write_text("{}")
    run("patch", "list")
    assert path.read_bytes() == written
    assert json.loads(written) == json.loads(run("patch", "schema").stdout)


def test_operators_are_listed_one_line_each():
    done = run("patch", "ops")
    assert "  svf_highpass     High-pass: keep what is above the cutoff.\n" in done.stdout
    for name in ("adsr", "velocity", "out", "delay"):
        assert sum(line.startswith(f"  {name} ") for line in done.stdout.splitlines()) == 1
    facts = json.loads(run("patch", "ops", "--json").stdout)
    assert {"saw", "delay", "key", "out"} <= {operator["name"] for operator in facts}


def test_an_operator_is_shown_with_ranges_defaults_and_an_example():
    done = run("patch", "ops", "SVF-lowpass")
    for words in (
        "cutoff_hz",
        "20 … 20000 Hz  (default 1000)",
        "Routes may move it.",
        "a sum of signals",
        "[my_svf_",
    ):
        assert words in done.stdout
    facts = json.loads(run("patch", "ops", "svf_lowpass", "--json").stdout)
    wanted = {"default": 1000.0, "low": 20.0, "high": 20000.0, "unit": "hz", "routes": True}
    assert facts["takes"]["cutoff_hz"].items() >= wanted.items()
    wrong = run("patch", "ops", "sawww")
    assert wrong.returncode == 1
    assert "There is no operator 'sawww'. Did you mean 'saw'?" in wrong.stderr


def test_the_newest_version_needs_no_upgrade(mine, tmp_path):
    assert run("patch", "upgrade", "--check").stdout == f"There are no patches in {mine}.\n"
    run("patch", "new", "my-sound")
    before = (mine / "my-sound.toml").read_bytes()
    for arguments in (("--check",), (), ("my-sound",)):
        done = run("patch", "upgrade", *arguments)
        assert done.returncode == 0
        assert done.stdout == f"{mine / 'my-sound.toml'}: version 1, the newest\n"
    assert (mine / "my-sound.toml").read_bytes() == before
    (tmp_path / "future.toml").write_text(FIFTHS.read_text().replace("version = 1", "version = 7"))
    done = run("patch", "upgrade", "--check", "fifths", tmp_path / "future.toml")
    assert done.returncode == 1
    assert "version = 7 needs a newer synthhost" in done.stderr


def test_looking_at_a_patch_never_writes_it(mine):
    path = pathlib.Path(run("patch", "new", "my-sound").stdout.splitlines()[0])
    before = path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino
    for arguments in (("check", "my-sound"), ("show", "my-sound"), ("list",), ("upgrade", "my-sound")):
        assert run("patch", *arguments).returncode == 0
    assert (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) == before
    assert sorted(p.name for p in mine.iterdir()) == ["my-sound.toml", "synthhost-patch.schema.json"]


def test_what_cannot_be_looked_up_says_what_there_is():
    assert "These have to do with it: svf_lowpass, svf_highpass" in run("patch", "ops", "filter").stderr
    assert run("patch", "ops", "low pass").stdout == run("patch", "ops", "svf_lowpass").stdout
    assert "'.' is a folder; name a patch in it." in run("patch", "check", ".").stderr


def test_a_patch_is_shown_module_by_module():
    done = run("patch", "show", "warm ensemble")
    headings = [
        line for line in done.stdout.partition("# Every number")[2].splitlines()[1:] if line[:1] != " "
    ]
    assert len(headings) == len(set(headings))
    assert "filter (svf_lowpass)" in headings
    assert "performance.polyphony" in done.stdout


def test_a_broken_patch_of_ones_own_is_listed_with_the_way_to_its_mistake(mine):
    run("patch", "new", "my-sound")
    path = mine / "my-sound.toml"
    path.write_text(path.read_text("utf-8").replace("cutoff_hz = 900", "cutoff_hz = "), "utf-8")
    assert f"yours: cannot be played; why: synthhost patch check {path}" in run("patch", "list").stdout


@pytest.mark.skipif(os.name == "nt", reason="keyboards are pipes here")
@pytest.mark.slow
def test_a_new_patch_is_edited_while_its_audition_plays(image, tmp_path, monkeypatch):
    monkeypatch.setitem(ENVIRONMENT, "XDG_CONFIG_HOME", str(tmp_path))
    path = pathlib.Path(run("patch", "new", "my-sound").stdout.splitlines()[0])
    text = path.read_text("utf-8")
    with Playing(tmp_path, "my-sound", "--audition") as playing:
        playing.message("A phrase plays in a loop")
        assert playing.wait_for(lambda line: line["event"] == "status" and line["voices"] >= 5)["peak"] > 0.01
        path.write_text(text.replace("cutoff_hz = 900", "cutoff_hz = 2000"), "utf-8")
        assert playing.message("heard again") == "heard again: My Sound"
        path.write_text(text.replace('mode = "poly"', 'mode = "mono"'), "utf-8")
        assert playing.message("heard again") == "heard again from the next note on: My Sound"
        playing.status(voices=1, seconds=40.0)  # the line follows, when the chords are over
        last, complaints = playing.end(signal.SIGINT)
    assert complaints == ""
    assert last["events_dropped"] == 0
