"""Plain reference: clock hours from sign-up to first exchange."""

from __future__ import annotations

from collections import Counter
from math import ceil


def reference(tables, window):
    """Value and count of each account."""
    low, high = int(window.start.timestamp()) // 3600, ceil(window.end.timestamp() / 3600)
    first, n = {}, Counter()
    for row in tables["activity"]:
        if low <= row["hour"] < high:
            first[row["account_id"]] = min(row["hour"], first.get(row["account_id"], row["hour"]))
            n[row["account_id"]] += row["n"]
    out = {}
    for row in tables["facts"]:
        account, created = row["account_id"], row["created_at"]
        if account in first and created is not None:
            out[account] = (float(max(0, first[account] - int(created.timestamp()) // 3600)), n[account])
    return out
