"""Plain reference: new addresses after the first over exchanges after the first."""

from __future__ import annotations

from collections import Counter, defaultdict


def reference(tables, window):
    """Value and count of each account."""
    held = defaultdict(Counter)
    for row in tables["holdings"]:
        if row["kind"] == 101 and (row["first_seen"] is None or row["first_seen"] < window.end):
            held[row["account_id"]][row["value_key"]] += row["n"]
    out = {}
    for account, values in held.items():
        exchanges = sum(values.values())
        if exchanges > 1:
            out[account] = ((len(values) - 1) / (exchanges - 1), exchanges)
    return out
