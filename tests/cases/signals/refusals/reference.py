"""Plain reference: share of requests with status 429 or 403."""

from __future__ import annotations

from collections import defaultdict


def reference(tables, window):
    """Value and count of each account."""
    counts = defaultdict(lambda: [0, 0])
    for row in tables["keys"]:
        if window.start <= row["ts"] < window.end and (row["status"] is not None):
            counts[row["account_id"]][0] += row["status"] in (429, 403)
            counts[row["account_id"]][1] += 1
    return {account: (met / n, n) for account, (met, n) in counts.items()}
