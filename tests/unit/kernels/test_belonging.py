"""Steps of weighing membership, beside plain references."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.model.kernels.belonging import (
    best_lifts,
    counted,
    most_voted,
    spread,
    tightness,
)
from stillwatch.model.kernels.overlap import beside, transposed

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
    starts, value_of = transposed(*holders(sets), ACCOUNTS, np.arange(len(sets)))
    block = np.array([number for _, number, _ in sets], np.int64)
    lift = np.array([quarters / 4 for _, _, quarters in sets], np.float64)
    marks = np.zeros(1, np.uint64)
    own = np.array(sorted(members), np.int64)
    found = most_voted(starts, value_of, np.arange(len(sets)), block, lift, own, marks)
    assert not marks.any()
    votes = [
        [sum(q for held, b, q in sets if m in held and b == one) for one in range(KINDS)]
        for m in sorted(members)
    ]
    assert [own.index(max(own)) if any(own) else -1 for own in votes] == found.tolist()


@settings(deadline=None)
@given(values, st.sets(st.integers(0, ACCOUNTS - 1)), st.integers(0, 1000))
def test_the_best_lift_of_each_kind_is_found(sets: Values, asked: set[int], drawn: int) -> None:
    """Who sends a value in half of its exchanges has a bit more of it."""
    heads, account_of = holders(sets)
    starts, value_of = transposed(heads, account_of, ACCOUNTS, np.arange(len(sets)))
    rng = np.random.default_rng(drawn)
    share = rng.random(len(account_of)).astype(np.float32)
    chosen = np.flatnonzero(rng.random(len(sets)) < 0.7)
    kind = np.array([sets[v][1] for v in chosen], np.int64)
    lift = np.array([sets[v][2] / 4 for v in chosen], np.float64)
    own, marks = np.array(sorted(asked), np.int64), np.zeros(1, np.uint64)
    out, share_beside = np.zeros((len(own), KINDS)), beside(heads, account_of, starts, share)
    favours = (chosen, kind, lift, lift + 1.0)
    best_lifts(starts, value_of, share_beside, *favours, np.float32(0.5), own, out, marks)
    assert not marks.any()
    expected = np.zeros((ACCOUNTS, KINDS))
    for v in range(len(sets)):
        for at in range(heads[v], heads[v + 1]) if v in chosen else ():
            bits = sets[v][2] / 4 + bool(share[at] >= 0.5)
            expected[account_of[at], sets[v][1]] = max(expected[account_of[at], sets[v][1]], bits)
    assert expected[own].tolist() == out.tolist()


@settings(deadline=None)
@given(values, st.sets(st.integers(0, ACCOUNTS - 1)), st.integers(1, 4))
def test_what_so_many_members_hold_is_counted(sets: Values, members: set[int], least: int) -> None:
    heads, account_of = holders(sets)
    df = np.diff(heads)
    widest = np.argsort(-df, kind="stable")
    starts, place_of = transposed(heads, account_of, ACCOUNTS, widest)
    room = np.zeros(len(sets), np.int32)
    found = counted(starts, place_of, widest, df, np.array(sorted(members), np.int64), least, room)
    assert not room.any()
    number = [len(own & members) for own, _, _ in sets]
    assert [(v, n) for v, n in enumerate(number) if n >= least] == list(
        zip(*(c.tolist() for c in found), strict=True)
    )


@settings(deadline=None)
@given(values, st.sets(st.integers(0, ACCOUNTS - 1)), st.integers(0, 1000))
def test_values_are_spread_as_counted_one_by_one(sets: Values, members: set[int], drawn: int) -> None:
    sets = sorted(sets, key=lambda one: one[1])
    heads, account_of = holders(sets)
    starts, value_of = transposed(heads, account_of, ACCOUNTS, np.arange(len(sets)))
    kind = np.array([number for _, number, _ in sets], np.int64)
    favoured = np.flatnonzero(np.random.default_rng(drawn).random(len(sets)) < 0.5)
    room = np.zeros(len(sets), np.int32), np.zeros(len(sets), bool)
    own = np.array(sorted(members), np.int64)
    inside, among = spread(starts, value_of, np.diff(heads), kind, own, favoured, KINDS, *room)
    number = [len(s & members) for s, _, _ in sets]
    several = [v for v, n in enumerate(number) if n >= 2]
    private = [v for v in several if 2 * number[v] > len(sets[v][0])]
    expected = [
        [len(set().union(*(sets[v][0] & members for v in chosen if kind[v] == k))) for k in range(KINDS)]
        for chosen in (favoured, several, private)
    ]
    top = [max([1, *(n for v, n in enumerate(number) if kind[v] == k)]) for k in range(KINDS)]
    assert [*expected, top] == among.tolist()
    assert [number[v] for v in favoured] == inside.tolist()
    assert not any(part.any() for part in room)


def test_a_group_is_as_tight_as_two_members_are_likely_to_share_a_value() -> None:
    """Of four members three hold a value: two share it in 6 of 12 draws; a family that weighs nothing adds nothing."""
    heads, account_of = np.array([0, 3, 7]), np.array([0, 1, 2, 0, 1, 2, 3], np.int32)
    bits = np.array([[4.0, -1.0], [4.0, -1.0], [4.0, -1.0], [0.0, -1.0]])
    rows = transposed(heads, account_of, 5, np.arange(2))
    favours, marks = (np.array([0, 1]), np.array([0, 1])), np.zeros(1, np.uint64)
    assert 3.0 * 0.5 == tightness(*rows, *favours, np.arange(4), bits, marks)
    assert 0.0 == tightness(*rows, *favours, np.arange(1), bits[:1], marks)
    assert not marks.any()
