"""What partners' reports add to a posterior: shown, bounded, once per independent source, and never enough to act."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from stillwatch.share.independence import Grouping

SOURCE_CAP_BITS = 4.0
TOTAL_CAP_BITS = 6.0
ACT, INVESTIGATE, NOTHING = "act", "investigate", "nothing"
OPINION_BITS: Mapping[str, float] = MappingProxyType(
    {"confirmed": 4.0, "investigate": 1.0, "not_seen": -0.5, "false_positive": -4.0}
)
CONFIDENCE: Mapping[str, float] = MappingProxyType({"high": 1.0, "moderate": 0.6, "low": 0.3})
BASIS: Mapping[str, float] = MappingProxyType(
    {"own_observation": 1.0, "partner_report": 0.25, "public_report": 0.0}  # public: we can read it ourselves
)
RELIABILITY: Mapping[str, float] = MappingProxyType(
    {"A": 1.0, "B": 0.8, "C": 0.5, "D": 0.2, "E": 0.0, "F": 0.3}  # Admiralty scale; F cannot be judged
)


@dataclass(frozen=True, slots=True)
class Report:
    """One partner's word on one campaign, in bits before bounds: an opinion, an overlap, a comparison of summaries."""

    message: str
    partner: str
    kind: str
    bits: float
    statement: str


@dataclass(frozen=True, slots=True)
class Added:
    """What corroboration adds: `lines` holds each source group, its bits and messages; `allowed` what may follow.

    `reasons` says why sources were taken together or left out.
    """

    own_bits: float
    bits: float
    posterior_bits: float
    lines: tuple[tuple[str, float, tuple[str, ...]], ...]
    capped: bool
    allowed: str
    statement: str
    reasons: tuple[str, ...] = ()


def opinion_bits(opinion: str, confidence: str, basis: str, reliability: str) -> float:
    """Bits of an opinion, by what it says, how sure it is, what it rests on and how reliable its source has been.

    >>> opinion_bits("confirmed", "high", "own_observation", "A")
    4.0
    >>> opinion_bits("confirmed", "high", "public_report", "A")
    0.0
    """
    return OPINION_BITS[opinion] * CONFIDENCE[confidence] * BASIS[basis] * RELIABILITY[reliability]


def overlap_bits(overlap: int, ours: int, background: float) -> float:
    """Bits of an overlap of two sets, against as many values common by chance as `background` (a share of ours) says.

    The weight is -log2 of the Poisson tail, less 3 bits because the set was chosen after looking; within 0 and 4 bits.
    A value that half the world has (a large mail provider) belongs in no set.

    >>> overlap_bits(0, 1000, 0.001), overlap_bits(40, 1000, 0.001)
    (0.0, 4.0)
    """
    expected = max(ours * background, 1e-9)
    log_tail = 0.0 if overlap <= expected else overlap * math.log(expected / overlap) + overlap - expected
    return max(0.0, min(SOURCE_CAP_BITS, -log_tail / math.log(2) - 3.0))


def corroborate(
    own_bits: float, reports: Sequence[Report], grouping: Grouping, *, threshold_bits: float
) -> Added:
    """What the reports add to `own_bits`: of each independent group the strongest for and the strongest against.

    Each group counts up to ±4 bits, all together up to ±6. `allowed` is `act` only if our own evidence reaches the
    threshold by itself and still does with what speaks against it.
    """
    lines = [_line(group, [r for r in reports if r.partner in group]) for group in grouping.groups]
    lines = [line for line in lines if line[2]]
    raw = sum(bits for _, bits, _ in lines)
    bits = max(-TOTAL_CAP_BITS, min(TOTAL_CAP_BITS, raw))
    total = own_bits + bits
    if own_bits >= threshold_bits and total >= threshold_bits:
        allowed = ACT
    else:
        allowed = INVESTIGATE if max(own_bits, total) >= threshold_bits else NOTHING
    count, partners = len(lines), len({r.partner for r in reports})
    statement = (
        f"{partners} partner{'' if partners == 1 else 's'}, {count} independent source{'' if count == 1 else 's'}: "
        f"{bits:+.1f} bits on {own_bits:.1f} of our own"
    )
    return Added(own_bits, bits, total, tuple(lines), bits != raw, allowed, statement, grouping.reasons)


def _line(group: Sequence[str], reports: Sequence[Report]) -> tuple[str, float, tuple[str, ...]]:
    """One group: the strongest for plus the strongest against, bounded; and all messages it rests on."""
    strongest = max((r.bits for r in reports if r.bits > 0), default=0.0)
    weakest = min((r.bits for r in reports if r.bits < 0), default=0.0)
    bits = max(-SOURCE_CAP_BITS, min(SOURCE_CAP_BITS, strongest + weakest))
    return ", ".join(group), bits, tuple(sorted(r.message for r in reports))
