"""A finding explained in the terminal or as one record: what an id stands for, its staircase, its rivals."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from stillwatch.app.explained_actors import print_actors
from stillwatch.app.report.campaign import Campaign, campaign, joins, why_left_alone
from stillwatch.app.report.results import Results, Row
from stillwatch.app.report.waterfall import TOTALS, Item, Step, Waterfall
from stillwatch.app.report.words import (
    bits,
    chance,
    clipped,
    count,
    interval,
    listed,
    moment,
    odds,
    plural,
    sentence,
    span,
    title,
    visible,
)
from stillwatch.model.errors import InputError

BAR = 36
NEAREST = 3
STYLES: Mapping[str, str] = MappingProxyType(
    {"for": "red", "against": "green", "prior": "dim", "total": "bold red"}
)
STEPS: Mapping[str, str] = MappingProxyType(
    {
        "prior": "Prior",
        "posterior": "Posterior",
        "rest": "Not itemised",
        "sum": "Prior and evidence",
        "calibration": "Calibration",
    }
)


@dataclass(frozen=True, slots=True)
class Found:
    """What an id stands for: one campaign, or an account's memberships."""

    campaign: Row | None
    memberships: tuple[Row, ...]


def find(results: Results, subject: str) -> Found:
    """The campaign or account with that id, or the only one whose id begins so.

    Raises `InputError` naming the nearest ids if there is none, or several.
    """
    campaigns = {row["campaign_id"]: row for row in results.rows("campaigns")}
    accounts = sorted({row["account_id"] for row in results.rows("members")})
    known = [*campaigns, *accounts]
    exact = subject in campaigns or subject in set(accounts)
    matches = [subject] if exact else [name for name in known if subject and name.startswith(subject)]
    if len(matches) != 1:
        raise _unknown(results, subject, matches, known)
    if matches[0] in campaigns:
        return Found(campaigns[matches[0]], ())
    return Found(None, tuple(m for m in results.rows("members") if m["account_id"] == matches[0]))


def as_record(results: Results, found: Found) -> Mapping[str, Any]:
    """The explanation as plain values, with the names of the result tables."""
    if found.campaign is None:
        return {
            "account_id": found.memberships[0]["account_id"],
            "campaigns": _membership_records(results, found),
        }
    row = found.campaign
    view = campaign(results, row, in_full=False)
    steps = [asdict(step) for step in view.waterfall.steps]
    name = row["campaign_id"]
    return {
        "campaign": dict(row),
        "waterfall": steps,
        "joined": [asdict(item) for item in view.joins],
        "hypotheses": [dict(h) for h in results.of("hypotheses", name)],
        "against": [*(i.statement for i in view.against), *view.against_words],
        "missing": list(view.missing),
        "templates": [dict(t) for t in results.of("campaign_templates", name)],
        "attributions": [dict(a) for a in results.of("attributions", name)],
        "attribution_evidence": [dict(a) for a in results.of("attribution_evidence", name)],
    }


def print_campaign(results: Results, row: Row, out: Console) -> None:
    """Print a campaign's finding, staircase, explanations, doubts and gaps."""
    view = campaign(results, row, in_full=False)
    out.print()
    out.print(Text(f"{visible(view.id, 60)}  {title(row['verdict'])}", style="bold"))
    out.print(Text(view.sentence))
    facts = f"{plural(row['accounts'], 'account')}, {plural(row['exchanges'], 'exchange')}"
    out.print(Text(f"{facts}, {span(row['first_seen'], row['last_seen'])}; takes: {view.takes}", style="dim"))
    if row["verdict"] == "innocent":
        out.print(Text(why_left_alone(row)))
    if view.phases:
        _heading(out, "What happened")
        for p in view.phases:
            said = Text(f"{moment(p.at)}  ", style="dim").append(p.name.capitalize(), style="bold")
            out.print(Padding(said.append(f"  {sentence(p.detail)}", style="not dim"), (0, 0, 0, 2)))
    _heading(out, "Evidence, in bits")
    out.print(_staircase(view.waterfall, wide=out.width >= 90))
    _statements(out, view)
    if view.purpose:
        out.print(Padding(Text(view.purpose), (0, 0, 0, 2)))
    if view.joins:
        _heading(out, "Who joined it")
        _items(out, view.joins)
    _heading(out, "Explanations compared")
    out.print(_rivals(view))
    _heading(out, "What speaks against it")
    for line in (*(sentence(i.statement or title(i.kind)) for i in view.against), *view.against_words):
        out.print(Padding(Text(line), (0, 0, 0, 2)))
    _heading(out, "What is missing")
    for line in view.missing or ("nothing that the method asks for",):
        out.print(Padding(Text(sentence(line)), (0, 0, 0, 2)))
    if view.attributions:
        print_actors(results, view.attributions, out)
    out.print()


