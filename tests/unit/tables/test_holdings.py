"""Tables `holdings`, `activity`, `facts` and crossings: who held what, when, and what is known of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from tests.sketches import KEY, START, key_of, put_exchanges

from stillwatch.model.families import KINDS
from stillwatch.model.tables import TABLES
from stillwatch.signals.tables.activity import write_activity
from stillwatch.signals.tables.crossings import write_crossings
from stillwatch.signals.tables.facts import write_events, write_facts
from stillwatch.signals.tables.frames import write_frames
from stillwatch.signals.tables.handovers import write_handovers
from stillwatch.signals.tables.holdings import write_holdings
from stillwatch.store.duck import DuckTables

Rows = Iterable[Mapping[str, Any]]


def table(name: str, rows: Rows = ()) -> pa.Table:
    schema = pa.schema([pa.field(f.name, f.type) for f in TABLES[name].schema])
    return pa.Table.from_pylist(list(rows), schema=schema)


def held(t: DuckTables, kind: str) -> list[tuple[int, int]]:
    """Account and count of each holding of a kind."""
    rows = t.query(f"SELECT account_id, n FROM holdings WHERE kind = {KINDS[kind].code} ORDER BY 1, 2")
    return [(row["account_id"], row["n"]) for row in rows.to_pylist()]


def fill(t: DuckTables, exchanges: Rows, *, accounts: Rows = (), instruments: Rows = ()) -> None:
    put_exchanges(t, exchanges)
    write_activity(t)
    write_frames(t, reference=frozenset())
    t.define(
        "exchange_wordings",
        "SELECT exchange_id, account_id, template_id AS wording_id FROM exchange_templates",
    )
    write_holdings(t, table("accounts", accounts), table("instruments", instruments), KEY)


def test_exchanges_are_counted_by_account_and_value(t: DuckTables) -> None:
    fill(t, [{"account_id": a, "user_agent": u} for a, u in (("a", "x"), ("a", "x"), ("a", "y"), ("b", "x"))])
    assert sorted([(key_of("a"), 1), (key_of("a"), 2), (key_of("b"), 1)]) == held(t, "user_agent")


def test_first_and_last_seen(t: DuckTables) -> None:
    fill(t, [{"user_agent": "x", "ts": START + timedelta(hours=h)} for h in (5, 2, 9)])
    row = t.query("SELECT first_seen, last_seen FROM holdings WHERE kind = 202").to_pylist()[0]
    assert (2, 9) == (row["first_seen"].hour, row["last_seen"].hour)


def test_who_shares_a_card_has_no_neighbouring_one(t: DuckTables) -> None:
    """Two cards of one stretch are neighbours, whoever holds them; a stretch with one card alone has none."""
    cards = [("a", "one", "near"), ("b", "two", "near"), ("c", "one", "near"), ("d", "own", "far")]
    shared = [(account, "firm", "batch") for account in ("e", "f", "g")]
    rows = [
        {"account_id": a, "payment_fingerprint": card, "neighbour_key": stretch, "kind": "virtual_card"}
        for a, card, stretch in (*cards, *shared, ("h", None, "near"))
    ]
    fill(t, [{}], instruments=rows)
    assert {key_of(a) for a in "abch"} == {account for account, _ in held(t, "neighbour")}
    assert {key_of(a) for a in "abcdefg"} == {account for account, _ in held(t, "instrument")}


def test_facts_of_an_account_listed_twice_count_once(t: DuckTables) -> None:
    fill(t, [{}], accounts=[{"account_id": "a", "phone_digest": "p"}] * 2)
    assert [(key_of("a"), 1)] == held(t, "phone")


def test_an_instrument_in_both_tables_counts_once_as_a_value(t: DuckTables) -> None:
    card = {"account_id": "a", "payment_fingerprint": "card"}
    fill(t, [{}], accounts=[card], instruments=[card, {**card, "added_at": START}])
    assert [(key_of("a"), 1)] == held(t, "instrument")


def test_sign_up_addresses_and_exchanges_meet_in_their_network(t: DuckTables) -> None:
    fill(t, [{"client_address": "192.0.2.7"}], accounts=[{"account_id": "a", "signup_address": "192.0.2.99"}])
    keys = t.query("SELECT DISTINCT value_key FROM holdings WHERE kind IN (102, 104)")
    assert 1 == keys.num_rows


def test_accounts_without_facts_hold_nothing(t: DuckTables) -> None:
    fill(t, [{}], accounts=[{"account_id": "a"}])
    assert 0 == t.rows("holdings")


def test_activity_by_hour(t: DuckTables) -> None:
    put_exchanges(
        t,
        [
            {"ts": START + timedelta(minutes=m), "status": s, "output_tokens": 5}
            for m, s in ((1, 200), (59, 429), (60, None))
        ],
    )
    write_activity(t)
    hour = int(START.timestamp()) // 3600
    rows = t.query("SELECT hour, n, errors, tokens FROM activity ORDER BY hour").to_pylist()
    assert [(hour, 2, 1, 10), (hour + 1, 1, 0, 5)] == [tuple(row.values()) for row in rows]


def crossed(t: DuckTables, rows: Rows) -> list[tuple[int, int]]:
    fill(t, rows)
    write_crossings(t)
    return held(t, "continuation") + held(t, "reasoning_replay")


def test_a_conversation_carried_on_by_another_account(t: DuckTables) -> None:
    rows = [
        {"account_id": "a", "next_prefix_key": 5, "output_tokens": 40},
        {"account_id": "b", "prefix_key": 5},
    ]
    assert {key_of("a"), key_of("b")} == {account for account, _ in crossed(t, rows)}


@pytest.mark.parametrize(
    "change",
    [{"account_id": "a"}, {"prefix_key": 6}, {"ts": START - timedelta(days=1)}],
    ids=["the same account", "another conversation", "before the answer"],
)
def test_what_is_no_crossing(t: DuckTables, change: Mapping[str, Any]) -> None:
    source = {"account_id": "a", "next_prefix_key": 5, "output_tokens": 40}
    assert [] == crossed(t, [source, {"account_id": "b", "prefix_key": 5, **change}])


def test_short_answers_do_not_cross(t: DuckTables) -> None:
    source = {"account_id": "a", "next_prefix_key": 5, "output_tokens": 31}
    assert [] == crossed(t, [source, {"account_id": "b", "prefix_key": 5}])


def test_reasoning_replayed_by_another_account(t: DuckTables) -> None:
    rows = [{"account_id": "a", "reasoning_out": ["r"]}, {"account_id": "b", "reasoning_in": ["r"]}]
    assert {key_of("a"), key_of("b")} == {account for account, _ in crossed(t, rows)}


def test_reasoning_replayed_by_its_own_account(t: DuckTables) -> None:
    rows = [{"account_id": "a", "reasoning_out": ["r"]}, {"account_id": "a", "reasoning_in": ["r"]}]
    assert [] == crossed(t, rows)


def facts(t: DuckTables, *rows: Mapping[str, Any]) -> list[dict[str, Any]]:
    write_facts(t, table("accounts", rows), KEY, disposable={"gone.example"})
    found: list[dict[str, Any]] = t.query("SELECT * FROM facts").to_pylist()
    return found


def test_facts_are_coded(t: DuckTables) -> None:
    row = {
        "account_id": "a", "program": "Education", "payment_kind": "prepaid", "verification": "contract",
        "declared": ["reseller", "red_team", "juggling"], "email_domain": "gone.example", "status": "banned",
        "status_at": START,
    }  # fmt: skip
    (found,) = facts(t, row)
    assert (1, 3, 4, 1 + 8 + 32) == tuple(
        found[c] for c in ("program", "payment", "verification", "declared")
    )
    assert (True, False, 2, START) == tuple(
        found[c] for c in ("disposable", "free_email", "status", "banned_at")
    )


def test_facts_that_are_not_known_are_null(t: DuckTables) -> None:
    (found,) = facts(t, {"account_id": "a"})
    assert {"account_id": key_of("a"), "declared": 0} == {k: v for k, v in found.items() if v is not None}


def test_the_parent_organization_goes_first(t: DuckTables) -> None:
    found = facts(
        t,
        {"account_id": "a", "organization_id": "team", "parent_organization_id": "firm"},
        {"account_id": "b", "organization_id": "firm"},
    )
    assert 1 == len({row["organization"] for row in found})


def test_of_an_account_listed_twice_one_row_stays_in_any_order(t: DuckTables) -> None:
    rows = [
        {"account_id": "a", "created_at": START, "plan": "pro", "status": "active"},
        {"account_id": "a", "created_at": START, "plan": "free", "status": "banned"},
    ]
    assert facts(t, *rows) == facts(t, *reversed(rows))
    assert 1 == t.rows("facts")


def test_only_bans_are_bans(t: DuckTables) -> None:
    rows = [{"account_id": a, "at": datetime(2026, 3, 1, tzinfo=UTC), "action": a} for a in ("ban", "verify")]
    write_events(t, table("releases"), table("enforcement", rows), KEY)
    assert [key_of("ban")] == t.query("SELECT account_id FROM ban_times")["account_id"].to_pylist()


ASKED = "write three hard questions about the tides of a small bay"


def handed(t: DuckTables, rows: Rows) -> dict[int, int]:
    """Account and pool of each holding of kind `handoff`."""
    fill(t, [{"prompt_text": ASKED, **row} for row in rows])
    write_handovers(t)
    found = t.query(f"SELECT account_id, value_key FROM holdings WHERE kind = {KINDS['handoff'].code}")
    return {row["account_id"]: row["value_key"] for row in found.to_pylist()}


def after(**delta: float) -> datetime:
    return START + timedelta(**delta)


def test_a_refused_request_sent_again_by_another_account(t: DuckTables) -> None:
    pools = handed(
        t,
        [
            {"account_id": "a", "status": 429},
            {"account_id": "b", "ts": after(seconds=2), "status": 429},
            {"account_id": "c", "ts": after(seconds=3)},
            {"account_id": "d", "ts": after(days=9)},
        ],
    )
    assert {key_of("a"), key_of("b"), key_of("c")} == set(pools)
    assert 1 == len(set(pools.values()))


def test_what_a_banned_account_left_is_sent_by_its_heir(t: DuckTables) -> None:
    pools = handed(t, [{"account_id": "a", "status": 403}, {"account_id": "b", "ts": after(hours=9)}])
    assert {key_of("a"), key_of("b")} == set(pools)


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(
            [{"account_id": "a", "status": 429}, {"account_id": "a", "ts": after(seconds=2)}], id="itself"
        ),
        pytest.param(
            [{"account_id": "a", "status": 200}, {"account_id": "b", "ts": after(seconds=2)}], id="answered"
        ),
        pytest.param(
            [{"account_id": "a", "ts": after(hours=1), "status": 429}, {"account_id": "b"}], id="before"
        ),
        pytest.param(
            [
                {"account_id": "a", "status": 429, "prompt_text": "hello"},
                {"account_id": "b", "ts": after(seconds=2), "prompt_text": "hello"},
            ],
            id="short",
        ),
        pytest.param(
            [{"account_id": "a", "status": 429}]
            + [{"account_id": f"p{i}", "ts": after(seconds=i + 1)} for i in range(6)],
            id="a class with one task",
        ),
        pytest.param(
            [{"account_id": "a", "status": None}, {"account_id": "b", "ts": after(seconds=2)}], id="no status"
        ),
    ],
)
def test_what_is_no_hand_over(t: DuckTables, rows: Rows) -> None:
    assert {} == handed(t, rows)
