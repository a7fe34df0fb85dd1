"""Plain reference: doublings of sign-ups in the hour over the mean of the other hours."""

from __future__ import annotations

from collections import defaultdict
from math import log2


def reference(tables, window):
    """Value and count of each account."""
    hours = defaultdict(set)
    for row in tables["holdings"]:
        if row["kind"] == 308 and (row["first_seen"] is None or row["first_seen"] < window.end):
            hours[row["value_key"]].add(row["account_id"])
    everybody = sum(len(accounts) for accounts in hours.values())
    best = defaultdict(lambda: (0.0, 0))
    for accounts in hours.values() if len(hours) > 1 else ():
        usual = (everybody - len(accounts)) / (len(hours) - 1)
        for account in accounts:
            value, n = best[account]
            best[account] = (max(value, log2(len(accounts) / usual)), max(n, len(accounts)))
    return dict(best)
