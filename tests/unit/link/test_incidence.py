"""Incidence: both directions agree, private values and silent accounts stay out."""

from __future__ import annotations

import numpy as np
from tests.incidences import drawn, put_holdings

from stillwatch.link.incidence import gather, read_incidence
from stillwatch.store.duck import DuckTables


def test_values_of_one_account_are_left_out(t: DuckTables) -> None:
    put_holdings(t, [(1, "phone", 5), (1, "phone", 6), (2, "phone", 6)], accounts=2)
    assert [6] == read_incidence(t).key.tolist()


def test_a_private_value_still_says_that_the_kind_is_known(t: DuckTables) -> None:
    put_holdings(t, [(1, "phone", 5), (2, "phone", 6), (3, "phone", 6)], accounts=4)
    held = read_incidence(t)
    assert [True, True, True, False] == held.has[:, 0].tolist()


def test_accounts_without_exchanges_do_not_count(t: DuckTables) -> None:
    put_holdings(t, [(1, "phone", 5), (9, "phone", 5)], accounts=3)
    held = read_incidence(t)
    assert ([1, 2, 3], 0) == (held.accounts.tolist(), len(held.key))


def test_the_same_key_of_two_kinds_is_two_values(t: DuckTables) -> None:
    put_holdings(t, [(a, kind, 5) for a in (1, 2) for kind in ("net24", "signup_address")], accounts=2)
    held = read_incidence(t)
    assert ([5, 5], [2, 2]) == (held.key.tolist(), held.df.tolist())


def test_both_directions_agree(t: DuckTables) -> None:
    rng = np.random.default_rng(4)
    put_holdings(t, drawn(rng, accounts=40, kinds={"phone": (30, 2), "client": (8, 1)}), accounts=40)
    held = read_incidence(t)
    forth = {(a, int(v)) for a in range(held.n) for v in held.values_of(np.array([a]))[0]}
    back = {(int(a), v) for v in range(len(held.df)) for a in held.holders_of(np.array([v]))[0]}
    assert forth == back
    assert held.df.tolist() == [len(held.holders_of(np.array([v]))[0]) for v in range(len(held.df))]


def test_nobody(t: DuckTables) -> None:
    put_holdings(t, [], accounts=1)
    held = read_incidence(t)
    assert (1, 0) == (held.n, len(held.df))


def test_gather_names_rows_and_owners() -> None:
    rows, owner = gather(np.array([0, 2, 2, 5]), np.array([2, 0, 1]))
    assert ([2, 3, 4, 0, 1], [0, 0, 0, 1, 1]) == (rows.tolist(), owner.tolist())
