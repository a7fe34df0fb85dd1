"""Techniques of MITRE ATLAS that a finding speaks for.

Ids and names as in ATLAS 5.6.0 (30 April 2026, https://atlas.mitre.org). Impact techniques are left out: what became of
the answers is not seen in a log.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

ATLAS_VERSION = "5.6.0"
SHOWN_BITS = 3.0  # what a family must weigh before a technique is named for it


@dataclass(frozen=True, slots=True)
class Technique:
    """A technique: ATLAS id, name, tactic (short name and id), and the UUID of its object in ATLAS' own STIX data."""

    id: str
    name: str
    phase: str
    tactic: str
    uuid: str

    @property
    def url(self) -> str:
        """Its page."""
        return f"https://atlas.mitre.org/techniques/{self.id}"


EXTRACT = Technique(
    "AML.T0024.002",
    "Extract AI Model",
    "exfiltration",
    "AML.TA0010",
    "3f567912-629a-5e0b-ab0c-0102977c2d6c",
)
ACCESS = Technique(
    "AML.T0040",
    "AI Model Inference API Access",
    "ai-model-access",
    "AML.TA0000",
    "5ac1f849-523e-51bf-a1e9-1a97ab91cc91",
)
CRAFTING = Technique(
    "AML.T0065",
    "LLM Prompt Crafting",
    "resource-development",
    "AML.TA0003",
    "6e148299-0460-5d0b-9741-467437464d3d",
)
ACCOUNTS = Technique(
    "AML.T0021",
    "Establish Accounts",
    "resource-development",
    "AML.TA0003",
    "d3d7763a-58e1-5e38-84fd-3abea967cb08",
)
PROXIES = Technique(
    "AML.T0008.005",
    "AI Service Proxies",
    "resource-development",
    "AML.TA0003",
    "647ac4ac-b2bc-53f7-ab83-81f421a1f0b5",
)


def techniques(family_bits: Mapping[str, float], roles: Collection[str]) -> tuple[Technique, ...]:
    """Techniques of a distillation finding, from the weights of its families and the roles of its members."""
    found = [EXTRACT, ACCESS]
    if family_bits.get("content", 0.0) >= SHOWN_BITS:
        found.append(CRAFTING)
    if max(family_bits.get("identity", 0.0), family_bits.get("payment", 0.0)) >= SHOWN_BITS:
        found.append(ACCOUNTS)
    if "relay" in roles:
        found.append(PROXIES)
    return tuple(found)
