"""Finding patches by what a musician remembers, and building on others."""

import pytest

from synthhost.patch import PatchError, compile_patch, find, list_patches, load
from synthhost.patch.folders import factory_folder, user_folder
from tests.patch.texts import HEAD, VOICE

KEYS = ("keys/grand-piano", "keys/organ", "bass/round-bass", "bass/acid", "pad/glass", "template/base")


@pytest.fixture
def folders(tmp_path):
    """A user's folder with nothing in it, and a factory's."""
    for key in KEYS:
        path = tmp_path / "factory" / f"{key}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(VOICE, "utf-8")
    (tmp_path / "user").mkdir()
    return [tmp_path / "user", tmp_path / "factory"]


def write(folders, name, text):
    """A patch in the user's folder."""
    path = folders[0] / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEAD + text, "utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("keys/organ", "keys/organ"),
        ("organ", "keys/organ"),
        ("org", "keys/organ"),
        ("piano", "keys/grand-piano"),
        ("Grand Piano", "keys/grand-piano"),
        ("grand_piano", "keys/grand-piano"),
        ("round", "bass/round-bass"),
        ("glas", "pad/glass"),
        ("galss", "pad/glass"),
        ("acidd", "bass/acid"),
        ("base", "template/base"),
    ],
)
def test_a_part_of_the_name_is_enough(name, key, folders):
    assert find(name, folders) == folders[1] / f"{key}.toml"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("bas", ["bass/acid", "bass/round-bass"]),
        ("g", ["keys/grand-piano", "pad/glass"]),
        ("xylophone", ["There is no patch called 'xylophone'", "keys/organ"]),
        ("", ["There is no patch"]),
        ("a\0b", ["no patch"]),
    ],
)
def test_what_is_not_clear_is_answered_by_what_it_could_be(name, says, folders):
    with pytest.raises(PatchError) as caught:
        find(name, folders)
    assert all(words in str(caught.value) for words in says)


def test_a_path_is_taken_as_it_is_and_a_folder_refused(folders):
    path = folders[1] / "pad" / "glass.toml"
    assert find(path, folders) == path
    with pytest.raises(PatchError, match="There is no patch called|is a folder"):
        find(str(folders[1]), folders)


def test_the_users_patch_hides_the_factorys_of_the_same_name(folders):
    mine = write(folders, "keys/organ", '[a]\nop = "saw"\n[out]\nin = "a"\n')
    assert find("organ", folders) == mine
    assert list_patches(folders)["keys/organ"] == mine
    assert "template/base" not in list_patches(folders)
    assert "template/base" in list_patches(folders, every=True)


def test_a_patch_says_only_what_differs(folders):
    text = 'extends = "template/base"\n[filter]\ncutoff_hz = 200\n[osc1]\nop = "pulse"\nwidth_norm = 0.3\n'
    patch = load(write(folders, "mine", text), folders)
    assert patch.operators["filter"].written["cutoff_hz"].value == 200
    assert patch.operators["filter"].written["q"].value == 1.2
    assert patch.operators["osc1"].op == "pulse"
    assert patch.operators["osc1"].written["detune_cents"].value == 6
    assert patch.base.name == "Plain"
    assert patch.name == "mine"


def test_a_route_between_the_same_places_replaces_the_inherited_one(folders):
    route = '[[route]]\nfrom = "env"\nto = "filter.cutoff_hz"\nsemitones = 7\n'
    patch = load(write(folders, "mine", 'extends = "template/base"\n' + route), folders)
    (only,) = patch.routes
    assert (only.unit, only.depth.value) == ("semitones", 7)


def test_what_another_operator_does_not_have_is_not_inherited(folders):
    text = 'extends = "template/base"\n[filter]\nop = "drive"\n'
    patch = load(write(folders, "mine", text), folders)
    assert set(patch.operators["filter"].written) == {"in"}
    assert not patch.routes
    compile_patch(patch)


def test_a_patch_may_build_on_the_factorys_of_its_own_name(folders):
    mine = write(folders, "pad/glass", 'extends = "pad/glass"\n[filter]\nq = 3\n')
    assert load(mine, folders).base.path == folders[1] / "pad" / "glass.toml"


def test_patches_that_build_on_each_other_are_refused(folders):
    write(folders, "a", 'extends = "b"\n')
    write(folders, "b", 'extends = "c"\n')
    c = write(folders, "c", 'extends = "a"\n')
    with pytest.raises(PatchError, match="leads back to itself: c → a → b → c"):
        load(c, folders)
    alone = write(folders, "alone", 'extends = "alone"\n')
    with pytest.raises(PatchError, match="cannot extend itself"):
        load(alone, folders)


def test_a_mistake_in_what_is_extended_is_named_there(folders):
    base = write(folders, "broken", '[a]\nop = "saw"\ndetune_cents = 1000\n[out]\nin = "a"\n')
    with pytest.raises(PatchError) as caught:
        load(write(folders, "mine", 'extends = "broken"\n'), folders)
    assert (caught.value.file, caught.value.line) == (str(base), 5)


@pytest.mark.parametrize("name", ["/etc/passwd", "../up", "a/../../b", "c:/x", "a\\\\b", "", ".", "a//b"])
def test_nothing_outside_the_folders_can_be_extended(name, folders):
    with pytest.raises(PatchError):
        load(write(folders, "mine", f'extends = "{name}"\n'), folders)


def test_the_users_folder_is_where_the_system_keeps_such_things(monkeypatch, tmp_path):
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert user_folder() == tmp_path / "synthhost" / "patches"
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("APPDATA", str(tmp_path / "roaming"))
    assert user_folder() == tmp_path / "roaming" / "synthhost" / "patches"
    monkeypatch.setattr("sys.platform", "darwin")
    assert user_folder().parts[-4:] == ("Library", "Application Support", "synthhost", "patches")
    assert (factory_folder() / "programs.toml").is_file()
