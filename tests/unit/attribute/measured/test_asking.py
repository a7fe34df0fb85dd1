"""Whether requests for training data come from all members alike, or from a few among them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest

from stillwatch.attribute.measured.asking import asking, asking_accounts
from stillwatch.model.kernels.sketch import INTENT_COLUMNS
from stillwatch.store.duck import DuckTables

MEMBERS = 20
SENT = 100  # exchanges of each account
ASKS = 500  # 1/100 bit of an intent


def spread(
    t: DuckTables, asked: Sequence[int], *, turn: int | None = 0, text: bool = True
) -> tuple[float, int] | None:
    """The measurement of a group whose members ask so often among a hundred exchanges each, in a log with others who
    ask for nothing; the last intent is the one that says so."""
    account = np.repeat(np.arange(len(asked) + 5), SENT)
    often = np.array([*asked, 0, 0, 0, 0, 0])
    asks = np.tile(np.arange(SENT), len(often)) < np.repeat(often, SENT)
    silent = np.zeros(len(account), np.int64)
    columns = dict.fromkeys(INTENT_COLUMNS, silent) | {INTENT_COLUMNS[-1]: np.where(asks, ASKS, 0)}
    turns = pa.array([turn] * len(account), pa.int64())
    exact = pa.array([1 if text else None] * len(account), pa.int64())
    t.put("keys", pa.table({"account_id": account, "exact_key": exact, "turn": turns, **columns}))
    ids = np.arange(len(asked))
    t.put("group_members", pa.table({"group_id": np.zeros(len(ids), np.int64), "account_id": ids}))
    rows = asking(t, asking_accounts(t))
    assert all(row[:2] == (0, "asking_spread") for row in rows)
    return rows[0][2:] if rows else None


def test_a_harvest_over_all_accounts_uses_all_of_them(t: DuckTables) -> None:
    assert spread(t, [5] * MEMBERS) == (1.0, MEMBERS)


def test_a_customer_on_a_few_accounts_of_a_relay_does_not(t: DuckTables) -> None:
    """As many requests in all, but five accounts send them: of twenty each would send five, nearly all would one."""
    found = spread(t, [20] * 5 + [0] * 15)
    assert found is not None
    assert found[0] == pytest.approx(5 / (MEMBERS * (1 - np.exp(-5.0))))


def test_who_is_not_expected_to_ask_is_not_missed(t: DuckTables) -> None:
    """Ten of twenty accounts ask once: by chance 39% would ask, so half of them are all one can expect."""
    assert spread(t, [1] * 10 + [0] * 10) == (1.0, round(MEMBERS * (1 - np.exp(-0.5))))


@pytest.mark.parametrize(
    ("asked", "turn", "text"),
    [([1] + [0] * 19, 0, True), ([5] * MEMBERS, 3, True), ([5] * MEMBERS, 0, False)],
    ids=["hardly anybody asks", "later turns only", "no text"],
)
def test_nothing_is_said_without_requests(t: DuckTables, asked: list[int], turn: int, text: bool) -> None:
    assert spread(t, asked, turn=turn, text=text) is None


def test_turns_that_a_log_does_not_have_are_first_ones(t: DuckTables) -> None:
    assert spread(t, [5] * MEMBERS, turn=None) == (1.0, MEMBERS)
