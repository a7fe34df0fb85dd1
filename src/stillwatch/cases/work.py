"""What people do to a case: open it, add exhibits and notes, decide, hold. Each takes a transaction and adds rows."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from stillwatch.cases.grade import Grade
from stillwatch.cases.snapshot import Snapshot
from stillwatch.cases.state import DECISIONS, FINDINGS, State, state_of
from stillwatch.model.errors import InputError, UsageError
from stillwatch.model.records import Draft, Reading, Row, Scope, Writing

ROLES: Mapping[str, str] = MappingProxyType(
    {
        "analyst": "works cases",
        "reviewer": "hears appeals and checks decisions",
        "legal": "places holds, gives reports to others",
        "engineer": "runs the system",
    }
)
LARGEST_FILE = 20_000_000


@dataclass(frozen=True, slots=True)
class Document:
    """A file that becomes an exhibit; `kind` is `document`, `evaluation` or `partner`.

    A `partner` exhibit names the message that it holds.
    """

    kind: str
    name: str
    content: bytes
    partner_id: str = ""
    message_id: str = ""


def scan_grade(snapshot: Snapshot) -> Grade:
    """The grade of a scan of one's own logs: probably true with a q-value of one's own calibration, else possibly."""
    return Grade("A", 3 if snapshot.tables["campaigns"][0]["q_value"] is None else 2)


def open_case(w: Writing, snapshot: Snapshot, *, title: str, grade: Grade) -> str:
    """Open a case on a campaign and freeze what the scan knew of it as exhibit 1; returns the case id.

    Raises `InputError` if a case on this campaign is open already.
    """
    for row in w.rows("cases", campaign_id=snapshot.campaign_id):
        if not state(w, row["case_id"]).closed:
            raise InputError(
                f"case {row['case_id']} on campaign {snapshot.campaign_id} is open already",
                remedy=f"Add this scan to it: `stillwatch case exhibit {row['case_id']} RESULTS`",
            )
    case_id = w.new_id("case")
    row = {"case_id": case_id, "campaign_id": snapshot.campaign_id, "opened_at": w.stamp.at, **_who(w)}
    w.add("cases", [Draft(row, {"title": title}, Scope(case_id))], action="open case")
    _freeze(w, case_id, 1, snapshot, kind="scan", title=title, grade=grade)
    return case_id


def add_scan(w: Writing, case_id: str, snapshot: Snapshot, *, title: str, grade: Grade) -> int:
    """Add what another scan knew as a further exhibit; what was frozen before stays as it is. Returns its number."""
    number = _next_exhibit(w, case_id)
    _freeze(w, case_id, number, snapshot, kind="rescan", title=title, grade=grade)
    return number


def add_document(w: Writing, case_id: str, document: Document, *, title: str, grade: Grade) -> int:
    """Add a file as an exhibit; returns its number. Raises `UsageError` if it is too large."""
    if len(document.content) > LARGEST_FILE:
        raise UsageError(
            f"the file has {len(document.content):,} bytes, an exhibit at most {LARGEST_FILE:,}",
            where=document.name,
            remedy="Add the part that matters, or a page that says where the whole is kept, with its digest",
        )
    number = _next_exhibit(w, case_id)
    payload = {
        "title": title,
        "name": document.name,
        "sha256": hashlib.sha256(document.content).hexdigest(),
        "bytes": len(document.content),
        "content": base64.b64encode(document.content).decode(),
    }
    _exhibit(w, case_id, number, document.kind, grade, payload, (document.partner_id, document.message_id))
    return number


def add_note(w: Writing, case_id: str, text: str) -> str:
    """Write a note down; returns its id."""
    note_id = w.new_id("note")
    row = {"note_id": note_id, "case_id": case_id, "added_at": w.stamp.at, **_who(w)}
    w.add("notes", [Draft(row, {"text": text}, Scope(case_id, "text"))], action="add note")
    return note_id


def decide(w: Writing, case_id: str, kind: str, *, reason: str, account_id: str = "") -> Row:
    """Decide on a case or on one account in it, on all exhibits there are; returns the row.

    The decision that stood before is superseded and stays. Raises `UsageError` for a decision that cannot be taken now.
    """
    now, account_key = state(w, case_id), w.account_key(account_id) if account_id else ""
    _may(w, case_id, kind, now, account_id, account_key, reason)
    exhibits = w.rows("exhibits", case_id=case_id)
    decisions = w.rows("decisions", case_id=case_id)
    row = {
        "decision_id": w.new_id("decision"),
        "case_id": case_id,
        "number": len(decisions) + 1,
        "kind": kind,
        "account_key": account_key or None,
        "supersedes": _superseded(decisions, kind, account_key),
        "exhibits": max(e["number"] for e in exhibits),
        "evidence": evidence_digest(w, case_id),
        "decided_at": w.stamp.at,
        **_who(w),
    }
    return w.add("decisions", [Draft(row, {"reason": reason}, Scope(case_id))], action=f"decide: {kind}")[0]


def place_hold(w: Writing, case_id: str, *, placed: bool, reason: str) -> None:
    """Place or release a legal hold. Raises `UsageError` if that is how it stands already."""
    if state(w, case_id).held == placed:
        raise UsageError(
            f"case {case_id} {'is under a hold already' if placed else 'is under no hold'}",
            remedy=f"`stillwatch case show {case_id}` shows who placed or released it",
        )
    _reasoned(reason)
    row = {"hold_id": w.new_id("hold"), "case_id": case_id, "placed": placed, "at": w.stamp.at, **_who(w)}
    action = "place hold" if placed else "release hold"
    w.add("holds", [Draft(row, {"reason": reason}, Scope(case_id))], action=action)


def state(r: Reading, case_id: str) -> State:
    """How a case stands."""
    return state_of(r.rows("decisions", case_id=case_id), r.rows("holds", case_id=case_id))


def evidence_digest(r: Reading, case_id: str, last: int | None = None) -> str:
    """SHA-256 of the exhibits of a case as they are stored, those after number `last` left out."""
    digest = hashlib.sha256()
    known = {
        e["exhibit_id"] for e in r.rows("exhibits", case_id=case_id) if last is None or e["number"] <= last
    }
    for table in ("exhibits", "exhibit_texts", "exhibit_accounts"):
        for row in r.rows(table, case_id=case_id):
            if row["exhibit_id"] in known:
                digest.update(f"{table}\0{row['entry']}\0".encode() + hashlib.sha256(row["sealed"]).digest())
    return digest.hexdigest()


def _who(w: Writing) -> dict[str, str]:
    return {"person": w.stamp.person, "role": w.stamp.role}


def _freeze(
    w: Writing, case_id: str, number: int, snapshot: Snapshot, *, kind: str, title: str, grade: Grade
) -> None:
    payload = {
        "title": title,
        "campaign_id": snapshot.campaign_id,
        "accounts": len(snapshot.accounts),
        "exchanges": dict(snapshot.exchanges),
        "tables": dict(snapshot.tables),
        "scan": dict(snapshot.scan),
        "files": dict(snapshot.files),
    }
    exhibit_id = _exhibit(w, case_id, number, kind, grade, payload)
    place = {"case_id": case_id, "exhibit_id": exhibit_id}
    text = Draft(
        {"text_id": w.new_id("text"), **place}, {"templates": snapshot.templates}, Scope(case_id, "text")
    )
    w.add("exhibit_texts", [text], action="freeze texts")
    drafts = []
    for account_id, found in snapshot.accounts.items():
        key = w.account_key(account_id)
        row = {"row_id": w.new_id("row"), **place, "account_key": key}
        drafts.append(Draft(row, {"account_id": account_id, **found}, Scope(case_id, "account", key)))
    w.add("exhibit_accounts", drafts, action="freeze account")
    _name_actors(w, case_id, snapshot)


def _name_actors(w: Writing, case_id: str, snapshot: Snapshot) -> None:
    known = {(a["actor"], a["profile_version"]) for a in w.rows("actors")}
    drafts = [
        Draft(
            {
                "row_id": w.new_id("actor"),
                "actor": actor,
                "profile_version": version,
                "case_id": case_id,
                "added_at": w.stamp.at,
                **_who(w),
            }
        )
        for actor, version in snapshot.actors
        if (actor, version) not in known
    ]
    w.add("actors", drafts, action="name actor")


def _exhibit(
    w: Writing,
    case_id: str,
    number: int,
    kind: str,
    grade: Grade,
    payload: Mapping[str, Any],
    source: tuple[str, str] = ("", ""),
) -> str:
    """Add the row; `source` is the partner and the message it came from."""
    exhibit_id = w.new_id("exhibit")
    row = {
        "exhibit_id": exhibit_id,
        "case_id": case_id,
        "number": number,
        "kind": kind,
        "reliability": grade.reliability,
        "credibility": grade.credibility,
        "partner_id": source[0] or None,
        "message_id": source[1] or None,
        "added_at": w.stamp.at,
        **_who(w),
    }
    w.add("exhibits", [Draft(row, payload, Scope(case_id))], action=f"add exhibit: {kind}")
    return exhibit_id


def _next_exhibit(w: Writing, case_id: str) -> int:
    if state(w, case_id).closed:
        raise _is_closed(case_id)
    return 1 + max(int(e["number"]) for e in w.rows("exhibits", case_id=case_id))


def _may(
    w: Writing, case_id: str, kind: str, now: State, account_id: str, account_key: str, reason: str
) -> None:
    """Raise `UsageError` or `InputError` if this decision makes no sense now."""
    if kind not in DECISIONS:
        raise UsageError(f"{kind!r} is no decision", remedy=f"Decide {', '.join(DECISIONS)}")
    _reasoned(reason)
    about_account = kind in ("accuse", "clear")
    if about_account != bool(account_id):
        raise UsageError(
            f"`{kind}` is about {'one account' if about_account else 'the whole case'}",
            remedy="Name it with --account"
            if about_account
            else "Leave out --account, or decide accuse or clear",
        )
    if account_key and not w.rows("exhibit_accounts", case_id=case_id, account_key=account_key):
        raise InputError(
            f"no exhibit of case {case_id} holds anything about account {account_id!r}",
            remedy=f"`stillwatch case show {case_id}` lists its accounts",
        )
    if now.closed and kind != "reopen":
        raise _is_closed(case_id)
    if kind == "reopen" and not now.closed:
        raise UsageError(f"case {case_id} is open", remedy="Decide, or add to it")
    if kind == "close" and now.finding is None:
        raise UsageError(
            f"case {case_id} has no finding yet", remedy=f"Decide {', '.join(FINDINGS)} before you close it"
        )


def _reasoned(reason: str) -> None:
    if not reason.strip():
        raise UsageError("a decision needs a reason", remedy="Say in --reason what it rests on")


def _is_closed(case_id: str) -> UsageError:
    return UsageError(
        f"case {case_id} is closed",
        remedy=f'`stillwatch case decide {case_id} reopen --reason "…"` opens it again',
    )


def _superseded(decisions: tuple[Row, ...], kind: str, account_key: str) -> str | None:
    """The decision of the same kind of question that stood until now."""
    questions = (FINDINGS, ("accuse", "clear"), ("close", "reopen"))
    question = next(q for q in questions if kind in q)
    same = [d for d in decisions if d["kind"] in question and (d["account_key"] or "") == account_key]
    return str(same[-1]["decision_id"]) if same else None
