"""The build process: ``python -m synthhost.realtime.build FOLDER [--checked] MODULE …``.

Writes ``image.o``, ``image.s`` and ``manifest.json`` into FOLDER; progress is told on stdout as ``done total name``. This
process and its two children are the only ones that import numba.
"""

import argparse
import pathlib
import sys

from synthhost.realtime.build.compile import CompileError
from synthhost.realtime.build.image import build
from synthhost.realtime.build.link import AuditError


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--checked", action="store_true")
    parser.add_argument("modules", nargs="+")
    options = parser.parse_args()
    try:
        build(options.folder, options.modules, options.checked)
    except (CompileError, AuditError) as error:
        print(f"the image was not built:\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
