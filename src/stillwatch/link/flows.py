"""Demixing: which exchanges of the members belong to the group, through the frames it favours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from stillwatch.link.incidence import Incidence
from stillwatch.link.membership import Group
from stillwatch.model.engine import Relation, Tables
from stillwatch.model.families import KINDS

FLOW_KINDS = (
    ("template", "exchange_templates", "template_id"),
    ("wording", "exchange_wordings", "wording_id"),
    ("system", "keys", "system_key"),
    ("tools", "keys", "tools_key"),
    ("schema", "keys", "schema_key"),
)


def write_flows(t: Tables, held: Incidence, groups: Sequence[Group]) -> Relation:
    """Fill `group_flows` (what each group fills) and `group_exchanges` (its demixed exchanges).

    An exchange's probability is that of its surest flow: one minus the ratio of shares outside and inside. Where
    no account holds any content nothing can be demixed: all a member sent belongs, as surely as the member does.
    """
    t.put("group_flows", _flows(held, groups))
    parts = []
    for kind, source, column in FLOW_KINDS:
        code = KINDS[kind].code
        parts.append(
            f"""
            SELECT m.group_id, x.exchange_id, x.account_id, f.p,
                   CASE WHEN f.kind = {KINDS["template"].code} THEN f.value_key ELSE NULL END AS template_id
            FROM {source} x JOIN group_members m ON m.account_id = x.account_id
            JOIN group_flows f ON f.group_id = m.group_id AND f.kind = {code} AND f.value_key = x.{column}
            """
        )
    if not held.of_kind(*(kind for kind, _, _ in FLOW_KINDS)).any():
        parts = [_everything()]
    return t.define(
        "group_exchanges",
        f"""
        SELECT group_id, exchange_id, min(account_id) AS account_id, max(p) AS p,
               min(template_id) AS template_id
        FROM ({" UNION ALL ".join(parts)}) AS flow
        GROUP BY group_id, exchange_id
        """,
    )


def _everything() -> str:
    return """
        SELECT m.group_id, k.exchange_id, k.account_id, 1.0 / (1.0 + pow(2.0, -least(60.0, m.log_odds))) AS p,
               CAST(NULL AS BIGINT) AS template_id
        FROM keys k JOIN group_members m ON m.account_id = k.account_id
        """


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
