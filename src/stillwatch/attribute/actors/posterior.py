"""Probabilities over who is behind a campaign; nobody known is always among them.

A state is a pair: who distils (an actor, somebody who imitates an actor, or nobody known) and whose relay carries it
(one that is known, or none). What a relay's profile explains does not tell its customers apart: under such a state a
family counts for whichever of the two explains it better. So infrastructure that actor and relay have in common cancels
out, and "relay only" is what remains when nothing but the relay is recognised.

Families add up only as far as their sources do. If a source took another's campaign for the actor's, all that it
says is wrong at once, so one source brings at most log2 of 1 + `parties` t / (1 − t) bits, where t is the trust in it
and `parties` the number of those whose campaign it might have been. With several sources, no set of them brings more
than its caps and what the others show by themselves.

Whoever imitates an actor shows everything that the actor shows except what is hard to fake: that part is taken off, and
what is hard to fake and missing is not held against an imitation.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from stillwatch.attribute.actors.kinds import FAMILIES
from stillwatch.attribute.actors.weigh import UNIT, Weighed

SOURCES = 8  # sources whose caps are weighed against each other; more say nothing new
UNKNOWN, RELAY, FALSE_FLAG = "unknown actor", "relay only", "false flag"


@dataclass(frozen=True, slots=True)
class Priors:
    """Before any evidence: `unknown` that no profile describes the distiller; `imitated` of an actor's part that it is
    somebody who imitates it; `relayed` that a relay with a profile carries it; `parties` whose campaign a source might
    have taken for the actor's."""

    unknown: float = 0.5
    imitated: float = 0.2
    relayed: float = 0.3
    parties: int = 16

    def most(self, trust: float) -> int:
        """What one source brings at most, in 1/1024 bit."""
        return round(math.log2(1 + self.parties * trust / (1 - trust)) * UNIT)


@dataclass(frozen=True, slots=True)
class Fusion:
    """How families add up: the sum counts `scale` of itself, `bound_bits` at most."""

    scale: float
    bound_bits: float

    def worth(self, total: int) -> float:
        """Bits of a sum in 1/1024 bit."""
        return min(max(self.scale * total / UNIT, -self.bound_bits), self.bound_bits)


@dataclass(frozen=True, slots=True)
class Posterior:
    """Probability of each actor and of `UNKNOWN`, `RELAY` and `FALSE_FLAG`, summing to 1; log2 likelihood ratio of each
    against an unknown actor; the part of `FALSE_FLAG` that imitates each actor, of `RELAY` that is each relay's."""

    of: Mapping[str, float]
    log2_lr: Mapping[str, float]
    imitated: Mapping[str, float]
    relays: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Who:
    """One side of a state: what each family says by source, what it says where nothing is shown, what is taken off
    where it is, what a source brings at most; all in 1/1024 bit."""

    row: str
    actor: str
    prior: float
    by_source: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    floor: Mapping[str, int] = field(default_factory=dict)
    lacks: Mapping[str, int] = field(default_factory=dict)
    most: Mapping[str, int] = field(default_factory=dict)
    hard: _Who | None = None  # for an imitation: what is hard to fake, to be taken off

    def worth(self, beside: Mapping[str, int]) -> int:
        """What this side says for itself, where a relay explains as much of each family as `beside` says."""
        if self.hard is None:
            return self.total(beside)
        return self.total(beside) - self.hard.total(beside) + sum(max(bits, 0) for bits in beside.values())

    def total(self, beside: Mapping[str, int]) -> int:
        """Sum over families, each the better of this side and what a relay explains (`beside`), capped by source."""
        sums: dict[str, int] = {}
        for of in self.by_source.values():
            for source, bits in of.items():
                sums[source] = sums.get(source, 0) + bits
        binding = sorted(source for source, bits in sums.items() if bits > self.most[source])[:SOURCES]
        return min(
            sum(self.most[source] for source in capped) + self._rest(frozenset(capped), beside)
            for n in range(len(binding) + 1)
            for capped in combinations(binding, n)
        )

    def total_of(self, name: str) -> int:
        """What one family says by itself."""
        hits = self.by_source[name].values()
        return max(hits) + self.lacks[name] if hits else self.floor[name]

    def _rest(self, capped: frozenset[str], beside: Mapping[str, int]) -> int:
        whole = 0
        for name, floor in self.floor.items():
            of = self.by_source.get(name, {})
            hits = [bits for source, bits in of.items() if source not in capped]
            own = max(hits, default=0) + self.lacks.get(name, 0) if of else floor
            whole += max(own, beside[name]) if name in beside else own
        return whole


