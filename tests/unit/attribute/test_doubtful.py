"""Who of an accused group is not accused with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from stillwatch.attribute.doubtful import AccusedSettings, doubtful, fewness
from stillwatch.model.families import FAMILIES
from stillwatch.model.kernels.sketch import INTENT_COLUMNS
from stillwatch.store.duck import DuckTables, open_duck


@pytest.fixture
def t(tmp_path: Path) -> Iterator[DuckTables]:
    """An empty engine."""
    with open_duck(tmp_path) as tables:
        yield tables


def put_members(
    t: DuckTables,
    log_odds: dict[int, list[float]],
    other: dict[int, int] | None = None,
    asking: dict[int, tuple[int, int]] | None = None,
    tied: dict[int, str] | None = None,
) -> None:
    """Members with exchanges of the group: how many and how many of them ask, else one that does not; as many
    `other` exchanges as said; and the family that ties an account to the group, payment unless said otherwise."""
    rows = [(g, 100 * g + i, bits) for g, every in log_odds.items() for i, bits in enumerate(every)]
    t.put(
        "group_members",
        pa.Table.from_pylist(
            [
                {"group_id": g, "account_id": a, "log_odds": o}
                | {f"bits_{f}": 3.0 if f == (tied or {}).get(a, "payment") else -0.5 for f in FAMILIES}
                for g, a, o in rows
            ]
        ),
    )
    own = [
        (g, a, i < asks) for g, a, _ in rows for n, asks in [(asking or {}).get(a, (1, 0))] for i in range(n)
    ]
    t.put(
        "group_exchanges",
        pa.Table.from_pylist(
            [{"group_id": g, "account_id": a, "exchange_id": i} for i, (g, a, _) in enumerate(own)]
        ),
    )
    every = [
        *((a, asks) for _, a, asks in own),
        *((a, False) for a, n in (other or {}).items() for _ in range(n)),
    ]
    quiet = dict.fromkeys(INTENT_COLUMNS[1:], -300)
    keys = [
        {"exchange_id": i, "account_id": a, INTENT_COLUMNS[0]: 400 if asks else -300, **quiet}
        for i, (a, asks) in enumerate(every)
    ]
    t.put("keys", pa.Table.from_pylist(keys))


def left_out(t: DuckTables, accused: list[int]) -> dict[int, list[int]]:
    return {g: own.tolist() for g, own in doubtful(t, accused, AccusedSettings()).items()}


def test_who_is_not_surely_a_member_is_not_accused(t: DuckTables) -> None:
    """As likely as not is asked for; groups that are not accused are not asked about."""
    put_members(t, {1: [4.0, 3.0, 0.0, -0.1], 2: [3.0, -3.0]})
    assert {1: [103]} == left_out(t, [1])


def test_who_takes_part_with_a_trickle_of_their_traffic_is_not_accused(t: DuckTables) -> None:
    """What counts is the usual share of the group: a relay's accounts all take part with little."""
    put_members(t, {1: [4.0] * 4, 2: [4.0] * 4}, {103: 30, **dict.fromkeys(range(200, 204), 30)})
    assert {1: [103]} == left_out(t, [1, 2])


def test_who_takes_little_part_needs_a_fact_that_strangers_do_not_share(t: DuckTables) -> None:
    """Five accounts give a fifth of what the others give: a card or a reasoning block speaks for them, an exit or a
    client does not."""
    tied = {103: "network", 104: "client", 105: "identity", 106: "payment", 107: "protocol"}
    put_members(t, {1: [4.0] * 12}, dict.fromkeys(tied, 4), tied=tied)
    assert {1: [103, 104]} == left_out(t, [1])


def test_who_never_asks_where_the_others_do_is_not_accused(t: DuckTables) -> None:
    """Of few requests one may ask for nothing by chance."""
    asking = {100: (8, 8), 101: (9, 5), 102: (20, 16), 103: (7, 0), 104: (4, 0)}
    put_members(t, {1: [4.0] * 5}, asking=asking)
    assert {1: [103]} == left_out(t, [1])


def test_nobody_accused_is_no_error(t: DuckTables) -> None:
    put_members(t, {1: [-1.0]})
    assert {} == left_out(t, [])


@pytest.mark.parametrize(
    ("family", "log_odds", "out"), [("network", 7.9, True), ("network", 8.0, False), ("client", 3.0, False)]
)
def test_a_public_prompt_from_a_common_exit_is_not_enough(
    t: DuckTables, family: str, log_odds: float, out: bool
) -> None:
    """Nothing but network and content speaks for the last account: it has to belong beyond doubt."""
    put_members(t, {1: [9.0, 9.0, 9.0, log_odds]}, tied={103: family})
    assert ({1: [103]} if out else {}) == left_out(t, [1])


def test_the_fewer_the_more_they_must_weigh() -> None:
    s = AccusedSettings(few=20, few_bits=4.0)
    assert [4.0, 0.0, 0.0] == [fewness(n, s) for n in (10, 20, 300)]
    assert 0.0 < fewness(17, s) < fewness(14, s) < 4.0
