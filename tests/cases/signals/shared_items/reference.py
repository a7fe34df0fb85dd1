"""Plain reference: share of prompts that three or more accounts sent word for word."""

from __future__ import annotations

from collections import Counter, defaultdict


def reference(tables, window):
    """Value and count of each account."""
    senders = defaultdict(set)
    asked = []
    for row in tables["keys"]:
        if window.start <= row["ts"] < window.end and row["exact_key"] is not None:
            asked.append(row)
            senders[row["exact_key"]].add(row["account_id"])
    met, n = Counter(), Counter()
    for row in asked:
        n[row["account_id"]] += 1
        met[row["account_id"]] += len(senders[row["exact_key"]]) >= 3
    return {account: (met[account] / n[account], n[account]) for account in n}
