"""Who may belong to a group: everybody whose exact weight comes up to it is among those found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.model.kernels.belonging import best_lifts, strongest
from stillwatch.model.kernels.overlap import beside, bits_of, transposed
from stillwatch.model.kernels.reach import given as given_to_all
from stillwatch.model.kernels.reach import holders, not_lacking, within_reach

ACCOUNTS, VALUES, KINDS, FAMILIES = 150, 24, 6, 3
DEDICATED = np.float32(0.5)
LOW, HIGH = -6.0, 12.0


@dataclass(frozen=True)
class World:
    """Values drawn at random, some of them common, sorted by kind; two kinds are one family."""

    heads: np.ndarray
    account_of: np.ndarray
    share: np.ndarray
    kind: np.ndarray
    lift: np.ndarray
    often: np.ndarray
    has: np.ndarray
    present: np.ndarray
    absent: np.ndarray

    @classmethod
    def drawn(cls, seed: int) -> World:
        rng = np.random.default_rng(seed)
        held = rng.random((VALUES, ACCOUNTS)) < rng.choice([0.01, 0.05, 0.3], VALUES)[:, None]
        kind = np.sort(rng.integers(0, KINDS, VALUES))
        has = rng.random((ACCOUNTS, KINDS)) < 0.5
        for value, own in enumerate(kind):
            has[held[value], own] = True
        heads = np.append(0, np.cumsum(held.sum(axis=1)))
        lift = rng.uniform(2, 5, VALUES)
        return cls(
            heads,
            np.flatnonzero(held.ravel()).astype(np.int32) % ACCOUNTS,
            rng.random(heads[-1]).astype(np.float32),
            kind,
            lift,
            lift + rng.integers(0, 3, VALUES),
            has,
            rng.uniform(-1, 7, KINDS),
            rng.uniform(-8, 1, KINDS),
        )

    def exact(self) -> np.ndarray:
        """Weight of every account, one by one."""
        starts, value_of = transposed(self.heads, self.account_of, ACCOUNTS, np.arange(VALUES))
        best, everybody = np.zeros((ACCOUNTS, KINDS)), np.arange(ACCOUNTS)
        share = beside(self.heads, self.account_of, starts, self.share)
        favours = (np.arange(VALUES), self.kind, self.lift, self.often)
        best_lifts(starts, value_of, share, *favours, DEDICATED, everybody, best, np.zeros(1, np.uint64))
        bits, total = np.zeros((ACCOUNTS, FAMILIES)), np.zeros(ACCOUNTS)
        kinds = np.arange(KINDS)
        strongest(
            self.has, everybody, kinds, best, self.present, self.absent, kinds // 2, LOW, HIGH, bits, total
        )
        return total

    def holders(self, common: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        bits = bits_of(self.heads, self.account_of, common, ACCOUNTS)
        return holders(self.heads, self.account_of, common, bits, np.arange(VALUES), self.kind, KINDS)

    def found(self, members: np.ndarray, least: float) -> tuple[np.ndarray, np.ndarray]:
        """Those within reach, and those of them who are left for what the others lack."""
        cap, family = self.present[self.kind], self.kind // 2
        lift, often = np.minimum(self.lift, cap), np.minimum(self.often, cap)
        need = least - np.maximum(self.absent, 0).reshape(FAMILIES, -1).max(axis=1).sum()
        anyway = given_to_all(self.heads, np.arange(VALUES), family, often, FAMILIES, need)
        assert anyway.sum() < need
        room = np.zeros((ACCOUNTS, 3), np.float32)
        rows = (self.heads, self.account_of, self.share, np.arange(VALUES), family)
        reached, total = within_reach(*rows, lift, often, DEDICATED, anyway, need, room)
        assert not room.any()
        kinds = np.arange(KINDS)
        holding, _ = self.holders(np.flatnonzero(np.diff(self.heads) > 20))
        lacks = (self.has, kinds, kinds // 2, self.absent, holding, members)
        return reached, not_lacking(reached, total, anyway, *lacks, LOW, HIGH, least)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.floats(4, 14), st.sets(st.integers(0, ACCOUNTS - 1)))
def test_nobody_who_belongs_is_left_out(seed: int, least: float, members: set[int]) -> None:
    world, own = World.drawn(seed), np.array(sorted(members), np.int64)
    reached, left = world.found(own, least)
    belongs = set(np.flatnonzero(world.exact() >= least + 0.01).tolist())
    assert belongs <= set(reached.tolist())
    assert belongs - members <= set(left.tolist())
    assert not set(left.tolist()) & members
    assert sorted(left.tolist()) == left.tolist()


def test_most_of_those_who_do_not_belong_are_left_out() -> None:
    """What the bounds are for: they leave few whom the exact weight then refuses."""
    worlds = [World.drawn(seed) for seed in range(50)]
    left = sum(len(world.found(np.empty(0, np.int64), 9.0)[1]) for world in worlds)
    exact = sum(int((world.exact() >= 9.0).sum()) for world in worlds)
    assert exact <= left <= 0.2 * ACCOUNTS * len(worlds)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 40))
def test_holders_of_each_kind_are_counted_once(seed: int, least: int) -> None:
    """Whichever values are kept as bits."""
    world = World.drawn(seed)
    holding, n = world.holders(np.flatnonzero(np.diff(world.heads) >= least))
    for kind in range(KINDS):
        own = {
            int(account)
            for value in np.flatnonzero(world.kind == kind)
            for account in world.account_of[world.heads[value] : world.heads[value + 1]]
        }
        marked = {a for a in range(ACCOUNTS) if int(holding[kind, a // 64]) >> a % 64 & 1}
        assert own == marked
        assert len(own) == n[kind]
