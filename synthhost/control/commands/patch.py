"""``synthhost patch``: list, show, check, schema, sheet."""

import json
import pathlib

import click

from synthhost.control.commands.sheet import sheet
from synthhost.control.options import JSON, print_json


@click.group("patch", context_settings={"max_content_width": 100})
def command():
    """List, show and check patches: the text files that say how a sound is made.

    \b
    Examples:
      synthhost patch list
      synthhost patch show bass
      synthhost patch check my-sound.toml
      synthhost patch schema > synthhost-patch.schema.json
    """


@command.command("list")
@click.argument("words", required=False)
@click.option("--all", "every", is_flag=True, help="With templates and test sounds.")
@JSON
def list_command(words, every, as_json):
    """List patches, all or those whose name contains WORDS. Your own folder comes first."""
    from synthhost.patch import list_patches
    from synthhost.patch.folders import patch_folders

    found = {
        n: str(p) for n, p in list_patches(every=every).items() if not words or words.lower() in n.lower()
    }
    if as_json:
        print_json(found)
        return
    folder = None
    for name in found:
        kind, _, rest = name.rpartition("/")
        if kind != folder:
            folder = kind
            click.echo(folder or "(no folder)")
        click.echo(f"  {rest:24} {description(found[name])}")
    if not found:
        click.echo(f"no patch is called '{words}'" if words else "no patches were found")
    click.echo("\nfolders: " + ", ".join(str(p) for p in patch_folders()))


def description(path):
    """The first sentence of a patch's description."""
    import tomllib

    try:
        doc = tomllib.loads(pathlib.Path(path).read_text("utf-8")).get("doc", "")
    except (OSError, ValueError):
        return ""
    return " ".join(str(doc).split()).split(". ")[0][:70]


@command.command("show")
@click.argument("name")
@JSON
def show(name, as_json):
    """Show a patch: its text, and every number in it that can be moved while it plays."""
    from synthhost.patch import find, load, settings_of
    from synthhost.patch.macros import names_of

    path = find(name)
    patch = load(path)
    settings = settings_of(patch)
    if as_json:
        facts = {
            a: {"value": s.value, "low": s.low, "high": s.high, "unit": s.unit} for a, s in settings.items()
        }
        macros = names_of(patch)
        print_json({"name": patch.name, "path": str(path), "macros": macros, "settings": facts})
        return
    click.echo(f"# {path}\n{patch.source.rstrip()}\n\n# what can be moved while it plays")
    for address, setting in settings.items():
        choices = (
            f"  one of {', '.join(setting.choices)}"
            if setting.choices
            else f"  {setting.low:g} … {setting.high:g}"
        )
        click.echo(f"{address:32} {setting.value!s:>12}{choices} {setting.unit}")
    if names := names_of(patch):
        click.echo("\n# macros, turned by controllers 16 … 19")
        for macro, called in names.items():
            click.echo(f"{macro:32} {called}")


@command.command("check")
@click.argument("files", nargs=-1, required=True)
@JSON
@click.pass_context
def check(context, files, as_json):
    """Check patch FILES (or names). Exit code 1 if one of them cannot be played."""
    from synthhost.patch import PatchError, compile_patch, find, load
    from synthhost.patch.check import warnings_of

    results, bad = [], False
    for name in files:
        try:
            patch = load(find(name))
            compile_patch(patch)
            warnings = [problem.as_dict() for problem in warnings_of(patch)]
            results.append({"file": name, "ok": True, "warnings": warnings})
            if not as_json:
                click.echo(f"{name}: fine" + "".join(f"\n  note: {w}" for w in map(str, warnings_of(patch))))
        except PatchError as error:
            bad = True
            results.append({"file": name, "ok": False, **error.as_dict()})
            if not as_json:
                click.echo("\n".join(str(problem) for problem in error.problems), err=True)
    if as_json:
        print_json(results)
    context.exit(1 if bad else 0)


@command.command("schema")
def schema():
    """Print the JSON Schema of patch files, for editors that complete and check as you type."""
    from synthhost.patch.schema import schema as make

    click.echo(json.dumps(make(), indent=1))


@command.command("reference")
def reference_command():
    """Print all modules and their numbers as Markdown, as in the manual (docs/patches.md)."""
    from synthhost.patch.reference import reference

    click.echo(reference(), nl=False)


command.add_command(sheet)
