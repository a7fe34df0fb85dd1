"""A calibration: scores of benign groups by traffic class, what they were made from and by, and the curve.

The score of a group is its weight in bits against the best other explanation. A calibration holds scores and counts
only: no id, no key, nothing that a hash key changed. It is one JSON file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from types import MappingProxyType

import msgspec

from stillwatch.attribute.assess import Assessment
from stillwatch.attribute.curve import Curve
from stillwatch.attribute.features import FEATURES
from stillwatch.attribute.hypotheses import Hypothesis
from stillwatch.model.errors import InputError, StateError

VERSION = 1
SOURCES = ("own", "simulated")
RELATION, OPEN = "relation", "open"
CLASSES: Mapping[str, str] = MappingProxyType(
    {
        RELATION: "best explained by a visible relation",
        OPEN: "that no visible relation explains",
    }
)


@dataclass(frozen=True, slots=True)
class Span:
    """One stretch of traffic that groups were formed from, and how many were taken or left out."""

    first: datetime
    last: datetime
    exchanges: int
    accounts: int
    groups: int
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def days(self) -> float:
        """Length in days."""
        return (self.last - self.first).total_seconds() / 86_400


@dataclass(frozen=True, slots=True)
class Calibration:
    """`scores` of benign groups, sorted, in 1/1024 bit, by traffic class; `program` and `expectations` say by what
    they were formed and judged, `text` whether the log held prompts."""

    source: str
    program: str
    expectations: str
    text: bool
    spans: tuple[Span, ...]
    scores: Mapping[str, tuple[int, ...]]
    curve: Curve | None = None

    @property
    def groups(self) -> int:
        """Number of benign groups."""
        return sum(len(scores) for scores in self.scores.values())


class _File(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    source: str
    program: str
    expectations: str
    text: bool
    spans: tuple[Span, ...]
    scores: dict[str, tuple[int, ...]]
    curve: Curve | None = None


def traffic_class(found: Assessment) -> str:
    """Class of a group by its best other explanation: one that names a relation that shows, or another.

    Groups behind one exit, in one firm or declared score far lower than those that only ask alike.
    """
    return RELATION if found.related else OPEN


def expectations_digest(hypotheses: Sequence[Hypothesis]) -> str:
    """Digest of all that turns measurements into a score: explanations, expectations, the list of measurements."""
    what = [
        [h.name, h.kind, h.prior_bits, sorted(h.expects.items()), sorted(h.requires.items())]
        for h in hypotheses
    ]
    text = json.dumps([what, sorted((f.name, f.family) for f in FEATURES.values())])
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def calibration_json(calibration: Calibration) -> str:
    """The file of a calibration; the same calibration gives the same bytes."""
    fields = asdict(calibration)
    fields["scores"] = {name: sorted(scores) for name, scores in sorted(calibration.scores.items())}
    fields["spans"] = [
        {**asdict(s), "first": s.first.isoformat(), "last": s.last.isoformat(), "left_out": dict(s.left_out)}
        for s in calibration.spans
    ]
    lines = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in fields.items()]
    return "{\n" + ",\n".join([f'  "version": {VERSION}', *lines]) + "\n}\n"


def read_calibration(text: bytes, *, where: str) -> Calibration:
    """The calibration of a file's bytes.

    Raises `InputError` if they are none, `StateError` if another version of the format wrote them.
    """
    remedy = "Make one with `stillwatch calibrate`"
    try:
        head = msgspec.json.decode(text)
        version = head.get("version") if isinstance(head, dict) else None
        if isinstance(version, int) and version != VERSION:
            raise StateError(
                f"a calibration of format {version}, this program reads {VERSION}", where=where, remedy=remedy
            )
        found = msgspec.convert(head, _File, strict=False)
    except msgspec.MsgspecError as error:
        raise InputError(f"is not a calibration: {error}", where=where, remedy=remedy) from error
    if found.source not in SOURCES or not set(found.scores) <= set(CLASSES):
        raise InputError("is not a calibration: source or class is not known", where=where, remedy=remedy)
    if found.curve and not found.curve.rises():
        raise InputError("is not a calibration: its curve does not rise", where=where, remedy=remedy)
    scores = {name: tuple(sorted(values)) for name, values in found.scores.items()}
    return Calibration(
        found.source, found.program, found.expectations, found.text, found.spans, scores, found.curve
    )


def check_same_pipeline(
    calibration: Calibration, *, program: str, hypotheses: Sequence[Hypothesis], where: str
) -> None:
    """Raises `StateError` if other code or other expectations formed and judged the groups of a calibration."""
    remedy = "Run `stillwatch calibrate` again on the same history"
    if calibration.program != program:
        raise StateError(
            f"made by Stillwatch {calibration.program}, this is {program}", where=where, remedy=remedy
        )
    if calibration.expectations != expectations_digest(hypotheses):
        raise StateError(
            "made with other expectations (hypotheses) than this scan uses", where=where, remedy=remedy
        )
