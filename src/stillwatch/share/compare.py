"""Do two summaries describe one campaign? A likelihood ratio in bits, field by field, each bounded."""

from __future__ import annotations

import math
from dataclasses import dataclass

from stillwatch.share.messages import Summary
from stillwatch.share.summary import resemblance

CAP_BITS = 6.0  # of all fields together
ALIKE = 0.5  # Jaccard from which two signatures count as one template
TEMPLATE_BITS = 4.0
TEMPLATE_MISS_BITS = -2.0
MIX_BITS = 1.5
TIME_BITS = 1.0
RHYTHM_BITS = 1.5


@dataclass(frozen=True, slots=True)
class Likeness:
    """One field's part: weight in bits and why. A field that either side left out is not there."""

    field: str
    bits: float
    statement: str


def compare(ours: Summary, theirs: Summary) -> tuple[Likeness, ...]:
    """The parts of the likelihood ratio "one campaign" against "two unrelated ones".

    Counts are no part: two halves of one campaign need not be of one size. The bounds are set by reasoning, not
    fitted: an attacker can copy a partner's public template, so a template is worth 4 bits and never settles it.
    Keyed sketches compare within one epoch only.
    """
    parts = [_templates(ours, theirs), _mix(ours, theirs), _time(ours, theirs), _rhythm(ours, theirs)]
    return tuple(part for part in parts if part is not None)


def likeness_bits(parts: tuple[Likeness, ...]) -> float:
    """The sum of the parts, within ±6 bits."""
    return max(-CAP_BITS, min(CAP_BITS, sum(part.bits for part in parts)))


def _templates(ours: Summary, theirs: Summary) -> Likeness | None:
    if not ours.templates or not theirs.templates or ours.epoch != theirs.epoch:
        return None
    hits = sum(any(resemblance(a, b) >= ALIKE for b in theirs.templates) for a in ours.templates)
    if not hits:
        return Likeness("templates", TEMPLATE_MISS_BITS, f"none of {len(ours.templates)} templates is alike")
    bits = min(TEMPLATE_BITS, 2.0 + math.log2(hits) + 2.0 * hits / len(ours.templates))
    return Likeness("templates", bits, f"{hits} of {len(ours.templates)} templates are alike")


def _mix(ours: Summary, theirs: Summary) -> Likeness | None:
    a = {share.capability: share.permille for share in ours.capabilities}
    b = {share.capability: share.permille for share in theirs.capabilities}
    if not a or not b:
        return None
    shared = sum(min(a.get(name, 0), b.get(name, 0)) for name in a) / max(sum(a.values()), sum(b.values()))
    return Likeness(
        "capabilities", MIX_BITS * (2 * shared - 1), f"{shared:.0%} of the capability mix is common"
    )


def _time(ours: Summary, theirs: Summary) -> Likeness | None:
    if ours.first_day is None or theirs.first_day is None or ours.last_day is None or theirs.last_day is None:
        return None
    both = min(ours.last_day, theirs.last_day) - max(ours.first_day, theirs.first_day) + 1
    shorter = min(ours.last_day - ours.first_day, theirs.last_day - theirs.first_day) + 1
    share = max(0, both) / shorter
    return Likeness(
        "timing", TIME_BITS * (2 * share - 1), f"{share:.0%} of the shorter one's days are common"
    )


def _rhythm(ours: Summary, theirs: Summary) -> Likeness | None:
    """Correlation of the daily activity on common days, at least seven of them."""
    a, b = (
        {(one.first_day or 0) + at: int(digit) for at, digit in enumerate(one.rhythm)}
        for one in (ours, theirs)
    )
    days = sorted(a.keys() & b.keys())
    if len(days) < 7:
        return None
    r = _correlation([a[day] for day in days], [b[day] for day in days])
    return Likeness("rhythm", RHYTHM_BITS * r, f"daily activity correlates at {r:.2f} over {len(days)} days")


def _correlation(x: list[int], y: list[int]) -> float:
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    top = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    bottom = math.sqrt(sum((a - mean_x) ** 2 for a in x) * sum((b - mean_y) ** 2 for b in y))
    return top / bottom if bottom else 0.0
