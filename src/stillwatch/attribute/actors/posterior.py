"""Probabilities over who is behind a campaign; nobody known is always among them.

A state is a pair: who distils (an actor, somebody who imitates an actor, or nobody known) and whose relay carries it
(one that is known, or none). What a relay's profile explains does not tell its customers apart: under such a state a
family counts for whichever of the two explains it better. So infrastructure that actor and relay have in common cancels
out, and "relay only" is what remains when nothing but the relay is recognised.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from stillwatch.attribute.actors.kinds import FAMILIES
from stillwatch.attribute.actors.weigh import UNIT, Family, Weighed

UNKNOWN, RELAY, FALSE_FLAG = "unknown actor", "relay only", "false flag"


@dataclass(frozen=True, slots=True)
class Priors:
    """Before any evidence: `unknown` that no profile describes the distiller; `imitated` of an actor's part that it is
    somebody who imitates it; `relayed` that a relay with a profile carries it."""

    unknown: float = 0.5
    imitated: float = 0.1
    relayed: float = 0.3


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
    row: str
    actor: str
    prior: float
    families: Mapping[str, int]


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
        carriers = [_Who(RELAY, "", 1.0 - (self.priors.relayed if self.relays else 0.0), {})]
        for w in self.relays:
            bits = _family_bits(w, used, 3 - end if end else 0, faked=False)
            carriers.append(_Who(RELAY, w.actor, self.priors.relayed / len(self.relays), bits))
        masses: dict[tuple[str, str, str], float] = {}
        for who in self._distillers(used, favour, end):
            for carrier in carriers:
                total = sum(_better(who, carrier, f) for f in used)
                worth = 2.0 ** self.fusion.worth(total)
                masses[who.row, who.actor, carrier.actor] = who.prior * carrier.prior * worth
        return self._summed(masses)

    def _distillers(self, used: Sequence[str], favour: str, end: int) -> list[_Who]:
        n = len(self.distillers)
        p = self.priors
        found = [_Who(UNKNOWN, "", p.unknown if n else 1.0, {})]
        for w in self.distillers:
            part = (1.0 - p.unknown) / n
            side = (end if w.actor == favour else 3 - end) if end else 0
            other = 3 - end if end else 0
            found.append(
                _Who(w.actor, w.actor, part * (1 - p.imitated), _family_bits(w, used, side, faked=False))
            )
            found.append(
                _Who(FALSE_FLAG, w.actor, part * p.imitated, _family_bits(w, used, other, faked=True))
            )
        return found

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


def _better(who: _Who, carrier: _Who, name: str) -> int:
    """What a family says where both distiller and relay may explain it."""
    return (
        max(who.families.get(name, 0), carrier.families.get(name, 0))
        if carrier.actor
        else who.families.get(name, 0)
    )


def _family_bits(w: Weighed, used: Sequence[str], side: int, *, faked: bool) -> dict[str, int]:
    out = {}
    for name in used:
        found: Family = w.families[name]
        out[name] = found.faked[side] if faked else found.own[side]
    return out
