"""The calibration that a scan uses, and what its results say about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stillwatch import __version__
from stillwatch.app.resources import hypotheses, shipped_calibration
from stillwatch.attribute.calibration import (
    Calibration,
    check_same_pipeline,
    expectations_digest,
    read_calibration,
)
from stillwatch.attribute.conformal import Claim, Traffic, unusable
from stillwatch.attribute.curve import Curve
from stillwatch.model.errors import InputError

NO_CURVE = "not calibrated: the shipped curve was learned with other expectations; prior and weight only"
CURVE = "calibrated on simulated groups; how far that holds on other traffic is not known"


@dataclass(frozen=True, slots=True)
class InUse:
    """`calibration` is what scores are ranked against, `curve` what calibrates probabilities, if it fits."""

    calibration: Calibration
    curve: Curve | None

    def record(self, claims: Mapping[int, Claim], traffic: Traffic, level: float) -> dict[str, Any]:
        """What `summary.json` says of it."""
        c = self.calibration
        reasons = (
            [unusable(c, traffic)] if unusable(c, traffic) else sorted({q.reason for q in claims.values()})
        )
        return {
            "kind": c.source,
            "q_reason": "; ".join(reasons),
            "level": level,
            "with_q_value": sum(q.q_value is not None for q in claims.values()),
            "examined": len(claims),
            "groups": {name: len(scores) for name, scores in sorted(c.scores.items())},
            "spans": [{"first": s.first.isoformat(), "last": s.last.isoformat()} for s in c.spans],
            "expectations": c.expectations,
            "probabilities": CURVE if self.curve else NO_CURVE,
        }


def calibration_in_use(path: Path | None) -> InUse:
    """The calibration of a file, or the one that ships.

    Raises `InputError` if the file cannot be read or is no calibration, `StateError` if another version made it.
    """
    shipped = shipped_calibration()
    known = hypotheses()
    curve = shipped.curve if shipped.expectations == expectations_digest(known) else None
    if path is None:
        return InUse(shipped, curve)
    try:
        text = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror or error}",
            where=str(path),
            remedy="Make one with `stillwatch calibrate`",
        ) from error
    own = read_calibration(text, where=str(path))
    check_same_pipeline(own, program=__version__, hypotheses=known, where=str(path))
    return InUse(own, own.curve or curve)
