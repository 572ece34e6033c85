"""``synthhost patch``: list, show, begin, check, upgrade and picture patches; what they are made of."""

import contextlib
import json
import pathlib

import click

from synthhost.control.commands.sheet import sheet
from synthhost.control.options import JSON, print_json


@click.group("patch", context_settings={"max_content_width": 100})
def command():
    """List, show, begin and check patches: the text files that say how a sound is made.

    \b
    Examples:
      synthhost patch list
      synthhost patch show round-bass
      synthhost patch new my-sound            begin your own
      synthhost patch new my-bass --from bass
      synthhost patch ops saw                 what an operator takes
      synthhost patch check my-sound
    """
    keep_schema_current()


def keep_schema_current():
    """Write the schema beside the player's patches again if it is there and of another synthhost."""
    from synthhost.patch.folders import user_folder
    from synthhost.patch.schema import FILE_NAME, write_schema

    if (user_folder() / FILE_NAME).is_file():
        with contextlib.suppress(OSError):  # a folder that cannot be written to is no reason to stop
            write_schema(user_folder())


@command.command("list")
@click.argument("words", required=False)
@click.option("--all", "every", is_flag=True, help="With templates and test sounds.")
@JSON
def list_command(words, every, as_json):
    """List patches, all or those whose name contains WORDS. Your own folder comes first."""
    from synthhost.patch import list_patches
    from synthhost.patch.files import plain
    from synthhost.patch.folders import patch_folders, user_folder

    every = every or plain(words or "").startswith(("template", "test"))
    found = {n: str(p) for n, p in list_patches(every=every).items() if not words or plain(words) in plain(n)}
    if as_json:
        print_json(found)
        return
    folder = None
    for name in sorted(found, key=lambda name: (name.rpartition("/")[0], name)):
        kind, _, rest = name.rpartition("/")
        if kind != folder:
            folder = kind
            click.echo(folder or "(no folder)")
        mine = "yours: " if pathlib.Path(found[name]).is_relative_to(user_folder()) else ""
        click.echo(f"  {rest:24} {mine}{description(found[name])}")
    if not found:
        click.echo(f"No patch has '{words}' in its name." if words else "No patches were found.")
    mine, factory = (str(folder) for folder in patch_folders())
    click.echo(f"\nYour patches (first): {mine}\nFactory patches:      {factory}")


def description(path):
    """The first sentence of a patch's description, or why there is none."""
    from synthhost.patch import PatchError, load

    try:
        patch = load(path)
    except PatchError:
        return f"cannot be played; why: synthhost patch check {path}"
    doc = patch.texts.get("doc", "")
    if patch.base is not None and doc == patch.base.texts.get("doc"):
        doc = f"Builds on {patch.base.name}"
    if not doc and patch.parts:
        doc = "Plays " + ", ".join(dict.fromkeys(table.patch.name for table in patch.parts))
    sentence = " ".join(doc.split()).partition(". ")[0].rstrip(".")
    return sentence if len(sentence) <= 72 else sentence[:71].rpartition(" ")[0] + " …"


@command.command("show", short_help="A patch and all its numbers.")
@click.argument("name")
@JSON
def show(name, as_json):
    """Show a patch: its text, and every number in it that can be moved while it plays."""
    from synthhost.control.patch_page import print_patch
    from synthhost.patch import find, load

    print_patch(load(path := find(name)), path, as_json)


@command.command("new", short_help="Begin a patch of your own.")
@click.argument("name")
@click.option(
    "--from",
    "source",
    metavar="PATCH",
    help="Begin with a copy of this one. [default: a sound explained line by line]",
)
def new(name, source):
    """Begin a patch of your own, NAME or KIND/NAME, in your patch folder. Nothing is overwritten.

    \b
    Examples:
      synthhost patch new my-sound
      synthhost patch new "bass/Deep Bass" --from round-bass
    """
    from synthhost.patch import find
    from synthhost.patch.new import new_patch

    path = new_patch(name, source)
    known = name if find(name.removesuffix(".toml")) == path else str(path)
    known = f'"{known}"' if " " in known else known
    click.echo(f"{path}\n")
    click.echo("It plays already. What to do next:")
    for do, why in (
        (f"synthhost play {known} --audition", "hear it in a loop, no keyboard needed; leave it running"),
        ("edit the file in any text editor", "every save is heard at once; a mistake is explained"),
        ("synthhost patch ops", "what else a sound can be made of"),
    ):
        click.echo(f"  {do:{max(32, 26 + len(known))}}  {why}")


@command.command("ops", short_help="What sounds are made of, with examples.")
@click.argument("name", required=False)
@JSON
def ops(name, as_json):
    """List the operators that sounds are made of; or show one: its inputs, numbers, units, and an example."""
    from synthhost.control import operators

    if name is None:
        operators.print_list(as_json)
    else:
        operators.print_one(name, as_json)


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


@command.command("upgrade", short_help="Write older files in the newest version.")
@click.argument("files", nargs=-1)
@click.option(
    "--check",
    "only_check",
    is_flag=True,
    help="Change nothing; exit code 1 if a file is of an older version.",
)
@click.pass_context
def upgrade(context, files, only_check):
    """Write patch FILES (default: all of your own) in the newest version of the format.

    Older versions play as they are; nobody has to do this. Comments stay, and the file as it was is kept beside the new one.
    """
    from synthhost.patch import PatchError, find, list_patches
    from synthhost.patch.folders import user_folder
    from synthhost.patch.migrate import newest_version
    from synthhost.patch.upgrade import upgrade_file, version_of

    paths, old, bad = [], False, False
    for name in files or list_patches([user_folder()], every=True).values():
        try:
            path = find(name)
            paths.append(path)
            version = version_of(path)
            if version == newest_version():
                click.echo(f"{path}: version {version}, the newest")
            elif only_check:
                old = True
                click.echo(f"{path}: version {version}; the newest is {newest_version()}")
            else:
                kept = upgrade_file(path)
                click.echo(f"{path}: version {version} is now {newest_version()}; as it was: {kept}")
        except PatchError as error:
            bad = True
            click.echo("\n".join(str(problem) for problem in error.problems), err=True)
    if not paths and not bad:
        click.echo(f"There are no patches in {user_folder()}.")
    context.exit(1 if bad or old else 0)


@command.command("schema", short_help="JSON Schema, for editors.")
@click.option(
    "--save", is_flag=True, help="Write it beside your patches, where a new patch's first line says it is."
)
def schema(save):
    """Print the JSON Schema of patch files, for editors that complete and check as you type."""
    from synthhost.patch.folders import user_folder
    from synthhost.patch.schema import schema as make
    from synthhost.patch.schema import write_schema

    click.echo(str(write_schema(user_folder())) if save else json.dumps(make(), indent=1))


@command.command("reference", short_help="All modules as Markdown.")
def reference_command():
    """Print all modules and their numbers as Markdown, as in the manual (docs/patches.md)."""
    from synthhost.patch.reference import reference

    click.echo(reference(), nl=False)


command.add_command(sheet)
