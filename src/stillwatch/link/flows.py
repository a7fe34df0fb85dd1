"""Demixing: which exchanges of the members belong to the group, through the frames it favours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from stillwatch.link.incidence import Incidence
from stillwatch.link.membership import Group
from stillwatch.model.engine import Relation, Tables
from stillwatch.model.families import KINDS

STEP = 16_000_000  # exchanges of groups that are written in one go
FLOW_KINDS = (
    ("template", "exchange_templates", "template_id"),
    ("wording", "exchange_wordings", "wording_id"),
    ("system", "keys", "system_key"),
    ("tools", "keys", "tools_key"),
    ("schema", "keys", "schema_key"),
)


def write_flows(t: Tables, held: Incidence, groups: Sequence[Group], *, step: int = STEP) -> Relation:
    """Fill `group_flows` (what each group fills) and `group_exchanges` (its demixed exchanges), some groups at a time:
    as many as have `step` exchanges.

    An exchange's probability is that of its surest flow: one minus the ratio of shares outside and inside. Where
    no account holds any content nothing can be demixed: all a member sent belongs, as surely as the member does.
    """
    t.put("group_flows", _flows(held, groups))
    if held.of_kind(*(kind for kind, _, _ in FLOW_KINDS)).any():
        _write_flow_holders(t)
        sizes, select = "SELECT group_id, sum(n) AS n FROM flow_holders GROUP BY group_id", _filled
    else:
        sizes, select = _ALL_SENT, _everything
    for i, (first, last) in enumerate(_ranges(t.numpy(f"{sizes} ORDER BY group_id"), step)):
        rows = f"""
            SELECT group_id, exchange_id, min(account_id) AS account_id, max(p) AS p,
                   min(template_id) AS template_id
            FROM ({select(first, last)}) AS flow
            GROUP BY group_id, exchange_id ORDER BY group_id, account_id, exchange_id
            """
        if i:
            t.extend("group_exchanges", rows)
        else:
            t.define("group_exchanges", rows)
    t.drop("flow_holders")
    return Relation("SELECT * FROM group_exchanges")


def _ranges(sizes: Mapping[str, np.ndarray], step: int) -> list[tuple[int, int]]:
    """First and last number of the groups that are written in one go; one range at least."""
    group, n = np.asarray(sizes["group_id"], np.int64), np.asarray(sizes["n"], np.float64)
    heads = np.flatnonzero(np.diff((np.cumsum(n) - n) // step, prepend=-1))
    first = group[heads].tolist() or [0]
    return list(zip(first, [*(f - 1 for f in first[1:]), int(group.max(initial=0))], strict=True))


def _filled(first: int, last: int) -> str:
    """What the groups from `first` to `last` fill of their flows, once for each kind."""
    return " UNION ALL ".join(
        f"""
        SELECT f.group_id, x.exchange_id, x.account_id, f.p,
               {f"x.{column}" if kind == "template" else "CAST(NULL AS BIGINT)"} AS template_id
        FROM {source} x
        JOIN (SELECT * FROM flow_holders
              WHERE group_id BETWEEN {first} AND {last} AND kind = {KINDS[kind].code}) f
          ON f.account_id = x.account_id AND f.value_key = x.{column}
        """
        for kind, source, column in FLOW_KINDS
    )


_ALL_SENT = """
    SELECT m.group_id, sum(a.n) AS n FROM group_members m JOIN activity a ON a.account_id = m.account_id
    GROUP BY m.group_id
    """


def _everything(first: int, last: int) -> str:
    """Whatever the members of the groups from `first` to `last` sent."""
    return f"""
        SELECT m.group_id, k.exchange_id, k.account_id, 1.0 / (1.0 + pow(2.0, -least(60.0, m.log_odds))) AS p,
               CAST(NULL AS BIGINT) AS template_id
        FROM keys k JOIN group_members m ON m.account_id = k.account_id
        WHERE m.group_id BETWEEN {first} AND {last}
        """


def _write_flow_holders(t: Tables) -> None:
    """Table `flow_holders`: what each member fills of what its group does. Two joins by themselves, since an engine may
    take members and flows of a group first, and one of thousands has millions of such pairs."""
    t.define(
        "member_values",
        f"""
        SELECT m.group_id, h.account_id, h.kind, h.value_key, h.n FROM holdings h
        JOIN group_members m ON m.account_id = h.account_id
        WHERE h.kind IN ({", ".join(str(KINDS[kind].code) for kind, _, _ in FLOW_KINDS)})
        """,
    )
    t.define(
        "flow_holders",
        """
        SELECT m.group_id, m.account_id, m.kind, m.value_key, m.n, f.p FROM member_values m
        JOIN group_flows f ON f.group_id = m.group_id AND f.kind = m.kind AND f.value_key = m.value_key
        """,
    )
    t.drop("member_values")


def _flows(held: Incidence, groups: Sequence[Group]) -> pa.Table:
    is_flow = held.of_kind(*(kind for kind, _, _ in FLOW_KINDS))
    parts = []
    for i, group in enumerate(groups):
        at = is_flow[group.favoured]
        values = group.favoured[at]
        parts.append((np.full(len(values), i), values, 1.0 - np.exp2(-group.lift_bits[at])))
    none = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    number, value, p = (np.concatenate(columns) for columns in zip(none, *parts, strict=True))
    return pa.table({"group_id": number, "kind": held.kind[value], "value_key": held.key[value], "p": p})
