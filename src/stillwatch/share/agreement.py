"""What two partners have agreed to share: the terms, their id, and whether a message keeps to them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

import msgspec

from stillwatch.model.errors import RefusedError
from stillwatch.share.canonical import digest
from stillwatch.share.identity import Hex32, Name
from stillwatch.share.publication import FIELDS

DAY = 86_400
TLP = ("clear", "green", "amber", "amber+strict", "red")  # from open to closed, as TLP 2.0 orders them
PAP = ("clear", "green", "amber", "red")
TLP_MEANING: Mapping[str, str] = MappingProxyType(
    {
        "clear": "no limit on disclosure",
        "green": "the recipient's community",
        "amber": "the recipient's organisation and its clients who need to know",
        "amber+strict": "the recipient's organisation only",
        "red": "the named recipients only",
    }
)
PAP_MEANING: Mapping[str, str] = MappingProxyType(
    {
        "clear": "any action",
        "green": "active action that cannot be seen by the subject",
        "amber": "passive checks only, in the recipient's own data",
        "red": "reading only; nothing that the subject could notice",
    }
)

Tlp = Literal["clear", "green", "amber", "amber+strict", "red"]
Pap = Literal["clear", "green", "amber", "red"]
Kind = Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=r"^[a-z_]+$")]
Names = Annotated[tuple[Kind, ...], msgspec.Meta(max_length=40)]
Time = Annotated[int, msgspec.Meta(ge=0, le=4_102_444_800)]  # until the year 2100
SIZE = msgspec.Meta(ge=1, le=10_000_000)

SUMMARY_FIELDS = ("accounts", "exchanges", "capabilities", "timing", "templates")
FINDING_SHOWS = ("accounts", "exchanges", "capabilities", "timing")  # what every exported finding says
PLAIN = "plain_"  # before a field of an export that goes as it is: `plain_asn`
PLAIN_FIELDS = tuple(f"{PLAIN}{name}" for name in FIELDS)


class Terms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An agreement. Both partners hold the same bytes; the id is their digest, so neither can alter a term alone."""

    parties: tuple[Hex32, Hex32]
    purpose: Name
    starts: Time
    ends: Time
    messages: Names
    fields: Names = ()
    keyed_kinds: Names = ()
    private_kinds: Names = ()
    tlp: Tlp = "amber+strict"
    pap: Pap = "amber"
    approver: Kind = "legal"
    epoch_days: Annotated[int, msgspec.Meta(ge=1, le=90)] = 7
    smallest_set: Annotated[int, SIZE] = 100
    largest_set: Annotated[int, SIZE] = 1_000_000
    queries_per_week: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 10
    elements_per_week: Annotated[int, SIZE] = 1_000
    messages_per_minute: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 60
    epsilon_permille: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 2_000

    @property
    def id(self) -> str:
        """Digest of the terms."""
        return digest(self)

    def epoch(self, now: int) -> int:
        """Number of the key period that `now` lies in."""
        return (now - self.starts) // (self.epoch_days * DAY)

    def other(self, party: str) -> str:
        """The partner of `party`. Raises `RefusedError` if `party` is neither."""
        if party not in self.parties:
            raise RefusedError("not_a_party", "this agreement is between others")
        return self.parties[1] if party == self.parties[0] else self.parties[0]


def check_terms(terms: Terms) -> None:
    """Raise `RefusedError` for terms that no one can keep to: with oneself, ending before they start, caps crossed."""
    wrong = {
        "self_referring": terms.parties[0] == terms.parties[1],
        "contradictory": terms.ends <= terms.starts
        or terms.smallest_set > terms.largest_set
        or list(terms.parties) != sorted(terms.parties)
        or not set(terms.fields) <= {*SUMMARY_FIELDS, *PLAIN_FIELDS},
    }
    for reason, found in wrong.items():
        if found:
            raise RefusedError(reason, "terms that nobody can keep to", remedy=_HOW)


def check_in_force(terms: Terms, now: int) -> None:
    """Raise `RefusedError` (`agreement_expired`) outside the time of an agreement."""
    if not terms.starts <= now < terms.ends:
        raise RefusedError("agreement_expired", "the agreement is not in force today")


def check_marking(terms: Terms, tlp: str, pap: str) -> None:
    """Raise `RefusedError` (`marking`) for a message that is more closed than the agreement provides for."""
    if TLP.index(tlp) > TLP.index(terms.tlp) or PAP.index(pap) > PAP.index(terms.pap):
        raise RefusedError(
            "marking",
            f"TLP:{tlp.upper()} PAP:{pap.upper()} is closed more tightly than the agreement provides for",
            remedy=f"It goes up to TLP:{terms.tlp.upper()} PAP:{terms.pap.upper()}",
        )


_HOW = (
    "Parties sorted and different, ends after starts, smallest_set up to largest_set, fields that are known"
)
