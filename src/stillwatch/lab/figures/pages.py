"""Pages of figures: one per family, and an index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stillwatch.lab.aims import UNKNOWN, Aim, Measured, Verdict, judge, read_aims
from stillwatch.lab.evaluate import Evaluation, pool
from stillwatch.lab.figures.cell import Done, Failed
from stillwatch.lab.figures.ladder import Step, net_cost, net_ratio, ratio
from stillwatch.lab.figures.runs import label
from stillwatch.lab.figures.suite import Family, Variant
from stillwatch.lab.intervals import Figure, share, tally
from stillwatch.lab.reference.markdown import table
from stillwatch.lab.reidentify import Reidentification
from stillwatch.lab.replay.early import Reached
from stillwatch.lab.wording import aim_row, figure_cells, mean_text, percent, rate_text

SHARE = ("", "share", "95% interval", "of", "groups")
LEGEND = """
Intervals are of 95%: seeds are drawn, then the groups in them (a class, a firm, a campaign, an unrelated account);
where few groups are affected, the end is the exact bound for so many groups. An aim counts as shown only when the
whole interval keeps it. `none` stands where there is nothing to measure.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A variant with its pooled figures; without any cell done, `found` is None."""

    variant: Variant
    done: tuple[Done, ...]
    failed: tuple[Failed, ...]
    found: Evaluation | None
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A family with its rows; `steps` where it is a ladder; pictures by file name and what they show."""

    family: Family
    rows: tuple[Row, ...]
    steps: tuple[Step, ...] = ()
    pictures: Mapping[str, str] = field(default_factory=dict)


def verdicts_of(
    aims: Sequence[Aim], variant: Variant, found: Evaluation, done: Sequence[Done], steps: Sequence[Step]
) -> tuple[Verdict, ...]:
    """The aims of a variant's scenario; none for a variant with changed options."""
    if variant.changed:
        return ()
    others = {}
    times = ratio(steps, variant.scenario)
    if times is not None:
        others["cost_ratio"] = Measured(times)
    gone = gone_of(done)
    if gone.value is not None:
        others["gone"] = Measured(gone.value, gone.low, gone.high)
    whole = [d for d in done if d.cell.scale >= 1]
    if whole:
        others["full_scale_minutes"] = Measured(max(d.scan_seconds for d in whole) / 60)
        others["full_scale_gigabytes"] = Measured(max(d.peak_memory_bytes for d in whole) / 1e9)
    return judge(aims, variant.scenario, found, others)


def family_page(page: Page, command: str, versions: Sequence[str]) -> str:
    """The page of a family."""
    parts = [f"# {page.family.title}", page.family.text]
    parts += [f"![{alt}]({name})" for name, alt in page.pictures.items()]
    parts += [_summary(page.rows), _ladder(page.steps)]
    parts += [_details(row) for row in page.rows if row.found is not None]
    parts += ["## How it was measured", LEGEND, _provenance(page.rows, command, versions)]
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def index_page(
    pages: Sequence[Page], command: str, versions: Sequence[str], others: Mapping[str, str] | None = None
) -> str:
    """The summary over all families; `others` are further pages, title by file."""
    aims = _stated([(row, v) for page in pages for row in page.rows for v in row.verdicts])
    cells = [(f"`{row.variant.name}`", *aim_row(v)) for row, v in aims]
    counts = {s: sum(v.status == s for _, v in aims) for s in sorted({v.status for _, v in aims})}
    told = ", ".join(f"{n} {status}" for status, n in counts.items())
    parts = [
        "# Figures",
        "Measured on simulated traffic, on seeds that nothing was tuned on. Written by `make evaluate`.",
        *(f"## [{p.family.title}]({p.family.name}.md)\n\n{_summary(p.rows)}" for p in pages),
        "\n".join(f"* [{title}]({file})" for file, title in (others or {}).items()),
        _everywhere(pages),
        "## Floors and ceilings",
        f"{told}." if told else "",
        table(("scenario", "aim", "limit", "figure", "95% interval", "status"), cells) if cells else "",
        "## How it was measured",
        LEGEND,
        _provenance([row for p in pages for row in p.rows], command, versions),
    ]
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def _everywhere(pages: Sequence[Page]) -> str:
    """Innocent accounts of all simulations together, each once; what one scan cannot show many may."""
    rows = [row for page in pages for row in page.rows if not row.variant.changed]
    done = list({d.cell.source: d for row in rows for d in row.done}.values())
    if not done:
        return ""
    found = pool([d.observation for d in done])
    ceilings = [a for a in read_aims() if a.figure in ("false_positives", "worst_cohort") and not a.scenarios]
    cells = [aim_row(v) for v in judge(ceilings, "", found)]
    parts = [
        "## Innocent accounts of all simulations together",
        f"{len(done)} simulations. False campaigns: {rate_text(found.false_campaigns)} per scan.",
        table(("aim", "limit", "figure", "95% interval", "status"), cells),
        _shares("Benign accounts accused, by cohort", found.cohorts),
    ]
    for kind, values in found.slices.items():
        figures = {v: m["false_positives"] for v, m in values.items() if "false_positives" in m}
        parts.append(_shares(f"Benign accounts accused, by {kind}", figures))
    return "\n\n".join(part for part in parts if part)


