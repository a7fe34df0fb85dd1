"""Plain values that a bundle names for its campaigns: indicators of addresses, autonomous systems and mail domains."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from stillwatch.share.bundles.gate import PLAIN_TYPES

PATTERN = re.compile(r"\[([a-z0-9-]+):(?:value = '([^'\\]+)'|number = ([0-9]+))\]")

Object = Mapping[str, Any]


def values_by_campaign(objects: Sequence[Object]) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Kind and value of each indicator that `indicates` a campaign, by the campaign's id."""
    named = {str(o["id"]): pattern_value(o) for o in objects if o["type"] == "indicator"}
    found: dict[str, set[tuple[str, str]]] = {}
    for thing in objects:
        if thing["type"] == "relationship" and thing["relationship_type"] == "indicates":
            value = named.get(str(thing["source_ref"]))
            if value and not thing.get("revoked", False):
                found.setdefault(str(thing["target_ref"]), set()).add(value)
    return {campaign: tuple(sorted(values)) for campaign, values in found.items()}


def pattern_value(indicator: Object) -> tuple[str, str] | None:
    """Kind and value of an indicator that names one plain value; None for any other, and for a revoked one.

    >>> pattern_value({"pattern_type": "stix", "pattern": "[domain-name:value = 'mail.example']"})
    ('email_domain', 'mail.example')
    """
    found = PATTERN.fullmatch(str(indicator["pattern"]))
    if indicator["pattern_type"] != "stix" or indicator.get("revoked", False) or found is None:
        return None
    kind = PLAIN_TYPES.get(found[1])
    return (kind, found[2] or found[3]) if kind else None
