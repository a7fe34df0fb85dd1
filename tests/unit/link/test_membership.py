"""Membership: a planted block is recovered exactly, whatever part of it was the seed."""

from __future__ import annotations

import numpy as np
import pytest
from tests.incidences import block, drawn, put_holdings

from stillwatch.link import membership
from stillwatch.link.incidence import Incidence, read_incidence
from stillwatch.link.membership import MemberSettings, blocks, settle
from stillwatch.model.families import FAMILIES
from stillwatch.store.duck import DuckTables

KINDS = {"client": (15, 1), "email_pattern": (60, 1), "issuer": (40, 1), "system": (300, 1)}
PLANTED = range(101, 141)


def world(t: DuckTables) -> Incidence:
    """600 accounts at random; 40 of them share a client, an e-mail pattern and a system text besides."""
    rows = [
        row
        for row in drawn(np.random.default_rng(21), accounts=600, kinds=KINDS)
        if row[0] not in PLANTED or row[1] == "issuer"
    ]
    rows += block(PLANTED, ["client", "email_pattern", "system"])
    put_holdings(t, rows, accounts=600)
    return read_incidence(t)


def members(held: Incidence, seed: list[int]) -> list[int]:
    codes = np.searchsorted(held.accounts, np.array(seed))
    return held.accounts[settle(held, codes).members].tolist()


@pytest.mark.parametrize(
    "seed",
    [list(PLANTED), list(PLANTED[:8]), [*PLANTED[:20], 1, 2, 3, 4, 5]],
    ids=["all", "a part", "with strangers"],
)
def test_a_planted_block_is_recovered_exactly(t: DuckTables, seed: list[int]) -> None:
    assert list(PLANTED) == members(world(t), seed)


def test_strangers_do_not_settle(t: DuckTables) -> None:
    found = members(world(t), [5, 50, 500])
    assert len(found) <= 3


def test_weights_stay_within_their_bounds(t: DuckTables) -> None:
    held = world(t)
    s = MemberSettings()
    bits = settle(held, np.searchsorted(held.accounts, np.array(PLANTED))).family_bits
    assert s.least_bits <= bits.min()
    assert bits.max() <= s.dedicated_bits
    assert np.delete(bits, FAMILIES.index("content"), axis=1).max() <= s.most_bits


def test_members_have_even_odds_or_better(t: DuckTables) -> None:
    held = world(t)
    group = settle(held, np.searchsorted(held.accounts, np.array(PLANTED)))
    assert 0 <= group.log_odds.min()
    assert group.members.tolist() == sorted(group.members.tolist())


def test_two_crowds_with_a_bridge_stay_apart(t: DuckTables) -> None:
    """Forty accounts of one request and thirty of another, some of each with a third in common."""
    rng = np.random.default_rng(5)
    rows = drawn(rng, accounts=600, kinds=KINDS)
    rows += [(a, kind, 9_001) for a in range(1, 41) for kind in ("template", "issuer")]
    rows += [(a, kind, 9_002) for a in range(51, 81) for kind in ("template", "issuer")]
    rows += [(a, "template", 9_003) for a in (*range(1, 9), *range(51, 58))]
    put_holdings(t, rows, accounts=600)
    held = read_incidence(t)
    seed = np.searchsorted(held.accounts, np.array([*range(1, 41), *range(51, 81)]))
    assert [list(range(1, 41)), list(range(51, 81))] == sorted(
        held.accounts[block].tolist() for block in blocks(held, seed)
    )


@pytest.mark.parametrize("seed", [list(PLANTED[:8]), [1, 2, 3, *PLANTED[:4]], [5, 50, 500]])
def test_who_is_out_of_reach_would_not_be_a_member(
    t: DuckTables, monkeypatch: pytest.MonkeyPatch, seed: list[int]
) -> None:
    """Weighing everybody finds the same group."""
    held = world(t)
    codes = np.searchsorted(held.accounts, np.array(seed))
    found = settle(held, codes)

    def everybody(
        self: object, held: Incidence, holding: object, members: np.ndarray, *rest: object
    ) -> np.ndarray:
        return np.setdiff1d(np.arange(held.n), members)

    monkeypatch.setattr(membership.Favours, "within_reach", everybody)
    exact = settle(held, codes)
    assert exact.members.tolist() == found.members.tolist()
    assert exact.log_odds.tolist() == found.log_odds.tolist()
    assert exact.tightness == found.tightness


def test_where_lacking_a_kind_is_enough_whoever_holds_any_is_asked(t: DuckTables) -> None:
    held, s = world(t), MemberSettings()
    codes = np.searchsorted(held.accounts, np.array(PLANTED))
    favours = membership.Favours.of(held, *membership.favoured_by(held, codes, s), s)
    holding, _ = favours.holders(held)
    present, absent = np.full(len(favours.kinds), 8.0), np.full(len(favours.kinds), 20.0)
    found = favours.within_reach(held, holding, codes[:5], present, absent, s, 10.0)
    holders = np.unique(np.concatenate([held.holders_of(np.array([v]))[0] for v in favours.values]))
    assert np.setdiff1d(holders, codes[:5]).tolist() == found.tolist()
    assert len(found) >= len(PLANTED) - 5
