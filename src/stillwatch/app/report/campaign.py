"""One campaign as the report and the terminal show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from stillwatch.app.report.activity import Activity, activity
from stillwatch.app.report.graph import Graph, graph
from stillwatch.app.report.members import Members, members_table
from stillwatch.app.report.results import Results, Row
from stillwatch.app.report.signature import Piece, pieces
from stillwatch.app.report.waterfall import SMALL_BITS, Item, Waterfall, item, staircase
from stillwatch.app.report.words import (
    NOTHING,
    bits,
    chance,
    interval,
    odds,
    plural,
    sentence,
    span,
    title,
    visible,
)
from stillwatch.attribute.doubtful import AccusedSettings

TEMPLATES = 8
AGAINST = 6
NEAREST = 4
CLAMP_BITS = 60.0  # beyond this a bar is drawn as if it ended here


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One explanation; `x` and `width` place its bar, in percent."""

    name: str
    code: str
    log2_lr: float
    posterior: float
    supports: str
    lacks: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Flow:
    """One template of the campaign."""

    pieces: tuple[Piece, ...]
    capability: str
    exchanges: int
    accounts: int
    fillings: int
    rarity: float | None
    share: float


@dataclass(frozen=True, slots=True)
class Slice:
    """One capability and its share of the templated exchanges."""

    name: str
    exchanges: int
    share: float


@dataclass(frozen=True, slots=True)
class Phase:
    """One dated phase of the campaign."""

    name: str
    at: datetime
    detail: str


@dataclass(frozen=True, slots=True)
class Campaign:
    """Everything shown of one campaign."""

    id: str
    anchor: str
    row: Row
    sentence: str
    waterfall: Waterfall
    purpose: str
    hypotheses: tuple[Hypothesis, ...]
    zero: float
    flows: tuple[Flow, ...]
    more_flows: int
    mix: tuple[Slice, ...]
    joins: tuple[Item, ...]
    against: tuple[Item, ...]
    against_more: int
    against_words: tuple[str, ...]
    missing: tuple[str, ...]
    phases: tuple[Phase, ...]
    activity: Activity | None
    graph: Graph | None
    members: Members | None
    attributions: tuple[Row, ...]
    claims: tuple[Row, ...]

    @property
    def nearest(self) -> tuple[Hypothesis, ...]:
        """The likeliest explanations, and distillation in any case."""
        ours = [h for h in self.hypotheses[NEAREST:] if h.code == "distillation"]
        return (*self.hypotheses[:NEAREST], *ours)

    @property
    def takes(self) -> str:
        """What the campaign takes, in words."""
        names = [title(c) for c in self.row["capabilities"] or ()]
        return ", ".join(names) or NOTHING


def campaign(results: Results, row: Row, anchor: str = "", *, in_full: bool = True) -> Campaign:
    """The view of one row of `campaigns`; without chart, graph and members unless `in_full`."""
    name = row["campaign_id"]
    evidence = results.of("evidence", name)
    waterfall = staircase(row, evidence)
    hypotheses, zero = _hypotheses(results.of("hypotheses", name))
    templates = results.of("campaign_templates", name)
    against = _counter(evidence)
    return Campaign(
        id=name,
        anchor=anchor,
        row=row,
        sentence=verdict_sentence(row),
        waterfall=waterfall,
        purpose=purpose_sentence(row),
        hypotheses=hypotheses,
        zero=zero,
        flows=_flows(templates),
        more_flows=max(len(templates) - TEMPLATES, 0),
        mix=_mix(templates),
        joins=joins(evidence),
        against=against[:AGAINST],
        against_more=len(against) - len(against[:AGAINST]),
        against_words=_against(row, waterfall),
        missing=tuple(visible(m, 200) for m in row["missing"] or ()),
        phases=_phases(row),
        activity=activity(results, row) if in_full else None,
        graph=graph(results, name) if in_full else None,
        members=members_table(results, name) if in_full else None,
        attributions=tuple(sorted(results.of("attributions", name), key=lambda a: -a["posterior"])),
        claims=tuple(
            sorted(results.of("attribution_evidence", name), key=lambda e: (-e["weight_bits"], e["claim"]))
        ),
    )


