"""A case in the terminal, or as one record for programs."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from stillwatch.app.report.words import chance, moment, plural, visible
from stillwatch.cases.file import CaseFile, Exhibit, Said, latest_scan

ACCOUNTS_SHOWN = 12


def case_record(case: CaseFile) -> dict[str, Any]:
    """Everything readable in a case, without the content of files."""
    return {
        "case_id": case.case_id,
        "campaign_id": case.row["campaign_id"],
        "title": case.title,
        "state": case.state.word,
        "finding": case.state.finding_kind or None,
        "held": case.state.held,
        "opened_at": case.row["opened_at"].isoformat(),
        "person": case.row["person"],
        "role": case.row["role"],
        "exhibits": [_exhibit_record(e) for e in case.exhibits],
        "decisions": [
            {
                **{name: d.row[name] for name in ("decision_id", "number", "kind", "exhibits", "evidence")},
                "account_id": case.account_id(d.row["account_key"]) if d.row["account_key"] else None,
                "superseded_by": d.superseded_by,
                "reason": d.text,
                **_who(d, "decided_at"),
            }
            for d in case.decisions
        ],
        "notes": [{"note_id": n.row["note_id"], "text": n.text, **_who(n, "added_at")} for n in case.notes],
        "holds": [{"placed": bool(h.row["placed"]), "reason": h.text, **_who(h, "at")} for h in case.holds],
        "accounts": standing(case),
        "audit": [
            {**{k: e[k] for k in ("sequence", "person", "role", "action", "hash")}, "at": e["at"].isoformat()}
            for e in case.audit
        ],
    }


def standing(case: CaseFile) -> list[dict[str, Any]]:
    """Accounts of the newest scan, likeliest members first, with what was decided on each."""
    scan = latest_scan(case)
    found = []
    for key, account in (scan.accounts if scan else {}).items():
        member, decision = account["member"], case.state.accounts.get(key)
        found.append(
            {
                **{
                    n: member[n]
                    for n in ("account_id", "role", "p_member", "weight_bits", "campaign_exchanges")
                },
                "families": sum((e["weight_bits"] or 0) > 0 for e in account["member_evidence"]),
                "decision": decision["kind"] if decision else None,
            }
        )
    return sorted(found, key=lambda a: (-a["p_member"], -(a["weight_bits"] or 0), a["account_id"]))


def print_case(case: CaseFile, out: Console) -> None:
    """Print a case: how it stands, exhibits, decisions, notes, accounts."""
    held = ", under a legal hold" if case.state.held else ""
    out.print(Text(f"{case.case_id}  {visible(case.title)}", style="bold"))
    finding = f" ({case.state.finding_kind})" if case.state.closed else ""
    out.print(
        Text(f"{case.state.word.capitalize()}{finding}{held}; campaign {visible(case.row['campaign_id'])}")
    )
    opened = (
        f"opened {moment(case.row['opened_at'])} UTC by {visible(case.row['person'])}, {case.row['role']}"
    )
    out.print(Text(opened, style="dim"))
    _heading(out, "Exhibits")
    for e in case.exhibits:
        out.print(
            Padding(Text(f"{e.row['number']}  {e.grade}  {e.row['kind']}: {visible(e.title)}"), (0, 0, 0, 2))
        )
        if e.accounts_deleted:
            gone = f"what it held against {plural(e.accounts_deleted, 'account')} was deleted"
            out.print(Padding(Text(gone, style="dim"), (0, 0, 0, 9)))
    _heading(out, "Decisions")
    for d in case.decisions:
        _print_decision(case, d, out)
    if not case.decisions:
        out.print("  none yet")
    if case.notes:
        _heading(out, "Notes")
    for n in case.notes:
        said = Text(f"{moment(n.row['added_at'])}  {visible(n.row['person'])}: ", style="dim")
        out.print(Padding(said.append(visible(n.text, 2_000), style="not dim"), (0, 0, 0, 2)))
    _print_accounts(case, out)
    out.print(Text(f"{plural(len(case.audit), 'audit entry', 'audit entries')} about this case", style="dim"))


def _print_decision(case: CaseFile, d: Said, out: Console) -> None:
    row = d.row
    account = f" {visible(case.account_id(row['account_key']))}" if row["account_key"] else ""
    text = Text(f"{row['number']}  {row['kind']}{account}", style="" if d.superseded_by is None else "dim")
    text.append(f"  {moment(row['decided_at'])} UTC, {visible(row['person'])}, {row['role']}", style="dim")
    if d.superseded_by is not None:
        text.append(f"  superseded by {d.superseded_by}", style="dim")
    out.print(Padding(text, (0, 0, 0, 2)))
    out.print(Padding(Text(visible(d.text, 2_000)), (0, 0, 0, 5)))


def _print_accounts(case: CaseFile, out: Console) -> None:
    rows = standing(case)
    if not rows:
        return
    _heading(out, f"Accounts ({len(rows):,})")
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 2))
    for name in ("account", "role", "probability", "bits", "families", "decided"):
        table.add_column(name)
    decided = [a for a in rows if a["decision"]]
    shown = [*decided, *(a for a in rows if not a["decision"])][: max(ACCOUNTS_SHOWN, len(decided))]
    for a in shown:
        figures = (chance(a["p_member"]), f"{a['weight_bits'] or 0:.1f}", str(a["families"]))
        table.add_row(Text(visible(a["account_id"], 60)), a["role"], *figures, a["decision"] or "")
    out.print(table)
    if len(shown) < len(rows):
        out.print(Text(f"  and {len(rows) - len(shown):,} more; --json lists all", style="dim"))


def _exhibit_record(e: Exhibit) -> dict[str, Any]:
    payload = e.payload or {}
    return {
        "exhibit_id": e.row["exhibit_id"],
        "number": e.row["number"],
        "kind": e.row["kind"],
        "grade": str(e.grade),
        "title": e.title,
        "deleted": e.payload is None,
        "accounts": len(e.accounts),
        "accounts_deleted": e.accounts_deleted,
        **{name: payload[name] for name in ("sha256", "name", "bytes", "files") if name in payload},
        "added_at": e.row["added_at"].isoformat(),
        "person": e.row["person"],
        "role": e.row["role"],
    }


def _who(said: Said, time: str) -> dict[str, str]:
    return {"at": said.row[time].isoformat(), "person": said.row["person"], "role": said.row["role"]}


def _heading(out: Console, text: str) -> None:
    out.print()
    out.print(Text(text, style="bold"))
