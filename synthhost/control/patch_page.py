"""A whole patch on the command line: ``synthhost patch show``."""

import click

from synthhost.control.options import print_json
from synthhost.patch.macros import names_of
from synthhost.patch.save import all_settings


def print_patch(patch, path, as_json):
    """The text of a patch, and every number in it with those that it inherits."""
    settings = all_settings(patch)
    if as_json:
        facts = {"name": patch.name, "path": str(path), "extends": bases(patch), "macros": names_of(patch)}
        print_json(
            facts | {"settings": {address: facts_of(setting) for address, setting in settings.items()}}
        )
        return
    inherited = "".join(f", with those of {name}" for name in bases(patch))
    click.echo(f"# {path}\n{patch.source.rstrip()}\n\n# Every number of it{inherited}")
    groups = groups_of(settings)
    for group in sorted(groups, key=lambda group: place_of(patch, group)):
        click.echo(f"{group}{role(patch, group)}")
        for address, setting in groups[group].items():
            allowed = ", ".join(setting.choices) or setting.range()
            click.echo(f"  {address:30} {shown(setting.value):>8}   {allowed:24} {setting.doc}")
    if macros := names_of(patch):
        click.echo("\n# Macros, turned by controllers 16 … 19")
        for macro, called in macros.items():
            click.echo(f"  {macro:30} {called}")


def bases(patch):
    """The names of the patches that a patch builds on, nearest first."""
    names = []
    while patch.base is not None:
        patch = patch.base
        names.append(patch.name)
    return names


def groups_of(settings):
    """Settings by their module, ``effects.echo`` -> {address: Setting}; routes and macros in their order."""
    groups: dict[str, dict] = {}
    for address, setting in settings.items():
        deep = address.startswith(("effects.", "sends.", "part.", "key."))
        name = address.rpartition(".")[0] if deep else address.partition(".")[0]
        groups.setdefault(name, {})[address] = setting
    if macros := groups.get("macros"):
        groups["macros"] = dict(sorted(macros.items()))
    if routes := groups.get("route"):
        groups["route"] = dict(sorted(routes.items(), key=lambda item: int(item[0].split(".")[1])))
    return groups


def place_of(patch, group):
    """Where a group is shown: modules as the file has them, then routes, then the rest."""
    names = [*patch.operators, "route"]
    return names.index(group) if group in names else len(names)


def role(patch, name):
    """What a module is, in brackets."""
    tables = {table.address: table for table in patch.parts}
    if name in tables:
        return f" ({tables[name].patch.name})"
    module = patch.operators.get(name) or patch.effects.get(name.removeprefix("effects."))
    module = module or patch.sends.get(name.removeprefix("sends."))
    return f" ({module.op})" if module and module.op != name else ""


def shown(value):
    """A value as short as it can be."""
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


def facts_of(setting):
    """A setting as plain data."""
    return {
        "value": setting.value,
        "low": setting.low,
        "high": setting.high,
        "unit": setting.unit,
        "choices": list(setting.choices),
        "doc": setting.doc,
    }
