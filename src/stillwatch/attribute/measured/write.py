"""Table `group_features`: every measurement of every group."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.attribute.features import FEATURES
from stillwatch.attribute.measured.account_facts import account_facts
from stillwatch.attribute.measured.asking import asking, asking_accounts
from stillwatch.attribute.measured.bursts import burst_ranks, bursts
from stillwatch.attribute.measured.changes import changes, largest_changes
from stillwatch.attribute.measured.content import content
from stillwatch.attribute.measured.handover import handover
from stillwatch.attribute.measured.moments import write_moments
from stillwatch.attribute.measured.pace import pace
from stillwatch.attribute.measured.rows import put_rows
from stillwatch.attribute.measured.series import series
from stillwatch.attribute.measured.signal_means import signal_means
from stillwatch.attribute.measured.signups import signups
from stillwatch.attribute.measured.spread import spread
from stillwatch.model.engine import Relation, Tables

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rhythms:
    """What measurements need to know of all accounts, whatever the groups: sorted ids of accounts with the rank of
    their burstiness, with the hour of their largest change, and with how much they send and ask for training data."""

    bursts: tuple[Ints, NDArray[np.float64]]
    changes: tuple[Ints, Ints]
    asking: tuple[Ints, Ints, Ints]


def read_rhythms(t: Tables) -> Rhythms:
    """The rhythms of the accounts in `keys` and `activity`."""
    return Rhythms(burst_ranks(t), largest_changes(t), asking_accounts(t))


def write_features(
    t: Tables, rhythms: Rhythms, *, without: Collection[str] = (), threads: int = 1
) -> Relation:
    """Fill `group_features` from the tables of linking, facts, keys and activity, but for families left out."""
    write_moments(t)
    made = [
        *series(t, threads=threads),
        *bursts(t, rhythms.bursts),
        *changes(t, rhythms.changes),
        *signups(t),
        *asking(t, rhythms.asking),
    ]
    shared = put_rows(t, "group_made", made)
    parts = [
        *spread(), *account_facts(t), *content(t), *pace(t), *handover(t), shared, *signal_means(),
    ]  # fmt: skip
    left_out = [f"'{f.name}'" for f in FEATURES.values() if f.family in without]
    wanted = f"AND feature NOT IN ({', '.join(left_out)})" if left_out else ""
    features = t.define(
        "group_features",
        f"""
        SELECT group_id, feature, least(1.0, greatest(0.0, round(CAST(value AS DOUBLE), 6))) AS value,
               CAST(n AS BIGINT) AS n
        FROM ({" UNION ALL ".join(parts)}) AS measured WHERE value IS NOT NULL AND n > 0 {wanted}
        """,
    )
    t.drop("group_moments")
    return features
