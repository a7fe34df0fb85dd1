"""Rows about members: which values are cited for each, and how sure a weight is."""

from __future__ import annotations

import pyarrow as pa

from stillwatch.attribute.membership import CITED, member_evidence
from stillwatch.model.families import BY_CODE, FAMILIES
from stillwatch.store.duck import DuckTables

KIND = min(code for code, kind in BY_CODE.items() if kind.family == "client")
OTHER = min(code for code, kind in BY_CODE.items() if kind.family == "payment")


def write(t: DuckTables, values: list[tuple[int, int, float]], held: list[tuple[int, int, int]]) -> None:
    """One group of accounts 1 and 2 with client and payment bits: its favoured (kind, value, lift), and who holds
    (account, kind, value)."""
    bits = {f"bits_{f}": pa.array([3.0, 2.0] if f in ("client", "payment") else [0.0, 0.0]) for f in FAMILIES}
    t.put("group_members", pa.table({"group_id": [0, 0], "account_id": [1, 2], **bits}))
    kinds, keys, lifts = zip(*values, strict=True)
    t.put(
        "group_values",
        pa.table({"group_id": [0] * len(kinds), "kind": kinds, "value_key": keys, "lift_bits": lifts}),
    )
    accounts, kinds, keys = zip(*held, strict=True)
    t.put("holdings", pa.table({"account_id": accounts, "kind": kinds, "value_key": keys}))
    t.put(
        "group_kinds",
        pa.table({"group_id": [0, 0], "kind": [KIND, OTHER], "with_kind": [2, 2], "favoured": [2, 0]}),
    )
    t.put("campaign_names", pa.table({"group_id": [0], "campaign_id": ["c-1"]}))
    t.put("account_names", pa.table({"account_id": [1, 2], "name": ["ada", "bo"]}))


def cited(t: DuckTables) -> dict[tuple[str, str], list[str]]:
    rows = member_evidence(t).to_pylist()
    return {(r["account_id"], r["family"]): r["rows"] for r in rows}


def test_a_member_s_own_favoured_values_are_cited_heaviest_first(t: DuckTables) -> None:
    """What another member holds, and what the group does not favour, is no evidence for this one."""
    write(
        t,
        values=[(KIND, 7, 1.0), (KIND, 8, 3.0), (OTHER, 9, 2.0)],
        held=[(1, KIND, 7), (1, KIND, 8), (2, KIND, 7), (2, KIND, 5), (1, OTHER, 9)],
    )
    name, other = BY_CODE[KIND].name, BY_CODE[OTHER].name
    found = cited(t)
    assert [f"holdings/{name}/8", f"holdings/{name}/7"] == found["ada", "client"]
    assert [f"holdings/{name}/7"] == found["bo", "client"]
    assert [f"holdings/{other}/9"] == found["ada", "payment"]
    assert not found["bo", "payment"]


def test_no_more_than_a_few_are_cited(t: DuckTables) -> None:
    many = [(KIND, value, float(value)) for value in range(1, CITED + 4)]
    write(t, values=many, held=[(1, KIND, value) for _, value, _ in many] + [(2, KIND, 1)])
    assert [f"holdings/{BY_CODE[KIND].name}/{v}" for v in range(CITED + 3, 3, -1)] == cited(t)[
        "ada", "client"
    ]


def test_a_weight_is_less_sure_where_few_members_share_a_value(t: DuckTables) -> None:
    """Of the client two of two members share a value; of payment nobody does, so a bit each way is said."""
    write(t, values=[(KIND, 7, 1.0)], held=[(1, KIND, 7), (2, KIND, 7)])
    halves = {r["family"]: r["high"] - r["weight_bits"] for r in member_evidence(t).to_pylist()}
    assert 0 < halves["client"] < halves["payment"] == 1.0
