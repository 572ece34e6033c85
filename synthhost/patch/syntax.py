"""What people write that is no TOML, and what to write instead: a parser's words help nobody who plays the piano."""

import re

NUMBER = r"[-+]?\d[\d_.]*"
HINTS = (  # what the line looks like, without its note; what to do. The first that fits.
    (r".*[“”„«»‘’]", "write straight quotation marks."),
    (r'[^"]*=\s*[-+]?\d+,\d', "a number has a point, not a comma: 0.5"),
    (r'[^"]*=\s*[-+]?\.\d', "a number begins with a digit: 0.5"),
    (
        rf'[^"]*=\s*{NUMBER}\s*[A-Za-z%°]',
        "a number stands alone; its unit is in the name of the key, as in cutoff_hz.",
    ),
    (r'[^"]*=$', "there is no value after the = sign."),
    (r'[^"]*=\s*"[^"]*$', "the quotation mark at the end is missing."),
    (r'[^"]*=\s*[A-Za-z_]', 'a word or a sum stands in quotation marks: "saw"'),
    (r"\[\[?\s*[\w.]+\s*\]?$", "the bracket at the end is missing; routes have two on each side."),
    (r"\[\[?\s*\w+\s+\w", "a table's name is one word: write _ between its parts."),
    (r"\[\[?[^\]]*[^\w.\]\[\s]", "a table's name is made of letters, digits and _."),
    (r"[^=]+$", "a line is key = value, or a [table], or a note that begins with #."),
)
TWICE = re.compile("twice|overwrite", re.I)  # in what the parser says
NOTE = re.compile(r'((?:[^"#]|"[^"]*")*)(?:#.*)?$')


def explain(message, line):
    """A sentence about a line at which TOML's parser gave up, with what to do if that can be told."""
    if not line.isprintable():
        return f"This is not TOML: {message}."
    match = NOTE.match(line)
    line = (match[1] if match else line).strip()
    return f"{line[:60]}: {hint_for(message, line) or f'this is not TOML: {message}.'}"


def hint_for(message, line):
    """What to do about a line, or nothing."""
    if TWICE.search(message) and line.strip("[] ") == "route":
        return "every route begins with [[route]], two brackets on each side."
    if TWICE.search(message) and line.startswith("["):
        return "this table is there twice: put its lines into one, or choose another name."
    if TWICE.search(message):
        return "this key is there twice in its table."
    return next((hint for pattern, hint in HINTS if re.match(pattern, line)), "")
