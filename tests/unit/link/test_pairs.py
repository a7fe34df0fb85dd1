"""Pairs: planted ones are found, chance ones are not, and p-values mean what they say."""

from __future__ import annotations

import numpy as np
import pytest
from tests.incidences import block, drawn, put_holdings

from stillwatch.link.incidence import read_incidence
from stillwatch.link.pairs import PairSettings, fisher_log2, validated_pairs
from stillwatch.store.duck import DuckTables

KINDS = {"phone": (900, 3), "client": (700, 2), "instrument": (800, 2), "template": (900, 3)}


def test_planted_pairs_are_found(t: DuckTables) -> None:
    rng = np.random.default_rng(5)
    planted = [(i, i + 1) for i in range(1, 40, 2)]
    rows = drawn(rng, accounts=400, kinds=KINDS)
    for number, pair in enumerate(planted):
        rows += block(pair, KINDS, value=500 + number) + block(pair, KINDS, value=900 + number)
    put_holdings(t, rows, accounts=400)
    held = read_incidence(t)
    pairs = validated_pairs(held)
    found = set(zip(held.accounts[pairs.a].tolist(), held.accounts[pairs.b].tolist(), strict=True))
    assert set(planted) <= found
    assert len(found - set(planted)) <= 2


def test_chance_makes_no_pairs(t: DuckTables) -> None:
    put_holdings(t, drawn(np.random.default_rng(6), accounts=600, kinds=KINDS), accounts=600)
    assert 1 >= len(validated_pairs(read_incidence(t)))


def test_p_values_are_honest_on_chance(t: DuckTables) -> None:
    """Of all pairs at most the share p may have a p-value up to p, but for the noise of counting."""
    accounts = 500
    put_holdings(t, drawn(np.random.default_rng(7), accounts=accounts, kinds=KINDS), accounts=accounts)
    everything = validated_pairs(read_incidence(t), PairSettings(fdr=1.0))
    all_pairs = accounts * (accounts - 1) / 2
    for bits in (4, 6, 8, 10):
        expected = all_pairs * 2.0**-bits
        found = int((everything.log2_p <= -bits).sum())
        assert found <= expected + 4 * np.sqrt(expected) + 1, bits


def test_p_values_are_not_needlessly_large(t: DuckTables) -> None:
    """One kind, so nothing is combined: the share of pairs with one value in common is what p says of it."""
    accounts = 400
    put_holdings(
        t, drawn(np.random.default_rng(8), accounts=accounts, kinds={"phone": (300, 2)}), accounts=accounts
    )
    pairs = validated_pairs(read_incidence(t), PairSettings(fdr=1.0))
    share = len(pairs) / (accounts * (accounts - 1) / 2)
    single = 2.0 ** np.median(-pairs.bits[:, 2])
    assert share == pytest.approx(single, rel=0.25)


def test_a_value_of_a_crowd_makes_no_pairs(t: DuckTables) -> None:
    put_holdings(t, block(range(1, 101), ["phone", "client"]), accounts=300)
    assert 0 == len(validated_pairs(read_incidence(t), PairSettings(max_holders=64)))


def test_kinds_of_one_family_count_once(t: DuckTables) -> None:
    rest = drawn(np.random.default_rng(9), accounts=300, kinds=KINDS)
    one = block((1, 2), ["client"], value=3)
    put_holdings(t, rest + one, accounts=300)
    single = {tuple(x): b for *x, b in _bits(t)}
    put_holdings(t, rest + one + block((1, 2), ["signup_client", "params"], value=3), accounts=300)
    several = {tuple(x): b for *x, b in _bits(t)}
    assert several[0, 1] <= single[0, 1] + 12


def _bits(t: DuckTables) -> list[tuple[int, int, float]]:
    pairs = validated_pairs(read_incidence(t), PairSettings(fdr=1.0))
    return list(zip(pairs.a.tolist(), pairs.b.tolist(), pairs.bits[:, 1].tolist(), strict=True))


def test_nobody(t: DuckTables) -> None:
    put_holdings(t, [], accounts=1)
    assert 0 == len(validated_pairs(read_incidence(t)))


def test_fisher_of_one_test_is_the_test_itself() -> None:
    assert [-3.0, -0.5] == pytest.approx(fisher_log2(np.array([[-3.0], [-0.5]])).tolist())


def test_fisher_of_uniform_values_is_uniform() -> None:
    drawn_ = np.log2(np.random.default_rng(1).random((20_000, 7)))
    p = np.exp2(fisher_log2(drawn_))
    assert [0.1, 0.5, 0.9] == pytest.approx(np.quantile(p, [0.1, 0.5, 0.9]).tolist(), abs=0.015)
