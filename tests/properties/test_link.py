"""Laws of linking: names of accounts and values, and the order of rows, decide nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.incidences import Held, block, drawn, put_holdings

from stillwatch.link.communities import communities
from stillwatch.link.incidence import Incidence, read_incidence
from stillwatch.link.membership import settle
from stillwatch.link.pairs import PairSettings, validated_pairs
from stillwatch.link.stars import validated_stars
from stillwatch.store.duck import DuckTables, open_duck

ACCOUNTS = 120
KINDS: Mapping[str, tuple[int, int]] = {
    "client": (10, 1),
    "phone": (90, 1),
    "system": (60, 1),
    "issuer": (12, 1),
}
MODEST = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))


@contextmanager
def engine() -> Iterator[DuckTables]:
    with TemporaryDirectory() as folder, open_duck(Path(folder), threads=1) as t:
        yield t


def world(seed: int) -> list[Held]:
    rows = drawn(np.random.default_rng(seed), accounts=ACCOUNTS, kinds=KINDS)
    return rows + block(range(11, 26), ["client", "phone", "system"]) + block((31, 32), ["issuer"], value=9)


def incidence(t: DuckTables, rows: list[Held]) -> Incidence:
    put_holdings(t, rows, accounts=ACCOUNTS)
    return read_incidence(t)


def relabelled(rows: list[Held], seed: int) -> tuple[list[Held], list[int]]:
    """The same rows with accounts and values renamed; and the new name of each account."""
    rng = np.random.default_rng(seed)
    name = (rng.permutation(ACCOUNTS) + 1).tolist()
    values = sorted({(kind, value) for _, kind, value in rows})
    fresh = dict(zip(values, rng.choice(10**9, size=len(values), replace=False).tolist(), strict=True))
    return [(name[a - 1], kind, fresh[kind, value]) for a, kind, value in rows], name


@MODEST
@given(seed=st.integers(0, 10_000), names=st.integers(0, 10_000))
def test_renaming_renames_the_pairs_and_nothing_else(seed: int, names: int) -> None:
    rows = world(seed)
    other, name = relabelled(rows, names)
    with engine() as t:
        one = _pairs(t, rows)
        two = _pairs(t, other)
    assert {tuple(sorted((name[a - 1], name[b - 1]))): p for (a, b), p in one.items()} == two


@MODEST
@given(seed=st.integers(0, 10_000), names=st.integers(0, 10_000))
def test_renaming_renames_the_members_and_nothing_else(seed: int, names: int) -> None:
    rows = world(seed)
    other, name = relabelled(rows, names)
    with engine() as t:
        one = _members(incidence(t, rows), list(range(11, 20)))
        two = _members(incidence(t, other), [name[a - 1] for a in range(11, 20)])
    assert sorted(name[a - 1] for a in one) == two


@MODEST
@given(seed=st.integers(0, 10_000), order=st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(seed: int, order: object) -> None:
    rows = world(seed)
    mixed = list(rows)
    order.shuffle(mixed)  # type: ignore[attr-defined]
    with engine() as t:
        one, two = incidence(t, rows), incidence(t, mixed)
        assert one.value_of.tolist() == two.value_of.tolist()
        assert validated_stars(one).value.tolist() == validated_stars(two).value.tolist()


@MODEST
@given(seed=st.integers(0, 10_000))
def test_communities_are_disjoint_and_sorted_by_size(seed: int) -> None:
    with engine() as t:
        pairs = validated_pairs(incidence(t, world(seed)))
        found = communities(pairs.a, pairs.b, pairs.log2_p)
    everybody = np.concatenate(found) if found else np.empty(0, np.int64)
    assert len(everybody) == len(np.unique(everybody))
    assert sorted((len(g) for g in found), reverse=True) == [len(g) for g in found]


def _pairs(t: DuckTables, rows: list[Held]) -> dict[tuple[int, int], float]:
    held = incidence(t, rows)
    pairs = validated_pairs(held, PairSettings(fdr=0.2))
    keys = zip(held.accounts[pairs.a].tolist(), held.accounts[pairs.b].tolist(), strict=True)
    return dict(zip(keys, np.round(pairs.log2_p, 6).tolist(), strict=True))


def _members(held: Incidence, seed: list[int]) -> list[int]:
    codes = np.sort(np.searchsorted(held.accounts, np.array(seed)))
    found: list[int] = held.accounts[settle(held, codes).members].tolist()
    return found
