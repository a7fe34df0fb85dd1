"""Steps of weighing membership, beside plain references."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.model.kernels.belonging import most_voted, outsiders

ACCOUNTS, KINDS = 8, 3
Values = list[tuple[set[int], int, int]]  # holders, a number below 3, a lift in quarters of a bit

values = st.lists(
    st.tuples(st.sets(st.integers(0, ACCOUNTS - 1)), st.integers(0, KINDS - 1), st.integers(1, 9)), max_size=9
)


def holders(sets: Values) -> tuple[np.ndarray, np.ndarray]:
    """Holders of each value as compressed rows."""
    heads = np.cumsum([0, *(len(own) for own, _, _ in sets)]).astype(np.int64)
    return heads, np.array([a for own, _, _ in sets for a in sorted(own)], np.int32)


@settings(deadline=None)
@given(values, st.sets(st.integers(0, ACCOUNTS - 1)))
def test_a_member_goes_with_the_block_of_most_of_its_weight(sets: Values, members: set[int]) -> None:
    ordered = sorted(sets, key=lambda one: one[1])
    heads, account_of = holders(ordered)
    row_of = np.full(ACCOUNTS, -1, np.int32)
    row_of[sorted(members)] = np.arange(len(members))
    block = np.array([number for _, number, _ in ordered], np.int64)
    lift = np.array([quarters / 4 for _, _, quarters in ordered], np.float64)
    found = most_voted(heads, account_of, np.arange(len(ordered)), block, lift, row_of, len(members))
    votes = [
        [sum(q for own, b, q in sets if m in own and b == one) for one in range(KINDS)]
        for m in sorted(members)
    ]
    assert [own.index(max(own)) if any(own) else -1 for own in votes] == found.tolist()


@settings(deadline=None)
@given(values, st.sets(st.integers(0, ACCOUNTS - 1)))
def test_outsiders_count_once_a_kind(sets: Values, members: set[int]) -> None:
    heads, account_of = holders(sets)
    inside = np.isin(np.arange(ACCOUNTS), sorted(members))
    kind = np.array([number for _, number, _ in sets], np.int64)
    seen, out = np.zeros(ACCOUNTS * KINDS, bool), np.zeros(KINDS, np.int64)
    found = outsiders(heads, account_of, np.arange(len(sets)), kind, inside, seen, out)
    others = [set().union(*(own for own, k, _ in sets if k == one)) - members for one in range(KINDS)]
    assert [len(own) for own in others] == found.tolist()
