"""What editors make of the schema: taplo, which many of them use, checks patches; keys, words and help are offered."""

import json
import pathlib
import shutil
import subprocess
import sys

import pytest

from synthhost.patch import list_patches
from synthhost.patch.folders import factory_folder
from synthhost.patch.new import new_patch
from synthhost.patch.schema import FILE_NAME, schema, write_schema
from tests.patch.texts import VOICE

TAPLO = shutil.which("taplo", path=str(pathlib.Path(sys.executable).parent))
SCHEMA = schema()
with_taplo = pytest.mark.skipif(TAPLO is None, reason="taplo is not installed (pip install taplo)")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("patches")
    write_schema(folder)
    return folder


def write(folder, name, text):
    path = folder / name
    path.write_text(f"#:schema {FILE_NAME}\n{text}", "utf-8")
    return path


def check(*paths):
    """Run taplo's check; whether it is content, and what it says."""
    done = subprocess.run(
        [TAPLO, "check", *map(str, paths)], capture_output=True, text=True, encoding="utf-8"
    )
    assert "failed to fetch schema" not in done.stderr
    return done.returncode == 0, done.stderr


@with_taplo
def test_taplo_is_content_with_every_factory_patch(folder):
    paths = [
        write(folder, name.replace("/", "-") + ".toml", path.read_text("utf-8"))
        for name, path in list_patches([factory_folder()], every=True).items()
    ]
    content, said = check(*paths)
    assert content, said


@with_taplo
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("cutoff_hz = 900", "cutoff_hz = 90000"),
        ("cutoff_hz = 900", "cutof_hz = 900"),
        ('"svf_lowpass"', '"svf_lowpas"'),
        ('ping_pong = "on"', 'ping_pong = "maybe"'),
        ("octaves = 3.5", "octave = 3.5"),
    ],
)
def test_taplo_finds_mistakes(folder, old, new):
    content, said = check(write(folder, "bad.toml", VOICE.replace(old, new, 1)))
    assert not content
    assert new.partition(" =")[0].strip('"') in said


@with_taplo
def test_taplo_finds_the_schema_of_a_new_patch_by_itself(tmp_path, monkeypatch):
    monkeypatch.setattr("synthhost.patch.new.user_folder", lambda: tmp_path)
    path = new_patch("deep/down/mine")
    assert check(path)[0]
    path.write_text(path.read_text("utf-8").replace("cutoff_hz = 900", "cutoff_hz = 90000"), "utf-8")
    content, said = check(path)
    assert not content
    assert "90000" in said


def tables_at(part, *path):
    """The parts of the schema that say what is at a path, found as taplo's language server does: never in if and then."""
    if not isinstance(part, dict):
        return
    if "$ref" in part:
        yield from tables_at(SCHEMA["$defs"][part["$ref"].removeprefix("#/$defs/")], *path)
    for word in ("oneOf", "anyOf", "allOf"):
        for branch in part.get(word, []):
            yield from tables_at(branch, *path)
    if not path:
        yield part
        return
    key, *rest = path
    if key == 0:
        yield from tables_at(part.get("items"), *rest)
    else:
        yield from tables_at(part.get("properties", {}).get(key), *rest)
        yield from tables_at(part.get("additionalProperties"), *rest)


def offers(*path):
    """The keys that an editor offers in a table."""
    return {key for part in tables_at(SCHEMA, *path) for key in part.get("properties", {})}


def words(*path):
    """The words that an editor offers as a value."""
    parts = list(tables_at(SCHEMA, *path))
    return {
        word
        for part in parts
        for word in [*part.get("enum", []), *([part["const"]] if "const" in part else [])]
    }


def test_an_editor_offers_the_keys_of_every_table():
    assert {"name", "extends", "performance", "route", "effects", "out"} <= offers()
    assert {"op", "in", "cutoff_hz", "detune_cents", "attack_s"} <= offers("any_name")
    assert {"op", "time_s", "feedback_norm"} <= offers("effects", "any_name")
    assert {"in", "pan", "level_db"} <= offers("out")
    assert {"from", "to", "octaves", "cents"} <= offers("route", 0)
    assert {"mode", "glide_s"} <= offers("performance")


def test_an_editor_offers_operators_and_words():
    assert {"saw", "adsr", "svf_lowpass"} <= words("any_name", "op")
    assert "delay" in words("effects", "any_name", "op")
    assert {"on", "off"} <= words("effects", "any_name", "ping_pong")
    assert {"poly", "mono"} <= words("performance", "mode")


def test_an_editor_shows_help_for_every_key():
    for path in ((), ("any_name",), ("out",), ("effects", "any_name"), ("route", 0), ("performance",)):
        for key in offers(*path) - {"doc", "author"}:
            helps = [part.get("description", "") for part in tables_at(SCHEMA, *path, key)]
            assert any(helps), (path, key)
    (cutoff,) = {p["description"] for p in tables_at(SCHEMA, "any_name", "cutoff_hz") if "description" in p}
    assert "20 … 20000 Hz" in cutoff


def test_the_schema_has_no_pattern_that_only_some_editors_understand():
    assert "(?" not in json.dumps(SCHEMA)
