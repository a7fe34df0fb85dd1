"""Updates say what changed, once, and nothing of innocent groups."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from stillwatch.app.live.changes import as_rows, changes, now_known
from stillwatch.model.tables import TABLES

AT = datetime(2026, 3, 2, tzinfo=UTC)


def known(verdict: str = "distillation", *members: str, **more: Any) -> dict[str, dict[str, Any]]:
    row = {
        "campaign_id": "c-1",
        "verdict": verdict,
        "accounts": len(members),
        "exchanges": 9,
        "weight_bits": 12.5,
    }
    campaigns = pa.Table.from_pylist([{**row, **more}], schema=TABLES["campaigns"].schema)
    rows = [{"campaign_id": "c-1", "account_id": m} for m in members]
    return now_known(campaigns, pa.Table.from_pylist(rows, schema=TABLES["members"].schema))


def kinds(before: Any, after: Any) -> list[str]:
    return [u["kind"] for u in changes(before, after, at=AT, number=1)]


def test_opened_changed_closed() -> None:
    one, more = known("distillation", "a"), known("distillation", "a", "b")
    assert ["opened"] == kinds({}, one)
    assert [] == kinds(one, one)
    assert ["changed"] == kinds(one, more)
    assert ["closed"] == kinds(more, {})


def test_an_innocent_group_is_nobodys_business() -> None:
    assert {} == known("innocent", "a")
    assert ["closed"] == kinds(known("distillation", "a"), known("innocent", "a"))


def test_who_came_and_went() -> None:
    (update,) = changes(known("distillation", "a", "b"), known("distillation", "b", "c"), at=AT, number=7)
    assert (["c"], ["a"], "000000000007-000000") == (
        update["accounts_added"], update["accounts_removed"], update["update_id"],
    )  # fmt: skip


def test_as_a_table() -> None:
    rows = as_rows(changes({}, known("distillation", "a"), at=AT, number=1)).to_pylist()
    assert [("c-1", "opened", "distillation", 1, ["a"])] == [
        (r["campaign_id"], r["kind"], r["verdict"], r["accounts"], r["accounts_added"]) for r in rows
    ]
