"""A partner's finding against a campaign of ours: does it speak of the same campaign? In bits, each part bounded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from stillwatch.model.errors import UsageError
from stillwatch.model.records import Reading
from stillwatch.share.bundles.gate import FINDING
from stillwatch.share.bundles.ledger import object_of
from stillwatch.share.bundles.words import origins_of
from stillwatch.share.compare import CAP_BITS, TIME_BITS, Likeness
from stillwatch.share.corroborate import RELIABILITY, overlap_bits
from stillwatch.share.finding import Finding
from stillwatch.share.inbound.judge import moment
from stillwatch.share.ledger import accepted, retracted
from stillwatch.share.partners import partner_by_id
from stillwatch.share.weigh import Ground


@dataclass(frozen=True, slots=True)
class Theirs:
    """A partner's finding as it was taken: the newest version, and all values it ever named for the campaign."""

    ground: Ground
    received_at: datetime
    reliability: str
    campaign: Mapping[str, Any]
    values: frozenset[tuple[str, str]]


def finding_of(store: Reading, wanted: str) -> Theirs:
    """The newest standing version of a finding, by the beginning of its id. Raises `UsageError` unless it is one."""
    gone = retracted(store)
    rows = [
        row
        for row in store.rows("received", accepted=True, kind=FINDING)
        if wanted and str(row["message_id"]).startswith(wanted) and row["message_id"] not in gone
    ]
    campaign = object_of(store, "received", rows[-1]) if rows else None
    if campaign is None or len({(row["partner_id"], row["named"]) for row in rows}) != 1:
        raise UsageError(
            f"{len(rows)} findings of partners begin with {wanted!r}", remedy="See: stillwatch share ledger"
        )
    last = rows[-1]
    values = {
        (str(kind), str(value))
        for row in accepted(store, str(last["partner_id"]), kind=FINDING, named=last["named"])
        for kind, value in (store.payload("received", row) or {}).get("values", ())
    }
    partner = partner_by_id(store, str(last["partner_id"]))
    return Theirs(
        Ground(str(last["partner_id"]), str(last["message_id"]), origins_of(campaign)),
        last["received_at"],
        partner.reliability if partner else "F",
        campaign,
        frozenset(values),
    )


def common_values(theirs: Theirs, ours: Finding) -> frozenset[tuple[str, str]]:
    """Values that the partner names and that mark our campaign, too."""
    return theirs.values & {(value.kind, value.value) for value in ours.values}


def match(theirs: Theirs, ours: Finding, *, background: float) -> tuple[Likeness, ...]:
    """The parts of the likelihood ratio "one campaign" against "two unrelated ones"; what a side left out has no part.

    `background` is the share of the values that would be common by chance. Values weigh as much as an overlap in
    private does, at most 4 bits; time 1 bit either way.
    """
    parts = []
    if theirs.values and ours.values:
        common = len(common_values(theirs, ours))
        bits = overlap_bits(common, len(theirs.values), background)
        told = f"{common} of {len(theirs.values)} values that the partner names mark ours, too"
        parts.append(Likeness("values", bits, told))
    times = [theirs.campaign.get(name) for name in ("first_seen", "last_seen")]
    if all(times):
        parts.append(_time(moment(str(times[0])), moment(str(times[1])), ours))
    return tuple(parts)


def match_bits(parts: tuple[Likeness, ...], reliability: str) -> float:
    """The sum of the parts within ±6 bits; what speaks for it is scaled by how reliable the partner has been."""
    bits = max(-CAP_BITS, min(CAP_BITS, sum(part.bits for part in parts)))
    return bits * RELIABILITY[reliability] if bits > 0 else bits


def _time(first: datetime, last: datetime, ours: Finding) -> Likeness:
    begin, end = ours.span
    day = timedelta(days=1)
    both = max((min(last, end) - max(first, begin)) / day, 0.0)
    shorter = max(min((last - first) / day, (end - begin) / day), 1 / 24)
    share = min(both / shorter, 1.0)
    return Likeness("timing", TIME_BITS * (2 * share - 1), f"{share:.0%} of the shorter one's time is common")
