"""Kits: a patch file whose ``[[key]]`` tables say which patch each key plays."""

import hashlib
import re
from functools import cache
from typing import NamedTuple

import numpy as np

from synthhost.engine.program import KEY, KIT_PARTS, ROW, Program
from synthhost.patch.errors import PatchError, did_you_mean, show
from synthhost.patch.source import Place
from synthhost.realtime.operator import Parameter
from synthhost.units import gain_from_db

NUMBERS = (
    Parameter("pitch_key", 60, 0, 127, doc="The key at which the patch sounds, whichever is struck."),
    Parameter("transpose_semitones", 0, -60, 60, doc="From the keys that are struck to those that sound."),
    Parameter("level_db", 0.0, -60.0, 12.0, doc="Louder or softer than the patch is."),
)
TEXTS = {
    "patch": "What the keys play: a patch of the patch folders.",
    "choke": "Keys with the same word here end each other, as an open and a closed hi-hat.",
    "doc": "A remark.",
}
PLACES = {
    "key": "One key: 0 … 127, or a name as C2; C4 is 60. It sounds at pitch_key.",
    "low": "The lowest of several keys, which sound as high as they are.",
    "high": "The highest of them.",
}
KEYS = (*PLACES, *TEXTS, *(p.name for p in NUMBERS))
EXAMPLE = '[[key]] with key = 36 and patch = "drums/kick"'
NOTE_NAME = re.compile(r"([A-Ga-g])(#|b|♯|♭)?(-?\d)")
SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
SHIFTS = {None: 0, "#": 1, "♯": 1, "b": -1, "♭": -1}


class Keys(NamedTuple):
    """One ``[[key]]`` table: keys `low` … `high` and what they play."""

    low: int
    high: int
    patch: object
    pitch_key: int | None  # None: as high as the key
    transpose: int
    level_db: float
    choke: str
    place: Place

    def sounding(self, key):
        """The key that sounds when one is struck."""
        return (key if self.pitch_key is None else self.pitch_key) + self.transpose


def read_kit(document, base_of, report):
    """The ``[[key]]`` tables of a document, in order; what is wrong goes into the report."""
    tables = document.tables["key"]
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        report.add(f" must be tables: {EXAMPLE}.", document.place("key"), "key")
        return ()
    found, taken, base_of = [], {}, base_of and cache(base_of)
    for number, table in enumerate(tables):
        keys = read_keys(document, number, table, base_of, report)
        if keys is None:
            continue
        for key in range(keys.low, keys.high + 1):
            if key in taken:
                message = f": key {key} has its patch in line {taken[key].line} already."
                report.add(message, keys.place, f"key.{number + 1}", value=key)
                break
            taken[key] = keys.place
        found.append(keys)
    if len({keys.patch.path for keys in found}) > KIT_PARTS:
        report.add(f"There are more than {KIT_PARTS} different patches in this kit.", document.place("key"))
    return tuple(found)


def read_keys(document, number, table, base_of, report):
    """One table, or None if it is wrong."""
    address, before = f"key.{number + 1}", len(report.problems)

    def wrong(message, key=None, suggestion=""):
        where = document.place("key", number, key) if key else document.place("key", number)
        value = table.get(key) if key else None
        report.add(message, where, address, value=value, suggestion=suggestion)

    for key, value in table.items():
        if key not in KEYS:
            hint, close = did_you_mean(key, KEYS)
            wrong(f".{key} is not known.{hint} There are: {', '.join(KEYS)}.", key, close)
        elif key in TEXTS and (not isinstance(value, str) or not value.strip()):
            wrong(f".{key} = {show(value)} must be a text.", key)
        elif key in PLACES and key_number(value) is None:
            wrong(f".{key} = {show(value)} must be a key: 0 … 127, or a name such as C2 or F#3.", key)
    for parameter in NUMBERS:
        if parameter.name in table and (trouble := trouble_of(parameter, table[parameter.name])):
            wrong(f".{parameter.name}{trouble}", parameter.name)
    if ("key" in table) == ("low" in table or "high" in table):
        wrong(' needs either one key, or low and high: key = 36, or low = "C2" and high = "B3".')
    elif ("low" in table) != ("high" in table):
        wrong(" needs both low and high.")
    if "patch" not in table:
        wrong(' plays nothing; write patch = "drums/kick"')
    if len(report.problems) > before:
        return None
    keys = keys_of(table, part_patch(table["patch"], base_of, wrong), document.place("key", number))
    if keys.low > keys.high:
        wrong(f": low is above high ({keys.low} … {keys.high}).", "low")
    elif keys.sounding(keys.low) < 0 or keys.sounding(keys.high) > 127:
        wrong(f": transposed, it would sound keys {keys.sounding(keys.low)} … {keys.sounding(keys.high)}.")
    return keys if len(report.problems) == before else None