def print_account(results: Results, memberships: Sequence[Row], out: Console) -> None:
    """Print what stands against one account, campaign by campaign."""
    out.print()
    out.print(Text(visible(memberships[0]["account_id"], 80), style="bold"))
    for record in _membership_records(results, Found(None, tuple(memberships))):
        member = record["member"]
        text = f"{title(member['role'])} in {visible(member['campaign_id'], 40)} ({title(record['verdict'])})"
        out.print(
            Text(f"{text}: probability {chance(member['p_member'])}, {bits(member['weight_bits'])} bits")
        )
        own, whole = member["campaign_exchanges"], member["exchanges"]
        out.print(
            Text(f"{count(own)} of its {plural(whole, 'exchange')} belong to the campaign", style="dim")
        )
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 2))
        for row in sorted(record["evidence"], key=lambda r: -(r["weight_bits"] or 0.0)):
            table.add_row(
                row["family"], bits(row["weight_bits"]), Text(interval(row["low"], row["high"]), style="dim")
            )
        out.print(table)
        if record["joined_for"]:
            out.print(
                Padding(Text("It joined the campaign for what it and others share with it:"), (0, 0, 0, 2))
            )
            _items(out, joins(record["joined_for"]))
    out.print()


def _membership_records(results: Results, found: Found) -> list[dict[str, Any]]:
    verdicts = {c["campaign_id"]: c["verdict"] for c in results.rows("campaigns")}
    return [
        {
            "verdict": verdicts.get(m["campaign_id"]),
            "member": dict(m),
            "evidence": [
                dict(e)
                for e in results.of("member_evidence", m["campaign_id"])
                if e["account_id"] == m["account_id"]
            ],
            "joined_for": [
                dict(e)
                for e in results.of("evidence", m["campaign_id"])
                if e["subject_kind"] == "pair" and f"accounts/{m['account_id']}" in e["rows"]
            ],
        }
        for m in found.memberships
    ]


def _unknown(results: Results, subject: str, matches: Sequence[str], known: Sequence[str]) -> InputError:
    name = visible(subject, 60)
    if matches:
        few = [visible(m, 40) for m in sorted(matches)[:NEAREST]]
        return InputError(
            f"{len(matches):,} ids begin with {name!r}",
            where=str(results.folder),
            remedy=f"Write more of it, for example {listed(few)}",
        )
    near = [visible(n, 40) for n in difflib.get_close_matches(subject, known, n=NEAREST, cutoff=0.3)]
    remedy = f"The nearest ids are {listed(near)}" if near else "`stillwatch report` lists the ids"
    return InputError(
        f"no campaign or account {name!r} in the results", where=str(results.folder), remedy=remedy
    )


def _heading(out: Console, text: str) -> None:
    out.print()
    out.print(Text(text, style="bold"))


def _staircase(waterfall: Waterfall, *, wide: bool) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(no_wrap=True)
    if wide:
        table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    for step in waterfall.steps:
        name = STEPS.get(step.role) or step.name
        value = step.end if step.role in TOTALS else step.bits
        note = odds(value) if step.role in ("prior", "posterior") else interval(step.low, step.high)
        bar = (_bar(waterfall, step),) if wide else ()
        table.add_row(
            Text(f"  {clipped(title(name).capitalize(), 20)}"), *bar, bits(value), Text(note, style="dim")
        )
    return table


def _bar(waterfall: Waterfall, step: Step) -> Text:
    """A step as blocks on the axis of the staircase."""
    ends = sorted(round(waterfall.place(at) / 100 * BAR) for at in (step.start, step.end))
    kind = {"prior": "prior", "posterior": "total", "sum": "total"}.get(step.role) or (
        "for" if step.bits >= 0 else "against"
    )
    bar = Text(" " * ends[0])
    bar.append("█" * max(ends[1] - ends[0], 1), style=STYLES[kind])
    return bar.append(" " * (BAR + 1 - len(bar)))


def _items(out: Console, items: Iterable[Item]) -> None:
    """Statements with their bits, one a line."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(ratio=1)
    for item in items:
        table.add_row(f"  {bits(item.bits)}", Text(sentence(item.statement or title(item.kind))))
    out.print(table)


def _statements(out: Console, view: Campaign) -> None:
    out.print()
    _items(out, (item for step in view.waterfall.steps for item in step.main))
    smaller = sum(len(step.minor) for step in view.waterfall.steps)
    if smaller:
        out.print(Text(f"  and {plural(smaller, 'smaller measurement')}; `--json` lists them", style="dim"))


def _rivals(view: Campaign) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("  Explanation", no_wrap=True)
    table.add_column("log2 LR", justify="right", no_wrap=True)
    table.add_column("Probability", justify="right", no_wrap=True)
    table.add_column("For it, and what it lacks", ratio=1)
    for rival in view.hypotheses:
        style = "bold" if rival.code == "distillation" else ""
        said = Text(rival.supports)
        said.append(f" Lacks: {rival.lacks}" if rival.lacks else "", style="dim")
        table.add_row(
            Text(f"  {rival.name}", style=style), bits(rival.log2_lr), chance(rival.posterior), said
        )
    return table
