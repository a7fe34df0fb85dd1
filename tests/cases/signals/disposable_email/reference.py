"""Plain reference: 1 for a disposable e-mail domain."""

from __future__ import annotations


def reference(tables, window):
    """Value and count of each account."""
    return {
        row["account_id"]: (float(row["disposable"]), 1)
        for row in tables["facts"]
        if row["disposable"] is not None and (row["created_at"] is None or row["created_at"] < window.end)
    }
