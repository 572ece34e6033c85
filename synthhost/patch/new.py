"""Begin a patch of one's own: a copy of another, with what it inherits offered as comments."""

import re

from synthhost.patch.errors import PatchError, Problem
from synthhost.patch.files import NO_PATCHES, find, list_patches, load, plain
from synthhost.patch.folders import user_folder
from synthhost.patch.save import append
from synthhost.patch.schema import write_schema
from synthhost.patch.source import places

START = "template/start"
PART = re.compile(r"\w[\w -]{0,63}")  # of a name: what every system allows in a file's name


def new_patch(name, source=None, folders=None):
    """Write a new patch into the user's folder, and the schema beside it. Returns the file's path.

    `name` may have a folder in front; without one, the copy of a patch goes into a folder of the same kind. Nothing is
    ever overwritten. Raises PatchError.
    """
    folder = user_folder()
    model = load(find(source or START, folders), folders)
    title, key = title_and_key(name, kind_of(model, folders))
    path = folder.joinpath(*key.split("/")).with_suffix(".toml")
    schema = write_schema(folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "../" * key.count("/") + schema.name
    try:
        with open(path, "x", encoding="utf-8", newline="") as file:
            file.write(new_text(model, title, text))
    except FileExistsError:
        message = f"{path} is there already and stays as it is; choose another name."
        raise PatchError(Problem(message, value=name)) from None
    return path


def kind_of(model, folders=None):
    """The folder of a patch that may be played: ``bass`` of ``bass/round-bass``; else nothing."""
    for key, path in list_patches(folders).items():
        if path == model.path:
            return key.rpartition("/")[0]
    return ""


def title_and_key(name, kind=""):
    """A name as the file shows it, and as the file is called: ``Deep Bass`` and ``bass/deep-bass``."""
    *folders, last = name.strip().removesuffix(".toml").split("/")
    if not all(PART.fullmatch(part) for part in (*folders, last)):
        message = (
            f"'{name}' cannot be a patch's name: write letters, digits, blanks and dashes, such as my-bass "
            f"or bass/my-bass. The file goes into your patch folder, {user_folder()}."
        )
        raise PatchError(Problem(message, value=name))
    key = "/".join(plain(part) for part in (*(folders or [kind]), last) if part)
    if key + ".toml" in NO_PATCHES or folders[:1] == ["test"]:
        raise PatchError(Problem(f"'{name}' has another meaning here; choose another name.", value=name))
    return (last if last != plain(last) else last.replace("-", " ").title()), key


def new_text(model, title, schema):
    """The text of a patch under a new name, with the line that tells editors where its schema is."""
    text = model.source.removeprefix("\ufeff").replace("\r\n", "\n")
    lines = [line for line in text.split("\n") if not line.startswith("#:schema")]
    text = "\n".join(lines)
    known = places(text)
    if place := known.get(("name",)):
        text = text[: place.start] + f'"{title}"' + text[place.end :]
    else:
        place = known["version",]
        text = text[: place.end] + f'\nname = "{title}"' + text[place.end :]
    return f"#:schema {schema}\n" + offer_inherited(model, text)


def offer_inherited(model, text):
    """Add what comes from the patch that this one extends, as comments: without their #, nothing changes yet."""
    if model.base is None:
        return text
    known, ends, more = places(text), [], []
    for path, op, written in inherited(model):
        lines = [f"# {key} = {value}" for key, value in written.items()]
        if path in known and text[known[path].start] != "[":
            continue  # written in one line, where no comment fits
        if path in known:
            last = max(place.end for at, place in known.items() if at[: len(path)] == path)
            ends.append((text.find("\n", last) % (len(text) + 1), lines))
        else:
            more += ["", f"# [{'.'.join(path)}]" + (f"  # {op}" if op else ""), *lines]
    for end, lines in sorted(ends, reverse=True):
        text = text[:end] + "\n" + "\n".join(lines) + text[end:]
    for route in model.routes:
        if route.place.file != model.file:
            more += [
                "",
                "# [[route]]",
                f'# from = "{route.source}"',
                f'# to = "{route.target}.{route.input}"',
            ]
            more += [f"# {route.unit} = {raw(model, route.depth)}"]
    if not more and not ends:
        return text
    title = "# What follows, and other lines that begin with #, is inherited: take the # away to change it."
    return append(text, [title, *more])


def inherited(model):
    """Tables of which something is written in another file: path, operator, and key -> the text that is written there."""
    tables: list[tuple[tuple[str, ...], str, dict]] = [(("performance",), "", model.performance)]
    tables += [((name,), module.op, module.written) for name, module in model.operators.items()]
    tables += [(("effects", name), module.op, module.written) for name, module in model.effects.items()]
    tables += [(("sends", name), module.op, module.written) for name, module in model.sends.items()]
    for path, op, written in tables:
        others = {key: raw(model, item) for key, item in written.items() if item.place.file != model.file}
        if others:
            yield path, "" if path == ("out",) else op, others
    macros = {}
    for macro, keys in model.macros.items():
        if all(item.place.file != model.file for item in keys.values()):
            parts = [f"{key} = {raw(model, item)}" for key, item in keys.items()]
            macros[macro] = f"{{ {', '.join(parts)} }}"
    if macros:
        yield ("macros",), "", macros


def raw(model, written):
    """A value as the file has it in which it is written."""
    while model.file != written.place.file:
        model = model.base
    return model.source[written.place.start : written.place.end]
