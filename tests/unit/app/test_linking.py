"""Tables of groups after judging: who is left out of the accused, and how wholes come behind their pieces."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from stillwatch.app.linking import _bring_back, _keep_the_likely, _set_aside
from stillwatch.attribute.judge import OF_GROUPS
from stillwatch.store.duck import DuckTables, open_duck


@pytest.fixture
def t(tmp_path: Path) -> Iterator[DuckTables]:
    """An empty engine."""
    with open_duck(tmp_path) as tables:
        yield tables


def put_members(t: DuckTables, log_odds: dict[int, list[float]], other: dict[int, int] | None = None) -> None:
    """Members with an exchange of the group each, and as many `other` exchanges as said."""
    rows = [(g, 100 * g + i, bits) for g, every in log_odds.items() for i, bits in enumerate(every)]
    columns = dict(
        zip(("group_id", "account_id", "log_odds"), map(list, zip(*rows, strict=True)), strict=True)
    )
    t.put("group_members", pa.table(columns))
    t.put("group_exchanges", pa.table({name: columns[name] for name in ("group_id", "account_id")}))
    whole = [a for a in columns["account_id"] for _ in range(1 + (other or {}).get(a, 0))]
    t.put("keys", pa.table({"account_id": whole}))


def accounts(t: DuckTables, table: str) -> list[int]:
    return sorted(t.query(f"SELECT account_id FROM {table}")["account_id"].to_pylist())


def test_who_is_not_surely_a_member_is_not_accused(t: DuckTables) -> None:
    """Four to one is asked for; of groups that are not accused everybody stays."""
    put_members(t, {1: [4.0, 3.0, 2.0, 1.9], 2: [3.0, -3.0]})
    _keep_the_likely(t, [1])
    assert [100, 101, 102, 200, 201] == accounts(t, "group_members")
    assert [100, 101, 102, 200, 201] == accounts(t, "group_exchanges")


def test_who_takes_part_with_a_trickle_of_their_traffic_is_not_accused(t: DuckTables) -> None:
    """What counts is the usual share of the group: a relay's accounts all take part with little."""
    put_members(t, {1: [4.0] * 4, 2: [4.0] * 4}, {103: 30, **dict.fromkeys(range(200, 204), 30)})
    _keep_the_likely(t, [1, 2])
    assert [100, 101, 102, 200, 201, 202, 203] == accounts(t, "group_members")


def test_a_group_of_which_too_few_would_be_left_stays_as_it_is(t: DuckTables) -> None:
    put_members(t, {1: [4.0, 2.0, -0.5]})
    _keep_the_likely(t, [1])
    assert [100, 101, 102] == accounts(t, "group_members")


def test_nobody_accused_is_no_error(t: DuckTables) -> None:
    put_members(t, {1: [-1.0]})
    _keep_the_likely(t, [])
    assert [100] == accounts(t, "group_members")


def test_wholes_are_numbered_behind_what_was_set_aside(t: DuckTables) -> None:
    for name in OF_GROUPS:
        t.put(name, pa.table({"group_id": [0, 3], "n": [10, 13]}))
    _set_aside(t)
    for name in OF_GROUPS:
        t.put(name, pa.table({"group_id": [0], "n": [20]}))
    _bring_back(t, 4)
    for name in OF_GROUPS:
        rows = t.query(f"SELECT group_id, n FROM {name} ORDER BY group_id").to_pylist()
        assert [(0, 10), (3, 13), (4, 20)] == [(r["group_id"], r["n"]) for r in rows]
    assert not any(t.has("first_" + name) for name in OF_GROUPS)
