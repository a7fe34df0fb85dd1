"""Refused requests and what happens next: a client tries again, a router asks another account."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from stillwatch.lab.population.clocks import HOUR_US
from stillwatch.lab.population.frame import Array, Frame
from stillwatch.lab.population.handovers import another
from stillwatch.lab.population.schedule import Plan
from stillwatch.lab.population.specs import NONE

ANSWERED, REFUSED, FAILED, RETRIED, BARRED = range(5)
SUCCESSION = 30.0  # hours for which a router without a living account keeps what it could not send


def refuse(plan: Plan, streams: Frame, window: int, rng: np.random.Generator) -> Plan:
    """The plan with 429s, failures and bans; what is sent again becomes a further row.

    A client waits half a second to a minute and uses its own account. A router (`streams["router"]`) sends
    the same bytes again within tens of milliseconds to seconds, mostly from another of its accounts. After a
    ban that is the only way; if all of its accounts are gone, the request waits for the next pool.
    """
    plan = _barred(plan, streams, window, rng)
    u = rng.random(len(plan))
    limited = streams["limited"][plan.stream]
    drawn = np.where(u < limited, REFUSED, np.where(u < limited + streams["failing"][plan.stream], FAILED, 0))
    refused = np.where(plan.refused == BARRED, BARRED, drawn)
    again = np.flatnonzero((refused > 0) & (rng.random(len(plan)) < streams["insists"][plan.stream]))
    first = dataclasses.replace(plan, refused=refused.astype(np.int8))
    return merge([first, _again(first.take(again), streams, window, rng)])


def _again(extra: Plan, streams: Frame, window: int, rng: np.random.Generator) -> Plan:
    """The refused rows once more: where to, when, and with which end."""
    n, barred = len(extra), extra.refused == BARRED
    router = streams["router"][extra.stream]
    handed = barred | (rng.random(n) < streams["hands"][extra.stream])
    router = np.where(handed, router, NONE)
    wait = np.where(router >= 0, rng.lognormal(-1.2, 1.0, n), rng.lognormal(1.2, 1.1, n))
    ts = extra.ts + (wait * 1e6).astype(np.int64) + 20_000
    via = another(extra.via, router, streams, ts / HOUR_US, rng)
    orphaned = barred & (via == extra.via)
    heir = another(extra.via, np.where(orphaned, router, NONE), streams, ts / HOUR_US, rng, late=SUCCESSION)
    via = np.where(orphaned, heir, via).astype(np.int32)
    begun = (streams["since"][via] * HOUR_US + rng.exponential(600e6, n)).astype(np.int64)
    ts = np.where(orphaned & (via != extra.via), np.maximum(ts, begun), ts)
    refused = np.where(barred & (via == extra.via), BARRED, RETRIED).astype(np.int8)
    return dataclasses.replace(extra, ts=ts, via=via, refused=refused).take(np.flatnonzero(ts < window))


def _barred(plan: Plan, streams: Frame, window: int, rng: np.random.Generator) -> Plan:
    """The last request of a stream whose account is barred comes after the fact: so its owner learns of it."""
    rows = _last(plan, streams["barred"])
    wait = rng.lognormal(np.log(1200.0), 1.6, len(rows)) * 1e6
    ts, refused = plan.ts.copy(), plan.refused.copy()
    late = (streams["until"][plan.stream[rows]] * HOUR_US + wait).astype(np.int64)
    rows, late = rows[late < window], late[late < window]
    ts[rows], refused[rows] = late, BARRED
    return dataclasses.replace(plan, ts=ts, refused=refused)


def _last(plan: Plan, chosen: Array) -> npt.NDArray[np.int64]:
    """The latest row of each chosen stream."""
    rows = np.flatnonzero(chosen[plan.stream])
    rows = rows[np.lexsort((plan.ts[rows], plan.stream[rows]))]
    ends = np.append(np.flatnonzero(np.diff(plan.stream[rows])), len(rows) - 1) if len(rows) else rows
    return rows[ends].astype(np.int64)


def merge(plans: list[Plan]) -> Plan:
    """The rows of all plans."""
    names = [f.name for f in dataclasses.fields(Plan)]
    return Plan(**{name: np.concatenate([getattr(p, name) for p in plans]) for name in names})
