"""Plain reference: undeclared companions on neighbouring cards."""

from __future__ import annotations

from collections import defaultdict


def reference(tables, window):
    """Value and count of each account."""
    organization = {row["account_id"]: row["organization"] for row in tables["facts"]}
    holders = defaultdict(set)
    for row in tables["holdings"]:
        if row["kind"] == 402 and (row["first_seen"] is None or row["first_seen"] < window.end):
            holders[row["value_key"]].add(row["account_id"])
    found = defaultdict(list)
    for accounts in holders.values():
        for account in accounts if len(accounts) <= 1000 else ():
            mine = organization.get(account)
            others = accounts - {account}
            found[account].append(sum(mine is None or organization.get(o) != mine for o in others))
    return {account: (float(max(counts)), len(counts)) for account, counts in found.items()}
