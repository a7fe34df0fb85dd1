"""Plain reference: entropy of active hours over the hours of the day."""

from __future__ import annotations

from collections import Counter, defaultdict
from math import ceil, log2


def reference(tables, window):
    """Value and count of each account."""
    first = int(window.start.timestamp()) // 3600
    last = ceil(window.end.timestamp() / 3600)
    hours = defaultdict(set)
    for row in tables["activity"]:
        if row["n"] > 0 and first <= row["hour"] < last:
            hours[row["account_id"]].add(row["hour"])
    out = {}
    for account, active in hours.items():
        shares = [n / len(active) for n in Counter(hour % 24 for hour in active).values()]
        if len(active) >= 48:
            out[account] = (-sum(share * log2(share) for share in shares) / log2(24), len(active))
    return out