def keys_of(table, patch, place):
    """A checked table as Keys."""
    low = key_number(table.get("key", table.get("low")))
    high = key_number(table.get("key", table.get("high")))
    pitch = table.get("pitch_key", NUMBERS[0].default if "key" in table else None)
    transpose, level_db = table.get("transpose_semitones", 0), float(table.get("level_db", 0.0))
    return Keys(low, high, patch, pitch, transpose, level_db, table.get("choke", "").strip(), place)


def trouble_of(parameter, value):
    """What is wrong with a number, or nothing."""
    whole = isinstance(parameter.default, int)
    kind = "a whole number" if whole else "a number"
    right = isinstance(value, int) or (isinstance(value, float) and not whole)
    if isinstance(value, bool) or not right or not parameter.low <= value <= parameter.high:
        return f" = {show(value)} must be {kind}, {parameter.low:g} … {parameter.high:g}."
    return ""


def key_number(value):
    """A key's number 0 … 127, from itself or its name; None if it is neither."""
    if isinstance(value, str) and (match := NOTE_NAME.fullmatch(value.strip())):
        letter, shift, octave = match.groups()
        value = SEMITONES[letter.upper()] + SHIFTS[shift] + 12 * (int(octave) + 1)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 127:
        return value
    return None


def part_patch(name, base_of, wrong):
    """The patch that some keys play; None if it cannot be had."""
    if base_of is None:
        wrong(f'.patch = "{name}": a text without a file cannot play other patches.', "patch")
        return None
    try:
        patch = base_of(name)
    except PatchError as error:
        wrong("." + error.problems[0].message.replace("extends", "patch", 1), "patch", error.suggestion)
        return None
    if patch.keys:
        wrong(f'.patch = "{name}" is a kit itself; name the patches that it plays.', "patch")
    return patch


def parts_of(patch):
    """The different patches of a kit, in the order in which it names them."""
    return list({keys.patch.path: keys.patch for keys in patch.keys}.values())


def compile_kit(patch, compile_part):
    """Compile a kit to a Program with parts, each made by `compile_part`."""
    patches = parts_of(patch)
    numbers = {part.path: number for number, part in enumerate(patches)}
    words = {word: number for number, word in enumerate(sorted({k.choke for k in patch.keys} - {""}), 1)}
    keys = np.zeros(128, KEY)
    keys["part"], keys["gain"] = -1, 1.0
    for each in patch.keys:
        for key in range(each.low, each.high + 1):
            keys[key]["part"], keys[key]["transpose"] = numbers[each.patch.path], each.sounding(key) - key
            keys[key]["gain"] = gain_from_db(each.level_db)
            keys[key]["choke"] = words.get(each.choke, 0)
    parts = tuple(compile_part(part) for part in patches)
    whole = b"|".join([keys.tobytes(), *(p.graph.encode() + p.values.tobytes() for p in parts)])
    graph = hashlib.blake2b(whole, digest_size=16).hexdigest()
    nothing, none = np.zeros(0, ROW), np.zeros(0, np.float32)
    empty = none.astype(bool)
    return Program(patch.name, nothing, nothing, none, empty, graph, parts=parts, keys=keys)
