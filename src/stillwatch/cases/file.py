"""A case as it can be read: its rows with what their payloads hold, and what was deleted said to be so."""

from __future__ import annotations

import base64
import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from stillwatch.cases.grade import Grade
from stillwatch.cases.state import State
from stillwatch.cases.work import state
from stillwatch.model.errors import InputError
from stillwatch.model.records import Reading, Row

DELETED = "deleted under the retention policy"


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One exhibit; `payload` is None where it was deleted, `accounts` holds those that were not, by account key."""

    row: Row
    payload: dict[str, Any] | None
    templates: list[dict[str, Any]] | None
    accounts: Mapping[str, dict[str, Any]]
    accounts_deleted: int

    @property
    def grade(self) -> Grade:
        """Its grade in the Admiralty code."""
        return Grade(self.row["reliability"], self.row["credibility"])

    @property
    def is_scan(self) -> bool:
        """Whether it is frozen evidence of a scan."""
        return self.row["kind"] in ("scan", "rescan")

    @property
    def title(self) -> str:
        """Its title."""
        return str(self.payload["title"]) if self.payload else DELETED

    def content(self) -> bytes:
        """The file of a document; nothing for a scan or where it was deleted."""
        return base64.b64decode((self.payload or {}).get("content", ""))


@dataclass(frozen=True, slots=True)
class Said:
    """A row of `notes`, `decisions` or `holds` with its words."""

    row: Row
    text: str
    superseded_by: int | None = None


@dataclass(frozen=True, slots=True)
class CaseFile:
    """All of a case."""

    row: Row
    title: str
    state: State
    exhibits: tuple[Exhibit, ...]
    notes: tuple[Said, ...]
    decisions: tuple[Said, ...]
    holds: tuple[Said, ...]
    audit: tuple[Row, ...]

    @property
    def case_id(self) -> str:
        """Its id."""
        return str(self.row["case_id"])

    def account_id(self, account_key: str) -> str:
        """The account a key stands for, if anything about it is left."""
        for exhibit in self.exhibits:
            if account_key in exhibit.accounts:
                return str(exhibit.accounts[account_key]["account_id"])
        return f"account {account_key[:12]} ({DELETED})"


def find_case(r: Reading, wanted: str) -> str:
    """The id of the case with that id or campaign, or the only one that begins so.

    Raises `InputError` naming the nearest if there is none, or several.
    """
    rows = r.rows("cases")
    ids = [row["case_id"] for row in rows]
    by_campaign = [row["case_id"] for row in rows if row["campaign_id"] == wanted]
    bare = [i for i in ids if wanted and (i.startswith(wanted) or i.removeprefix("case-").startswith(wanted))]
    matches = [wanted] if wanted in ids else by_campaign[-1:] or bare
    if len(matches) == 1:
        return str(matches[0])
    near = matches[:3] or difflib.get_close_matches(wanted, ids, n=3, cutoff=0.3)
    raise InputError(
        f"{len(matches)} cases begin with {wanted!r}" if matches else f"no case {wanted!r}",
        remedy=f"The nearest are {', '.join(near)}" if near else "`stillwatch case list` lists them",
    )


def read_case(r: Reading, case_id: str) -> CaseFile:
    """A case with its payloads opened."""
    (row,) = r.rows("cases", case_id=case_id)
    head = r.payload("cases", row)
    decisions = _said(r, "decisions", case_id, "reason")
    numbers = {d.row["supersedes"]: d.row["number"] for d in decisions if d.row["supersedes"]}
    return CaseFile(
        row=row,
        title=head["title"] if head else DELETED,
        state=state(r, case_id),
        exhibits=_exhibits(r, case_id),
        notes=_said(r, "notes", case_id, "text"),
        decisions=tuple(Said(d.row, d.text, numbers.get(d.row["decision_id"])) for d in decisions),
        holds=_said(r, "holds", case_id, "reason"),
        audit=_audit(r, case_id),
    )


def _said(r: Reading, table: str, case_id: str, field: str) -> tuple[Said, ...]:
    found = [(row, r.payload(table, row)) for row in r.rows(table, case_id=case_id)]
    return tuple(Said(row, payload[field] if payload else DELETED) for row, payload in found)


def _exhibits(r: Reading, case_id: str) -> tuple[Exhibit, ...]:
    texts = {t["exhibit_id"]: r.payload("exhibit_texts", t) for t in r.rows("exhibit_texts", case_id=case_id)}
    accounts: dict[str, dict[str, dict[str, Any]]] = {}
    deleted: dict[str, int] = {}
    for row in r.rows("exhibit_accounts", case_id=case_id):
        payload = r.payload("exhibit_accounts", row)
        if payload is None:
            deleted[row["exhibit_id"]] = deleted.get(row["exhibit_id"], 0) + 1
        else:
            accounts.setdefault(row["exhibit_id"], {})[row["account_key"]] = payload
    found = []
    for row in r.rows("exhibits", case_id=case_id):
        name = row["exhibit_id"]
        text = texts.get(name)
        found.append(
            Exhibit(
                row=row,
                payload=r.payload("exhibits", row),
                templates=text["templates"] if text else None,
                accounts=MappingProxyType(accounts.get(name, {})),
                accounts_deleted=deleted.get(name, 0),
            )
        )
    return tuple(found)


def _audit(r: Reading, case_id: str) -> tuple[Row, ...]:
    """Entries about the case: those of its rows, and those that name it, such as exports."""
    sequences = {
        row["entry"]
        for table in ("cases", "exhibits", "exhibit_texts", "notes", "decisions", "holds", "actors")
        for row in r.rows(table, case_id=case_id)
    }
    entries = [
        *(e for s in sorted(sequences) for e in r.rows("audit", sequence=s)),
        *r.rows("audit", subject=case_id),
    ]
    return tuple({e["sequence"]: e for e in sorted(entries, key=lambda e: int(e["sequence"]))}.values())


def latest_scan(case: CaseFile) -> Exhibit | None:
    """The newest frozen scan of a case, of those whose payload is left."""
    return _last(e for e in case.exhibits if e.is_scan and e.payload)


def deciding_scan(case: CaseFile) -> Exhibit | None:
    """The newest frozen scan that was known when the standing finding was made; the newest of all if there is none."""
    known = case.state.finding["exhibits"] if case.state.finding else len(case.exhibits)
    return _last(e for e in case.exhibits if e.is_scan and e.payload and e.row["number"] <= known)


def _last(exhibits: Iterable[Exhibit]) -> Exhibit | None:
    found = tuple(exhibits)
    return found[-1] if found else None
