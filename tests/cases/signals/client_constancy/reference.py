"""Plain reference: chance that two different exchanges agree in `client_key`, by counting pairs."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations


def reference(tables, window):
    """Value and count of each account."""
    values = defaultdict(list)
    for row in tables["keys"]:
        if window.start <= row["ts"] < window.end and row["client_key"] is not None:
            values[row["account_id"]].append(row["client_key"])
    out = {}
    for account, seen in values.items():
        if len(seen) > 1:
            pairs = [left == right for left, right in combinations(seen, 2)]
            out[account] = (sum(pairs) / len(pairs), len(seen))
    return out
