"""Result rows about actors: probabilities, sentences, and every claim with what the campaign shows of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from stillwatch.attribute.actors.ladder import CLUSTER, GROUP, NAMED
from stillwatch.attribute.actors.posterior import FALSE_FLAG, RELAY, UNKNOWN
from stillwatch.attribute.actors.profile import Profile
from stillwatch.attribute.actors.tracked import Tie
from stillwatch.attribute.actors.verdict import Verdict
from stillwatch.attribute.actors.weigh import UNIT, Item, Weighed
from stillwatch.attribute.actors.wording import (
    actor_sentence,
    counter,
    gaps,
    item_sentence,
    no_profiles,
    other_sentence,
    probability,
    would_change,
)
from stillwatch.model.tables import TABLES

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Attributed:
    """What is known of one campaign's actor: the verdict (none without profiles), its tracked group, what ties it."""

    campaign_id: str
    verdict: Verdict | None
    group: str = ""
    ties: Sequence[Tie] = ()

    @property
    def rung(self) -> str:
        """How far up the ladder it is without a name."""
        return GROUP if self.group else CLUSTER


def attributions(found: Sequence[Attributed], profiles: Mapping[str, Profile]) -> pa.Table:
    """Rows of `attributions`; without profiles every campaign's actor is unknown, and said to be."""
    rows: list[Row] = []
    for a in found:
        rows += _rows(a, a.verdict, profiles) if a.verdict else [_without_profiles(a)]
    return pa.Table.from_pylist(rows, schema=TABLES["attributions"].schema)


def _without_profiles(a: Attributed) -> Row:
    return {
        "campaign_id": a.campaign_id,
        "actor": UNKNOWN,
        "posterior": 1.0,
        "low": 1.0,
        "high": 1.0,
        "log2_lr": 0.0,
        "profile_version": None,
        "without_family": "{}",
        "alternatives": ["another actor", "not distillation"],
        "would_change": ["an actor profile whose claims the campaign shows"],
        "ladder": a.rung,
        "statement": no_profiles(a.rung, a.group),
        "tracked_group": a.group or None,
        "families": "{}",
        "unmet": [],
        "counter": [],
        "gaps": ["no actor profile was given"],
    }


def _rows(a: Attributed, v: Verdict, profiles: Mapping[str, Profile]) -> Iterator[Row]:
    for name, p in v.posterior.of.items():
        low, high = v.spans[name]
        known = v.weighed.get(name) if name in v.standings else None
        shared: Row = {
            "campaign_id": a.campaign_id,
            "actor": name,
            "posterior": round(p, 6),
            "low": round(low, 6),
            "high": round(high, 6),
            "log2_lr": round(v.posterior.log2_lr[name], 4),
            "without_family": _json({f: round(w.of[name], 6) for f, w in v.without.items()}),
            "alternatives": _alternatives(v, name),
            "tracked_group": a.group or None,
        }
        yield shared | (_known(a, v, known, profiles[name]) if known else _other(a, v, name))


def _known(a: Attributed, v: Verdict, w: Weighed, profile: Profile) -> Row:
    stand = v.standings[w.actor]
    return {
        "profile_version": profile.version,
        "would_change": would_change(w.items) or ["claims of its profile that the campaign shows"],
        "ladder": NAMED if v.named == w.actor else a.rung,
        "statement": actor_sentence(w, v.posterior, v.spans[w.actor], stand, fictional=profile.fictional),
        "families": _families(w),
        "unmet": list(stand.unmet),
        "counter": counter(w.items) or ["nothing that was examined speaks against it"],
        "gaps": gaps(w.items) or ["every live claim could be examined"],
    }


