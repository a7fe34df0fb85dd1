"""How rare a group's score is among benign groups, and the false-discovery rate that may be claimed for it.

The p-value of a group is the rank of its score among the benign groups of its traffic class, itself counted:
(1 + number that score at least as high) / (1 + number of benign groups). If the group is benign and exchangeable with
them, P(p ≤ a) ≤ a whatever the distribution. Benjamini–Hochberg then runs over all groups that the scan
examined; p-values that rest on one calibration set are positively dependent, which the procedure allows. A group
without a p-value counts as one with p = 1.

Nothing is claimed where the set is too small: if even the smallest p it can express, times the number of groups
examined, exceeds the stated level, no single discovery could be justified by it.

Sources: Vovk, Gammerman and Shafer, "Algorithmic learning in a random world", 2005; Bates, Candès, Lei, Romano
and Sesia, "Testing for outliers with conformal p-values", 2023.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stillwatch.attribute.assess import Assessment
from stillwatch.attribute.calibration import CLASSES, Calibration, traffic_class
from stillwatch.model.kernels.tails import adjusted_log2

APART = 2.0  # lengths of time that differ by more than this factor form different groups


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a scan looked at, as far as it must resemble the calibration: days, whether there was text, and evidence
    it was told to leave out."""

    days: float
    text: bool
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """What may be said of one group: its class, p-value and q-value (None where nothing may), and why."""

    traffic_class: str
    p_value: float | None
    q_value: float | None
    reason: str


def conformal_p(score: int, benign: Sequence[int]) -> float:
    """Rank of a score from the top among sorted benign scores, itself counted, as a share.

    >>> conformal_p(7, [1, 5, 7, 9])
    0.6
    """
    return (1 + len(benign) - bisect_left(benign, score)) / (1 + len(benign))


def claims(
    found: Mapping[int, Assessment], calibration: Calibration, traffic: Traffic, *, level: float
) -> dict[int, Claim]:
    """The claim of each group examined; `level` is the false-discovery rate that must be expressible."""
    classes = {g: traffic_class(a) for g, a in found.items()}
    whole = unusable(calibration, traffic)
    if whole:
        return {g: Claim(classes[g], None, None, whole) for g in found}
    p = {g: conformal_p(a.weight, calibration.scores.get(classes[g], ())) for g, a in found.items()}
    refused = {c: too_small(calibration, c, len(found), level) for c in set(classes.values())}
    judged = [g for g in found if not refused[classes[g]]]
    log2_q = adjusted_log2(np.log2([p[g] for g in judged]), tests=len(found))
    q = dict(zip(judged, np.exp2(log2_q).tolist(), strict=True))
    out = {}
    for g in found:
        name = classes[g]
        rests = _rests_on(calibration, name, len(found))
        seen = bool(calibration.scores.get(name))
        out[g] = Claim(name, p[g] if seen else None, q.get(g), refused[name] or rests)
    return out


def unusable(calibration: Calibration, traffic: Traffic) -> str:
    """Why a calibration supports no claim about this traffic at all; empty if it does."""
    if calibration.source != "own":
        return (
            "the calibration in use is simulated, so no false-discovery rate is claimed; "
            "make your own with `stillwatch calibrate`"
        )
    if traffic.without:
        return f"the calibration has the evidence that this scan left out ({', '.join(traffic.without)})"
    if calibration.text != traffic.text:
        had, has = ("had", "has none") if calibration.text else ("had no", "has")
        return f"the calibration's log {had} text, this one {has}: groups are not comparable"
    lengths = [span.days for span in calibration.spans]
    shortest, longest = min(lengths, default=0.0), max(lengths, default=0.0)
    if traffic.days > APART * shortest or longest > APART * traffic.days:
        return (
            f"the calibration is of {_days(shortest, longest)}, this scan of {_days(traffic.days, traffic.days)}: "
            "groups form differently; calibrate on spans as long as a scan"
        )
    return ""


def too_small(calibration: Calibration, traffic_class: str, examined: int, level: float) -> str:
    """Why the benign groups of a class cannot express the level; empty if they can."""
    n = len(calibration.scores.get(traffic_class, ()))
    title = CLASSES[traffic_class]
    if n == 0:
        return f"the calibration has no benign group {title}"
    if examined > most_examined(calibration, traffic_class, level):
        needed = math.ceil(examined / level - 1e-9) - 1
        return (
            f"the calibration is too small: {n:,} benign groups {title} cannot express a "
            f"false-discovery rate of {level:g} over {examined:,} groups examined; {needed:,} could"
        )
    return ""


def most_examined(calibration: Calibration, traffic_class: str, level: float) -> int:
    """The most groups a scan may examine so that the class can express the level: level / smallest p."""
    n = len(calibration.scores.get(traffic_class, ()))
    return math.floor(level * (n + 1) + 1e-9) if n else 0


def _rests_on(calibration: Calibration, traffic_class: str, examined: int) -> str:
    n = len(calibration.scores.get(traffic_class, ()))
    return (
        f"rank among {n:,} groups of your own history, assumed benign, {CLASSES[traffic_class]}; "
        f"Benjamini-Hochberg over {examined:,} groups examined; holds for traffic like that history"
    )


def _days(low: float, high: float) -> str:
    return f"{low:.3g} days" if round(low, 1) == round(high, 1) else f"{low:.3g} to {high:.3g} days"
