"""What a terminal sends when keys are pressed: from bytes to keys.

Most terminals only send the character, when a key goes down. Those that know the kitty keyboard protocol also say when it
comes up, and where on the keyboard it lies (https://sw.kovidgoyal.net/kitty/keyboard-protocol/).
"""

import re
from dataclasses import dataclass

PRESS, REPEAT, RELEASE = 1, 2, 3  # as the protocol numbers them
KITTY, ANSWERED = "kitty protocol", "answered"  # what the terminal answers, as if they were keys
FOCUS_LOST = "focus lost"

ASK = b"\x1b[?u\x1b[c"  # do you know the protocol?, and a question that every terminal answers
FLAGS = (
    1 | 2 | 4 | 8
)  # tell keys apart; presses and releases; places on the keyboard; also for keys that write text
BEGIN = f"\x1b[>{FLAGS}u\x1b[?1004h".encode()  # and tell us when another window gets the keys
END = b"\x1b[?1004l\x1b[<u"

CSI = re.compile(rb"\x1b\[([0-?]*)([ -/]*)([@-~])")
UNFINISHED = re.compile(rb"\x1b(\[[0-?]*[ -/]*|O)?")
BY_LETTER = {"A": "up", "B": "down", "C": "right", "D": "left", "H": "home", "F": "end"}
BY_NUMBER = {"5": "page up", "6": "page down"}
BY_CODE = {9: "tab", 13: "enter", 27: "escape", 32: "space", 127: "backspace"}
SHIFT, CTRL, LOCKS = 1, 4, 64 | 128


@dataclass(frozen=True)
class Key:
    """A key that went down or came up. `name` is what it writes, `place` what it writes on an English keyboard."""

    name: str
    place: str = ""
    kind: int = PRESS


class KeyReader:
    """Turns bytes into keys, however they are cut into pieces."""

    def __init__(self):
        self._rest = b""

    def read(self, data, idle=False):
        """Take bytes; `idle` says that no more came for a while, so that an escape stands alone."""
        rest, keys = self._rest + data, []
        while rest:
            key, length = first_key(rest, idle)
            if length == 0:
                break
            rest = rest[length:]
            keys += [key] if key else []
        self._rest = rest
        return keys


def first_key(data, idle):
    """The first key of some bytes, or None, and how many bytes it takes; 0 if it is not complete."""
    if data[:1] == b"\x1b":
        if found := CSI.match(data):
            return sequence(found[1].decode(), found[3].decode()), found.end()
        if UNFINISHED.fullmatch(data) and not idle:
            return None, 0
        if data[:2] == b"\x1bO" and len(data) > 2:
            name = BY_LETTER.get(chr(data[2]))
            return name and Key(name), 3
        return Key("escape"), 1
    length = 1 if data[0] < 0xC0 else 2 if data[0] < 0xE0 else 3 if data[0] < 0xF0 else 4
    if len(data) < length and not idle:
        return None, 0
    return character(data[:length].decode(errors="replace")), length


def character(text):
    """The key that wrote a character."""
    code = ord(text[0])
    if code in BY_CODE:
        return Key(BY_CODE[code])
    if code < 32:
        return Key(f"ctrl-{chr(code + 96)}")
    return Key(text, text.lower())


def sequence(parameters, final):
    """The key, or the answer, that a control sequence says."""
    if parameters.startswith("?"):
        return {"u": Key(KITTY), "c": Key(ANSWERED)}.get(final)
    if final == "O" and not parameters:
        return Key(FOCUS_LOST)
    fields = [part.split(":") for part in parameters.split(";")]
    modifiers = number(fields[1][0], 1) - 1 if len(fields) > 1 else 0
    kind = number(fields[1][1], PRESS) if len(fields) > 1 and len(fields[1]) > 1 else PRESS
    if final == "u":
        return written(fields[0], modifiers & ~LOCKS, kind)
    name = BY_NUMBER.get(fields[0][0]) if final == "~" else BY_LETTER.get(final)
    return Key(name, kind=kind) if name else None


def written(codes, modifiers, kind):
    """A key by the codes of its character, of the same with shift, and of its place."""
    plain, shifted, base = ([number(code, 0) for code in codes] + [0, 0, 0])[:3]
    if plain in BY_CODE:
        return Key(BY_CODE[plain], kind=kind)
    if not 32 < plain < 0xE000:  # modifiers, keypad, media keys have codes of their own
        return None
    name = chr(shifted or plain) if modifiers & SHIFT else chr(plain)
    if modifiers & ~SHIFT:
        return Key(f"ctrl-{chr(base or plain).lower()}", kind=kind) if modifiers == CTRL else None
    return Key(name, chr(base or plain).lower(), kind)


def number(text, otherwise):
    """A number in a sequence; what is left out has a usual value."""
    return int(text) if text.isdecimal() and len(text) < 8 else otherwise
