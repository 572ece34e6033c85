"""``synthhost patch sheet``: pictures of patches, to look at what one hears."""

import pathlib

import click


@click.command("sheet")
@click.argument("names", nargs=-1)
@click.option(
    "-o",
    "--output",
    "folder",
    default=".",
    metavar="DIR",
    type=click.Path(file_okay=False),
    help="Where the pictures go.",
)
def sheet(names, folder):
    """Draw a sheet of each patch in NAMES, or of all: spectrograms at three keys and velocities, level, brightness, controls.

    \b
    Examples:
      synthhost patch sheet electric-piano
      synthhost patch sheet my-sound.toml -o pictures
      synthhost patch sheet -o sheets
    """
    from synthhost.patch import compile_patch, find, list_patches, load
    from synthhost.patch.macros import names_of
    from synthhost.realtime.image import load_image
    from synthhost.sheet.picture import draw

    folder, image = pathlib.Path(folder), load_image()
    folder.mkdir(parents=True, exist_ok=True)
    for name in names or list_patches():
        path = find(name)
        patch = load(path)
        place = f"{path.parent.name}/{path.stem}"
        picture = folder / (place.replace("/", "_") + ".png")
        draw(image, compile_patch(patch, image.operators), place, names_of(patch), picture)
        click.echo(picture)
