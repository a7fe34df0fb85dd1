"""Sets inside wider sets, beside a plain reference."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.model.kernels.overlap import common_values, wider_sets

Sets = list[set[int]]


def compressed(sets: Sets, n: int) -> tuple[np.ndarray, ...]:
    """Elements of each set and sets of each element as compressed rows."""
    pairs = [(v, e) for v, s in enumerate(sets) for e in sorted(s)]
    by_element = sorted((e, v) for v, e in pairs)
    heads = np.concatenate([[0], np.cumsum([len(s) for s in sets])])
    starts = np.searchsorted([e for e, _ in by_element], np.arange(n + 1))
    element_of = np.array([e for _, e in pairs], np.int32)
    set_of = np.array([v for _, v in by_element], np.int32)
    return heads.astype(np.int64), element_of, starts.astype(np.int64), set_of


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
    bounds, wider = wider_sets(*compressed(sets, 12), asked, least=least, sample=100)
    found = [wider[a:b].tolist() for a, b in pairwise(bounds)]
    assert reference(sets, asked, least) == found


def test_a_sample_judges_large_sets_by_evenly_spaced_elements() -> None:
    """Of 1,000 elements every eighth is looked at: the wider set holds three in four of these."""
    inner, outer = set(range(1000)), {e for e in range(2000) if e % 8 or e % 32}
    bounds, wider = wider_sets(*compressed([inner, outer], 2000), [True, True], least=0.7, sample=127)
    assert ([0, 1, 1], [1]) == (bounds.tolist(), wider.tolist())
    bounds, wider = wider_sets(*compressed([inner, outer], 2000), [True, True], least=0.8, sample=127)
    assert 0 == len(wider)


@given(
    sets=st.lists(st.sets(st.integers(0, 9)), min_size=1, max_size=12),
    crowd=st.sets(st.integers(0, 9)),
    least=st.integers(1, 4),
)
@settings(max_examples=60, deadline=None)
def test_sets_common_in_a_crowd_are_those_counted_one_by_one(sets: Sets, crowd: set[int], least: int) -> None:
    _, _, starts, set_of = compressed(sets, 10)
    counts, touched = np.zeros(len(sets), np.int32), np.empty(len(sets), np.int32)
    for _ in range(2):  # the room is as it was
        found = common_values(starts, set_of, np.array(sorted(crowd), np.int32), least, counts, touched)
        inside = {v: len(s & crowd) for v, s in enumerate(sets)}
        assert {v: n for v, n in inside.items() if n >= least} == dict(zip(*found, strict=True))
