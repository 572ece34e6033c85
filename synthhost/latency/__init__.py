"""Key-to-sound: measured by ourselves, stage by stage.

``measure_jack`` and ``measure_path`` measure, ``report`` prints, ``run`` does both for the command line; ``compare_all``
does it for every way out of the machine.
"""

import importlib

PLACES = {
    "compare_all": "compare",
    "Measurement": "result",
    "Options": "measure",
    "draw": "picture",
    "measure_jack": "jack_way",
    "measure_ordinary": "ordinary",
    "measure_path": "path_way",
    "report": "table",
    "run": "measure",
    "run_loopback": "loopback",
}
__all__ = list(PLACES)


def __getattr__(name):
    """Import what is asked for only then: the build of the image needs the compiled part alone."""
    if name not in PLACES:
        raise AttributeError(f"module 'synthhost.latency' has no attribute '{name}'")
    return getattr(importlib.import_module(f"synthhost.latency.{PLACES[name]}"), name)
