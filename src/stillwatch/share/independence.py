"""Which partners' reports are one report: shared origins, our own words coming back, one list repeated with a delay."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SAME_LIST = 0.95  # Jaccard similarity from which two lists are one list
COMMON = 0.5  # Jaccard similarity from which a delay is looked for
FEWEST_COMMON = 8
ONE_SIDED = 0.9  # share of common items that one partner had first
STEADY_SECONDS = 86_400  # spread of the delay (median absolute deviation) that a copied feed stays below


@dataclass(frozen=True, slots=True)
class Source:
    """One partner's report: where it says it comes from, and when it first listed which of our own items.

    `items` maps an item of ours (by position or id, never by value) to the time when this partner first named it.
    """

    partner: str
    origins: frozenset[str] = frozenset()
    items: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Grouping:
    """Reports that count once, and why; `ours` are those that only bring back what we said ourselves."""

    groups: tuple[tuple[str, ...], ...]
    reasons: tuple[str, ...]
    ours: tuple[str, ...]


def group_sources(sources: Sequence[Source], our_messages: frozenset[str]) -> Grouping:
    """Partners by group of dependent reports. Dependence is carried on: if A copies B and B copies C, they are one.

    Campaign members seen by two partners independently overlap too, so overlap alone joins two lists only if they
    are the same list; below that, one has to follow the other with a steady delay.
    """
    ours = tuple(sorted(s.partner for s in sources if s.origins and s.origins <= our_messages))
    rest = sorted((s for s in sources if s.partner not in ours), key=lambda s: s.partner)
    leader = {source.partner: source.partner for source in rest}
    reasons = [f"{name} repeats what we sent ourselves" for name in ours]
    for at, a in enumerate(rest):
        for b in rest[at + 1 :]:
            why = dependence(a, b, our_messages)
            if why:
                reasons.append(f"{a.partner} and {b.partner}: {why}")
                low, high = sorted((_root(leader, a.partner), _root(leader, b.partner)))
                leader[high] = low
    groups: dict[str, list[str]] = {}
    for name in leader:
        groups.setdefault(_root(leader, name), []).append(name)
    return Grouping(tuple(tuple(sorted(g)) for _, g in sorted(groups.items())), tuple(reasons), ours)


def dependence(a: Source, b: Source, our_messages: frozenset[str] = frozenset()) -> str:
    """Why two reports are one report; empty if nothing says so."""
    common_origins = (a.origins & b.origins) - our_messages
    if common_origins:
        return f"{len(common_origins)} common origins"
    if a.items is None or b.items is None:
        return ""
    both = a.items.keys() & b.items.keys()
    if len(both) < FEWEST_COMMON:
        return ""
    alike = len(both) / len(a.items.keys() | b.items.keys())
    if alike >= SAME_LIST:
        return f"the same list ({alike:.0%} of {len(a.items.keys() | b.items.keys())} items common)"
    if alike >= COMMON and _follows([b.items[item] - a.items[item] for item in both]):
        return f"one follows the other with a steady delay ({alike:.0%} of the items common)"
    return ""


def _follows(delays: Sequence[int]) -> bool:
    """Whether one side had nearly all items first, and the other followed after about the same time."""
    later = sum(delay > 0 for delay in delays) / len(delays)
    earlier = sum(delay < 0 for delay in delays) / len(delays)
    middle = statistics.median(delays)
    spread = statistics.median(abs(delay - middle) for delay in delays)
    return max(later, earlier) >= ONE_SIDED and spread <= min(STEADY_SECONDS, abs(middle) / 2)


def _root(leader: Mapping[str, str], name: str) -> str:
    while leader[name] != name:
        name = leader[name]
    return name
