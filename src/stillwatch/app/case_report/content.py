"""What a case report says, section by section, from the case as it is stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from stillwatch import __version__
from stillwatch.app.case_report.blocks import Block, Facts, Grid, Heading, Points, Report, Text
from stillwatch.app.case_report.evidence import accounts, doubts, evidence
from stillwatch.app.case_report.method import error_rates, method
from stillwatch.app.case_report.thaw import thaw
from stillwatch.app.report.actors import left_out
from stillwatch.app.report.campaign import Campaign, campaign
from stillwatch.app.report.results import Row
from stillwatch.app.report.words import VERDICTS, moment, plural, sentence, span, visible
from stillwatch.cases.file import CaseFile, Exhibit, Said, deciding_scan
from stillwatch.cases.grade import CREDIBILITY, RELIABILITY

LIMITS = (
    (
        "A finding is about how accounts acted. It names no natural person, and no nationality, language or country "
        "was used as evidence."
    ),
    "Membership is judged account by account: that a campaign is certain does not make each membership so.",
    "Customers of a relay are no part of a campaign, and nothing here accuses them.",
    "Who is behind the accounts is a question of its own, answered in the section on attribution or not at all.",
)
FINDING = {"confirm": "confirmed", "dismiss": "dismissed", "undecided": "left undecided"}.get


@dataclass(frozen=True, slots=True)
class Custody:
    """What was checked of the chain when the report was made."""

    sound: bool
    entries: int
    head_sequence: int
    head_hash: str
    store_id: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What goes into a report: one account alone (its key), internal notes."""

    account_key: str = ""
    notes: bool = False


def case_report(case: CaseFile, custody: Custody, at: datetime, choice: Choice) -> Report:
    """The report of a case as it stands at a moment."""
    scan = deciding_scan(case)
    view = None
    if scan is not None:
        results = thaw(scan)
        view = campaign(results, results.rows("campaigns")[0], in_full=False)
    blocks: list[Block] = [*_statement(case, scan, view), *_decisions(case, choice), *_exhibits(case)]
    if scan is not None and view is not None:
        blocks += evidence(scan, view)
        blocks += doubts(view)
        blocks += accounts(case, scan, choice.account_key)
        blocks += _attribution(view)
        blocks += method(scan, view)
    blocks += error_rates(case, view)
    blocks += _custody(case, custody, at)
    blocks += _notes(case) if choice.notes else ()
    blocks += _digests(case)
    blocks += _reading()
    about = f" about account {visible(case.account_id(choice.account_key), 80)}" if choice.account_key else ""
    return Report(
        title=f"Case report {case.case_id}{about}",
        subtitle=visible(case.title, 200),
        footer=f"{case.case_id}, made {moment(at)} UTC by Stillwatch {__version__}. Confidential: names accounts.",
        blocks=tuple(blocks),
    )


def _statement(case: CaseFile, scan: Exhibit | None, view: Campaign | None) -> Iterator[Block]:
    yield Heading("Statement")
    if scan is None or view is None:
        yield Text(
            "The evidence of this case was deleted under the retention policy. What is left is the record of it."
        )
    else:
        yield Text(view.sentence, "strong")
    yield Text(_standing(case))
    pairs = [
        ("Campaign", visible(case.row["campaign_id"], 80)),
        ("State", case.state.word + (", under a legal hold" if case.state.held else "")),
        (
            "Opened",
            f"{moment(case.row['opened_at'])} UTC by {visible(case.row['person'])}, {case.row['role']}",
        ),
    ]
    if view is not None and scan is not None:
        row = view.row
        pairs += [
            ("Verdict of the scan", VERDICTS.get(row["verdict"], row["verdict"])),
            ("Activity", f"{span(row['first_seen'], row['last_seen'])}"),
            (
                "Size",
                f"{plural(row['accounts'], 'account')}, {plural(row['exchanges'], 'exchange')} of the campaign's own",
            ),
            ("What was taken", view.takes),
            ("Rests on", f"exhibit {scan.row['number']}, frozen {moment(scan.row['added_at'])} UTC"),
        ]
    yield Facts(tuple(pairs))
    yield Heading("What this report does not say", 2)
    yield Points(LIMITS)