@dataclass(frozen=True, slots=True)
class Bench:
    """Distillers and relays that have profiles, weighed against one campaign."""

    distillers: Sequence[Weighed]
    relays: Sequence[Weighed]
    fusion: Fusion
    priors: Priors = field(default_factory=Priors)

    def posterior(self, *, without: Iterable[str] = (), favour: str = "", end: int = 0) -> Posterior:
        """The posterior, without some families. With `end` 1 (2) what speaks for `favour` is taken at the low (high)
        end of its interval, and what speaks for everybody else at the other."""
        used = [f for f in FAMILIES if f not in set(without)]
        carriers = [_Who(RELAY, "", 1.0 - (self.priors.relayed if self.relays else 0.0))]
        for w in self.relays:
            part = self.priors.relayed / len(self.relays)
            carriers.append(self._who(RELAY, w, part, used, 3 - end if end else 0))
        explained = [{f: c.total_of(f) for f in used} if c.actor else {} for c in carriers]
        masses: dict[tuple[str, str, str], float] = {}
        for who in self._distillers(used, favour, end):
            for carrier, beside in zip(carriers, explained, strict=True):
                worth = 2.0 ** self.fusion.worth(who.worth(beside))
                masses[who.row, who.actor, carrier.actor] = who.prior * carrier.prior * worth
        return self._summed(masses)

    def _distillers(self, used: Sequence[str], favour: str, end: int) -> list[_Who]:
        n = len(self.distillers)
        p = self.priors
        other = 3 - end if end else 0
        found = [_Who(UNKNOWN, "", p.unknown if n else 1.0, floor=dict.fromkeys(used, 0))]
        for w in self.distillers:
            part = (1.0 - p.unknown) / n
            found.append(
                self._who(w.actor, w, part * (1 - p.imitated), used, end if w.actor == favour else other)
            )
            found.append(
                self._who(FALSE_FLAG, w, part * p.imitated, used, end if favour == FALSE_FLAG else other)
            )
        return found

    def _who(self, row: str, w: Weighed, prior: float, used: Sequence[str], end: int) -> _Who:
        families = {name: w.families[name] for name in used}
        hits = {n: {source: bits[end] for source, bits in f.hits.items()} for n, f in families.items()}
        trusts = sorted((source, t) for f in families.values() for source, t in f.trusts.items())
        most = {source: self.priors.most(t) for source, t in trusts}  # of each source the highest
        none = dict.fromkeys(used, 0)
        if row != FALSE_FLAG:
            floor = {n: f.miss[end] for n, f in families.items()}
            lacks = {n: f.lacks[end] for n, f in families.items()}
            return _Who(row, w.actor, prior, hits, floor, lacks, most)
        hard = {n: {source: bits[end] for source, bits in f.hard.items()} for n, f in families.items()}
        floor = {n: f.faked_miss[end] for n, f in families.items()}
        return _Who(
            row, w.actor, prior, hits, floor, none, most, _Who(row, w.actor, prior, hard, none, none, most)
        )

    def _summed(self, masses: Mapping[tuple[str, str, str], float]) -> Posterior:
        whole = sum(masses.values())
        rows = [w.actor for w in self.distillers] + [UNKNOWN, RELAY, FALSE_FLAG]
        of, imitated, relays = (
            dict.fromkeys(rows, 0.0),
            dict.fromkeys(rows[:-3], 0.0),
            {w.actor: 0.0 for w in self.relays},
        )
        for (row, actor, carrier), mass in masses.items():
            name = RELAY if row == UNKNOWN and carrier else row
            of[name] += mass / whole
            if name == FALSE_FLAG:
                imitated[actor] += mass / whole
            if name == RELAY:
                relays[carrier] += mass / whole
        return Posterior(of, {name: self._ratio(name, p, of) for name, p in of.items()}, imitated, relays)

    def _ratio(self, name: str, p: float, of: Mapping[str, float]) -> float:
        """log2 of how much better `name` explains it than somebody unknown, with or without a relay."""
        n = len(self.distillers)
        if name in (UNKNOWN, RELAY) or n == 0:
            return 0.0
        part = (1 - self.priors.unknown) * (
            self.priors.imitated if name == FALSE_FLAG else (1 - self.priors.imitated) / n
        )
        odds = (p / part) / ((of[UNKNOWN] + of[RELAY]) / self.priors.unknown)
        return math.log2(odds)