def verdict_sentence(row: Row) -> str:
    """The finding in one sentence: the stored one, else one made from the numbers."""
    if row["statement"]:
        return sentence(row["statement"])
    who = f"{plural(row['accounts'], 'account')}, {plural(row['exchanges'], 'exchange')}"
    best = title(row["best_alternative"]) or "none of the other explanations"
    if row["verdict"] == "distillation":
        takes = ", ".join(title(c) for c in row["capabilities"] or ()) or "answers"
        when = span(row["first_seen"], row["last_seen"])
        gap = bits(row["alternative_bits"], sign=False)
        rival = (
            f"; the best other explanation, {best}, is {gap} bits weaker" if row["alternative_bits"] else ""
        )
        return f"{who}, acting together, harvested {takes} ({when}){rival}."
    if row["verdict"] == "coordinated_other":
        return f"{who}: coordinated and undeclared, but no harvest is shown. Best explanation: {best}."
    return f"{who}: examined and left alone. Best explanation: {best}."


def purpose_sentence(row: Row) -> str:
    """The sum that decides beside the weight; empty where the log had nothing that says what the answers are for."""
    own, asked = _purpose(row)
    if own is None:
        return ""
    limit = "" if asked is None else f"; distillation needs {bits(asked)} or more"
    return (
        f"What says what the answers are for (intent, length of answers) sums up to {bits(own)} bits "
        f"against ordinary traffic{limit}."
    )


def _purpose(row: Row) -> tuple[float | None, float | None]:
    """The sum and what it had to reach; cases frozen by earlier versions have neither."""
    return row.get("purpose_bits"), row.get("purpose_threshold_bits")


def why_left_alone(row: Row) -> str:
    """Why a group is not called distillation, from its numbers."""
    low, threshold = row["weight_low"], row["threshold_bits"]
    if row["alternative_bits"] is not None and row["alternative_bits"] < 0:
        gap = bits(-row["alternative_bits"], sign=False)
        return (
            f"{title(row['best_alternative']).capitalize()} explains it {gap} bits better than distillation."
        )
    if low is not None and threshold is not None and low < threshold:
        return f"The lower end of its evidence is {bits(low)} bits, below the threshold of {bits(threshold)}."
    own, asked = _purpose(row)
    if own is not None and asked is not None and own < asked:
        return (
            f"What says what the answers are for sums up to {bits(own)} bits, below the {bits(asked)} that "
            "are asked for."
        )
    few = AccusedSettings()
    if row["accounts"] < few.least_members:
        return f"Fewer than {few.least_members} accounts are not accused."
    return (
        "Its evidence does not rest on two families, one of them other than content and client, or not without "
        "members who are doubtful, or content speaks against a harvest, or it rests only on exchanges picked out of "
        f"more by fewer than {few.least_mixed} accounts."
    )


def _phases(row: Row) -> tuple[Phase, ...]:
    """Dated phases in order of time, as the scan stored them."""
    dated = [p for p in row["phases"] or () if p["at"] is not None]
    return tuple(Phase(title(p["kind"]), p["at"], visible(p["detail"] or "", 300)) for p in dated)


def joins(evidence: Sequence[Row]) -> tuple[Item, ...]:
    """What those who joined the campaign share with the others: those who joined together after one another, of each
    the strongest first."""
    rows = [row for row in evidence if row["subject_kind"] == "pair"]
    ordered = sorted(rows, key=lambda r: (len(r["subject"]), r["subject"], -r["weight_bits"], r["kind"]))
    return tuple(item(row) for row in ordered)


