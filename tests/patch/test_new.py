"""A new patch plays at once, is found by its name, is never written over another, and its comments do what they say."""

import json
import tomllib

import jsonschema
import numpy as np
import pytest

from synthhost.patch import PatchError, compile_patch, find, list_patches, load, loads
from synthhost.patch.check import warnings_of
from synthhost.patch.folders import factory_folder
from synthhost.patch.new import new_patch, new_text
from synthhost.patch.schema import schema

FACTORY = list_patches([factory_folder()], every=True)


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """An empty folder for one's own patches, which does not exist yet."""
    folder = tmp_path / "own" / "patches"
    monkeypatch.setattr("synthhost.patch.new.user_folder", lambda: folder)
    monkeypatch.setattr("synthhost.patch.folders.user_folder", lambda: folder)
    return folder


def test_a_new_patch_plays_at_once_and_is_found_by_its_name(mine):
    path = new_patch("my-sound")
    assert path == mine / "my-sound.toml"
    patch = load(path)
    assert patch.name == "My Sound"
    assert not warnings_of(patch)
    assert compile_patch(patch).has_envelope
    assert find("my sound") == find("My-Sound") == path


def test_its_first_line_leads_an_editor_to_the_schema(mine):
    for name, above in (("my-sound", "#:schema synthhost-"), ("keys/deep/mine", "#:schema ../../synthhost-")):
        path = new_patch(name)
        first = path.read_text("utf-8").splitlines()[0]
        assert first.startswith(above)
        file = path.parent / first.removeprefix("#:schema ")
        assert json.loads(file.read_text("utf-8")) == json.loads(json.dumps(schema()))


def test_the_schema_is_kept_current(mine):
    file = new_patch("one").parent / "synthhost-patch.schema.json"
    file.write_text("{}")
    new_patch("two")
    assert json.loads(file.read_text("utf-8"))["title"] == "synthhost patch"


def test_nothing_is_overwritten(mine):
    path = new_patch("my-sound")
    path.write_text("years of work")
    for name in ("my-sound", "My Sound", "my_sound", "my-sound.toml"):
        with pytest.raises(PatchError, match="is there already and stays as it is"):
            new_patch(name)
    assert path.read_text() == "years of work"


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "../up",
        "/tmp/there",
        "./here",
        "a//b",
        "..",
        "C:\\x",
        "x\0",
        "a" * 80,
        "-x",
        ".hidden",
        "a:b",
        "ö/../x",
    ],
)
def test_what_cannot_be_a_name_is_refused_with_an_example(mine, name):
    with pytest.raises(PatchError, match=r"letters, digits, blanks and dashes, such as my-bass"):
        new_patch(name)
    assert not mine.exists()


@pytest.mark.parametrize("name", ["programs", "test/latency"])
def test_names_with_a_meaning_are_refused(mine, name):
    with pytest.raises(PatchError, match="choose another name"):
        new_patch(name)


def test_a_copy_is_named_and_filed_like_what_it_is_made_from(mine):
    assert new_patch("kit", "skin") == mine / "drums" / "kit.toml"
    assert new_patch("mine/Deep Bass", "round-bass") == mine / "mine" / "deep-bass.toml"
    assert load(mine / "mine" / "deep-bass.toml").name == "Deep Bass"
    assert new_patch("another", mine / "mine" / "deep-bass.toml").read_text("utf-8").count("#:schema") == 1


@pytest.mark.parametrize("name", FACTORY)
def test_a_copy_sounds_like_the_patch_it_is_made_from(name):
    patch = load(FACTORY[name])
    copy = loads(new_text(patch, "Copy", "x.json"))
    assert copy.name == "Copy"
    assert same_sound(copy, patch)
    jsonschema.Draft202012Validator(schema()).validate(tomllib.loads(copy.source))


@pytest.mark.parametrize("name", FACTORY)
def test_inherited_lines_change_nothing_when_their_comment_sign_is_taken_away(name):
    patch = load(FACTORY[name])
    given = set(patch.source.splitlines())
    lines = new_text(patch, "Copy", "x.json").splitlines()
    offered = [
        line for line in lines if line.startswith("# ") and line not in given and "inherited" not in line
    ]
    assert bool(offered) == (patch.base is not None)
    text = "\n".join(line[2:] if line in offered else line for line in lines)
    assert same_sound(loads(text), patch)


def test_an_inherited_number_can_be_changed_where_it_is_offered():
    text = new_text(load(find("lead/fifths")), "Copy", "x.json")
    assert "# cutoff_hz" not in text  # it has one of its own
    assert "# [amp_env]  # adsr\n" in text
    changed = loads(text.replace("# q = 0.9", "q = 5"))
    assert changed.operators["filter"].written["q"].value == 5


def test_line_ends_and_marks_of_other_systems_are_left_behind():
    source = load(find("lead/fifths")).source
    text = new_text(loads("\ufeff" + source.replace("\n", "\r\n")), "Copy", "x.json")
    assert "\r" not in text
    assert "\ufeff" not in text
    assert compile_patch(loads(text)).graph == compile_patch(loads(source)).graph


def test_a_patch_without_a_name_gets_one():
    source = load(find("lead/fifths")).source.replace('name = "Fifths"\n', "")
    assert loads(new_text(loads(source), "Copy", "x.json")).name == "Copy"


def same_sound(one, other):
    """Whether two patches are compiled to the same program, whatever its name."""
    one, other = compile_patch(one), compile_patch(other)
    return (
        one.graph == other.graph
        and np.array_equal(one.values, other.values)
        and one.addresses == other.addresses
    )
