"""Sentences about actors, made from the numbers in the words of ICD 203.

A likelihood and a level of confidence never stand in one sentence: the first says how probable something is, the
second how good the ground is on which that was said. Source: Intelligence Community Directive 203, 2015.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stillwatch.attribute.actors.ladder import GROUP, Standing, independent
from stillwatch.attribute.actors.posterior import RELAY, UNKNOWN, Posterior
from stillwatch.attribute.actors.weigh import UNIT, Item, Weighed

LIKELIHOOD = (
    (0.05, "there is almost no chance that"),
    (0.20, "it is very unlikely that"),
    (0.45, "it is unlikely that"),
    (0.55, "there is a roughly even chance that"),
    (0.80, "it is likely that"),
    (0.95, "it is very likely that"),
    (1.01, "it is almost certain that"),
)  # below this probability, these words; ICD 203, steps at 5, 20, 45, 55, 80 and 95%


def judged(p: float, what: str) -> str:
    """A statement with the words for its probability.

    >>> judged(0.3, "a relay carried it")
    'It is unlikely that a relay carried it'
    """
    words = next(words for limit, words in LIKELIHOOD if p < limit)
    return f"{words[0].upper()}{words[1:]} {what}"


def probability(p: float) -> str:
    """A probability as it is printed: never 0% and never 100%.

    >>> [probability(p) for p in (0.0001, 0.5, 0.9999)]
    ['under 1%', '50%', 'over 99%']
    """
    if p < 0.01:
        return "under 1%"
    return "over 99%" if p > 0.99 else f"{p:.0%}"


def confidence(w: Weighed, width: float) -> tuple[str, str]:
    """High, moderate or low, and why: by sources, hard evidence, and how wide the interval of the probability is."""
    shown = [i for i in w.items if i.state == "shown" and i.bits > 0]
    sources, hard = independent(shown), any(i.statement.faking == "hard" for i in shown)
    families = len({i.statement.family for i in shown})
    kind = "some of it hard to fake" if hard else "all of it possible to fake"
    why = f"{_plural(families, 'family', 'families')} of evidence from {_plural(sources, 'source', 'sources')}, {kind}"
    if not shown:
        return "low", "nothing that the profile claims was seen"
    if hard and families >= 3 and sources >= 2 and width <= 0.2:
        return "high", why
    return ("moderate" if hard and families >= 2 else "low"), why


def actor_sentence(
    w: Weighed, found: Posterior, span: tuple[float, float], stand: Standing, *, fictional: bool
) -> str:
    """What can be said of one actor: likelihood, ground, allegations, and whether it may be named."""
    name = f"{w.actor} (a fictional profile)" if fictional else w.actor
    lines = [judged(found.of[w.actor], f"{name} is behind it {_numbers(found.of[w.actor], span)}")]
    level, why = confidence(w, span[1] - span[0])
    lines.append(f"Confidence in this is {level}: {why}")
    shown = [i.statement.claim.alleged_by for i in w.items if i.state == "shown"]
    alleged = sorted({by for by in shown if by})
    if alleged:
        lines.append(f"That the marks seen are this actor's is as alleged by {', '.join(alleged)}")
    if stand.named:
        lines.append("It meets every requirement of a name")
    else:
        lines.append(f"It is not named; lacking is {'; '.join(stand.unmet)}")
    return ". ".join(lines) + "."


def other_sentence(row: str, found: Posterior, span: tuple[float, float], rung: str, group: str) -> str:
    """What can be said of somebody unknown, of a relay's customer, of an imitation."""
    p = found.of[row]
    numbers = _numbers(p, span)
    if row == UNKNOWN:
        said = judged(p, "somebody whom no profile describes is behind it")
        return f"{said} {numbers}. {_tied(rung, group)}."
    if row == RELAY:
        relay = _likeliest(found.relays)
        if not relay:
            return "No relay has a profile, so none can be recognised."
        said = judged(p, f"no more can be recognised than the relay that carried it, {relay}")
        return f"{said} {numbers}. A relay, its customers and whoever distils are different parties."
    said = judged(p, f"somebody imitates {_likeliest(found.imitated) or 'an actor'}")
    return f"{said} {numbers}. What is cheap to fake speaks for an imitation as much as for the actor."


def _numbers(p: float, span: tuple[float, float]) -> str:
    return f"({probability(p)}, interval {probability(span[0])} to {probability(span[1])})"


def _likeliest(of: Mapping[str, float]) -> str:
    return max(of.items(), key=lambda kv: (kv[1], kv[0]), default=("", 0.0))[0]


def _tied(rung: str, group: str) -> str:
    return (
        f"It belongs to the tracked group {group}" if rung == GROUP else "Nothing ties it to another campaign"
    )


def no_profiles(rung: str, group: str) -> str:
    """What is said where no profile was given."""
    return f"Who is behind it cannot be said: no actor profile was given. {_tied(rung, group)}."


def item_sentence(item: Item) -> str:
    """One claim and what the campaign shows of it."""
    s, seen = item.statement, item.sighting
    claim = s.claim
    by = f", as alleged by {claim.alleged_by}" if claim.alleged_by else ""
    text = (
        f"{claim.statement.rstrip('.')}{by} ({claim.source}, {claim.date.isoformat()}, {claim.reliability})"
    )
    if item.state == "shown":
        return f"{text}: shown by {seen.share:.0%} of {seen.having:,}, by {seen.base:.2%} of others"
    if item.state == "not shown":
        return f"{text}: not shown by any of {seen.having:,}"
    if item.state == "expired":
        return f"{text}: expired on {claim.expires.isoformat()}, so it weighs nothing"
    if item.state == "not yet":
        return f"{text}: dated after the campaign, so it weighs nothing"
    if item.state == "context":
        return f"{text}: context, weighs nothing"
    return f"{text}: could not be examined, {s.unreadable or seen.why_not or 'the log lacks it'}"


def gaps(items: Sequence[Item]) -> list[str]:
    """What could not be examined, or no longer counts."""
    return [item_sentence(i) for i in items if i.state in ("not examined", "expired", "not yet")]


def counter(items: Sequence[Item]) -> list[str]:
    """What speaks against the actor: claims that the campaign does not show."""
    missed = sorted((i for i in items if i.state == "not shown"), key=lambda i: (i.bits, i.statement.id))
    return [f"{item_sentence(i)} ({i.bits / UNIT:+.1f} bits)" for i in missed]


def would_change(items: Sequence[Item]) -> list[str]:
    """What would contradict the claims on which it rests."""
    shown = sorted(
        (i for i in items if i.state == "shown" and i.bits > 0), key=lambda i: (-i.bits, i.statement.id)
    )
    return list(dict.fromkeys(i.statement.claim.contradicted_by for i in shown))


def _plural(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"
