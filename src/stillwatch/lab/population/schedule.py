"""Streams become a plan: when each request comes, in which session and conversation.

A plan row is small (about 40 bytes); everything else about an exchange is worked out when it is written.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.lab.population.clocks import HOUR_US, draw_hours
from stillwatch.lab.population.draws import Reals
from stillwatch.lab.population.frame import Array, Frame

LONGEST_TALK = 24  # turns after which people start a new conversation
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Plan:
    """One row per request, in order of time once `in_order` has been called."""

    ts: Ints  # microseconds since the start of the window
    stream: npt.NDArray[np.int32]
    via: npt.NDArray[np.int32]  # stream whose account and network carry it; another one after a fail-over
    step: npt.NDArray[np.int32]  # number of the request within its stream
    session: Ints  # number of the session
    talk: npt.NDArray[np.int32]  # number of the conversation, -1 = none
    turn: npt.NDArray[np.int16]
    refused: npt.NDArray[np.int8]  # 0 answered, 1 refused with 429, 2 failed, 3 sent again, 4 account barred

    def __len__(self) -> int:
        return len(self.ts)

    def take(self, rows: npt.NDArray[np.integer] | slice) -> Plan:
        """The rows with these positions."""
        return Plan(
            self.ts[rows],
            self.stream[rows],
            self.via[rows],
            self.step[rows],
            self.session[rows],
            self.talk[rows],
            self.turn[rows],
            self.refused[rows],
        )

    def moved(self, stream: int, session: int, talk: int) -> Plan:
        """The same rows with numbers of streams, sessions and conversations counted on from these."""
        return Plan(
            ts=self.ts,
            stream=self.stream + np.int32(stream),
            via=self.via + np.int32(stream),
            step=self.step,
            session=self.session + session,
            talk=np.where(self.talk >= 0, self.talk + np.int32(talk), self.talk),
            turn=self.turn,
            refused=self.refused,
        )

    def in_order(self) -> Plan:
        """The same rows sorted by time."""
        return self.take(np.argsort(self.ts, kind="stable"))


def schedule(streams: Frame, edges: Reals, hours: int, rng: np.random.Generator) -> Plan:
    """Times of all requests of all streams. Sessions start as the stream's clock says,
    gaps are log-normal.
    """
    of = np.repeat(np.arange(len(streams), dtype=np.int32), streams["requests"])
    first = np.cumsum(streams["requests"]) - streams["requests"]
    step = np.arange(len(of)) - first[of]
    opens = _openings(streams, of, step, rng)
    session = np.cumsum(opens) - 1
    head = np.flatnonzero(opens)
    place = np.arange(len(of)) - head[session]
    start = _starts(streams, of[head], edges, hours, rng) * HOUR_US
    floor = np.clip(streams["since"][of[head]], 0, hours - 0.01) * HOUR_US
    ts = _inside(start, floor, _gaps(streams, of, opens, head, session, rng), head, session, hours * HOUR_US)
    talks = (rng.random(len(head)) < streams["talk"][of[head]])[session]
    begins = talks & (place % LONGEST_TALK == 0)
    talk = np.where(talks, np.cumsum(begins) - 1, -1)
    return Plan(
        ts=ts.astype(np.int64),
        stream=of,
        via=of,
        step=step.astype(np.int32),
        session=session,
        talk=talk.astype(np.int32),
        turn=np.where(talks, place % LONGEST_TALK, 0).astype(np.int16),
        refused=np.zeros(len(of), np.int8),
    )


def _openings(streams: Frame, of: Array, step: Ints, rng: np.random.Generator) -> Array:
    """Where a session begins: at each `run`-th request of steady streams, else with probability 1/run."""
    run = np.maximum(streams["run"], 1.0)
    regular = step % np.maximum(run.astype(np.int64), 1)[of] == 0
    chance = rng.random(len(of)) < 1 / run[of]
    return np.asarray((step == 0) | np.where(streams["steady"][of], regular, chance))


def _gaps(
    streams: Frame, of: Array, opens: Array, head: Array, session: Array, rng: np.random.Generator
) -> Reals:
    """Microseconds since the session's first request."""
    noise = rng.standard_normal(len(of))
    gap = np.where(opens, 0.0, streams["gap"][of] * np.exp(streams["spread"][of] * noise)) * 1e6
    total = np.cumsum(gap)
    return total - total[head][session]


def _starts(streams: Frame, of: Array, edges: Reals, hours: int, rng: np.random.Generator) -> Reals:
    """Hours at which sessions start, inside the life of the stream."""
    clock = streams["clock"][of].astype(np.int64)
    low = np.clip(streams["since"][of], 0, hours - 0.01)
    high = np.clip(streams["until"][of], low + 0.01, hours)
    below, above = _share(edges, hours, clock, low), _share(edges, hours, clock, high)
    u = rng.random(len(of))
    nth = np.arange(len(of)) - np.searchsorted(of, of)
    u = np.where(streams["even"][of], (nth + u) / np.bincount(of, minlength=len(streams))[of], u)
    start = draw_hours(edges, hours, clock, np.clip(below + u * (above - below), 0, 1 - 1e-9))
    start = np.where(above - below < 1e-6, low + u * (high - low), start)
    snap = streams["snap"][of]
    exact = np.floor(start) + snap * rng.random(len(of)) / 3600
    return np.clip(np.where(snap > 0, exact, start), low, high)


def _share(edges: Reals, hours: int, clock: Ints, hour: Reals) -> Reals:
    """Share of a clock's intensity before an hour."""
    whole = np.minimum(hour.astype(np.int64), hours - 1)
    at = clock * hours + whole
    before = np.where(whole == 0, clock, edges[np.maximum(at - 1, 0)])
    return before + (hour - whole) * (edges[at] - before) - clock


def _inside(start: Reals, floor: Reals, since: Reals, head: Array, session: Array, window: int) -> Reals:
    """Times of requests: sessions that would end after the window start earlier, as far as the stream's life
    allows, and are squeezed where that is not enough.
    """
    lasts = since[np.append(head[1:], len(since)) - 1]
    begin = np.maximum(np.minimum(start, window - 1 - lasts), np.minimum(start, floor))
    factor = np.minimum(1.0, (window - 1 - begin) / np.maximum(lasts, 1.0))
    return np.asarray(begin[session] + since * factor[session])
