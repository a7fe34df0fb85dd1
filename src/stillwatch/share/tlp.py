"""Traffic Light Protocol 2.0: levels, and the marking definitions that OASIS publishes for them.

Ids and properties are those of the common object repository of the OASIS CTI committee,
`extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from stillwatch.model.errors import UsageError

TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
TLP_IDS: Mapping[str, str] = MappingProxyType(
    {
        "clear": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
        "green": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
        "amber": "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
        "amber+strict": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
        "red": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
    }
)
LEVELS = tuple(TLP_IDS)  # from open to closed


def check_tlp(level: str) -> str:
    """The level in small letters. Raises `UsageError` if TLP 2.0 has no such level."""
    known = level.lower().removeprefix("tlp:")
    if known not in TLP_IDS:
        raise UsageError(f"TLP 2.0 has no level {level!r}", remedy=f"Use one of {', '.join(LEVELS)}")
    return known


def tlp_marking(level: str) -> dict[str, Any]:
    """The marking definition of a level, as OASIS publishes it."""
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": TLP_IDS[level],
        "created": "2022-10-01T00:00:00.000Z",
        "name": f"TLP:{level.upper()}",
        "extensions": {TLP_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": level}},
    }
