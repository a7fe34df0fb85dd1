"""A scan's findings as one STIX 2.1 bundle of core objects."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Sequence
from datetime import timedelta

from stillwatch.model.clean_text import clean
from stillwatch.share.atlas import ATLAS_VERSION, Technique, techniques
from stillwatch.share.finding import Finding, Scan, Value
from stillwatch.share.likelihood import likelihood
from stillwatch.share.publication import Publication
from stillwatch.share.stix.extension import EXTENSION_ID, extension_author, extension_definition, numbers
from stillwatch.share.stix.notes import attribution_text, finding_text, headline
from stillwatch.share.stix.objects import (
    OURS,
    Object,
    domain_object,
    identity_id,
    observable,
    relationship,
    stamp,
)
from stillwatch.share.stix.versions import continued
from stillwatch.share.tlp import tlp_marking

OBSERVED_AT_MOST = 999_999_999  # STIX 2.1, section 4.14
ACCOUNTS_EACH = 1_000  # accounts in one observed-data object


def stix_objects(scan: Scan, publication: Publication) -> list[Object]:
    """All objects of the export, each once, markings and identity first."""
    publisher = _publisher(publication)
    found: list[Object] = [tlp_marking(publication.tlp), publisher]
    if publication.profile == "extended":
        found[:1] = [tlp_marking(publication.tlp), tlp_marking("clear")]
        found += [extension_author(), extension_definition()]
    told: list[Object] = []
    for finding in scan.findings:
        told += _finding_objects(scan, finding, publication, publisher)
    if told:
        told.append(_report(scan, publication, publisher, told))
    return list({o["id"]: o for o in (*found, *told)}.values())


def stix_bundle(scan: Scan, publication: Publication, *, previous: Sequence[Object] = ()) -> Object:
    """The bundle; its id follows from its content.

    Objects that `previous`, the last export, holds keep their times, and get a later `modified` if they say
    something else.
    """
    objects = continued(stix_objects(scan, publication), previous)
    digest = hashlib.sha256(json.dumps(objects, sort_keys=True).encode()).hexdigest()
    return {"type": "bundle", "id": f"bundle--{uuid.uuid5(OURS, digest)}", "objects": objects}


def _publisher(publication: Publication) -> Object:
    identity = domain_object(
        "identity",
        publication,
        name=publication.publisher,
        identity_class="organization",
        description="Publisher of these findings",
    )
    identity["id"] = identity_id(publication.publisher)
    del identity["created_by_ref"]
    return identity


def _finding_objects(
    scan: Scan, finding: Finding, publication: Publication, publisher: Object
) -> Iterable[Object]:
    campaign = _campaign(scan, finding, publication)
    yield campaign
    yield relationship(publication, campaign, "targets", publisher)
    roles = {m["role"] for m in finding.members}
    if finding.campaign["verdict"] == "distillation":
        for technique in techniques(finding.family_bits, roles):
            pattern = _attack_pattern(technique, publication)
            yield from (pattern, relationship(publication, campaign, "uses", pattern))
    seen = list(_observed(finding, publication))
    observed = [o for o in seen if o["type"] == "observed-data"]
    yield from seen
    yield _sighting(finding, publication, campaign, publisher, observed)
    if finding.values:
        yield from _infrastructure(finding, publication, campaign)
    yield from _attribution(finding, publication, campaign)
    yield _note(
        "finding", "Evidence", finding_text(scan, finding, publication), finding, publication, campaign
    )


def _campaign(scan: Scan, finding: Finding, publication: Publication) -> Object:
    told = numbers(scan, finding)
    extended = {EXTENSION_ID: {"extension_type": "property-extension", **told}}
    verdict = finding.campaign["verdict"]
    p = finding.campaign["p_distillation"]
    return domain_object(
        "campaign",
        publication,
        finding.id,
        name=f"{'Distillation campaign' if verdict == 'distillation' else 'Coordinated accounts'} {finding.id}",
        description=headline(finding),
        first_seen=stamp(finding.span[0]),
        last_seen=stamp(finding.span[1]),
        objective="harvest a model's answers to train another model" if verdict == "distillation" else None,
        confidence=likelihood(p).confidence if p is not None and verdict == "distillation" else None,
        extensions=extended if publication.profile == "extended" else None,
    )


def _attack_pattern(technique: Technique, publication: Publication) -> Object:
    return domain_object(
        "attack-pattern",
        publication,
        technique.id,
        name=technique.name,
        description=f"Technique {technique.id} of MITRE ATLAS {ATLAS_VERSION}",
        kill_chain_phases=[{"kill_chain_name": "mitre-atlas", "phase_name": technique.phase}],
        external_references=[
            {"source_name": "mitre-atlas", "external_id": technique.id, "url": technique.url}
        ],
    )


def _observed(finding: Finding, publication: Publication) -> Iterable[Object]:
    """Accounts by role, and that they were observed."""
    by_role: dict[str, list[Object]] = {}
    counts: dict[str, int] = {}
    for member in finding.members:
        account = observable("user-account", publication, user_id=publication.account(member["account_id"]))
        by_role.setdefault(member["role"], []).append(account)
        counts[member["role"]] = counts.get(member["role"], 0) + int(member["campaign_exchanges"] or 0)
    for role, accounts in sorted(by_role.items()):
        ordered = sorted(accounts, key=lambda account: str(account["id"]))
        yield from ordered
        for first in range(0, len(ordered), ACCOUNTS_EACH):
            part = ordered[first : first + ACCOUNTS_EACH]
            yield domain_object(
                "observed-data",
                publication,
                finding.id,
                role,
                str(first // ACCOUNTS_EACH),
                first_observed=stamp(finding.span[0]),
                last_observed=stamp(finding.span[1]),
                number_observed=min(max(counts[role] * len(part) // len(ordered), 1), OBSERVED_AT_MOST),
                object_refs=[account["id"] for account in part],
                labels=[f"role:{role}"],
            )


def _sighting(
    finding: Finding,
    publication: Publication,
    campaign: Object,
    publisher: Object,
    observed: Sequence[Object],
) -> Object:
    return domain_object(
        "sighting",
        publication,
        finding.id,
        sighting_of_ref=campaign["id"],
        where_sighted_refs=[publisher["id"]],
        observed_data_refs=[o["id"] for o in observed],
        first_seen=stamp(finding.span[0]),
        last_seen=stamp(finding.span[1]),
        count=min(max(int(finding.campaign["exchanges"]), 1), OBSERVED_AT_MOST),
    )


def _infrastructure(finding: Finding, publication: Publication, campaign: Object) -> Iterable[Object]:
    """Plain values that mark the campaign: what was observed, indicators for it, and that they belong together."""
    seen = [_observable(value, publication) for value in finding.values]
    observed = domain_object(
        "observed-data",
        publication,
        finding.id,
        "values",
        first_observed=stamp(min(v.first_seen for v in finding.values)),
        last_observed=stamp(max(v.last_seen for v in finding.values)),
        number_observed=min(max(sum(v.accounts for v in finding.values), 1), OBSERVED_AT_MOST),
        object_refs=[o["id"] for o in seen],
        labels=["values"],
    )
    used = domain_object(
        "infrastructure",
        publication,
        finding.id,
        name=f"Exits and mail domains of {finding.id}",
        infrastructure_types=["anonymization"],
        first_seen=stamp(finding.span[0]),
        last_seen=stamp(finding.span[1]),
    )
    yield from seen
    yield from (observed, used)
    yield relationship(publication, campaign, "uses", used)
    yield relationship(publication, used, "consists-of", observed)
    for value, thing in zip(finding.values, seen, strict=True):
        indicator = _indicator(value, thing, finding, publication, campaign)
        yield indicator
        yield relationship(publication, indicator, "indicates", campaign)
        yield relationship(publication, indicator, "based-on", observed)


def _indicator(
    value: Value, seen: Object, finding: Finding, publication: Publication, campaign: Object
) -> Object:
    path = f"{seen['type']}:{'number' if value.kind == 'asn' else 'value'}"
    quoted = value.value if value.kind == "asn" else f"'{_quoted(value.value)}'"
    until = max(value.last_seen, publication.at) + timedelta(days=publication.valid_days)
    return domain_object(
        "indicator",
        publication,
        finding.id,
        value.kind,
        value.value,
        name=f"{value.kind.replace('_', ' ')} {value.value}",
        description=f"Seen with {value.accounts:,} members of {finding.id}, and with few others",
        indicator_types=["anomalous-activity"],
        pattern=f"[{path} = {quoted}]",
        pattern_type="stix",
        pattern_version="2.1",
        valid_from=stamp(value.first_seen),
        valid_until=stamp(until),
        confidence=campaign.get("confidence"),
    )


def _observable(value: Value, publication: Publication) -> Object:
    if value.kind == "asn":
        return observable("autonomous-system", publication, number=int(value.value))
    if value.kind == "address":
        kind = "ipv6-addr" if ":" in value.value else "ipv4-addr"
        return observable(kind, publication, value=value.value)
    return observable("domain-name", publication, value=value.value)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def _attribution(finding: Finding, publication: Publication, campaign: Object) -> Iterable[Object]:
    """The actor, if the finding is attributed; the note on attribution whether it is or not."""
    actor = finding.actor
    if actor is not None:
        kind = "threat-actor" if actor["ladder"] == "named actor" else "intrusion-set"
        who = domain_object(
            kind,
            publication,
            actor["actor"],
            name=clean(actor["actor"], longest=200),
            description="As described by the publisher's own actor profile; allegations in it stay allegations",
            threat_actor_types=["unknown"] if kind == "threat-actor" else None,
        )
        sure = likelihood(actor["posterior"])
        yield who
        yield relationship(
            publication,
            campaign,
            "attributed-to",
            who,
            confidence=sure.confidence,
            description=clean(actor["statement"] or f"{sure.words}"),
        )
    if finding.attributions:
        yield _note("attribution", "Attribution", attribution_text(finding), finding, publication, campaign)


def _note(
    about: str, title: str, text: str, finding: Finding, publication: Publication, campaign: Object
) -> Object:
    return domain_object(
        "note",
        publication,
        finding.id,
        about,
        abstract=f"{title}: {campaign['name']}",
        content=text,
        object_refs=[campaign["id"]],
    )


def _report(scan: Scan, publication: Publication, publisher: Object, told: Sequence[Object]) -> Object:
    ids = dict.fromkeys([publisher["id"], *(o["id"] for o in told)])
    n = len(scan.findings)
    return domain_object(
        "report",
        publication,
        "scan",
        name=f"{publication.publisher}: {n} distillation campaign{'s' if n != 1 else ''}",
        description="Findings of one scan of request logs. " + " ".join(clean(line) for line in scan.lost),
        report_types=["campaign", "observed-data"],
        labels=[f"PAP:{publication.pap.upper()}"],
        published=stamp(publication.at),
        object_refs=list(ids),
    )
