"""Tables of groups after judging: how wholes come behind their pieces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tests.unit.link.test_flows import CROWDS, world

from stillwatch.app.grouping import Grouping, _bring_back, _set_aside
from stillwatch.attribute.judge import OF_GROUPS, is_copy
from stillwatch.attribute.measured.write import Rhythms
from stillwatch.link.flows import write_flows
from stillwatch.link.membership import described
from stillwatch.link.report import write_values
from stillwatch.store.duck import DuckTables, open_duck


@pytest.fixture
def t(tmp_path: Path) -> Iterator[DuckTables]:
    """An empty engine."""
    with open_duck(tmp_path) as tables:
        yield tables


def test_wholes_are_numbered_behind_what_was_set_aside(t: DuckTables) -> None:
    for name in OF_GROUPS:
        t.put(name, pa.table({"group_id": [0, 3], "n": [10, 13]}))
    _set_aside(t)
    for name in OF_GROUPS:
        t.put(name, pa.table({"group_id": [0], "n": [20]}))
    _bring_back(t, 4)
    for name in OF_GROUPS:
        rows = t.query(f"SELECT group_id, n FROM {name} ORDER BY group_id").to_pylist()
        assert [(0, 10), (3, 13), (4, 20)] == [(r["group_id"], r["n"]) for r in rows]
    assert not any(t.has("first_" + name) for name in OF_GROUPS)


@pytest.mark.parametrize("core", [0, 1])
def test_who_joins_keeps_the_exchanges_of_its_own_group(t: DuckTables, core: int) -> None:
    """Group 0 is a mixture of which one frame is left, group 1 takes part whole but for two accounts, group 2 stays
    aside. Together they have the exchanges that they had apart, and nobody without one; but what joins a mixture has
    customers of its own, so of that just what fills the mixture's frames is left, which is nothing here."""
    held, groups = world(t)
    write_values(t, held, groups)
    write_flows(t, held, groups)
    silent = list(CROWDS[1])[:2]
    t.define(
        "group_exchanges",
        f"""
        SELECT * FROM group_exchanges
        WHERE (group_id > 0 OR template_id IS NOT NULL) AND account_id NOT IN ({silent[0]}, {silent[1]})
        """,
    )
    t.put("mixed_groups", pa.table({"group_id": pa.array([0], pa.int64())}))
    t.put("group_features", pa.table({"group_id": [0, 1, 2], "feature": ["novelty"] * 3}))
    t.put("facts", pa.table({"account_id": pa.array([], pa.int64()), "declared": pa.array([], pa.int32())}))
    before = _exchanges(t)
    nothing = np.empty(0, np.int64)
    rhythms = Rhythms((nothing, np.empty(0)), (nothing, nothing), (nothing, nothing, nothing))
    whole = described(held, np.union1d(groups[0].members, groups[1].members))
    parts = [core, 1 - core]
    assert Grouping(t, held, rhythms).joined_behind([whole], [parts], 3) == {3}
    assert _exchanges(t) == before | {3: before[0] if core == 0 else before[0] | before[1]}
    members = t.query("SELECT account_id FROM group_members WHERE group_id = 3")["account_id"].to_pylist()
    assert set(members) == {*CROWDS[0], *(set(CROWDS[1]) - set(silent) if core else ())}
    mixed = t.query("SELECT group_id FROM mixed_groups ORDER BY 1")["group_id"].to_pylist()
    assert mixed == ([0, 3] if core == 0 else [0])
    assert t.query("SELECT group_id FROM group_features ORDER BY 1")["group_id"].to_pylist() == [0, 1, 2]


@pytest.mark.parametrize("mixed", [True, False])
def test_who_comes_singly_brings_what_fills_the_frames(t: DuckTables, mixed: bool) -> None:
    """Group 0 grows by one account of group 1: all that it fills of the whole's frames comes with it, or, where group 0
    is a mixture, what fills the frames that are left of it."""
    held, groups = world(t)
    write_values(t, held, groups)
    write_flows(t, held, groups)
    t.put("mixed_groups", pa.table({"group_id": pa.array([0] if mixed else [], pa.int64())}))
    t.put("group_features", pa.table({"group_id": [0, 1, 2], "feature": ["novelty"] * 3}))
    t.put("facts", pa.table({"account_id": pa.array([], pa.int64()), "declared": pa.array([], pa.int32())}))
    before = _exchanges(t)
    nothing = np.empty(0, np.int64)
    rhythms = Rhythms((nothing, np.empty(0)), (nothing, nothing), (nothing, nothing, nothing))
    came = groups[1].members[:1]
    whole = described(held, np.union1d(groups[0].members, came))
    whole = replace(whole, favoured=np.union1d(groups[0].favoured, groups[1].favoured))
    whole = replace(whole, lift_bits=np.full(len(whole.favoured), 4.0))
    written = Grouping(t, held, rhythms).joined_behind([whole], [[0]], 3, [came])
    own = set(
        t.query(
            f"SELECT exchange_id FROM group_exchanges WHERE group_id = 1 AND account_id = {held.accounts[came[0]]}"
        )["exchange_id"].to_pylist()
    )
    assert own and written == {3}
    assert _exchanges(t) == before | {3: before[0] | (set() if mixed else own)}
    members = t.query("SELECT account_id FROM group_members WHERE group_id = 3")["account_id"].to_pylist()
    assert (int(held.accounts[came[0]]) in members) is not mixed


def _exchanges(t: DuckTables) -> dict[int, set[int]]:
    out: dict[int, set[int]] = {}
    for row in t.query("SELECT group_id, exchange_id FROM group_exchanges").to_pylist():
        out.setdefault(row["group_id"], set()).add(row["exchange_id"])
    return out


@pytest.mark.parametrize(("inside", "copy"), [(6, True), (5, False)])
def test_most_of_the_members_make_a_copy(inside: int, copy: bool) -> None:
    own = np.arange(10)
    assert is_copy(own, np.concatenate([own[:inside], np.arange(100, 200)])) is copy
