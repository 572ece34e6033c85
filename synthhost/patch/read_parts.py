"""Read the ``[[key]]`` and ``[[part]]`` tables of a document, and say what is wrong with them."""

from functools import cache

from synthhost.engine.program import PARTS, ZONES
from synthhost.patch.errors import PatchError, did_you_mean, show
from synthhost.patch.parts import (
    EXAMPLES,
    KEYS,
    KINDS,
    LEVEL_DB,
    NUMBERS,
    PAN,
    PLACES,
    PLAYS,
    SEND_DB,
    TEXTS,
    Table,
    key_number,
    trouble_of,
)
from synthhost.voices.ways import LAYERS


def read_parts(document, sends, base_of, report):
    """The tables of a document, ``[[part]]`` before ``[[key]]``, each in their order; what is wrong goes into the report."""
    written, found, base_of = {}, [], base_of and cache(base_of)
    for kind in reversed(KINDS):
        written[kind] = document.tables.get(kind, [])
        right = isinstance(written[kind], list) and all(isinstance(table, dict) for table in written[kind])
        if not right or document.tables.get(kind) == []:
            report.add(f" must be tables: {EXAMPLES[kind]}.", document.place(kind), kind)
            written[kind] = []
    place = document.place("key" if written["key"] else "part")
    if sum(map(len, written.values())) > ZONES:
        report.add(f"There are more than {ZONES} tables that say what keys play.", place)
        return ()
    for kind, tables in written.items():
        for number in range(len(tables)):
            table = TableReader(document, kind, number, sends, report).read(base_of)
            if table is not None:
                found.append(table)
    check_overlaps([table for table in found if table.kind == "key"], 1, report)
    check_overlaps(found, LAYERS, report)
    if len({table.strip() for table in found}) > PARTS:
        what = "parts" if "part" in document.tables else "different patches in this kit"
        report.add(f"There are more than {PARTS} {what}; tables that send differently count apart.", place)
    return tuple(found)


def check_overlaps(tables, most, report):
    """Say where more than so many tables play the same key at the same velocity; once for each table."""
    said = set()
    for key in sorted({table.low for table in tables}):
        here = [table for table in tables if table.low <= key <= table.high]
        for velocity in sorted({table.low_velocity for table in here}):
            together = [table for table in here if table.plays(key, velocity)]
            if len(together) > most and together[-1].address not in said:
                table, at = together[-1], f" at velocity {velocity}" if velocity > 1 else ""
                said.add(table.address)
                message = f": key {key} has its patch in line {together[0].place.line} already{at}."
                if most > 1:
                    message = f": key {key} plays {len(together)} parts{at}; {most} at a time are heard."
                report.add(message, table.place, table.address, value=key)


