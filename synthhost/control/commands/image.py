"""``synthhost image``: the compiled audio code, shown, built and checked."""

import hashlib
import shutil

import click

from synthhost.control.cli import load_image
from synthhost.control.options import JSON, print_json


@click.group("image")
def command():
    """Show, build or check the audio code: machine code made once for this processor, which plays without Python.

    \b
    Examples:
      synthhost image info
      synthhost image check      what can this code call? (nothing)
      synthhost image build      make it anew
    """


def facts_of(image):
    manifest = image.manifest
    return {
        "file": str(image.folder / "image.o"),
        "bytes": manifest["bytes"],
        "sha256": manifest["sha256"],
        "undefined_symbols": manifest["audit"]["undefined"],
        "indirect_calls": manifest["audit"]["indirect_calls"],
        "build_s": manifest["build_s"],
        "checked": manifest["checked"],
        "entries": sorted(manifest["entries"]),
        "operators": image.operators,
    }


@command.command("info")
@JSON
def info(as_json):
    """Show where the code is, how large, and what is in it."""
    facts = facts_of(load_image())
    if as_json:
        print_json(facts)
        return
    for name, value in facts.items():
        click.echo(f"{name:18} {', '.join(value) if isinstance(value, list) else value}")


@command.command("build")
def build():
    """Make the audio code anew, whatever is stored."""
    from synthhost.realtime.image import cache_folder, image_key

    shutil.rmtree(cache_folder() / image_key(), ignore_errors=True)
    image = load_image()
    click.echo(
        f"{image.folder / 'image.o'}: {image.manifest['bytes']} bytes in {image.manifest['build_s']} s"
    )


@command.command("check")
@JSON
@click.pass_context
def check(context, as_json):
    """Read the stored code again: is it as built, what does it leave undefined, where does it call through pointers?

    Exit code 1 if it is not as it must be.
    """
    from synthhost.realtime.build.audit import ALLOWED, indirect_calls, undefined_symbols
    from synthhost.realtime.build.link import INDIRECT

    image = load_image()
    code = (image.folder / "image.o").read_bytes()
    undefined = sorted(undefined_symbols(code))
    indirect = indirect_calls((image.folder / "image.s").read_text())
    same = hashlib.sha256(code).hexdigest() == image.manifest["sha256"]
    good = same and not set(undefined) - ALLOWED and not set(indirect) - INDIRECT
    facts = {"ok": good, "same_as_built": same, "undefined_symbols": undefined, "indirect_calls": indirect}
    facts["file"] = str(image.folder / "image.o")
    if as_json:
        print_json(facts)
    else:
        click.echo(
            f"{facts['file']}: {len(code)} bytes, sha256 {image.manifest['sha256'][:16]}… {'as built' if same else 'CHANGED'}"
        )
        click.echo(
            f"undefined symbols: {len(undefined)}{' (' + ', '.join(undefined) + ')' if undefined else ''}"
        )
        click.echo(f"calls through pointers: {', '.join(f'{n} in {f}' for f, n in sorted(indirect.items()))}")
        click.echo(f"look yourself: nm -u {facts['file']}; objdump -d {facts['file']}")
        click.echo("fine" if good else "BAD: 'synthhost image build' makes it anew")
    context.exit(0 if good else 1)
