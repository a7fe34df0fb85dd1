"""Refused requests and what happens next: a client tries again, a router asks another account."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from stillwatch.lab.population.clocks import HOUR_US
from stillwatch.lab.population.frame import Array, Frame
from stillwatch.lab.population.schedule import Plan
from stillwatch.lab.population.specs import NONE

FAIL_OVER = 0.65  # share of the requests sent again that a router gives to another account
ANSWERED, REFUSED, FAILED, RETRIED = 0, 1, 2, 3


def refuse(plan: Plan, streams: Frame, window: int, rng: np.random.Generator) -> Plan:
    """The plan with 429s and failures; what is sent again becomes a further row.

    A client waits half a second to a minute and uses its own account. A router (`streams["router"]`) sends
    the same bytes again within tens of milliseconds to seconds, mostly from another of its accounts.
    """
    u = rng.random(len(plan))
    limited = streams["limited"][plan.stream]
    refused = np.where(
        u < limited, REFUSED, np.where(u < limited + streams["failing"][plan.stream], FAILED, 0)
    )
    again = np.flatnonzero((refused > 0) & (rng.random(len(plan)) < streams["insists"][plan.stream]))
    router = streams["router"][plan.stream[again]]
    router = np.where(rng.random(len(again)) < FAIL_OVER, router, NONE)
    wait = np.where(router >= 0, rng.lognormal(-1.2, 1.0, len(again)), rng.lognormal(1.2, 1.1, len(again)))
    extra = plan.take(again)
    ts = np.minimum(extra.ts + (wait * 1e6).astype(np.int64) + 20_000, window - 1)
    via = _other(extra.via, router, streams, ts / HOUR_US, rng)
    extra = dataclasses.replace(extra, ts=ts, via=via, refused=np.full(len(again), RETRIED, np.int8))
    first = dataclasses.replace(plan, refused=refused.astype(np.int8))
    return merge([first, extra])


def _other(
    stream: Array, router: Array, streams: Frame, hour: Array, rng: np.random.Generator
) -> npt.NDArray[np.int32]:
    """Another stream behind the same router, alive at that hour; the same stream where there is none."""
    served = np.flatnonzero(streams["router"] >= 0)
    if not len(served):
        return stream
    order = served[np.argsort(streams["router"][served], kind="stable")]
    routers = streams["router"][order]
    low = np.searchsorted(routers, router, side="left")
    high = np.searchsorted(routers, router, side="right")
    drawn = low + (rng.random(len(router)) * (high - low)).astype(np.int64)
    other = order[np.minimum(drawn, len(order) - 1)]
    alive = (streams["since"][other] <= hour) & (hour < streams["until"][other])
    return np.where((router >= 0) & alive, other, stream).astype(np.int32)


def merge(plans: list[Plan]) -> Plan:
    """The rows of all plans."""
    names = [f.name for f in dataclasses.fields(Plan)]
    return Plan(**{name: np.concatenate([getattr(p, name) for p in plans]) for name in names})
