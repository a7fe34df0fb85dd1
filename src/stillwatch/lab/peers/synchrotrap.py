"""SynchroTrap: accounts whose sets of timed actions are alike, clustered."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.compare.clusters import cluster_scores
from stillwatch.lab.compare.coaction import READS, Actions, Ints, actions, pairs_within
from stillwatch.lab.compare.peer import Floats, peer
from stillwatch.lab.compare.traffic import Traffic
from stillwatch.model.kernels.hashing import mix

SECOND_US = 1_000_000


@peer(
    title="SynchroTrap",
    source="Cao, Yang, Yu, Palow: Uncovering large groups of active malicious accounts, CCS 2014",
    reads=READS,
    grid={
        "what": ("opening", "system", "network", "opening+network"),
        "hours": (24, 1),
        "smallest": (5, 10, 20),
    },
)
def synchrotrap(traffic: Traffic, *, what: str, hours: int, smallest: int) -> Floats:
    """Jaccard similarity at which single linkage still holds an account in a cluster of `smallest` accounts.

    Published: actions are tuples of constraint object (page, app, IP address) and time; two match if the object is
    the same and the times are close; similarity of two accounts is matched actions over all their actions; single
    linkage, then clusters below a size are dropped. The thresholds differ by application and are not all printed.
    Changed: times are cut into windows of `hours` in place of a sliding distance; objects are those of our data
    (`what`); similarity over the whole period, not added up day by day; no Hadoop.
    """
    done = actions(traffic, what)
    slot = mix(done.thing, done.at // (hours * 3_600 * SECOND_US))
    seen = np.unique(np.stack([done.account, slot], axis=1), axis=0)
    left, right, similarity = jaccard(seen[:, 0], seen[:, 1], len(traffic.accounts))
    return cluster_scores(len(traffic.accounts), left, right, similarity, smallest=smallest)


def jaccard(account: Ints, slot: Ints, accounts: int) -> tuple[Ints, Ints, Floats]:
    """Similarity of accounts that share a slot; rows are distinct."""
    same = pairs_within(Actions.sort(account, slot, np.zeros(len(slot), np.int64)), accounts, seconds=0)
    n = np.bincount(account, minlength=accounts)
    return same.left, same.right, same.n / (n[same.left] + n[same.right] - same.n)
