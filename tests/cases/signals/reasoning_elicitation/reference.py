"""Plain reference: share of requests at or above the threshold."""

from __future__ import annotations

from collections import defaultdict


def reference(tables, window):
    """Value and count of each account."""
    counts = defaultdict(lambda: [0, 0])
    for row in tables["keys"]:
        if window.start <= row["ts"] < window.end and (row["intent_reasoning"] is not None):
            counts[row["account_id"]][0] += row["intent_reasoning"] >= 200
            counts[row["account_id"]][1] += 1
    return {account: (met / n, n) for account, (met, n) in counts.items()}
