"""Partners and agreements as rows of the case store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from stillwatch.model.errors import RefusedError, UsageError
from stillwatch.model.records import Draft, Reading, Scope, Writing
from stillwatch.model.typed import ready
from stillwatch.share.agreement import Terms, check_terms
from stillwatch.share.identity import Card

ACTIVE, SUSPENDED, ENDED = "active", "suspended", "ended"
PROPOSED, ACCEPTED = "proposed", "accepted"


@dataclass(frozen=True, slots=True)
class Partner:
    """A partner as it stands now: card, Admiralty reliability of what it sent so far, state."""

    card: Card
    reliability: str
    state: str
    version: int

    @property
    def id(self) -> str:
        """Fingerprint of the partner's keys."""
        return self.card.fingerprint


def save_partner(store: Writing, card: Card, *, reliability: str = "F", state: str = ACTIVE) -> Partner:
    """Add a partner, or a new version of one. Raises `UsageError` for a reliability that is no Admiralty letter."""
    if reliability not in tuple("ABCDEF"):
        raise UsageError(
            f"no reliability {reliability!r}", remedy="Give a letter from A to F; F: cannot be judged"
        )
    version = len(store.rows("partners", partner_id=card.fingerprint)) + 1
    row = {
        "row_id": store.new_id("partner"),
        "partner_id": card.fingerprint,
        "version": version,
        "state": state,
        "added_at": store.stamp.at,
        "person": store.stamp.person,
        "role": store.stamp.role,
    }
    payload = {"card": msgspec.to_builtins(card), "reliability": reliability}
    store.add("partners", [Draft(row, payload, Scope(card.fingerprint, "partner"))], action="partner_saved")
    return Partner(card, reliability, state, version)


def partners(store: Reading) -> tuple[Partner, ...]:
    """All partners as they stand now, by name; those whose keys were destroyed are gone."""
    ids = {row["partner_id"] for row in store.rows("partners")}
    found = (_partner(store, partner_id) for partner_id in sorted(ids))
    return tuple(sorted((p for p in found if p is not None), key=lambda p: (p.card.name, p.id)))


def find_partner(store: Reading, wanted: str) -> Partner:
    """The partner of a name or of the beginning of a fingerprint. Raises `UsageError` unless there is exactly one."""
    every = partners(store)
    found = [p for p in every if p.card.name == wanted or (len(wanted) >= 8 and p.id.startswith(wanted))]
    if len(found) != 1:
        raise UsageError(
            f"{len(found) or 'no'} partners are called {wanted!r}",
            remedy=f"There are: {', '.join(p.card.name for p in every) or 'none; add one: stillwatch partner add'}",
        )
    return found[0]


def partner_by_id(store: Reading, partner_id: str) -> Partner | None:
    """The partner with a fingerprint, whatever its state; None if there is none."""
    return _partner(store, partner_id)


def _partner(store: Reading, partner_id: str) -> Partner | None:
    rows = sorted(store.rows("partners", partner_id=partner_id), key=lambda row: int(row["version"]))
    payload = store.payload("partners", rows[-1]) if rows else None
    if payload is None or "card" not in payload:
        return None
    last = rows[-1]
    card = msgspec.convert(payload["card"], ready(Card))
    return Partner(card, str(payload["reliability"]), str(last["state"]), int(last["version"]))


def propose(store: Writing, terms: Terms, us: str) -> None:
    """Keep terms as proposed, unless they are known. Raises `RefusedError` if they are not between us and another."""
    check_terms(terms)
    terms.other(us)
    if not store.rows("agreements", agreement_id=terms.id):
        _keep(store, terms, us, PROPOSED)


def accept(store: Writing, agreement_id: str, us: str) -> Terms:
    """Accept terms that were proposed, by the person of the stamp, who must have the role that the terms name."""
    terms, state, _ = agreement(store, agreement_id)
    if state == ENDED:
        raise UsageError("this agreement was ended", remedy="Propose new terms")
    if store.stamp.role != terms.approver:
        raise UsageError(
            f"{store.stamp.role!r} cannot accept these terms", remedy=f"They name the role {terms.approver!r}"
        )
    if state == PROPOSED:
        _keep(store, terms, us, ACCEPTED)
    return terms


def end(store: Writing, agreement_id: str, us: str) -> None:
    """End an agreement: nothing more goes out or comes in under it."""
    terms, state, _ = agreement(store, agreement_id)
    if state != ENDED:
        _keep(store, terms, us, ENDED)


def agreement(store: Reading, wanted: str) -> tuple[Terms, str, str]:
    """Terms, state and partner of an agreement, by the beginning of its id. Raises `UsageError` unless there is one."""
    rows = [row for row in store.rows("agreements") if str(row["agreement_id"]).startswith(wanted)]
    if not wanted or len({row["agreement_id"] for row in rows}) != 1:
        raise UsageError(
            f"no single agreement begins with {wanted!r}", remedy="List them with: stillwatch partner list"
        )
    return _agreement(store, rows)


def agreement_in_force(store: Reading, agreement_id: str, party: str, *, ended_too: bool = False) -> Terms:
    """Accepted terms with `party`; with `ended_too` those that were ended as well, since retractions always go.

    Raises `RefusedError` (`unknown_agreement`) if there are none.
    """
    rows = store.rows("agreements", agreement_id=agreement_id)
    if rows:
        terms, state, partner = _agreement(store, rows)
        if partner == party and (state == ACCEPTED or (ended_too and state == ENDED)):
            return terms
    raise RefusedError(
        "unknown_agreement",
        "no such agreement was accepted here",
        remedy="Accept it with: stillwatch partner accept",
    )


def agreements(store: Reading) -> tuple[tuple[Terms, str, str], ...]:
    """Every agreement with its state and partner."""
    ids = sorted({str(row["agreement_id"]) for row in store.rows("agreements")})
    return tuple(_agreement(store, store.rows("agreements", agreement_id=one)) for one in ids)


def _agreement(store: Reading, rows: Any) -> tuple[Terms, str, str]:
    last = rows[-1]
    payload = store.payload("agreements", last)
    if payload is None:
        raise UsageError("the terms were deleted", remedy="Agree anew")
    return msgspec.convert(payload["terms"], ready(Terms)), str(last["state"]), str(last["partner_id"])


def _keep(store: Writing, terms: Terms, us: str, state: str) -> None:
    partner = terms.other(us)
    row = {
        "row_id": store.new_id("agreement"),
        "agreement_id": terms.id,
        "partner_id": partner,
        "state": state,
        "at": store.stamp.at,
        "person": store.stamp.person,
        "role": store.stamp.role,
    }
    payload = {"terms": msgspec.to_builtins(terms)}
    store.add("agreements", [Draft(row, payload, Scope(partner, "partner"))], action=f"agreement_{state}")