def _other(a: Attributed, v: Verdict, name: str) -> Row:
    relays = [w for actor, w in v.weighed.items() if actor not in v.standings]
    carried = max(relays, key=lambda w: (v.posterior.relays[w.actor], w.actor), default=None)
    shown = carried if name == RELAY else None
    changes = {
        UNKNOWN: "an actor profile whose claims the campaign shows",
        RELAY: "evidence of whoever sends the harvest through the relay",
        FALSE_FLAG: "evidence that is hard to fake, for the actor or for somebody else",
    }
    return {
        "profile_version": None,
        "would_change": [changes[name]],
        "ladder": a.rung,
        "statement": other_sentence(name, v.posterior, v.spans[name], a.rung, a.group),
        "families": _families(shown) if shown else "{}",
        "unmet": [],
        "counter": _against(v, name),
        "gaps": _gaps(v),
    }


def _against(v: Verdict, name: str) -> list[str]:
    """What speaks against nobody known: the profile that fits best."""
    best = max(v.standings, key=lambda n: (v.posterior.of[n], n), default="")
    if not best or best == name:
        return ["no profile of a distiller was given"]
    fits = v.posterior.log2_lr[best]
    return [
        f"{best} explains the evidence {abs(fits):.1f} bits {'better' if fits > 0 else 'worse'} than somebody unknown"
    ]


def _gaps(v: Verdict) -> list[str]:
    n = sum(len(gaps(w.items)) for w in v.weighed.values())
    if n == 1:
        return ["1 claim of all profiles could not be examined or has expired"]
    return [f"{n} claims of all profiles could not be examined or have expired"] if n else ["none"]


def _alternatives(v: Verdict, name: str) -> list[str]:
    ranked = sorted(((p, n) for n, p in v.posterior.of.items() if n != name), key=lambda pn: (-pn[0], pn[1]))
    return [*(f"{n} ({probability(p)})" for p, n in ranked[:4]), "not distillation"]


def _families(w: Weighed) -> str:
    return _json({f: round(bits.own[0] / UNIT, 4) for f, bits in w.families.items() if bits.own[0]})


def _json(values: Mapping[str, float]) -> str:
    return json.dumps(values, sort_keys=True)


def attribution_evidence(found: Sequence[Attributed]) -> pa.Table:
    """Rows of `attribution_evidence`: every claim of every profile, and what ties campaigns into tracked groups."""
    rows: list[Row] = []
    for a in found:
        for w in a.verdict.weighed.values() if a.verdict else ():
            rows += [_evidence(a.campaign_id, w.actor, item) for item in w.items]
        for tie in a.ties:
            rows += _tied(a, tie)
    return pa.Table.from_pylist(rows, schema=TABLES["attribution_evidence"].schema)


def _evidence(campaign: str, actor: str, item: Item) -> Row:
    s, seen = item.statement, item.sighting
    return {
        "campaign_id": campaign,
        "actor": actor,
        "claim": s.id,
        "family": s.family,
        "kind": s.kind,
        "faking": s.faking,
        "state": item.state,
        "weight_bits": item.bits / UNIT,
        "low": item.low / UNIT,
        "high": item.high / UNIT,
        "holding": seen.holding,
        "examined": seen.having,
        "base_share": round(seen.base, 6) if seen.having else None,
        "statement": item_sentence(item),
        "source": s.claim.source,
        "date": s.claim.date.isoformat(),
        "reliability": s.claim.reliability,
        "alleged_by": s.claim.alleged_by or None,
        "expires": s.claim.expires.isoformat(),
        "contradicted_by": s.claim.contradicted_by,
        "rows": list(seen.rows),
    }


def _tied(a: Attributed, tie: Tie) -> Iterator[Row]:
    other = tie.b if tie.a == a.campaign_id else tie.a
    for family, bits in sorted(tie.families.items()):
        yield {
            "campaign_id": a.campaign_id,
            "actor": a.group,
            "claim": f"tie {other} {family}",
            "family": family,
            "kind": "tie",
            "faking": None,
            "state": "shown",
            "weight_bits": round(bits, 4),
            "statement": f"A value of the family {family} that few others hold is shared with campaign {other}",
            "rows": [],
        }
