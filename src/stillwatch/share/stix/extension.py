"""The property extension that carries a finding's numbers, and the same numbers as JSON for a note."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from stillwatch.model.clean_text import clean
from stillwatch.share.finding import Finding, Scan
from stillwatch.share.stix.objects import Object, identity_id, stamp
from stillwatch.share.tlp import TLP_IDS

EXTENSION_ID = "extension-definition--5f0c1a52-5f6e-4c58-9f0e-2b7d3a1c8e46"
EXTENSION_VERSION = "1.0.0"
PUBLISHED = "2026-11-25T00:00:00.000Z"
SCHEMA = "finding.schema.json"


def schema_text() -> str:
    """The JSON Schema of the extension."""
    return resources.files(__package__).joinpath(SCHEMA).read_text("utf-8")


def extension_definition() -> Object:
    """The definition; its schema is given in full, so that no network is needed to read it."""
    return {
        "type": "extension-definition",
        "spec_version": "2.1",
        "id": EXTENSION_ID,
        "created_by_ref": identity_id("Stillwatch"),
        "created": PUBLISHED,
        "modified": PUBLISHED,
        "name": "Stillwatch finding",
        "description": (
            "Weight of the evidence, its interval, its parts and rival explanations for a campaign that harvests a "
            "language model's answers. Everything here also stands in a note about the same campaign."
        ),
        "schema": json.dumps(json.loads(schema_text()), separators=(",", ":")),
        "version": EXTENSION_VERSION,
        "extension_types": ["property-extension"],
        "object_marking_refs": [TLP_IDS["clear"]],
    }


def extension_author() -> Object:
    """Who made the extension."""
    return {
        "type": "identity",
        "spec_version": "2.1",
        "id": identity_id("Stillwatch"),
        "created": PUBLISHED,
        "modified": PUBLISHED,
        "name": "Stillwatch",
        "identity_class": "system",
        "object_marking_refs": [TLP_IDS["clear"]],
    }


def numbers(scan: Scan, finding: Finding) -> dict[str, Any]:
    """The numbers of a finding, as the schema has them."""
    c = finding.campaign
    roles: dict[str, int] = {}
    for member in finding.members:
        roles[member["role"]] = roles.get(member["role"], 0) + 1
    told: dict[str, Any] = {
        "schema_version": EXTENSION_VERSION,
        "campaign_id": finding.id,
        "verdict": c["verdict"],
        "accounts": int(c["accounts"]),
        "exchanges": int(c["exchanges"]),
        "roles": dict(sorted(roles.items())),
        "p_distillation": c["p_distillation"],
        "prior_bits": c["prior_bits"],
        "weight_bits": c["weight_bits"],
        "weight_low_bits": c["weight_low"],
        "weight_high_bits": c["weight_high"],
        "threshold_bits": c["threshold_bits"],
        "family_bits": dict(finding.family_bits),
        "best_alternative": c["best_alternative"],
        "alternative_bits": c["alternative_bits"],
        "hypotheses": {h["hypothesis"]: round(float(h["log2_lr"]), 4) for h in finding.hypotheses},
        "q_value": c["q_value"],
        "calibration": scan.calibration,
        "capabilities": [clean(name) for name in c["capabilities"] or ()],
        "missing": [clean(name) for name in c["missing"] or ()],
        "detected_at": stamp(c["detected_at"]) if c["detected_at"] else None,
        "stillwatch_version": scan.version,
    }
    return {name: value for name, value in told.items() if value not in (None, [], {}, "")}