def _stated(aims: Sequence[tuple[Row, Verdict]]) -> list[tuple[Row, Verdict]]:
    """Each aim of a scenario once: as measured with most scans, or as not measured if no page measures it."""

    def worth(pair: tuple[Row, Verdict]) -> tuple[bool, int]:
        return (pair[1].status != UNKNOWN, len(pair[0].done))

    best: dict[tuple[str, Aim], tuple[Row, Verdict]] = {}
    for row, verdict in aims:
        key = (row.variant.scenario, verdict.aim)
        best[key] = max(best.get(key, (row, verdict)), (row, verdict), key=worth)
    return list(best.values())


def _summary(rows: Sequence[Row]) -> str:
    head = (
        "",
        "account recall",
        "precision",
        "benign accused",
        "exchange recall",
        "exchange precision",
        "seeds",
    )
    cells = []
    for row in rows:
        n = f"{len(row.done)} of {len(row.variant.cells)}"
        f = row.found
        figures = (
            (f.recall, f.precision, f.false_positives, f.exchange_recall, f.exchange_precision) if f else ()
        )
        told = [_short(figure) for figure in figures] or ["not run"] * 5
        cells.append((row.variant.name, *told, n))
    return table(head, cells)


def _short(f: Figure) -> str:
    return "none" if f.value is None else f"{percent(f.value)} ({percent(f.low)} to {percent(f.high)})"


def _ladder(steps: Sequence[Step]) -> str:
    if not steps:
        return ""
    cells = []
    for step in steps:
        net, times = net_cost(step), net_ratio(steps, step)
        cells.append(
            (
                step.scenario,
                f"{step.cost * 1e6:,.0f}",
                "all are found" if net is None else f"{net * 1e6:,.0f}",
                "no price" if times is None else f"{times:,.1f} times",
                _short(step.recall),
                _short(step.exchange_recall),
            )
        )
    head = (
        "",
        "$ per million exchanges",
        "$ per million that are not found",
        "the same, in exchanges of the cheapest level unwatched",
        "account recall",
        "exchange recall",
    )
    told = (
        "What the attacker pays follows from assumed prices that stand in `lab/scenarios/ladder.py`, level by level in "
        "the [reference](../reference/scenarios.md). An exchange that is found is lost to the attacker, so the third "
        "column is what one costs that is kept."
    )
    return f"## What evasion costs\n\n{told}\n\n" + table(head, cells)


def _details(row: Row) -> str:
    f = row.found
    if f is None:
        return ""
    parts = [f"## {row.variant.name}"]
    if row.verdicts:
        cells = [aim_row(v) for v in row.verdicts]
        parts.append(table(("aim", "limit", "figure", "95% interval", "status"), cells))
    parts.append(_campaigns(f))
    parts.append(_early(row.done))
    parts.append(_reidentified([d.reidentified for d in row.done if d.reidentified is not None]))
    parts.append(_shares("Benign accounts accused, by cohort", f.cohorts))
    for kind, values in f.slices.items():
        for measure, title in (("false_positives", "Benign accounts accused"), ("recall", "Account recall")):
            figures = {value: m[measure] for value, m in values.items() if measure in m}
            parts.append(_shares(f"{title}, by {kind}", figures))
    return "\n\n".join(part for part in parts if part)