class TableReader:
    """Reads one table, and says what is wrong with it."""

    def __init__(self, document, kind, number, sends, report):
        self.document, self.kind, self.number, self.sends, self.report = document, kind, number, sends, report
        self.table = document.tables[kind][number]
        self.address = f"{kind}.{number + 1}"

    def wrong(self, message, *path, suggestion=""):
        """Report what stands at a path of the table, or the table."""
        value = self.table.get(path[0]) if path else None
        where = self.document.place(self.kind, self.number, *path)
        self.report.add(message, where, self.address, value=value, suggestion=suggestion)

    def read(self, base_of):
        """The table, or None if it is wrong."""
        before = len(self.report.problems)
        self.check_keys()
        self.check_places()
        if "patch" not in self.table:
            self.wrong(f" plays nothing; write {PLAYS[self.kind]}")
        if len(self.report.problems) > before:
            return None
        table = self.checked(self.part_patch(base_of))
        if table.low > table.high:
            self.wrong(f": low is above high ({table.low} … {table.high}).", "low")
        elif table.low_velocity > table.high_velocity:
            velocities = f"{table.low_velocity} … {table.high_velocity}"
            self.wrong(f": low_velocity is above high_velocity ({velocities}).", "low_velocity")
        elif table.sounding(table.low) < 0 or table.sounding(table.high) > 127:
            sounding = f"{table.sounding(table.low)} … {table.sounding(table.high)}"
            self.wrong(f": transposed, it would sound keys {sounding}.")
        return table if len(self.report.problems) == before else None

    def check_keys(self):
        """Each key of the table is known, and its value of the right kind."""
        for key, value in self.table.items():
            if key not in KEYS:
                hint, close = did_you_mean(key, KEYS)
                self.wrong(f".{key} is not known.{hint} There are: {', '.join(KEYS)}.", key, suggestion=close)
            elif key in TEXTS and (not isinstance(value, str) or not value.strip()):
                self.wrong(f".{key} = {show(value)} must be a text.", key)
            elif key in PLACES and key_number(value) is None:
                self.wrong(
                    f".{key} = {show(value)} must be a key: 0 … 127, or a name such as C2 or F#3.", key
                )
            elif key == SEND_DB.name:
                self.check_sends(value)
        for parameter in NUMBERS:
            if parameter.name in self.table and (
                trouble := trouble_of(parameter, self.table[parameter.name])
            ):
                self.wrong(f".{parameter.name}{trouble}", parameter.name)

    def check_sends(self, levels):
        """Each send that is named is there, and its level in range."""
        if not isinstance(levels, dict):
            self.wrong(f".send_db = {show(levels)} must be a table: send_db = {{ hall = -12 }}", "send_db")
            return
        for name, value in levels.items():
            if name not in self.sends:
                hint, close = did_you_mean(name, self.sends)
                remedy = hint or f" Write its table: [sends.{name}], with op = …"
                message = f".send_db: there is no send '{name}'.{remedy}"
                self.wrong(message, "send_db", name, suggestion=close)
            elif trouble := trouble_of(SEND_DB, value):
                self.wrong(f".send_db.{name}{trouble}", "send_db", name)

    def check_places(self):
        """It is said which keys play it."""
        key, low, high = (name in self.table for name in PLACES)
        if (low or high) if key else self.kind == "key" and not (low or high):
            self.wrong(' needs either one key, or low and high: key = 36, or low = "C2" and high = "B3".')
        elif self.kind == "key" and low != high:
            self.wrong(" needs both low and high.")

    def part_patch(self, base_of):
        """The patch that the keys play; None if it cannot be had."""
        name = self.table["patch"]
        if base_of is None:
            self.wrong(f'.patch = "{name}": a text without a file cannot play other patches.', "patch")
            return None
        try:
            patch = base_of(name)
        except PatchError as error:
            message = error.problems[0].message.replace("extends", "patch", 1)
            self.wrong("." + message, "patch", suggestion=error.suggestion)
            return None
        if patch.parts:
            what = "is a kit itself" if patch.parts[-1].kind == "key" else "has parts itself"
            self.wrong(f'.patch = "{name}" {what}; name the patches that it plays.', "patch")
        return patch

    def checked(self, patch):
        """A table without mistakes as a Table."""
        table, one = self.table, "key" in self.table
        pitch_key = table.get("pitch_key", 60 if one and self.kind == "key" else None)
        transpose = table.get("transpose_semitones", 0)
        lowest, highest = (max(0, -transpose), min(127, 127 - transpose)) if pitch_key is None else (0, 127)
        low, high = table.get("key", table.get("low", lowest)), table.get("key", table.get("high", highest))
        return Table(
            self.kind,
            self.number + 1,
            key_number(low),
            key_number(high),
            table.get("low_velocity", 1),
            table.get("high_velocity", 127),
            patch,
            pitch_key,
            transpose,
            float(table.get("level_db", LEVEL_DB.default)),
            float(table.get("pan", PAN.default)),
            {name: float(value) for name, value in table.get("send_db", {}).items()},
            table.get("polyphony"),
            table.get("choke", "").strip(),
            self.document.place(self.kind, self.number),
        )
