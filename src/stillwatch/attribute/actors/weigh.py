"""What a claim's being shown, or not shown, by a campaign is worth in bits, for its actor against an unknown one.

A claim is true with the probability its grade stands for. If it is, the actor shows it with the learned rate, less the
older it is; if it is not, or somebody else is at work, it shows by coincidence. A hit therefore weighs
`log2((p + (1 − p) c) / c)` and a miss `log2(1 − p)`, both bounded. Inside a family the strongest item counts, never
the sum: an address, its network and its provider are one fact. What can be faked also speaks for whoever imitates the
actor.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from stillwatch.attribute.actors.admiralty import trust
from stillwatch.attribute.actors.kinds import FAMILIES
from stillwatch.attribute.actors.marks import Statement
from stillwatch.attribute.actors.profile import Claim
from stillwatch.attribute.actors.rates import Rate, Rates, interval

UNIT = 1024
PRINCIPAL = 0.2  # a value held by this share of the members is the campaign's; less counts in proportion
MISS_BITS = 2.0  # what a miss costs at most
State = Literal["shown", "not shown", "not examined", "expired", "not yet", "context"]


@dataclass(frozen=True, slots=True)
class Sighting:
    """How a campaign stands to one statement: members with it, of those for whom it was examined; the same of all
    other accounts. `rows` are ids of rows that show it. `why_not` says why nothing could be examined."""

    holding: int = 0
    having: int = 0
    others_holding: int = 0
    others_having: int = 0
    rows: tuple[str, ...] = ()
    why_not: str = ""

    @property
    def share(self) -> float:
        """Share of the members that show it."""
        return self.holding / self.having if self.having else 0.0

    @property
    def base(self) -> float:
        """Share of the other accounts that show it; never 0, since they are not everybody."""
        return (self.others_holding + 0.5) / (self.others_having + 1.0)


@dataclass(frozen=True, slots=True)
class Item:
    """One statement weighed: bits (1/1024) for its actor against an unknown one, with the ends of the interval."""

    statement: Statement
    sighting: Sighting
    state: State
    bits: int = 0
    low: int = 0
    high: int = 0


Ends = tuple[int, int, int]  # value, lower end, upper end, in 1/1024 bit
NOTHING: Ends = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Family:
    """What a family says: by source the strongest hit, and the strongest that is hard to fake; the strongest miss, and
    the strongest of what could be faked, which count where nothing is shown; what the lack of everything hard to fake
    takes off, where only what can be faked is shown; by source the trust in what is shown."""

    hits: Mapping[str, Ends] = field(default_factory=dict)
    hard: Mapping[str, Ends] = field(default_factory=dict)
    miss: Ends = NOTHING
    faked_miss: Ends = NOTHING
    lacks: Ends = NOTHING
    trusts: Mapping[str, float] = field(default_factory=dict)

    @property
    def own(self) -> Ends:
        """The strongest hit less what it lacks, or the miss if there is none."""
        if not self.hits:
            return self.miss
        value, low, high = (a + b for a, b in zip(max(self.hits.values()), self.lacks, strict=True))
        return value, low, high


@dataclass(frozen=True, slots=True)
class Weighed:
    """One actor against one campaign."""

    actor: str
    items: tuple[Item, ...]
    families: Mapping[str, Family]


def weigh(actor: str, found: Sequence[tuple[Statement, Sighting]], rates: Rates, when: date) -> Weighed:
    """All statements of one actor, with what a campaign seen at `when` shows of them."""
    live: dict[str, int] = {}
    for s, _ in found:
        if _state_of(s, when) is None:
            live[s.rates] = live.get(s.rates, 0) + 1
    items = tuple(_item(s, seen, rates.of.get(s.rates), live.get(s.rates, 1), when) for s, seen in found)
    return Weighed(actor, items, {f: family(items, f) for f in FAMILIES})


def source_of(claim: Claim) -> str:
    """Where a claim comes from in the end: two sources that repeat one origin are one."""
    return (claim.origin or claim.source).casefold()


def family(items: Sequence[Item], name: str) -> Family:
    """The strongest item of a family by source, or its strongest miss if nothing is shown."""
    own = [i for i in items if i.statement.family == name]
    hard = [i for i in own if i.statement.faking == "hard"]
    hits = _by_source(own)
    shown_hard = _by_source(hard)
    misses = (NOTHING, NOTHING) if hits else (_worst(own), _worst([i for i in own if i not in hard]))
    lacks = _worst(hard) if hits and not shown_hard else NOTHING
    trusts: dict[str, float] = {}
    for claim in (i.statement.claim for i in own if i.state == "shown"):
        trusts[source_of(claim)] = max(trusts.get(source_of(claim), 0.0), trust(claim.reliability))
    return Family(hits, shown_hard, *misses, lacks, trusts)


def _by_source(items: Sequence[Item]) -> dict[str, Ends]:
    out: dict[str, Ends] = {}
    for i in items:
        if i.state == "shown":
            source = source_of(i.statement.claim)
            out[source] = max(out.get(source, NOTHING), (i.bits, i.low, i.high))
    return out


def _worst(items: Sequence[Item]) -> Ends:
    return min(((i.bits, i.low, i.high) for i in items if i.state == "not shown"), default=NOTHING)


def _state_of(s: Statement, when: date) -> State | None:
    """Why a statement does not count at that time; None if it does."""
    if s.cap_bits == 0:
        return "context"
    if s.claim.expires < when:
        return "expired"
    return "not yet" if s.claim.date > when else None


def _item(s: Statement, seen: Sighting, rate: Rate | None, live: int, when: date) -> Item:
    off = _state_of(s, when)
    if off is not None:
        return Item(s, seen, off)
    if rate is None or s.unreadable or seen.having == 0:
        return Item(s, seen, "not examined")
    age = (when - s.claim.date).days
    strength = _strength(seen)
    ends = []
    for end in (0, 1, 2):  # value, low, high
        p = trust(s.claim.reliability) * interval(rate.shown)[end] * rate.fades(age)
        c = _chance(rate, seen, live, s, end)
        if strength[0] > 0:
            ends.append(min(strength[end] * math.log2((p + (1 - p) * c) / c), s.cap_bits))
        else:
            ends.append(max(math.log2(1 - p), -MISS_BITS, -s.cap_bits))
    value, low, high = ends[0], min(ends), max(ends)
    state: State = "shown" if strength[0] > 0 else "not shown"
    return Item(s, seen, state, *(round(x * UNIT) for x in (value, low, high)))


def _strength(seen: Sighting) -> tuple[float, float, float]:
    """How much of a principal value it is, from 0 to 1, with the interval of the members' share."""
    _, low, high = interval((seen.holding, seen.having))
    one, less, more = (min(max(s - seen.base, 0.0) / PRINCIPAL, 1.0) for s in (seen.share, low, high))
    return (one, less, more) if seen.holding else (0.0, 0.0, 0.0)


def _chance(rate: Rate, seen: Sighting, live: int, s: Statement, end: int) -> float:
    """Chance that a campaign of somebody else shows it: learned, more for long profiles and for common values."""
    learned = interval(rate.coincidence)[(0, 2, 1)[end]]
    common = seen.base / PRINCIPAL
    broad = len(s.capabilities) / 7
    return min(max(learned * max(live / rate.claims, 1.0), common, broad), 1.0)
