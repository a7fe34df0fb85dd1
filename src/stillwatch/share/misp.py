"""A finding as a MISP event: attributes, objects, tags of taxonomies, and techniques as a galaxy.

Templates of objects as in misp-objects (`user-account` version 6, `asn` version 6, `annotation` version 3); galaxy
`mitre-atlas-attack-pattern` of misp-galaxy. No attribute is for automatic detection (`to_ids`): receivers decide that.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from stillwatch.share.atlas import Technique, techniques
from stillwatch.share.finding import Finding, Scan, Value
from stillwatch.share.likelihood import likelihood
from stillwatch.share.publication import Publication
from stillwatch.share.stix.extension import numbers
from stillwatch.share.stix.notes import attribution_text, finding_text, headline
from stillwatch.share.stix.objects import OURS, identity_id

Json = dict[str, Any]

GALAXY = "3f3d21aa-d8a1-4f8f-b31e-fc5425eec821"
TEMPLATES: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "user-account": ("49606b06-22f0-4ac8-8eee-2f12ad46f3d3", "6", "misc"),
        "asn": ("4ec55cc6-9e49-4c64-b794-03c25c1a6587", "6", "network"),
        "annotation": ("5d8dc046-15a1-4ca3-a09f-ed4ede7c4487", "3", "misc"),
    }
)
OWN_ORGANISATION = "0"  # distribution: whoever imports decides to whom it goes on
MEDIUM, COMPLETED = "2", "2"


def misp_event(scan: Scan, finding: Finding, publication: Publication) -> Json:
    """The event of one finding, as `{"Event": …}`."""
    at = str(int(publication.at.timestamp()))
    event: Json = {
        "uuid": _uuid(publication, finding.id, "event"),
        "info": headline(finding)[:2_000],
        "date": publication.at.date().isoformat(),
        "threat_level_id": MEDIUM,
        "analysis": COMPLETED,
        "distribution": OWN_ORGANISATION,
        "published": False,
        "timestamp": at,
        "Orgc": {
            "name": publication.publisher,
            "uuid": identity_id(publication.publisher).removeprefix("identity--"),
        },
        "Tag": [{"name": name} for name in _tags(finding, publication)],
        "Attribute": _attributes(finding, publication),
        "Object": _objects(scan, finding, publication),
        "EventReport": _reports(scan, finding, publication),
    }
    named = techniques(finding.family_bits, {m["role"] for m in finding.members})
    if finding.campaign["verdict"] == "distillation":
        event["Galaxy"] = [_galaxy(named)]
    return {"Event": event}


def _uuid(publication: Publication, *about: str) -> str:
    return str(uuid.uuid5(OURS, "|".join(("misp", publication.publisher, *about))))


def _tags(finding: Finding, publication: Publication) -> Sequence[str]:
    p = finding.campaign["p_distillation"]
    tags = [f"tlp:{publication.tlp}", f"PAP:{publication.pap.upper()}"]
    if p is not None and finding.campaign["verdict"] == "distillation":
        tags.append(f'estimative-language:likelihood-probability="{likelihood(p).tag}"')
    if finding.campaign["verdict"] == "distillation":
        named = techniques(finding.family_bits, {m["role"] for m in finding.members})
        tags += [_tag_name(t) for t in named]
    return tags


def _tag_name(technique: Technique) -> str:
    return f'misp-galaxy:mitre-atlas-attack-pattern="{technique.name}"'


def _attributes(finding: Finding, publication: Publication) -> list[Json]:
    shown = [_attribute(finding, publication, "campaign-id", "Attribution", finding.id)]
    if finding.actor is not None:
        shown.append(
            _attribute(finding, publication, "threat-actor", "Attribution", str(finding.actor["actor"]))
        )
    for value in finding.values:
        if value.kind != "asn":
            kind = "ip-src" if value.kind == "address" else "domain"
            shown.append(_attribute(finding, publication, kind, "Network activity", value.value, seen=value))
    return shown


def _attribute(
    finding: Finding,
    publication: Publication,
    kind: str,
    category: str,
    value: str,
    *,
    seen: Value | None = None,
) -> Json:
    attribute: Json = {
        "uuid": _uuid(publication, finding.id, kind, value),
        "type": kind,
        "category": category,
        "value": value,
        "to_ids": False,
        "distribution": "5",
        "timestamp": str(int(publication.at.timestamp())),
        "comment": f"seen with {seen.accounts} members, and with few others" if seen else "",
    }
    if seen is not None:
        attribute |= {"first_seen": _iso(seen.first_seen), "last_seen": _iso(seen.last_seen)}
    return attribute


def _objects(scan: Scan, finding: Finding, publication: Publication) -> list[Json]:
    found = []
    for member in finding.members:
        called = publication.account(member["account_id"])
        found.append(
            _object(
                finding,
                publication,
                "user-account",
                called,
                {"user-id": ("text", called)},
                f"role: {member['role']}",
            )
        )
    systems = [v.value for v in finding.values if v.kind == "asn"]
    found += [_object(finding, publication, "asn", asn, {"asn": ("AS", asn)}, "") for asn in systems]
    told = json.dumps(numbers(scan, finding), sort_keys=True)
    found.append(
        _object(
            finding,
            publication,
            "annotation",
            "numbers",
            {"text": ("text", told)},
            "numbers of the finding as JSON",
        )
    )
    return found


def _object(
    finding: Finding,
    publication: Publication,
    name: str,
    about: str,
    fields: Mapping[str, tuple[str, str]],
    comment: str,
) -> Json:
    template, version, category = TEMPLATES[name]
    at = str(int(publication.at.timestamp()))
    return {
        "uuid": _uuid(publication, finding.id, name, about),
        "name": name,
        "meta-category": category,
        "template_uuid": template,
        "template_version": version,
        "distribution": "5",
        "timestamp": at,
        "comment": comment,
        "Attribute": [
            {
                "uuid": _uuid(publication, finding.id, name, about, relation),
                "object_relation": relation,
                "type": kind,
                "category": "Network activity" if kind == "AS" else "Other",
                "value": value,
                "to_ids": False,
                "disable_correlation": kind == "text" and name == "annotation",
                "distribution": "5",
                "timestamp": at,
            }
            for relation, (kind, value) in fields.items()
        ],
    }


def _reports(scan: Scan, finding: Finding, publication: Publication) -> list[Json]:
    texts = {"Evidence": finding_text(scan, finding, publication)}
    if finding.attributions:
        texts["Attribution"] = attribution_text(finding)
    return [
        {
            "uuid": _uuid(publication, finding.id, "report", title),
            "name": f"{title}: {finding.id}",
            "content": text,
            "distribution": "5",
            "timestamp": str(int(publication.at.timestamp())),
            "deleted": False,
        }
        for title, text in texts.items()
    ]


def _galaxy(named: Sequence[Technique]) -> Json:
    return {
        "uuid": GALAXY,
        "name": "MITRE ATLAS Techniques",
        "type": "mitre-atlas-attack-pattern",
        "namespace": "mitre",
        "description": "Techniques from MITRE ATLAS, the adversarial threat landscape for AI systems.",
        "version": "2",
        "icon": "map",
        "GalaxyCluster": [
            {
                "uuid": t.uuid,
                "type": "mitre-atlas-attack-pattern",
                "value": t.name,
                "tag_name": _tag_name(t),
                "description": f"Technique {t.id} of MITRE ATLAS",
                "source": "https://atlas.mitre.org",
                "authors": ["MITRE"],
                "meta": {"external_id": [t.id], "kill_chain": [f"mitre-atlas:{t.phase}"], "refs": [t.url]},
            }
            for t in named
        ],
    }


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")
