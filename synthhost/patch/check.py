"""What may be a mistake though it can be played: modules and sends of a file that nobody hears."""

from synthhost.patch import graph
from synthhost.patch.errors import Problem


def warnings_of(patch):
    """Problems that do not keep a patch from playing, as a list of `Problem`.

    Modules that are only inherited may be left unused.
    """
    if patch.parts:
        return unheard_sends(patch)
    heard = {module.name for module in graph.order(patch, graph.wires(patch))}
    found = []
    for name, module in patch.operators.items():
        if name not in heard and module.place.file == patch.file:
            message = f"'{name}' is not heard: nothing on the way to [out] listens to it."
            found.append(Problem(message, patch.file, module.place.line, name))
    return found


def unheard_sends(patch):
    """The sends that no part sends to."""
    used = {name for table in patch.parts for name in table.send_db}
    used |= {route.input for route in patch.routes if route.target.endswith(".send_db")}
    found = []
    for name, module in patch.sends.items():
        if name not in used:
            message = f"nothing is sent to 'sends.{name}': no part has send_db = {{ {name} = -12 }}."
            found.append(Problem(message, patch.file, module.place.line, f"sends.{name}"))
    return found
