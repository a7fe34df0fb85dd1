"""Plain reference: rarity of the commonest client combination."""

from __future__ import annotations

from collections import Counter, defaultdict
from math import log2


def reference(tables, window):
    """Value and count of each account."""
    held = defaultdict(Counter)
    for row in tables["holdings"]:
        if row["kind"] == 201 and (row["first_seen"] is None or row["first_seen"] < window.end):
            held[row["account_id"]][row["value_key"]] += row["n"]
    holders = Counter(value for values in held.values() for value in values)
    out = {}
    for account, values in held.items():
        main = min(values, key=lambda value: (-values[value], value))
        if holders[main] > 1:
            out[account] = (log2(len(held) / holders[main]), values[main])
    return out
