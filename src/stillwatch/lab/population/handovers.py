"""Requests that go out through another account: a router's choice among the accounts behind it."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from stillwatch.lab.population.clocks import HOUR_US
from stillwatch.lab.population.frame import Array, Frame
from stillwatch.lab.population.schedule import Plan


def another(
    stream: Array, router: Array, streams: Frame, hour: Array, rng: np.random.Generator, *, late: float = 0.0
) -> npt.NDArray[np.int32]:
    """Another stream behind the router, alive at that hour or within `late` hours after it; the same stream
    where there is none, or where the router is negative.
    """
    served = np.flatnonzero(streams["router"] >= 0)
    if not len(served):
        return stream.astype(np.int32)
    order = served[np.argsort(streams["router"][served], kind="stable")]
    routers = streams["router"][order]
    low = np.searchsorted(routers, router, side="left")
    high = np.searchsorted(routers, router, side="right")
    drawn = low + (rng.random(len(router)) * (high - low)).astype(np.int64)
    other = order[np.minimum(drawn, len(order) - 1)]
    alive = (streams["since"][other] <= hour + late) & (hour < streams["until"][other])
    return np.where((router >= 0) & alive, other, stream).astype(np.int32)


def wander(plan: Plan, streams: Frame, rng: np.random.Generator) -> Plan:
    """The plan with conversations that a router carries on through other accounts (`streams["passes"]`)."""
    u = rng.random(len(plan))
    rows = np.flatnonzero((plan.turn > 0) & (plan.refused == 0) & (u < streams["passes"][plan.stream]))
    if not len(rows):
        return plan
    stream = plan.stream[rows]
    via = plan.via.copy()
    via[rows] = another(stream, streams["router"][stream], streams, plan.ts[rows] / HOUR_US, rng)
    return dataclasses.replace(plan, via=via)
