"""Plain reference: share of answers ended by the length limit."""

from __future__ import annotations

from collections import defaultdict


def reference(tables, window):
    """Value and count of each account."""
    counts = defaultdict(lambda: [0, 0])
    for row in tables["keys"]:
        if window.start <= row["ts"] < window.end and (row["finish"] in (1, 2, 3)):
            counts[row["account_id"]][0] += row["finish"] == 2
            counts[row["account_id"]][1] += 1
    return {account: (met / n, n) for account, (met, n) in counts.items()}
