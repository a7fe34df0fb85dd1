"""What changed between two looks, as updates that others can act on; innocent groups are nobody's business."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from stillwatch.model.other_tables import CAMPAIGN_UPDATES

PUBLISHED = ("distillation", "coordinated_other")
FIELDS = (
    "verdict", "accounts", "exchanges", "p_distillation", "weight_bits", "weight_low", "weight_high", "q_value",
    "best_alternative", "first_seen", "last_seen",
)  # fmt: skip
Known = Mapping[str, Mapping[str, Any]]


def now_known(campaigns: pa.Table, members: pa.Table) -> dict[str, dict[str, Any]]:
    """What there is to publish, by campaign id: the fields of the campaign and its accounts."""
    rows = campaigns.select(["campaign_id", *FIELDS]).to_pylist()
    found = {r.pop("campaign_id"): r for r in rows if r["verdict"] in PUBLISHED}
    known = {name: {k: _plain(v) for k, v in row.items()} | {"members": []} for name, row in found.items()}
    pairs = zip(members["campaign_id"].to_pylist(), members["account_id"].to_pylist(), strict=True)
    for name, account in sorted(pairs):
        if name in known:
            known[name]["members"].append(account)
    return known


def changes(before: Known, after: Known, *, at: datetime, number: int) -> list[dict[str, Any]]:
    """Updates of kind `opened`, `changed` and `closed`, in order of campaign; `number` makes their ids unique."""
    found: list[dict[str, Any]] = []
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        kind = "opened" if old is None else "closed" if new is None else "changed"
        was, now = _members(old), _members(new)
        told = new or old or {}
        found.append(
            {
                "update_id": f"{number:012d}-{len(found):06d}",
                "kind": kind,
                "at": at.isoformat(),
                "campaign_id": name,
                "campaign": {k: told.get(k) for k in FIELDS},
                "accounts_added": sorted(now - was),
                "accounts_removed": sorted(was - now),
            }
        )
    return found


def as_rows(updates: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Updates as a table."""
    told = ("verdict", "accounts", "exchanges", "weight_bits")
    rows = [
        {**u, "at": datetime.fromisoformat(u["at"]), **{k: u["campaign"][k] for k in told}} for u in updates
    ]
    return pa.Table.from_pylist(rows, schema=CAMPAIGN_UPDATES.schema)


def _members(known: Mapping[str, Any] | None) -> set[str]:
    return set(known["members"]) if known else set()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
