"""A pool that is banned on one day, and a second one that carries its programme on within hours."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from stillwatch.lab.attacks.raid import Raid, programme, raid
from stillwatch.lab.population.specs import STATUSES, Crowd
from stillwatch.lab.population.town import Town


@dataclass(frozen=True, slots=True)
class Succession:
    """Parameters of a campaign that outlives its accounts."""

    raid: Raid
    banned_day: float = 10.0
    wave: float = 1.5  # hours the ban takes
    share: float = 0.4  # of the accounts that belong to the first pool
    after: float = 1.0  # hours from the last ban to the first successor
    within: float = 9.0  # mean hours from there to the start of a successor


def succession(town: Town, rng: np.random.Generator, n: int, campaign: int, *, how: Succession) -> Crowd:
    """n accounts in two pools. Frames, data sets, routers and clients go on; accounts, cards, addresses and
    hours of work are new.
    """
    first = round(n * how.share)
    doing = programme(town, rng, max(first, n - first), campaign, how=how.raid)
    banned = how.banned_day * 24
    old = raid(town, rng, first, campaign, how=how.raid, doing=doing)
    gone = old.marked(
        status=STATUSES.index("banned"), ends=banned + how.wave * rng.beta(1.2, 2.5, len(old.accounts))
    )
    reserve = replace(how.raid, opened=(how.banned_day - 6, how.banned_day + 0.3))
    new = raid(town, rng, n - first, campaign, how=reserve, doing=doing)
    start = banned + how.wave + how.after + rng.exponential(how.within, len(new.accounts))
    streams = new.streams
    since = np.where(
        streams["campaign"] == campaign,
        np.maximum(streams["since"], start[streams["account"]]),
        streams["since"],
    )
    until = np.where(streams["campaign"] == campaign, float(town.hours), streams["until"])
    return Crowd.join([gone, Crowd(new.accounts, streams.having(since=since, until=until))])
