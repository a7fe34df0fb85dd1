"""How a case stands: it follows from its decisions and holds, which only ever grow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from stillwatch.model.records import Row

FINDINGS = ("confirm", "dismiss", "undecided")
DECISIONS = (*FINDINGS, "accuse", "clear", "close", "reopen")


@dataclass(frozen=True, slots=True)
class State:
    """The decision that stands on the whole case and on each account (by account key), closing, and legal hold."""

    finding: Row | None
    accounts: Mapping[str, Row]
    closed: bool
    closed_at: datetime | None
    held: bool

    @property
    def word(self) -> str:
        """The state in one word."""
        if self.closed:
            return "closed"
        return {"confirm": "confirmed", "dismiss": "dismissed"}.get(self.finding_kind, "open")

    @property
    def finding_kind(self) -> str:
        """`confirm`, `dismiss`, `undecided`, or nothing yet."""
        return str(self.finding["kind"]) if self.finding else ""


def state_of(decisions: Iterable[Row], holds: Iterable[Row]) -> State:
    """The state after these decisions and holds, given in the order they were written.

    Reopening takes back the closing and the finding: the case has to be decided anew. Decisions on accounts stay.
    """
    finding: Row | None = None
    closing: Row | None = None
    accounts: dict[str, Row] = {}
    for row in decisions:
        if row["kind"] in FINDINGS:
            finding = row
        elif row["account_key"]:
            accounts[row["account_key"]] = row
        elif row["kind"] == "close":
            closing = row
        else:
            finding = closing = None
    held = False
    for row in holds:
        held = bool(row["placed"])
    return State(finding, accounts, closing is not None, closing["decided_at"] if closing else None, held)
