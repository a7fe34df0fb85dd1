"""`python -m stillwatch.lab.learn OUT RESULTS:TRUTH…`: write a hypotheses file from scans of training traffic.

Each training dataset is scanned twice, once with `--apart`: what is judged first are pieces, and wholes alone would
teach little about them. A group that both scans found counts once.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from stillwatch.lab.learn.expectations import distinct, fit, labelled_groups
from stillwatch.lab.learn.write import hypotheses_toml


def main(argv: list[str]) -> None:
    """Fit on every RESULTS:TRUTH pair and write OUT."""
    out, pairs = Path(argv[0]), [tuple(map(Path, pair.split(":"))) for pair in argv[1:]]
    groups = distinct(g for results, truth in pairs for g in labelled_groups(results, truth))
    counts = Counter(g.hypothesis for g in groups)
    out.write_text(hypotheses_toml(fit(groups), counts), "utf-8")
    sys.stdout.write(f"{len(groups)} groups: {dict(sorted(counts.items()))}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