def _counter(evidence: Sequence[Row]) -> tuple[Item, ...]:
    """What speaks against distillation, strongest first, leaving out what hardly does."""
    items = [item(row) for row in evidence if row["subject_kind"] == "campaign"]
    return tuple(sorted((i for i in items if i.bits <= -SMALL_BITS), key=lambda i: (i.bits, i.kind)))


def _hypotheses(rows: Sequence[Row]) -> tuple[tuple[Hypothesis, ...], float]:
    """Explanations, likeliest first, and where zero stands on their axis."""
    if not rows:
        return (), 0.0
    clamped = [min(max(r["log2_lr"], -CLAMP_BITS), CLAMP_BITS) for r in rows]
    low, high = min(0.0, *clamped), max(0.0, *clamped)
    width = (high - low) or 1.0
    zero = round(-100 * low / width, 2)
    made = [_hypothesis(row, (c - low) / width * 100, zero) for row, c in zip(rows, clamped, strict=True)]
    return tuple(sorted(made, key=lambda h: (-h.posterior, -h.log2_lr, h.code))), zero


def _hypothesis(row: Row, end: float, zero: float) -> Hypothesis:
    return Hypothesis(
        name=title(row["hypothesis"]).capitalize(),
        code=row["hypothesis"],
        log2_lr=row["log2_lr"],
        posterior=row["posterior"],
        supports=sentence(row["main_evidence"]),
        lacks=sentence(row["missing_evidence"]),
        x=round(min(end, zero), 2),
        width=max(round(abs(end - zero), 2), 0.4),
    )


def _flows(rows: Sequence[Row]) -> tuple[Flow, ...]:
    ranked = sorted(rows, key=lambda r: (-r["exchanges"], r["template_id"]))
    total = sum(r["exchanges"] for r in rows) or 1
    return tuple(
        Flow(
            pieces=pieces(row["signature"]),
            capability=title(row["capability"]),
            exchanges=row["exchanges"],
            accounts=row["accounts"],
            fillings=row["fillings"],
            rarity=row["rarity_bits"],
            share=row["exchanges"] / total,
        )
        for row in ranked[:TEMPLATES]
    )


def _mix(rows: Sequence[Row]) -> tuple[Slice, ...]:
    sums: dict[str, int] = {}
    for row in rows:
        name = title(row["capability"]) or "nothing in particular"
        sums[name] = sums.get(name, 0) + row["exchanges"]
    total = sum(sums.values()) or 1
    ranked = sorted(sums.items(), key=lambda s: (-s[1], s[0]))
    return tuple(Slice(name, n, n / total) for name, n in ranked)


def _against(row: Row, waterfall: Waterfall) -> tuple[str, ...]:
    """What limits the finding, from its numbers: the rival, the interval, the strongest family left out."""
    said = []
    if row["best_alternative"] and row["alternative_bits"] is not None:
        rival, gap = title(row["best_alternative"]), row["alternative_bits"]
        side = "less" if gap >= 0 else "more"
        said.append(
            f"{rival.capitalize()} is the strongest other explanation: {bits(abs(gap), sign=False)} bits "
            f"{side} likely than distillation ({odds(gap)})."
        )
    strongest = waterfall.strongest
    if strongest is not None and row["weight_bits"] is not None and row["threshold_bits"] is not None:
        left = row["weight_bits"] - strongest.bits
        place = "above" if left >= row["threshold_bits"] else "below"
        said.append(
            f"Without its strongest family, {visible(strongest.name, 40)}, {bits(left)} bits remain, {place} "
            f"the threshold of {bits(row['threshold_bits'])}."
        )
    if row["weight_low"] is not None:
        said.append(
            f"The evidence is uncertain: 95% interval {interval(row['weight_low'], row['weight_high'])} bits."
        )
    if row["p_distillation"] is not None:
        said.append(
            f"The probability of distillation is {chance(row['p_distillation'])}; it depends on the prior."
        )
    return tuple(said)