def _standing(case: CaseFile) -> str:
    found = case.state.finding
    if found is None:
        return "No decision stands: what follows is what was measured, not what was decided."
    said = next(d for d in case.decisions if d.row["decision_id"] == found["decision_id"])
    known, later = _exhibit_span(found["exhibits"]), len(case.exhibits) > found["exhibits"]
    return (
        f"The finding was {FINDING(found['kind'])} on {moment(found['decided_at'])} UTC by {visible(found['person'])}, "
        f"{found['role']}, on {known}. Reason given: {visible(said.text, 2_000)}"
        + (
            f" Later exhibits ({len(case.exhibits) - found['exhibits']}) were not known then."
            if later
            else ""
        )
    )


def _exhibit_span(last: int) -> str:
    return "exhibit 1" if last == 1 else f"exhibits 1 to {last}"


def _decisions(case: CaseFile, choice: Choice) -> Iterator[Block]:
    yield Heading("Decisions")
    shown = [
        d
        for d in case.decisions
        if not choice.account_key or d.row["account_key"] in (None, choice.account_key)
    ]
    if not shown:
        yield Text("None was taken.")
        return
    yield Grid(
        ("No.", "When (UTC)", "By", "Decision", "On", "Reason"),
        tuple(_decision(case, d) for d in shown),
        (5, 13, 13, 20, 12, 37),
    )
    yield Text(
        "A later decision takes the place of an earlier one, which stays on record. Each carries the digest of the "
        "exhibits that were known when it was taken.",
        "quiet",
    )


def _decision(case: CaseFile, d: Said) -> tuple[str, ...]:
    row = d.row
    what = row["kind"] + (
        f" {visible(case.account_id(row['account_key']), 60)}" if row["account_key"] else ""
    )
    what += f" (superseded by {d.superseded_by})" if d.superseded_by is not None else ""
    return (
        str(row["number"]),
        moment(row["decided_at"]),
        f"{visible(row['person'], 60)}, {row['role']}",
        what,
        f"{_exhibit_span(row['exhibits'])} ({row['evidence'][:12]})",
        visible(d.text, 2_000),
    )


def _exhibits(case: CaseFile) -> Iterator[Block]:
    yield Heading("Exhibits")
    yield Grid(
        ("No.", "Grade", "What", "Added (UTC)", "By", "Digest of the content"),
        tuple(_exhibit(e) for e in case.exhibits),
        (5, 8, 35, 14, 16, 22),
        code=(5,),
    )
    grades = {(str(e.grade), e.grade.words) for e in case.exhibits}
    yield Text("Grades: " + "; ".join(f"{name}: {words}" for name, words in sorted(grades)) + ".", "quiet")


def _exhibit(e: Exhibit) -> tuple[str, ...]:
    payload = e.payload or {}
    files = payload.get("files", {})
    digest = payload.get("sha256") or files.get("campaigns.parquet", "")
    return (
        str(e.row["number"]),
        str(e.grade),
        f"{e.row['kind']}: {visible(e.title, 120)}",
        moment(e.row["added_at"]),
        f"{visible(e.row['person'], 60)}, {e.row['role']}",
        f"{digest[:16]}…" if digest else "deleted",
    )


def _attribution(view: Campaign) -> Iterator[Block]:
    yield Heading("Attribution")
    if not view.attributions:
        yield Text("No actor was considered, so none is named.")
        return
    for row in view.attributions:
        if row["statement"]:
            yield Text(sentence(row["statement"]))
            yield from _limits(row)
    yield Grid(
        ("Actor", "Probability", "95% interval", "Rung", "What would change the answer"),
        tuple(
            (
                visible(r["actor"], 60),
                f"{r['posterior']:.0%}",
                "" if r["low"] is None else f"{r['low']:.0%} to {r['high']:.0%}",
                visible(r["ladder"] or "", 40),
                "; ".join(visible(w, 160) for w in r["would_change"] or ()),
            )
            for r in view.attributions
        ),
        (22, 15, 15, 16, 32),
        right=(1,),
    )


