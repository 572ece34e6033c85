"""Find patch files, by name as a musician remembers it, and read them."""

import os
from pathlib import Path

from synthhost.patch.document import MOST_BYTES, decode
from synthhost.patch.errors import PatchError, Problem, did_you_mean
from synthhost.patch.folders import patch_folders
from synthhost.patch.read import read

ENDING = ".toml"
NO_PATCHES = ("programs.toml",)
APART = ("template", "test")  # folders that are not for playing
LONGEST_CHAIN = 16


def list_patches(folders=None, every=False):
    """All patches: name as in ``keys/electric-piano`` -> path, in order.

    The user's hide the factory's of the same name. Templates and test sounds are left out, unless `every`.
    """
    found = {}
    for folder in folders or patch_folders():
        for path in sorted(Path(folder).glob("**/*" + ENDING)):
            name = path.relative_to(folder).with_suffix("").as_posix()
            if path.name not in NO_PATCHES and (every or name.split("/")[0] not in APART):
                found.setdefault(name, path)
    return dict(sorted(found.items()))


def find(name, folders=None):
    """The path of the patch that `name` means.

    A path to a file, a full name, or a part of one: the whole name is preferred to its beginning, that to any other
    part, and that to a near miss. Raises PatchError with what it could mean.
    """
    name = str(name).strip()
    path = Path(name).expanduser()
    if name.endswith(ENDING) or is_there(path):
        if not is_folder(path):
            return path
        raise PatchError(Problem(f"'{name}' is a folder; name a patch in it.", value=name))
    if is_folder(path) and ("/" in name or name.startswith((".", "~"))):
        raise PatchError(Problem(f"'{name}' is a folder; name a patch in it.", value=name))
    known = list_patches(folders, every=True)
    if plain(name) in (simple := {plain(key): path for key, path in known.items()}):
        return simple[plain(name)]
    for test in (exact, prefix, part):
        hits = [key for key in known if test(plain(name), key)] if plain(name) else []
        playable = [key for key in hits if key.split("/")[0] not in APART] or hits
        if len(playable) == 1:
            return known[playable[0]]
        if playable:
            message = (
                f"'{name}' could be {', '.join(playable[:-1])} or {playable[-1]}; write more of the name."
            )
            raise PatchError(Problem(message, value=name, suggestion=playable[0]))
    return nearest(name, known)


def is_there(path):
    """Whether a file is there; a name that no file can have is not."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_folder(path):
    """Whether a folder is there."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def plain(name):
    """A name without what people vary: capitals, blanks and dashes."""
    return name.lower().replace("_", "-").replace(" ", "-")


def stem(key):
    """The last part of a name: ``electric-piano`` of ``keys/electric-piano``."""
    return plain(key).rpartition("/")[2]


def exact(name, key):
    """Is it the whole last part of the name?"""
    return name == stem(key)


def prefix(name, key):
    """Does the name begin like this?"""
    return stem(key).startswith(name) or plain(key).startswith(name)


def part(name, key):
    """Is this somewhere in the name?"""
    return name in plain(key)


def nearest(name, known):
    """The patch that is spelled almost like this. Raises PatchError if there is none."""
    import difflib

    stems = {stem(key): path for key, path in known.items()}
    close = difflib.get_close_matches(plain(name)[:64], list(stems), 3, 0.6)
    if len(close) == 1:
        return stems[close[0]]
    hint = (
        f" Did you mean {' or '.join(close)}?"
        if close
        else f" There are: {', '.join(list_names(known)) or 'none'}."
    )
    suggestion = close[0] if close else ""
    raise PatchError(Problem(f"There is no patch called '{name}'.{hint}", value=name, suggestion=suggestion))


def list_names(known):
    """The first dozen names, without templates and test sounds."""
    names = [key for key in known if key.split("/")[0] not in APART]
    return [*names[:12], "…"] if len(names) > 12 else names


def load(path, folders=None):
    """Read a patch file, and those that it extends.

    Raises
    ------
    PatchError
        Names the file, the line, the key, the value and what is allowed; `problems` lists all that is wrong.
    """
    return load_chain(Path(path), folders or patch_folders(), ())


def loads(text, path=None, folders=None):
    """Read a patch from a text as it would stand in the file `path`."""
    folders = folders or patch_folders()
    return read(text, path, lambda name: load_base(name, folders, (Path(path).resolve(),) if path else ()))


def load_chain(path, folders, chain):
    """Read a file that the files of `chain` extend."""
    text = read_text(path)
    chain = (*chain, path.resolve())
    return read(text, path, lambda name: load_base(name, folders, chain))


def load_base(name, folders, chain):
    """Read the patch that the last of `chain` extends."""
    parts = name.removesuffix(ENDING).split("/")
    if not all(parts) or "\\" in name or ":" in name or "\0" in name or {".", ".."} & set(parts):
        raise PatchError(
            f'extends = "{name}" must be a name inside the patch folders, such as "template/subtractive".'
        )
    for folder in folders:
        path = Path(folder).joinpath(*parts).with_suffix(ENDING)
        if is_there(path) and path.resolve() not in chain[-1:]:
            if path.resolve() in chain or len(chain) >= LONGEST_CHAIN:
                loop = " → ".join(step.stem for step in (*chain, path))
                raise PatchError(f'extends = "{name}" leads back to itself: {loop}.')
            return load_chain(path, folders, chain)
    known = list_patches(folders, every=True)
    hint, close = did_you_mean(name, known)
    if not hint and (hits := [key for key in known if part(plain(name), key)]):
        hint, close = f" There is: {', '.join(hits[:4])}.", hits[0]
    own = " A patch cannot extend itself." if chain and parts[-1] == chain[-1].stem else ""
    raise PatchError(Problem(f'extends = "{name}" is not in the patch folders.{own}{hint}', suggestion=close))


def read_text(path):
    """The text of a file, its line ends as they are. Raises PatchError if it cannot be read."""
    try:
        with open(path, "rb", opener=open_without_waiting) as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise PatchError(Problem("There is no such file.", str(path))) from None
    except IsADirectoryError:
        raise PatchError(Problem("This is a folder, not a patch file.", str(path))) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        folder = is_folder(Path(path))  # Windows denies access to one
        message = "This is a folder, not a patch file." if folder else f"This file cannot be read: {reason}."
        raise PatchError(Problem(message, str(path))) from None
    return decode(data, str(path))


def open_without_waiting(path, flags):
    """Open a file; a pipe that nobody writes to does not make us wait."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
