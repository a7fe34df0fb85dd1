"""Who asks: whether requests for training data come from all members alike, or from a few who happen to be among them.

A harvest that is laid over the accounts of a relay uses all of them. Where one customer of a relay grades answers, or
a member of a crowd builds a data set, a few members ask for much and most for nothing. All that members send is looked
at, so the measurement holds for what was not demixed, too.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stillwatch.attribute.measured.content import INTENT
from stillwatch.attribute.measured.rows import Rows, members
from stillwatch.model.engine import Tables
from stillwatch.model.kernels.sketch import INTENT_COLUMNS

Ints = NDArray[np.int64]

LEAST_EXPECTED = 2.0  # members who would ask, below which nothing is measured


def asking_accounts(t: Tables) -> tuple[Ints, Ints, Ints]:
    """Sorted ids of the accounts that send text, how many exchanges with text each has, and how many of these ask for
    training data without an earlier turn; int64[N] each."""
    asks = f"greatest({', '.join(INTENT_COLUMNS)}) >= {INTENT} AND coalesce(turn, 0) = 0"
    rows = t.numpy(
        f"""
        SELECT account_id, count(*) AS sent, sum(CASE WHEN {asks} THEN 1 ELSE 0 END) AS asked
        FROM keys WHERE exact_key IS NOT NULL GROUP BY account_id ORDER BY account_id
        """
    )
    ids, sent, asked = (np.asarray(rows[name], np.int64) for name in ("account_id", "sent", "asked"))
    return ids, sent, asked


def asking(t: Tables, known: tuple[Ints, Ints, Ints]) -> Rows:
    """Rows `asking_spread`: members who ask for training data, of those who would if all asked as often for what they
    send (Poisson with the group's rate)."""
    ids, sent, asked = known
    out: Rows = []
    for group, at in members(t, ids).items():
        expected = float(-np.expm1(-asked[at].sum() / sent[at].sum() * sent[at]).sum())
        if expected >= LEAST_EXPECTED:
            out.append(
                (group, "asking_spread", min(float((asked[at] > 0).sum()) / expected, 1.0), round(expected))
            )
    return out
