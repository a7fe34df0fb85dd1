"""Who of an accused group is not accused with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.attribute.measured.content import INTENT
from stillwatch.model.engine import Tables
from stillwatch.model.kernels.sketch import INTENT_COLUMNS

Ints = NDArray[np.int64]

TIES = ("identity", "payment", "protocol")  # families that an account does not share with strangers by chance
OWN = (
    "client",
    *TIES,
)  # those that speak for more than a public prompt sent from an exit that anybody may rent


@dataclass(frozen=True, slots=True)
class AccusedSettings:
    """A member of an accused group is accused with it if the log-odds of belonging are at least `least_bits`, and
    `exit_bits` if no family of `OWN` speaks for it, and the share of its requests that are the harvest's is at least
    `least_part` of the median member's, `alone_part` if no family of `TIES` speaks for it, since a public prompt is
    sent by strangers too; and unless none of these ask for training data (`intent`, 1/100 bit) where by the group's
    share `expected` of them or more would. When who is left is weighed again, a family may have `slack_bits` less, and
    the whole twice that.

    Fewer than `least_members` are not accused, nor fewer than `least_mixed` whose exchanges were picked out of more.
    Of any log there are many more small groups than large ones, so fewer than `few` must weigh `few_bits` more for each
    halving."""

    least_bits: float = 0.0
    exit_bits: float = 8.0
    least_part: float = 0.1
    alone_part: float = 0.4
    expected: float = 4.0
    intent: int = INTENT
    least_members: int = 10
    least_mixed: int = 20
    few: int = 20
    few_bits: float = 4.0
    slack_bits: float = 1.0


def fewness(members: int, s: AccusedSettings) -> float:
    """Bits that an accused group of so few members must weigh beyond what others must."""
    return s.few_bits * max(float(np.log2(s.few / max(members, 1))), 0.0)


def doubtful(t: Tables, accused: Sequence[int], s: AccusedSettings) -> dict[int, Ints]:
    """Of each accused group that has any, the accounts that are not surely members, hardly take part, or ask for
    nothing: the group may bear the verdict, these accounts do not (decision 0013, 6)."""
    t.put("accused", pa.table({"group_id": pa.array(accused, pa.int64())}))
    asked = ", ".join(f"k.{name}" for name in INTENT_COLUMNS)
    t.define(
        "own_part",
        f"""
        SELECT x.group_id, x.account_id, count(*) AS n,
               sum(CASE WHEN greatest({asked}) >= {s.intent} THEN 1 ELSE 0 END) AS asks
        FROM group_exchanges x JOIN accused a ON a.group_id = x.group_id
        JOIN keys k ON k.exchange_id = x.exchange_id GROUP BY x.group_id, x.account_id
        """,
    )
    t.define(
        "whole_part",
        """
        SELECT k.account_id, count(*) AS n FROM keys k
        JOIN (SELECT DISTINCT account_id FROM own_part) o ON o.account_id = k.account_id GROUP BY k.account_id
        """,
    )
    t.define(
        "part_taken",
        """
        SELECT o.group_id, o.account_id, o.n * 1.0 / w.n AS share, o.asks,
               median(o.n * 1.0 / w.n) OVER (PARTITION BY o.group_id) AS usual,
               o.n * sum(o.asks) OVER (PARTITION BY o.group_id) * 1.0
                   / sum(o.n) OVER (PARTITION BY o.group_id) AS expected
        FROM own_part o JOIN whole_part w ON w.account_id = o.account_id
        """,
    )
    tie = ", ".join(f"m.bits_{family}" for family in TIES)
    own = ", ".join(f"m.bits_{family}" for family in OWN)
    rows = t.numpy(
        f"""
        SELECT m.group_id, m.account_id FROM group_members m JOIN accused a ON a.group_id = m.group_id
        LEFT JOIN part_taken p ON p.group_id = m.group_id AND p.account_id = m.account_id
        WHERE m.log_odds < {s.least_bits} OR coalesce(p.share < {s.least_part} * p.usual, FALSE)
           OR coalesce(p.share < {s.alone_part} * p.usual AND greatest({tie}) <= 0, FALSE)
           OR m.log_odds < {s.exit_bits} AND greatest({own}) <= 0
           OR coalesce(p.asks = 0 AND p.expected >= {s.expected}, FALSE)
        ORDER BY m.group_id, m.account_id
        """
    )
    for name in ("part_taken", "whole_part", "own_part", "accused"):
        t.drop(name)
    groups, accounts = np.asarray(rows["group_id"], np.int64), np.asarray(rows["account_id"], np.int64)
    ids, heads = np.unique(groups, return_index=True)
    return dict(zip(ids.tolist(), np.split(accounts, heads[1:]), strict=True)) if len(ids) else {}