def _limits(row: Row) -> Iterator[Block]:
    """What a statement about an actor stands on and lacks: it is printed with it, always."""
    left = left_out(row)
    lines = [f"Leave one family out: {left}"] if left else []
    lines += [f"Against: {sentence(line)}" for line in row["counter"] or ()]
    lines += [f"Gap: {sentence(line)}" for line in row["gaps"] or ()]
    if lines:
        yield Points(tuple(lines))


def _custody(case: CaseFile, custody: Custody, at: datetime) -> Iterator[Block]:
    yield Heading("Chain of custody")
    yield Text(
        "Everything in the case store is covered by a chain of audit entries: each holds the digest of what was "
        "written and the hash of the entry before it, and carries a mark that only the store's key can make. "
        "Payloads are encrypted; the chain holds digests only, so it stays whole when a payload is deleted."
    )
    result = "whole: nothing was altered, removed, reordered or inserted" if custody.sound else "NOT WHOLE"
    yield Facts(
        (
            ("Checked", f"{moment(at)} UTC, {custody.entries:,} entries: {result}"),
            ("Last entry", f"{custody.head_sequence}, {custody.head_hash}"),
            ("Store", custody.store_id),
        )
    )
    yield Text(
        "The last entry is an anchor: `stillwatch audit verify` shows by it whether entries were cut off later. "
        "Entries that cover what is held against single accounts are not listed.",
        "quiet",
    )
    yield Grid(
        ("Entry", "When (UTC)", "By", "What", "Hash"),
        tuple(
            (
                str(e["sequence"]),
                f"{e['at']:%Y-%m-%d %H:%M:%S}",
                f"{visible(e['person'], 60)}, {e['role']}",
                visible(e["action"], 60),
                f"{e['hash'][:16]}…",
            )
            for e in case.audit
        ),
        (9, 20, 25, 26, 20),
        right=(0,),
        code=(4,),
    )


def _notes(case: CaseFile) -> Iterator[Block]:
    yield Heading("Notes")
    if not case.notes:
        yield Text("None were written.")
    for n in case.notes:
        yield Text(f"{moment(n.row['added_at'])} UTC, {visible(n.row['person'])}, {n.row['role']}", "quiet")
        yield Text(visible(n.text, 5_000))


def _digests(case: CaseFile) -> Iterator[Block]:
    yield Heading("Digests (SHA-256)")
    rows: list[tuple[str, ...]] = []
    for e in case.exhibits:
        payload = e.payload or {}
        files = payload.get("files") or ({payload["name"]: payload["sha256"]} if "sha256" in payload else {})
        rows += [(str(e.row["number"]), visible(name, 80), digest) for name, digest in files.items()]
        exchanges = payload.get("exchanges", {})
        if exchanges.get("digest"):
            rows.append(
                (str(e.row["number"]), "ids and roles of the campaign's exchanges", exchanges["digest"])
            )
    yield Text("A file that is kept elsewhere is the exhibited one if its digest is the same.")
    yield Grid(("Exhibit", "File", "Digest"), tuple(rows), (9, 33, 58), code=(2,))


def _reading() -> Iterator[Block]:
    yield Heading("How to read this")
    yield Points(
        (
            (
                "Bits measure evidence: each bit doubles the odds, so 10 bits make them a thousand times as large; "
                "a negative weight speaks against. Weights add up."
            ),
            "A 95% interval is the span in which the true weight lies in 19 of 20 cases, if the model holds.",
            "Reliability of a source: " + "; ".join(f"{k} {v}" for k, v in RELIABILITY.items()) + ".",
            "Credibility of information: " + "; ".join(f"{k} {v}" for k, v in CREDIBILITY.items()) + ".",
        )
    )
