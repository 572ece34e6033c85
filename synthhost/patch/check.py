"""What may be a mistake though it can be played: modules of a file that nobody hears."""

from synthhost.patch import graph
from synthhost.patch.errors import Problem


def warnings_of(patch):
    """Problems that do not keep a patch from playing, as a list of `Problem`.

    Modules that are only inherited may be left unused.
    """
    if patch.keys:
        return []
    heard = {module.name for module in graph.order(patch, graph.wires(patch))}
    found = []
    for name, module in patch.operators.items():
        if name not in heard and module.place.file == patch.file:
            message = f"'{name}' is not heard: nothing on the way to [out] listens to it."
            found.append(Problem(message, patch.file, module.place.line, name))
    return found
