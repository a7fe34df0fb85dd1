"""CooRTweet: accounts that share the same object within seconds, more often than most pairs do."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.compare.clusters import strongest_links
from stillwatch.lab.compare.coaction import READS, Actions, actions, pairs_within
from stillwatch.lab.compare.peer import Floats, peer
from stillwatch.lab.compare.traffic import Traffic

LEAST_ACTIONS = 2  # min_participation


@peer(
    title="CooRTweet, co-action",
    source="Righetti, Balluff: CooRTweet (R package), after Giglietto et al. 2020",
    reads=READS,
    grid={"what": ("prompt", "opening", "system", "network"), "seconds": (10, 60, 600)},
    published={"what": "prompt", "seconds": 10},
    threshold=0.5,
)
def coortweet(traffic: Traffic, *, what: str, seconds: int) -> Floats:
    """Share of links that are lighter than an account's heaviest one.

    Published: two accounts are linked by the number of times they share an object within 10 seconds; accounts with
    fewer than 2 actions are left out; links above a percentile of all weights (default 0.5) are coordinated, and so
    are their accounts.
    Changed: the object is one of ours (`what`; the prompt comes nearest to a shared post); accounts with fewer than
    2 actions are dropped before pairs are made, not again after. Weights tie, so "lighter than" stands in for R's
    interpolated quantile.
    """
    done = actions(traffic, what)
    enough = np.bincount(done.account, minlength=len(traffic.accounts))[done.account] >= LEAST_ACTIONS
    kept = Actions(done.account[enough], done.thing[enough], done.at[enough])
    links = pairs_within(kept, len(traffic.accounts), seconds=seconds)
    heaviest = strongest_links(len(traffic.accounts), links.left, links.right, links.n.astype(np.float64))
    return lighter(heaviest, links.n.astype(np.float64))


def lighter(values: Floats, weights: Floats) -> Floats:
    """Share of the weights below each value; NaN stays NaN."""
    below = np.searchsorted(np.sort(weights), values, side="left") / max(len(weights), 1)
    return np.where(np.isnan(values), np.nan, below)
