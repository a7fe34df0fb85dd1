"""The sections of a case report about evidence: weights, other explanations, doubts, accounts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stillwatch.app.case_report.blocks import Bar, Block, Grid, Heading, Points, Stairs, Text
from stillwatch.app.report.campaign import Campaign
from stillwatch.app.report.waterfall import TOTALS, Step, Waterfall
from stillwatch.app.report.words import (
    FAMILY_MEANINGS,
    bits,
    chance,
    count,
    interval,
    moment,
    plural,
    sentence,
    title,
    visible,
)
from stillwatch.cases.file import DELETED, CaseFile, Exhibit

ACCOUNTS_SHOWN = 500
NAMES = {"prior": "Prior", "posterior": "Posterior", "rest": "Not itemised", "sum": "Prior and evidence"}.get


def evidence(scan: Exhibit, view: Campaign) -> Iterator[Block]:
    """Weights family by family, the statements behind them, what happened when, what was sent."""
    yield Heading("Evidence")
    yield Text(
        "From the prior, the odds before anything was measured, each family of evidence takes them up or down; where "
        "they end, with their interval, decides. The dashed line is the threshold for the lower end of the interval."
    )
    yield _stairs(view.waterfall)
    if view.purpose:
        yield Text(view.purpose)
    rows = [
        (
            title(step.name).capitalize(),
            bits(i.bits),
            interval(i.low, i.high),
            sentence(i.statement or title(i.kind)),
        )
        for step in view.waterfall.steps
        for i in step.main
    ]
    yield Grid(("Family", "Bits", "95% interval", "Measured"), tuple(rows), (14, 9, 18, 59), right=(1,))
    smaller = sum(len(step.minor) for step in view.waterfall.steps)
    if smaller:
        yield Text(
            f"Another {plural(smaller, 'measurement')} weigh little; they are in the exhibit.", "quiet"
        )
    families = {step.name for step in view.waterfall.steps if step.role == "family"}
    meanings = [f"{name}: {FAMILY_MEANINGS[name]}" for name in sorted(families) if name in FAMILY_MEANINGS]
    yield Text(f"Families: {'; '.join(meanings)}.", "quiet")
    if view.phases:
        yield Heading("What happened when", 2)
        phases = tuple((moment(p.at), p.name.capitalize(), sentence(p.detail)) for p in view.phases)
        yield Grid(("When (UTC)", "What", ""), phases, (18, 22, 60))
    yield Heading("What was sent", 2)
    if scan.templates is None:
        yield Text(f"The readable frames were {DELETED}.")
        return
    flows = tuple(
        (
            "".join(f"[{p.text}]" if p.slot else p.text for p in f.pieces) or "withheld",
            *map(count, (f.exchanges, f.accounts, f.fillings)),
        )
        for f in view.flows
    )
    if not flows:
        yield Text("No frame is common enough to be shown.")
        return
    yield Grid(
        ("Frame; [ ] stands for what differs", "Requests", "Accounts", "Fillings"),
        flows,
        (61, 13, 13, 13),
        right=(1, 2, 3),
    )
    yield Text(
        "Only words that five or more accounts used are shown; addresses, numbers and names are masked.",
        "quiet",
    )


def doubts(view: Campaign) -> Iterator[Block]:
    """Rival explanations, what speaks against the finding, what is missing."""
    yield Heading("Other explanations, and what speaks against the finding")
    rivals = tuple((h.name, bits(h.log2_lr), chance(h.posterior), h.supports, h.lacks) for h in view.nearest)
    yield Grid(
        ("Explanation", "Log2 LR", "Probability", "For it", "What it lacks"),
        rivals,
        (17, 12, 14, 29, 28),
        right=(1, 2),
    )
    against = [sentence(i.statement or title(i.kind)) + f" ({bits(i.bits)} bits)" for i in view.against]
    yield Points((*against, *view.against_words))
    yield Heading("What could not be measured", 2)
    yield Points(tuple(sentence(m) for m in view.missing) or ("Nothing that the method asks for.",))


def accounts(case: CaseFile, scan: Exhibit, only: str = "") -> Iterator[Block]:
    """The accounts of the newest scan, or one of them alone."""
    yield Heading("Accounts")
    found = account_rows(case, scan, only)
    if only:
        yield Text(
            "This report is about one account. Others of the campaign are left out; the figures above include them."
        )
    if not found:
        yield Text(f"What was held against accounts was {DELETED}.")
        return
    rows = tuple(
        (
            visible(a["account_id"], 80),
            title(a["role"]),
            chance(a["p_member"]),
            bits(a["weight_bits"]),
            a["families"],
            f"{count(a['campaign_exchanges'])} of {count(a['exchanges'])}",
            a["decision"] or "none",
        )
        for a in found[:ACCOUNTS_SHOWN]
    )
    head = ("Account", "Role", "Member", "Bits", "Families", "Exchanges", "Decision")
    yield Grid(head, rows, (24, 10, 10, 10, 24, 13, 9), right=(2, 3, 5), code=(0,))
    if len(found) > ACCOUNTS_SHOWN:
        yield Text(f"The likeliest {ACCOUNTS_SHOWN:,} of {len(found):,}; accounts.csv lists all.", "quiet")
    if scan.accounts_deleted and not only:
        yield Text(
            f"What was held against {plural(scan.accounts_deleted, 'account')} was {DELETED}.", "quiet"
        )


def account_rows(case: CaseFile, scan: Exhibit, only: str = "") -> list[dict[str, Any]]:
    """Accounts with membership, families that name them (with bits) and what was decided, likeliest first."""
    found = []
    for key, held in scan.accounts.items():
        if only and key != only:
            continue
        decision = case.state.accounts.get(key)
        names = (
            "account_id",
            "role",
            "p_member",
            "weight_bits",
            "exchanges",
            "campaign_exchanges",
            "stability",
        )
        weights = sorted(held["member_evidence"], key=lambda e: -(e["weight_bits"] or 0))
        families = ", ".join(f"{e['family']} {bits(e['weight_bits'])}" for e in weights if e["weight_bits"])
        row = {name: held["member"][name] for name in names}
        found.append({**row, "families": families, "decision": decision["kind"] if decision else ""})
    return sorted(found, key=lambda a: (-a["p_member"], -(a["weight_bits"] or 0), a["account_id"]))


def _stairs(waterfall: Waterfall) -> Stairs:
    bars = tuple(_bar(waterfall, step) for step in waterfall.steps)
    return Stairs(bars, None if waterfall.threshold is None else waterfall.place(waterfall.threshold))


def _bar(waterfall: Waterfall, step: Step) -> Bar:
    value = step.end if step.role in TOTALS else step.bits
    side = "for" if step.bits >= 0 else "against"
    kind = "total" if step.role in TOTALS else "prior" if step.role == "prior" else side
    ends = sorted(waterfall.place(at) for at in (step.start, step.end))
    name = NAMES(step.role) or title(step.name or step.role).capitalize()
    return Bar(name, ends[0], ends[1], bits(value), interval(step.low, step.high), kind)
