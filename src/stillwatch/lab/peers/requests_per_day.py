"""More than N requests a day: the rule that most gateways offer."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.compare.peer import Floats, peer
from stillwatch.lab.compare.traffic import Traffic


@peer(
    title="More than N requests a day",
    source="rate limits of API gateways; OWASP AISVS 11.5.1",
    reads=("ts",),
    most_accounts=10_000_000,
)
def requests_per_day(traffic: Traffic) -> Floats:
    """Most requests that an account makes on one day, in UTC.

    Published: a limit per principal and day; every provider sets its own, so there is no published number.
    Changed: nothing.
    """
    rows = traffic.numpy(
        "select account, max(n) as n from (select account, at_us // 86400000000 as day, count(*) as n "
        "from exchanges group by all) group by account"
    )
    scores = np.full(len(traffic.accounts), np.nan)
    scores[rows["account"]] = rows["n"]
    return scores
