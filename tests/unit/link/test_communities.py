"""Communities of validated pairs: a component is divided by itself, whatever else is linked."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from stillwatch.link.communities import SeedSettings, communities

Graph = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


def graph(seed: int, accounts: NDArray[np.int64], share: float) -> Graph:
    """Random pairs of these accounts; half of them as strong as a pair can be, so that there are ties."""
    rng = np.random.default_rng(seed)
    pairs = np.array(list(combinations(np.sort(accounts).tolist(), 2)), np.int64).reshape(-1, 2)
    pairs = pairs[rng.random(len(pairs)) < share]
    bits = np.where(rng.random(len(pairs)) < 0.5, 40.0, rng.exponential(2.0, len(pairs)))
    return pairs[:, 0], pairs[:, 1], -bits


def found(*graphs: Graph) -> list[list[int]]:
    a, b, log2_p = (np.concatenate(columns) for columns in zip(*graphs, strict=True))
    return [g.tolist() for g in communities(a, b, log2_p)]


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.sampled_from([0.05, 0.1, 0.3]), st.integers(3, 25))
def test_strangers_change_no_community(seed: int, share: float, size: int) -> None:
    """Not even where their codes lie between those of the component, and whatever the order of pairs."""
    codes = np.random.default_rng(seed).permutation(60)
    one, other = graph(seed, codes[:size], share), graph(seed + 1, codes[size:], share)
    apart = found(one) + found(other)
    assert sorted(apart, key=lambda g: (-len(g), g[0])) == found(one, other) == found(other, one)


def test_two_crowds_with_a_bridge_are_two_communities() -> None:
    crowds = [*combinations((1, 3, 5, 7), 2), *combinations((2, 4, 6), 2), (1, 2), (8, 9)]
    a, b = np.array(crowds, np.int64).T
    assert [[1, 3, 5, 7], [2, 4, 6]] == [g.tolist() for g in communities(a, b, np.full(len(a), -3.0))]


def test_a_seed_of_two_is_one_if_it_may_be() -> None:
    one = np.array([4]), np.array([9]), np.array([-20.0])
    assert [] == communities(*one)
    assert [[4, 9]] == [g.tolist() for g in communities(*one, SeedSettings(min_accounts=2))]


def test_no_pairs_are_no_communities() -> None:
    assert [] == communities(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
