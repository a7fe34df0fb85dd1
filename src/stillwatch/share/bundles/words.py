"""Opinions and how sure they are, in our words and in those of STIX."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

STIX_OPINION: Mapping[str, str] = MappingProxyType(
    {
        "confirmed": "strongly-agree",
        "investigate": "agree",
        "not_seen": "neutral",
        "false_positive": "strongly-disagree",
    }
)
OUR_OPINION: Mapping[str, str] = MappingProxyType(
    {**{stix: ours for ours, stix in STIX_OPINION.items()}, "disagree": "false_positive"}
)
STIX_CONFIDENCE: Mapping[str, int] = MappingProxyType({"low": 15, "moderate": 50, "high": 85})
BASES = ("own_observation", "partner_report", "public_report")
BASIS = "basis:"  # before a basis, as a label
ORIGIN = "stillwatch origin"  # source name of an external reference to a message that the object rests on
MOST_ORIGINS = 64
DIGEST = re.compile(r"[0-9a-f]{64}")

Object = Mapping[str, Any]


def confidence_of(thing: Object) -> str:
    """How sure an object is, by the scale of STIX, appendix A.1; low if it does not say.

    >>> confidence_of({"confidence": 85}), confidence_of({})
    ('high', 'low')
    """
    told = int(thing.get("confidence", 0))
    return "high" if told >= 70 else "moderate" if told >= 30 else "low"


def basis_of(thing: Object) -> str:
    """What it rests on, by its label; hearsay if it does not say, which weighs a quarter."""
    labels = thing.get("labels", ())
    named = [b for b in BASES if isinstance(labels, list) and f"{BASIS}{b}" in labels]
    return named[0] if len(named) == 1 else "partner_report"


def origins_of(thing: Object) -> tuple[str, ...]:
    """Digests of the messages that an object says it rests on."""
    told = thing.get("external_references", ())
    found = [r.get("external_id") for r in told if isinstance(r, dict) and r.get("source_name") == ORIGIN]
    return tuple(sorted({d for d in found if isinstance(d, str) and DIGEST.fullmatch(d)})[:MOST_ORIGINS])
