"""Rewrite a patch file in the newest version of the format, and keep the file as it was."""

import os
import shutil
from pathlib import Path

from synthhost.patch.document import read_document
from synthhost.patch.errors import Report
from synthhost.patch.files import load, loads, read_text
from synthhost.patch.migrate import upgraded_text
from synthhost.patch.read import read_format
from synthhost.patch.save import save


def document_of(path):
    """The file as a document of a known version. Raises PatchError."""
    document, report = read_document(read_text(path), str(path)), Report()
    read_format(document, report)
    report.finish()
    return document


def version_of(path):
    """The version that a file says it is of. Raises PatchError if it cannot be read, or is of a newer one."""
    return document_of(path).tables["version"]


def upgrade_file(path):
    """Bring a file to the newest version; it must be fit to play before and after. Returns where the old one is kept."""
    path = Path(path)
    load(path)
    document = document_of(path)
    patch = loads(upgraded_text(read_text(path), document), path)
    kept = unused(path, document.tables["version"])
    shutil.copy2(path, kept)
    save(patch, os.path.realpath(path))
    return kept


def unused(path, version):
    """A name beside a file that nothing has yet: ``bass.toml.v1``."""
    number, kept = 1, path.with_name(f"{path.name}.v{version}")
    while kept.exists():
        number += 1
        kept = path.with_name(f"{path.name}.v{version}-{number}")
    return kept
