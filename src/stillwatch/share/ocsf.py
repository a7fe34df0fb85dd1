"""A finding as an event of the OCSF class Detection Finding (2004), schema version 1.8.0."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from stillwatch.share.atlas import ATLAS_VERSION, Technique, techniques
from stillwatch.share.finding import Finding, Scan, Value
from stillwatch.share.likelihood import Likelihood, likelihood
from stillwatch.share.publication import Publication
from stillwatch.share.stix.extension import numbers
from stillwatch.share.stix.notes import headline
from stillwatch.share.stix.objects import OURS

Json = dict[str, Any]

OCSF_VERSION = "1.8.0"
CREATE, FINDINGS, DETECTION = 1, 2, 2004
STATISTICAL, NEW = 3, 1
SURE = 85  # STIX confidence from which a finding is called one of high confidence and severity
UNSURE = 50


def ocsf_finding(scan: Scan, finding: Finding, publication: Publication) -> Json:
    """The event of one finding."""
    c = finding.campaign
    accused = c["verdict"] == "distillation"
    sure = likelihood(c["p_distillation"]) if c["p_distillation"] is not None else None
    first, last = finding.span
    event: Json = {
        "activity_id": CREATE,
        "activity_name": "Create",
        "category_uid": FINDINGS,
        "category_name": "Findings",
        "class_uid": DETECTION,
        "class_name": "Detection Finding",
        "type_uid": DETECTION * 100 + CREATE,
        "type_name": "Detection Finding: Create",
        "time": _ms(publication.at),
        "start_time": _ms(first),
        "end_time": _ms(last),
        "count": int(c["exchanges"]),
        "message": headline(finding),
        "is_alert": accused,
        "status_id": NEW,
        "status": "New",
        **_severity(sure, accused=accused),
        "finding_info": _info(finding, accused=accused),
        "evidences": [*_accounts(finding, publication), *map(_value, finding.values)],
        "metadata": _metadata(scan, finding, publication),
        "unmapped": {"stillwatch": numbers(scan, finding)},
    }
    if sure is not None and accused:
        event |= _confidence(sure)
    return event


def _severity(sure: Likelihood | None, *, accused: bool) -> Json:
    if not accused or sure is None:
        return {"severity_id": 1, "severity": "Informational"}
    high = sure.confidence >= SURE
    return {"severity_id": 4 if high else 3, "severity": "High" if high else "Medium"}


def _confidence(sure: Likelihood) -> Json:
    level = 3 if sure.confidence >= SURE else 2 if sure.confidence >= UNSURE else 1
    name = ("Low", "Medium", "High")[level - 1]
    return {"confidence_id": level, "confidence": name, "confidence_score": sure.confidence}


def _info(finding: Finding, *, accused: bool) -> Json:
    c = finding.campaign
    named = techniques(finding.family_bits, {m["role"] for m in finding.members}) if accused else ()
    info: Json = {
        "uid": finding.id,
        "title": f"{'Distillation campaign' if accused else 'Coordinated accounts'} {finding.id}",
        "desc": headline(finding),
        "types": [c["verdict"]],
        "first_seen_time": _ms(finding.span[0]),
        "last_seen_time": _ms(finding.span[1]),
        "analytic": {"name": "Stillwatch scan", "type_id": STATISTICAL, "type": "Statistical"},
    }
    if c["detected_at"]:
        info["created_time"] = _ms(c["detected_at"])
    if named:
        info["attacks"] = [_attack(technique) for technique in named]
    return info


def _attack(technique: Technique) -> Json:
    parent, dot, child = technique.id.rpartition(".")
    attack: Json = {
        "version": ATLAS_VERSION,
        "tactic": {"uid": technique.tactic, "name": technique.phase},
    }
    if dot and child.isdigit() and parent.startswith("AML.T"):
        attack["technique"] = {"uid": parent}
        attack["sub_technique"] = {"uid": technique.id, "name": technique.name, "src_url": technique.url}
    else:
        attack["technique"] = {"uid": technique.id, "name": technique.name, "src_url": technique.url}
    return attack


def _accounts(finding: Finding, publication: Publication) -> list[Json]:
    return [
        {
            "name": f"account, {m['role']}",
            "actor": {"user": {"uid": publication.account(m["account_id"])}},
            "data": {"role": m["role"], "p_member": m["p_member"]},
        }
        for m in finding.members
    ]


def _value(value: Value) -> Json:
    if value.kind == "address":
        return {"name": "address", "src_endpoint": {"ip": value.value}, "data": {"accounts": value.accounts}}
    return {"name": value.kind, "data": {value.kind: value.value, "accounts": value.accounts}}


def _metadata(scan: Scan, finding: Finding, publication: Publication) -> Json:
    about = "|".join(("ocsf", publication.publisher, finding.id, publication.at.isoformat()))
    product = {"name": "Stillwatch", "vendor_name": "Stillwatch"}
    return {
        "version": OCSF_VERSION,
        "product": product | ({"version": scan.version} if scan.version else {}),
        "uid": str(uuid.uuid5(OURS, about)),
        "log_provider": publication.publisher,
        "labels": [f"TLP:{publication.tlp.upper()}", f"PAP:{publication.pap.upper()}"],
    }


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
