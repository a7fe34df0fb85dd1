"""`python -m stillwatch.lab.learn OUT RESULTS:TRUTH… --unseen RESULTS:TRUTH…`: write a hypotheses file from scans.

Each training dataset is scanned twice, once with `--apart`: what is judged first are pieces, and wholes alone would
teach little about them. A group that both scans found counts once. What the intent model says of harvests and others is
fitted on the scans `unseen`, whose texts it was not trained on.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from stillwatch.lab.learn.calibration import pairs_of
from stillwatch.lab.learn.write import learned
from stillwatch.lab.refusing import refused
from stillwatch.model.errors import StillwatchError
from stillwatch.store.files import replace_text


def main(argv: Sequence[str]) -> int:
    """Fit on the pairs RESULTS:TRUTH and write OUT; exit code 0, or 2 for bad input."""
    parser = argparse.ArgumentParser(prog="python -m stillwatch.lab.learn", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("training", nargs="+", metavar="RESULTS:TRUTH")
    parser.add_argument("--unseen", nargs="+", required=True, metavar="RESULTS:TRUTH")
    chosen = parser.parse_args(argv)
    try:
        text, counts = learned(pairs_of(chosen.training), pairs_of(chosen.unseen))
        replace_text(chosen.out, text)
    except StillwatchError as error:
        return refused(error)
    sys.stdout.write(f"{sum(counts.values())} groups: {dict(sorted(counts.items()))}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
