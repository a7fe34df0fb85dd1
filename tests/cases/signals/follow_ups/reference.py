"""Plain reference: share of short replies."""

from __future__ import annotations

from collections import defaultdict


def reference(tables, window):
    """Value and count of each account."""
    counts = defaultdict(lambda: [0, 0])
    for row in tables["keys"]:
        if window.start <= row["ts"] < window.end and (row["turn"] is not None and row["tokens"] is not None):
            counts[row["account_id"]][0] += row["turn"] > 0 and row["tokens"] <= 40 and row["finish"] != 3
            counts[row["account_id"]][1] += 1
    return {account: (met / n, n) for account, (met, n) in counts.items()}
