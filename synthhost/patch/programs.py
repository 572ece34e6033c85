"""Which patch a MIDI program change means: General MIDI's 128 numbers, other banks, and the drums of channel 10."""

import tomllib
from pathlib import Path

from synthhost.patch.document import decode
from synthhost.patch.errors import PatchError, Problem
from synthhost.patch.files import find
from synthhost.patch.folders import patch_folders

FILE = "programs.toml"
DRUM_CHANNEL = 10
DRUM_BANKS = (120, 127)  # MSB: rhythm in General MIDI 2; drums in XG


def patch_for_program(program, bank=0, channel=1, folders=None, fine=0):
    """The path of the patch for a program number 0 … 127; on channel 10, or in a bank of drums, the drums.

    `bank` and `fine` are controllers 0 and 32. A bank that says nothing of the program gives way to the coarser one,
    then to bank 0, and that to the map of the next folder, as General MIDI 2 asks for. Raises PatchError if no map
    has it.
    """
    for folder in folders or patch_folders():
        path = Path(folder) / FILE
        if not path.is_file():
            continue
        programs = read_programs(path)
        banks = programs["banks"]
        name = banks.get((bank, fine), {}).get(program) or banks.get(bank, {}).get(program)
        if channel == DRUM_CHANNEL or (bank in DRUM_BANKS and not name):
            name = programs["drums"]
        else:
            name = name or banks.get(0, {}).get(program)
        if name:
            return find(name, folders)
    raise PatchError(
        Problem(f"There is no patch for program {program} of bank {bank}.", value=program, low=0, high=127)
    )


def read_programs(path):
    """The map in a file: ``{"drums": name, "banks": {bank: {program: name}}}``. Raises PatchError.

    In the file, ``[bank.0]`` has a patch for each program or range of programs: ``"0-7" = "keys/electric-piano"``.
    ``[bank.8]`` is chosen by controller 0 at 8, ``[bank.8-1]`` by controller 32 at 1 besides; its key is a pair.
    """
    path = Path(path)
    try:
        tables = tomllib.loads(decode(path.read_bytes(), str(path)))
    except PatchError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise PatchError(Problem(f"This list of programs cannot be read: {error}", str(path))) from None
    drums, banks = tables.get("drums"), tables.get("bank", {})
    if not isinstance(banks, dict) or not isinstance(drums, (str, type(None))):
        raise PatchError(Problem('A list of programs has drums = "…" and tables like [bank.0].', str(path)))
    return {
        "drums": drums,
        "banks": {bank_number(key, path): read_bank(bank, path) for key, bank in banks.items()},
    }


def read_bank(bank, path):
    """One table of the file as ``{program: name}``."""
    programs = {}
    for key, name in bank.items() if isinstance(bank, dict) else [("", bank)]:
        if not isinstance(name, str):
            raise PatchError(
                Problem(f'"{key}" must be the name of a patch, such as "pad/glass-pad".', str(path), key=key)
            )
        first, _, last = key.partition("-")
        for program in range(number(first, path), number(last or first, path) + 1):
            programs[program] = name
    return programs


def bank_number(text, path):
    """The bank that a table's name means: a number, or a pair. Raises PatchError."""
    coarse, dash, fine = text.partition("-")
    return (number(coarse, path), number(fine, path)) if dash else number(coarse, path)


def number(text, path):
    """A whole number 0 … 127. Raises PatchError."""
    if text.strip().isdecimal() and len(text) < 6 and int(text) <= 127:
        return int(text)
    raise PatchError(
        Problem(
            f'"{text}" must be a number 0 … 127, or two as in "0-7".', str(path), value=text, low=0, high=127
        )
    )
