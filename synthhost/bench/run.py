"""``synthhost bench``: measure, tell, judge."""

import json
import sys

from synthhost.bench.measure import measure
from synthhost.bench.report import report, verdicts

BELOW_FLOOR = 1


def run(options):
    """Measure how many voices this machine plays and print it. Returns the exit code: 1 if a floor is missed."""
    progress = (
        None if options.json else lambda text: print(f"measuring {text} …", file=sys.stderr, flush=True)
    )
    result = measure(options, progress or (lambda text: None))
    print(json.dumps(result, indent=1) if options.json else report(result))
    return 0 if all(ok for _, ok in verdicts(result)) else BELOW_FLOOR