def _campaigns(f: Evaluation) -> str:
    lines = [f"* False campaigns per scan: {rate_text(f.false_campaigns)}."]
    if f.false_campaigns_benign.scans:
        lines.append(f"* False campaigns per benign scan: {rate_text(f.false_campaigns_benign)}.")
    if f.campaigns:
        found = f.campaigns_found
        lines.append(
            f"* Campaigns found: {found.part} of {found.whole}. Completeness {mean_text(f.completeness)}, "
            f"purity {mean_text(f.purity)}, adjusted Rand index {mean_text(f.rand_index)}."
        )
        roles = ", ".join(f"{name} {n:,}" for name, n in f.roles.items())
        lines.append(f"* Roles, true > found: {roles}.")
    text = "\n".join(lines)
    return text + ("\n\n" + _shares("Recall by campaign", f.recall_by_campaign) if f.campaigns else "")


def gone_of(done: Sequence[Done]) -> Figure:
    """Share of the campaigns' exchanges gone before a look of a replay first accused them; a campaign is a group."""
    runs = [[(round(e.accused.gone * e.exchanges), e.exchanges) for e in d.early] for d in done if d.early]
    return share([tally([part for part, _ in run], [whole for _, whole in run]) for run in runs])


def _early(done: Sequence[Done]) -> str:
    """Hours to detection and false alarms, where the log was replayed."""
    replayed = [d for d in done if d.alarms is not None]
    if not replayed:
        return ""
    head = ("", "hours to accusation", "gone before", "hours to claim", "gone before", "false alarms")
    cells = []
    for d in replayed:
        alarms = f"{d.alarms.accused} accused, {d.alarms.claimed} claimed" if d.alarms else ""
        for e in d.early:
            reached = [(_hours(r), percent(r.gone)) for r in (e.accused, e.claimed)]
            cells.append((f"{e.campaign}, seed {d.cell.seed}", *reached[0], *reached[1], alarms))
    text = f"**Replayed, a look every {replayed[0].cell.replay}**\n\n" + table(head, cells)
    return f"{text}\n\n" + _shares("Exchanges gone before", {"the first accusation": gone_of(replayed)})


def _hours(reached: Reached) -> str:
    return "never" if reached.hours is None else f"{reached.hours:.1f}"


def _reidentified(pairs: Sequence[Reidentification]) -> str:
    """Ids over a ban, where an earlier scan was made with the same state."""
    if not pairs:
        return ""
    figures = {
        "ids of found campaigns that go on with new accounts": share([p.kept for p in pairs]),
        "new accounts found under an earlier id": share([p.accounts for p in pairs]),
        "ids that stand for a group that was not in it before": share([p.false for p in pairs]),
    }
    return _shares("Re-identified by the later scan", figures)


def _shares(title: str, figures: Mapping[str, Figure]) -> str:
    if not figures:
        return ""
    return f"**{title}**\n\n" + table(SHARE, [(name, *figure_cells(f)) for name, f in figures.items()])


def _provenance(rows: Sequence[Row], command: str, versions: Sequence[str]) -> str:
    lines = [f"Command: `{command}`. {'; '.join(versions)}.", ""]
    for row in rows:
        lines += [_took(done) for done in row.done]
        lines += [f"* {label(failed.cell)}: failed, {_line(failed.reason)}" for failed in row.failed]
        missing = len(row.variant.cells) - len(row.done) - len(row.failed)
        if missing:
            lines.append(f"* {row.variant.name}: {missing} seeds not run, for want of time")
    return "\n".join(lines)


def _took(done: Done) -> str:
    return (
        f"* {label(done.cell)}: {done.exchanges:,} exchanges, scanned in {done.scan_seconds:,.0f} s{_threads(done)}, "
        f"peak memory {done.peak_memory_bytes / 1e9:.1f} GB"
    )


def _threads(done: Done) -> str:
    return f" on {done.threads} thread{'s' if done.threads > 1 else ''}" if done.threads else ""


def _line(text: str) -> str:
    return " ".join(text.split())
