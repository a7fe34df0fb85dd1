"""Table `keys`: one row an exchange, secrets instead of values, duplicates settled by content."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations
from typing import Any

import pytest
from tests.sketches import START, key_of, put_exchanges

from stillwatch.model.between_tables import KEYS
from stillwatch.store.duck import DuckTables


def one(t: DuckTables, row: Mapping[str, Any]) -> dict[str, Any]:
    put_exchanges(t, [row])
    found: dict[str, Any] = t.query("SELECT * FROM keys").to_pylist()[0]
    return found


def test_columns_are_those_of_the_schema(t: DuckTables) -> None:
    put_exchanges(t, [{}])
    assert tuple(KEYS.schema.names) == t.columns("keys")


def test_nothing_known_is_null(t: DuckTables) -> None:
    row = one(t, {})
    known = {"exchange_id", "account_id", "ts", "model_key", "profile_key", "finish", "row"}
    assert known == {name for name, value in row.items() if value is not None}


def test_rows_are_numbered_across_batches(t: DuckTables) -> None:
    put_exchanges(t, [{}] * 25, batch=4)
    assert list(range(25)) == sorted(t.query("SELECT row FROM keys")["row"].to_pylist())


def test_duplicates_count_once(t: DuckTables) -> None:
    rows = [{"exchange_id": "x", "ts": START}] * 3 + [{"exchange_id": "y"}]
    assert 2 == put_exchanges(t, rows)
    assert 2 == t.rows("keys")


@pytest.mark.parametrize("name", ["prompt_text", "user_agent", "finish_reason", "status", "turn"])
def test_of_unlike_duplicates_the_same_one_stays_in_any_order(t: DuckTables, name: str) -> None:
    values: tuple[Any, ...] = (0, 1, 2) if name in ("status", "turn") else ("stop", "length", "error")
    kept = set()
    for order in permutations(values):
        put_exchanges(t, [{"exchange_id": "x", "ts": START, name: value} for value in order])
        columns = ", ".join(c for c in KEYS.schema.names if c != "row")
        kept.add(tuple(t.query(f"SELECT {columns} FROM keys").to_pylist()[0].values()))
    assert 1 == len(kept)


def test_the_earliest_duplicate_stays(t: DuckTables) -> None:
    put_exchanges(t, [{"exchange_id": "x"}, {"exchange_id": "x", "ts": START.replace(year=2025)}])
    assert [2025] == [ts.year for ts in t.query("SELECT ts FROM keys")["ts"].to_pylist()]


def test_reasoning_of_a_dropped_duplicate_is_dropped(t: DuckTables) -> None:
    late = {"exchange_id": "x", "account_id": "b", "reasoning_in": ["r"]}
    early = {"exchange_id": "x", "account_id": "a", "ts": START.replace(year=2025), "reasoning_out": ["r"]}
    put_exchanges(t, [late, early])
    rows = t.query("SELECT account_id, returned FROM reasoning").to_pylist()
    assert [{"account_id": key_of("a"), "returned": True}] == rows


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("stop", 1),
        ("END_TURN", 1),
        ("max_tokens", 2),
        ("tool_use", 3),
        ("content_filter", 4),
        ("odd", 0),
        (None, 0),
    ],
)
def test_reasons_to_finish(t: DuckTables, reason: str | None, code: int) -> None:
    assert code == one(t, {"finish_reason": reason})["finish"]


def test_neighbours_share_a_network(t: DuckTables) -> None:
    put_exchanges(t, [{"client_address": a} for a in ("192.0.2.7", "192.0.2.9", "192.0.3.7", "no address")])
    rows = t.query("SELECT address_key, net_key FROM keys ORDER BY row").to_pylist()
    nets = [row["net_key"] for row in rows]
    assert (nets[0], None) == (nets[1], nets[3])
    assert nets[0] != nets[2]
    assert 4 == len({row["address_key"] for row in rows})


def test_metadata_does_not_depend_on_the_order_of_its_entries(t: DuckTables) -> None:
    one_way, other_way = [("a", "1"), ("b", "2")], [("b", "2"), ("a", "1")]
    put_exchanges(
        t, [{"request_metadata": m} for m in (one_way, other_way, [("a", "2"), ("b", "1")], [], None)]
    )
    keys = t.query("SELECT metadata_key FROM keys ORDER BY row")["metadata_key"].to_pylist()
    assert keys[0] == keys[1]
    assert keys[0] != keys[2]
    assert [None, None] == keys[3:]


def test_parameters_make_one_key(t: DuckTables) -> None:
    put_exchanges(
        t,
        [
            {"temperature": x, "max_tokens": y}
            for x, y in ((0.3, 9), (0.3, 9), (0.31, 9), (None, 9), (None, None))
        ],
    )
    keys = t.query("SELECT params_key FROM keys ORDER BY row")["params_key"].to_pylist()
    assert keys[0] == keys[1]
    assert 3 == len({keys[0], *keys[2:4]})
    assert keys[4] is None


def test_conversation_keys_are_rekeyed(t: DuckTables) -> None:
    put_exchanges(t, [{"next_prefix_key": 12345}, {"prefix_key": 12345}])
    row = t.query("SELECT max(prefix_key) AS a, max(next_prefix_key) AS b FROM keys").to_pylist()[0]
    assert row["a"] == row["b"] != 12345
