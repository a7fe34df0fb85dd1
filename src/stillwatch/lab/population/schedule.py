"""Streams become a plan: when each request comes, in which session and conversation.

A plan row is small (about 40 bytes); everything else about an exchange is worked out when it is written.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.lab.fit.samplers import burstiness, draw_turns
from stillwatch.lab.fit.tables import turns
from stillwatch.lab.population.clocks import HOUR_US, draw_hours
from stillwatch.lab.population.draws import Reals
from stillwatch.lab.population.frame import Array, Frame
from stillwatch.lab.population.specs import AGENT, PEOPLE, PROGRAM

LONGEST_TALK = 60  # turns after which everybody starts a new conversation
MOST_BURSTY = 10.0  # coefficient of variation; some clients of the traces are above it, one in twenty
SENDING = 0.004  # seconds it takes to send a request, on average
LAST_RANK = 1 - 2.0**-24  # largest float below 1 in single precision
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
    size: npt.NDArray[np.float32]  # rank of the request's length among those of its kind, 0..1
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
            self.size[rows],
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
            size=self.size,
            refused=self.refused,
        )

    def in_order(self) -> Plan:
        """The same rows sorted by time."""
        return self.take(np.argsort(self.ts, kind="stable"))


def schedule(streams: Frame, edges: Reals, hours: int, rng: np.random.Generator) -> Plan:
    """Times of all requests of all streams. Sessions start as the stream's clock says; conversations are as
    long, and times between requests as uneven, as the traces say.

    The last conversation of a stream is brought to its end, so that a stream that holds conversations may have
    some requests more than `requests`.
    """
    parts = _begun(streams, rng)
    of = np.repeat(parts.stream, parts.length)
    rows = np.arange(len(of))
    first = np.cumsum(parts.length) - parts.length
    opens = np.zeros(len(of), bool)
    opens[first] = parts.opens
    session = np.cumsum(opens) - 1
    head = np.flatnonzero(opens)
    start = _starts(streams, of[head], edges, hours, rng) * HOUR_US
    floor = np.clip(streams["since"][of[head]], 0, hours - 0.01) * HOUR_US
    since = _gaps(streams, of, opens, head, session, rng)
    begun = np.repeat(first, parts.length)
    talks = np.repeat(parts.talks, parts.length)
    group = np.where(talks, begun, rows)
    return Plan(
        ts=_inside(start, floor, since, head, session, hours * HOUR_US).astype(np.int64),
        stream=of,
        via=of,
        step=(rows - np.searchsorted(of, of)).astype(np.int32),
        session=session,
        talk=np.where(talks, np.repeat(np.cumsum(parts.talks), parts.length) - 1, -1).astype(np.int32),
        turn=np.where(talks, rows - begun, 0).astype(np.int16),
        size=np.clip(np.sort(group + rng.random(len(of))) - group, 0, LAST_RANK).astype(np.float32),
        refused=np.zeros(len(of), np.int8),
    )


@dataclass(frozen=True, slots=True)
class _Begun:
    """What streams begin, one after the other: conversations and single requests."""

    stream: npt.NDArray[np.int32]
    length: Ints
    talks: npt.NDArray[np.bool_]  # it is a conversation
    opens: npt.NDArray[np.bool_]  # it is the first of a session


def _begun(streams: Frame, rng: np.random.Generator) -> _Begun:
    """Conversations of the fitted lengths, or single requests, until each stream has its requests."""
    requests = streams["requests"]
    stream = np.repeat(np.arange(len(streams), dtype=np.int32), requests)
    talks = rng.random(len(stream)) < streams["talk"][stream]
    length, usual = _turns(streams, stream, talks, rng)
    ends = np.cumsum(length)
    before = np.cumsum(requests) - requests
    place = ends - length - np.where(before > 0, ends[before - 1], 0)[stream]
    kept = np.flatnonzero(place < requests[stream])
    stream, place, length = stream[kept], place[kept], length[kept]
    agents = streams["manner"][stream] == AGENT
    length = np.where(agents, np.minimum(length, requests[stream] - place), length)
    run = np.maximum(streams["run"], 1.0)
    regular = place % np.maximum(run.astype(np.int64), 1)[stream] == 0
    chance = agents | (rng.random(len(stream)) < (usual / run)[stream])
    opens = (place == 0) | np.where(streams["steady"][stream], regular, chance)
    return _Begun(stream, length, talks[kept], opens)


def _turns(
    streams: Frame, stream: npt.NDArray[np.int32], talks: npt.NDArray[np.bool_], rng: np.random.Generator
) -> tuple[Ints, Reals]:
    """Requests of everything that might be begun, and the usual number by stream. An agent works on one thing
    for a whole session.
    """
    manner = streams["manner"][stream]
    length, usual = np.ones(len(stream), np.int64), np.ones(len(streams))
    for kind, name in ((PEOPLE, "chat"), (PROGRAM, "coding")):
        fitted = turns(name)
        some = talks & (manner == kind)
        length[some] = np.minimum(draw_turns(rng, int(some.sum()), fitted), LONGEST_TALK)
        mean = fitted.single + (1 - fitted.single) * (2 + fitted.mean)
        usual = np.where(streams["manner"] == kind, 1 + streams["talk"] * (mean - 1), usual)
    agents = manner == AGENT
    run = np.maximum(streams["run"], 1.0)[stream[agents]]
    length[agents] = np.minimum(rng.geometric(1 / run), LONGEST_TALK)
    return length, usual


def _gaps(
    streams: Frame, of: Array, opens: Array, head: Array, session: Array, rng: np.random.Generator
) -> Reals:
    """Microseconds since the session's first request.

    People pause between turns: log-normal. Programs send as the fitted clients do: Gamma distributed gaps with a
    coefficient of variation of the stream's own, at a pace that differs from session to session.
    """
    cv = np.minimum(burstiness(rng, len(streams)), MOST_BURSTY)
    shape = (1 / cv**2)[of]
    noise = rng.standard_normal(len(head))[session]
    usual = streams["gap"][of]
    sent = usual * np.exp(streams["spread"][of] * noise) * rng.standard_gamma(shape) / shape
    paused = usual * np.exp(turns("chat").gap_spread * rng.standard_normal(len(of)))
    gap = np.where(streams["manner"][of] == PEOPLE, paused, sent + rng.exponential(SENDING, len(of)))
    total = np.cumsum(np.where(opens, 0.0, gap * 1e6))
    return np.asarray(total - total[head][session])


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
