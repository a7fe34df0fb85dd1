"""Sets inside wider sets, beside a plain reference."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.model.kernels.overlap import crowded_values, shared_values, transposed, wider_sets

Sets = list[set[int]]


def compressed(sets: Sets) -> tuple[np.ndarray, np.ndarray]:
    """Elements of each set as compressed rows."""
    heads = np.concatenate([[0], np.cumsum([len(s) for s in sets])]).astype(np.int64)
    return heads, np.array([e for s in sets for e in sorted(s)], np.int32)


def by_element(sets: Sets, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Sets of each of `n` elements as compressed rows."""
    return transposed(*compressed(sets), n, np.arange(len(sets)))


def reference(sets: Sets, asked: list[bool], least: float) -> list[list[int]]:
    """What `wider_sets` says, one pair at a time."""
    order = sorted(range(len(sets)), key=lambda v: (-len(sets[v]), v))
    rank = {v: i for i, v in enumerate(order)}
    out = []
    for v, own in enumerate(sets):
        share = {
            w: len(own & sets[w]) / max(len(own), 1)
            for w in range(len(sets))
            if asked[v] and asked[w] and rank[w] < rank[v] and own & sets[w]
        }
        out.append(sorted((w for w in share if share[w] >= least), key=lambda w: (-share[w], rank[w])))
    return out


@settings(deadline=None)
@given(
    st.lists(st.sets(st.integers(0, 11), max_size=9), min_size=1, max_size=9).flatmap(
        lambda sets: st.tuples(st.just(sets), st.lists(st.booleans(), min_size=len(sets), max_size=len(sets)))
    ),
    st.sampled_from((0.3, 0.5, 1.0)),
)
def test_wider_sets_are_those_of_the_reference(case: tuple[Sets, list[bool]], least: float) -> None:
    sets, asked = case
    bounds, wider = wider_sets(*compressed(sets), 12, asked, least=least, sample=100)
    found = [wider[a:b].tolist() for a, b in pairwise(bounds)]
    assert reference(sets, asked, least) == found


def test_a_sample_judges_large_sets_by_evenly_spaced_elements() -> None:
    """Of 1,000 elements every eighth is looked at: the wider set holds three in four of these."""
    inner, outer = set(range(1000)), {e for e in range(2000) if e % 8 or e % 32}
    bounds, wider = wider_sets(*compressed([inner, outer]), 2000, [True, True], least=0.7, sample=127)
    assert ([0, 1, 1], [1]) == (bounds.tolist(), wider.tolist())
    bounds, wider = wider_sets(*compressed([inner, outer]), 2000, [True, True], least=0.8, sample=127)
    assert 0 == len(wider)


@given(sets=st.lists(st.sets(st.integers(0, 9)), min_size=1, max_size=12), drawn=st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_transposed_rows_name_the_sets_of_each_element(sets: Sets, drawn: int) -> None:
    asked = np.random.default_rng(drawn).permutation(len(sets))[: drawn % (len(sets) + 1)]
    starts, at = transposed(*compressed(sets), 10, asked)
    expected = [[i for i, v in enumerate(asked.tolist()) if e in sets[v]] for e in range(10)]
    assert expected == [at[a:b].tolist() for a, b in pairwise(starts)]


SETS = st.lists(st.sets(st.integers(0, 9)), min_size=1, max_size=12)


def pairs_of(sets: Sets, kinds: list[int]) -> list[tuple[int, int, int, int]]:
    """Two elements, a kind, and how many sets of the kind hold both, one pair at a time."""
    number = Counter(
        (a, b, kind) for own, kind in zip(sets, kinds, strict=True) for a, b in combinations(sorted(own), 2)
    )
    return sorted((*key, n) for key, n in number.items())


@given(sets=SETS, cut=st.integers(0, 10), drawn=st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_shared_values_are_those_counted_one_by_one(sets: Sets, cut: int, drawn: int) -> None:
    kinds = np.sort(np.random.default_rng(drawn).integers(0, 3, len(sets)))
    rows = (*compressed(sets), *by_element(sets, 10), kinds)
    found = [
        row
        for first, last in ((0, cut), (cut, 10))
        for row in zip(*(c.tolist() for c in shared_values(*rows, first, last)), strict=True)
    ]
    assert pairs_of(sets, kinds.tolist()) == found


@given(sets=SETS, least=st.integers(1, 4), often=st.sampled_from((0.5, 2.0)), drawn=st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_crowded_values_are_those_counted_one_by_one(
    sets: Sets, least: int, often: float, drawn: int
) -> None:
    family = np.sort(np.random.default_rng(drawn).integers(0, 3, len(sets)))
    asked = [v for v, own in enumerate(sets) if own]
    bounds, having = np.searchsorted(family, np.arange(4)), np.full(len(sets), 12.0)
    rows = (*compressed(sets), *by_element(sets, 10), bounds, having, np.array(asked, np.int64))
    tried, many, value, inside = crowded_values(*rows, least, often)
    star = np.repeat(asked, many)
    expected, usual = set(), []
    for v in asked:
        common = {w: len(sets[v] & s) for w, s in enumerate(sets) if family[w] != family[v]}
        common = {w: n for w, n in common.items() if n >= least}
        usual.append(len(common))
        for w, n in common.items():
            rest = max(len(sets[w]) - n, 0.5) / max(12 - len(sets[v]), 1)
            if n / len(sets[v]) / min(rest, 1.0) >= often:
                expected.add((v, w, n))
    assert usual == tried.tolist()
    assert expected == set(zip(star.tolist(), value.tolist(), inside.tolist(), strict=True))
