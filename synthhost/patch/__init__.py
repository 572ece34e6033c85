"""Patches: text files that say how a sound is made; found, read, checked and compiled to programs of the engine."""

from synthhost.patch.compile import compile_patch, settings_of
from synthhost.patch.errors import PatchError, Problem
from synthhost.patch.files import find, list_patches, load, loads
from synthhost.patch.model import Patch

__all__ = [
    "Patch",
    "PatchError",
    "Problem",
    "compile_patch",
    "find",
    "list_patches",
    "load",
    "loads",
    "settings_of",
]
