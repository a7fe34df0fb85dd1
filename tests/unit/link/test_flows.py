"""Exchanges of groups: each that fills what its group favours, once, however many groups are taken at a time."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from tests.incidences import block, drawn, put_holdings

from stillwatch.link.flows import STEP, write_flows
from stillwatch.link.incidence import Incidence, read_incidence
from stillwatch.link.membership import Group, described
from stillwatch.link.report import write_members
from stillwatch.store.duck import DuckTables

ACCOUNTS = 200
CROWDS = (
    range(1, 13),
    range(21, 31),
    range(41, 46),
)  # crowd i fills frame 9_001 + i, and sends system text 7_001 + i
ORDINARY = {"client": (9, 1), "issuer": (40, 1)}


def world(t: DuckTables, *, content: bool = True) -> tuple[Incidence, list[Group]]:
    """Three crowds. Of each account's six exchanges one fills the crowd's frame, one sends its system text, one does
    both, and three do neither."""
    rows = drawn(np.random.default_rng(3), accounts=ACCOUNTS, kinds=ORDINARY)
    rows += [row for i, crowd in enumerate(CROWDS) for row in block(crowd, ["email_pattern"], value=i)]
    if content:
        for i, crowd in enumerate(CROWDS):
            rows += [
                row
                for kind, v in (("template", 9_001), ("system", 7_001))
                for row in block(crowd, [kind], value=v + i)
            ]
    put_holdings(t, rows, accounts=ACCOUNTS)
    exchanges = [(account, k) for account in range(1, ACCOUNTS + 1) for k in range(6)]
    of = {account: i for i, crowd in enumerate(CROWDS) for account in crowd} if content else {}
    system = [7_001 + of[a] if a in of and k in (1, 2) else None for a, k in exchanges]
    none = pa.nulls(len(exchanges), pa.int64())
    ids = {
        "exchange_id": pa.array(range(len(exchanges)), pa.int64()),
        "account_id": pa.array([a for a, _ in exchanges], pa.int64()),
    }
    t.put(
        "keys",
        pa.table({**ids, "system_key": pa.array(system, pa.int64()), "tools_key": none, "schema_key": none}),
    )
    filled = [(n, a, 9_001 + of[a]) for n, (a, k) in enumerate(exchanges) if a in of and k in (0, 2)]
    for name, column, found in (
        ("exchange_templates", "template_id", filled),
        ("exchange_wordings", "wording_id", []),
    ):
        columns = list(zip(*found, strict=True)) or [()] * 3
        names = ("exchange_id", "account_id", column)
        t.put(name, pa.table({n: pa.array(c, pa.int64()) for n, c in zip(names, columns, strict=True)}))
    held = read_incidence(t)
    groups = [described(held, np.searchsorted(held.accounts, np.array(crowd))) for crowd in CROWDS]
    write_members(t, held, groups)
    return held, groups


def rows(t: DuckTables) -> list[tuple[int, int, int, int | None]]:
    """Group, exchange, account and frame, in the order they are kept in."""
    found = t.query("SELECT group_id, exchange_id, account_id, template_id FROM group_exchanges")
    return list(zip(*(found[c].to_pylist() for c in found.column_names), strict=True))


@pytest.mark.parametrize("step", [1, 40, STEP])
def test_what_fills_a_flow_is_the_groups(t: DuckTables, step: int) -> None:
    held, groups = world(t)
    write_flows(t, held, groups, step=step)
    expected = [
        (i, 6 * (account - 1) + k, account, 9_001 + i if k in (0, 2) else None)
        for i, crowd in enumerate(CROWDS)
        for account in crowd
        for k in range(3)
    ]
    assert expected == rows(t)
    assert not t.has("flow_holders")


@pytest.mark.parametrize("step", [1, STEP])
def test_without_content_all_that_members_sent_is_the_groups(t: DuckTables, step: int) -> None:
    held, groups = world(t, content=False)
    write_flows(t, held, groups, step=step)
    expected = [
        (i, 6 * (account - 1) + k, account, None)
        for i, crowd in enumerate(CROWDS)
        for account in crowd
        for k in range(6)
    ]
    assert expected == rows(t)


def test_no_groups_have_no_exchanges(t: DuckTables) -> None:
    held, _ = world(t)
    write_members(t, held, [])
    write_flows(t, held, [])
    assert [] == rows(t)
