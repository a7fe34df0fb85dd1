"""Who of an accused group is accused, and who resembles an accused campaign joins it, if that is sure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from tests.incidences import Held, block, drawn, put_holdings

from stillwatch.app.grouping import Grouping
from stillwatch.app.pools import Pools
from stillwatch.attribute.assess import UNIT, Assessment, AssessSettings, Joined
from stillwatch.attribute.hypotheses import Hypothesis
from stillwatch.attribute.judge import OF_GROUPS
from stillwatch.attribute.measured.write import Rhythms
from stillwatch.link.incidence import Incidence, read_incidence
from stillwatch.link.membership import Group
from stillwatch.link.ties import Ties
from stillwatch.model.engine import Tables
from stillwatch.store.duck import DuckTables, open_duck

Ints = NDArray[np.int64]

ACCOUNTS = 6_000
FIRST, SECOND = range(101, 141), range(201, 241)  # two accused campaigns
INNOCENT = range(301, 306)  # a group of its own
OF_FIRST, OF_BOTH, DOUBTED, ALONE = 500, 501, 502, 503
BLAND = {"client": (60, 1), "template": (300, 2), "issuer": (30, 1)}

CHANCE = Hypothesis("unrelated", "chance", "innocent", 0.0, MappingProxyType({}))
ACCUSED = Assessment(
    "distillation", -6 * UNIT, 20 * UNIT, 15 * UNIT, 25 * UNIT, CHANCE, MappingProxyType({}), (),
    MappingProxyType({}), MappingProxyType({}),
)  # fmt: skip
FOUND = {0: ACCUSED, 1: ACCUSED, 2: replace(ACCUSED, verdict="innocent")}


class Grouped(Grouping):
    """Groups whose members a table says; wholes are written as they are asked for. Account `DOUBTED` is doubtful."""

    def members(self) -> dict[int, Ints]:
        rows = self.t.numpy("SELECT group_id, account_id FROM group_members ORDER BY group_id, account_id")
        codes = np.searchsorted(self.held.accounts, np.asarray(rows["account_id"])).astype(np.int64)
        return {int(g): codes[rows["group_id"] == g] for g in np.unique(rows["group_id"])}

    def without_doubtful(self, groups: Sequence[int]) -> dict[int, Ints]:
        out = np.searchsorted(self.held.accounts, [DOUBTED])
        return {g: np.setdiff1d(self.members()[g], out) for g in groups}

    def joined_behind(
        self, groups: Sequence[Group], parts: Sequence[Sequence[int]], first: int, singly: Sequence[Ints] = ()
    ) -> set[int]:
        assert len(parts) == len(singly) == len(groups)
        for i, group in enumerate(groups, first):
            put_members(self.t, {i: self.held.accounts[group.members].tolist()}, more=True)
        return set(range(first, first + len(groups)))

    def assessed_behind(
        self, groups: Sequence[Group], first: int, settings: AssessSettings
    ) -> dict[int, Assessment]:
        """Every rest weighs what the whole does, more than is asked for; it is picked out of more unless `ALONE` is
        in it."""
        assert settings.threshold_bits < ACCUSED.low / UNIT
        for i, group in enumerate(groups, first):
            left = self.held.accounts[group.members].tolist()
            put_members(self.t, {i: left}, more=True)
            if ALONE not in left:
                self.t.extend("mixed_groups", f"SELECT {i} AS group_id")
        return dict.fromkeys(range(first, first + len(groups)), ACCUSED)

    def measured_as(self, other: Mapping[int, int]) -> None:
        assert all(g in self.members() for g in other)


def put_members(t: Tables, members: Mapping[int, Sequence[int]], *, more: bool = False) -> None:
    rows = [(g, own) for g, each in members.items() for own in each]
    made = pa.table({"group_id": [g for g, _ in rows], "account_id": [own for _, own in rows]})
    made = made.append_column("log_odds", pa.array([10.0] * len(rows)))
    t.put("came" if more else "group_members", made)
    if more:
        t.extend("group_members", "SELECT group_id, account_id, log_odds FROM came")


@pytest.fixture
def t(tmp_path: Path) -> Iterator[DuckTables]:
    """An empty engine."""
    with open_duck(tmp_path) as tables:
        yield tables


def world(t: DuckTables, rows: Sequence[Held]) -> Pools:
    """Two campaigns with two frames, a client and parameters of their own, and more holdings."""
    every = drawn(np.random.default_rng(3), accounts=ACCOUNTS, kinds=BLAND)
    for number, members in enumerate((FIRST, SECOND)):
        every += marks(members, number)
    put_holdings(t, [*every, *rows], accounts=ACCOUNTS)
    held: Incidence = read_incidence(t)
    for name in OF_GROUPS:
        t.put(name, pa.table({"group_id": pa.array([0, 1, 2], pa.int64())}))
    put_members(t, {0: [*FIRST], 1: [*SECOND], 2: [*INNOCENT]})
    nothing = np.empty(0, np.int64)
    rhythms = Rhythms((nothing, np.empty(0)), (nothing, nothing), (nothing, nothing, nothing))
    ties = Ties(held)
    return Pools(Grouped(t, held, rhythms), ties, ties.of_facts(), nothing, AssessSettings())


def marks(members: Sequence[int] | range, number: int, *, frames: int = 2) -> list[Held]:
    out = block(members, ["client", "params"], value=50 + number)
    for frame in range(frames):
        out += block(members, ["template"], value=10 * number + frame + 11)
    return out


def ids(pools: Pools, group: int) -> set[int]:
    return set(pools.groups.held.accounts[pools.groups.members()[group]].tolist())


def test_who_resembles_a_campaign_joins_it_and_is_told_apart(t: DuckTables) -> None:
    pools = world(t, marks([OF_FIRST], 0))
    found = pools.with_who_resembles(FOUND)
    assert set(found) == {1, 2, 3} and ids(pools, 3) == {*FIRST, OF_FIRST}
    assert (found[1], found[2]) == (FOUND[1], FOUND[2])
    (joined,) = found[3].joined
    assert joined.accounts == (OF_FIRST,) and joined.low is None and joined.ties
    assert replace(found[3], joined=()) == ACCUSED


def test_who_resembles_two_campaigns_joins_the_likest(t: DuckTables) -> None:
    pools = world(t, [*marks([OF_BOTH], 0, frames=2), *marks([OF_BOTH], 1, frames=1)])
    found = pools.with_who_resembles(FOUND)
    assert {*FIRST, OF_BOTH} in [ids(pools, g) for g in found] and set(found) >= {1, 2}


def test_doubtful_accounts_do_not_join(t: DuckTables) -> None:
    pools = world(t, marks([DOUBTED], 0))
    assert pools.with_who_resembles(FOUND) == FOUND
    assert {g: ids(pools, g) for g in FOUND} == {0: {*FIRST}, 1: {*SECOND}, 2: {*INNOCENT}}


@pytest.mark.parametrize(("many", "joins"), [(20, True), (21, False)])
def test_a_crowd_does_not_join(t: DuckTables, many: int, joins: bool) -> None:
    """Half as many as the forty who bore the verdict may come."""
    crowd = range(600, 600 + many)
    pools = world(t, marks(crowd, 0))
    found = pools.with_who_resembles(FOUND)
    assert ({*FIRST, *crowd} in [ids(pools, g) for g in found]) is joins
    assert (found == FOUND) is not joins


def test_the_crowd_is_counted_against_those_who_bore_the_verdict(t: DuckTables) -> None:
    crowd = range(600, 615)
    pools = world(t, marks(crowd, 0))
    codes = {0: replace(ACCUSED, joined=(Joined(tuple(FIRST[20:]), 0, ()),))}
    found = pools.with_who_resembles({**FOUND, **codes})
    assert {g: ids(pools, g) for g in found} == {0: {*FIRST}, 1: {*SECOND}, 2: {*INNOCENT}}


def test_a_group_most_of_which_joins_is_gone(t: DuckTables) -> None:
    pools = world(t, marks(INNOCENT, 0))
    found = pools.with_who_resembles(FOUND)
    assert set(found) == {1, 3} and ids(pools, 3) == {*FIRST, *INNOCENT}


@pytest.mark.parametrize(
    ("members", "accused"),
    [
        (range(101, 121), True),  # nobody is doubtful
        (range(101, 120), False),  # fewer than twenty, picked
        ([*range(101, 120), DOUBTED], False),  # the rest is picked, too
        ([*range(101, 119), ALONE, DOUBTED], True),  # the rest is not, and weighs enough
        ([*range(101, 109), ALONE, DOUBTED], False),  # nine are left
    ],
)
def test_a_picked_group_is_judged_as_what_is_left_of_it(
    t: DuckTables, members: Sequence[int], accused: bool
) -> None:
    pools = world(t, [])
    empty = {"kind": pa.int16(), "value_key": pa.int64(), "lift_bits": pa.float64()}
    t.put(
        "group_values",
        pa.table({"group_id": pa.array([], pa.int64()), **{k: pa.array([], v) for k, v in empty.items()}}),
    )
    put_members(t, {0: members})
    t.put("mixed_groups", pa.table({"group_id": pa.array([0], pa.int64())}))
    found = pools.only_the_sure({0: ACCUSED})
    left = {own for own in members if own != DOUBTED}
    assert [a.verdict == "distillation" for a in found.values()] == [accused]
    assert [ids(pools, g) for g in found] == [left if len(left) >= 10 else {*members}]
