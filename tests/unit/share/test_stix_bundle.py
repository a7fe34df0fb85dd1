"""Findings as STIX: valid, the same each time, and silent about what must not leave."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.unit.share.conftest import Publish
from tests.unit.share.oasis import complaints

from stillwatch.share.finding import Scan, read_scan
from stillwatch.share.inbound.bundle import read_bundle
from stillwatch.share.stix.bundle import stix_bundle
from stillwatch.share.stix.extension import EXTENSION_ID, numbers, schema_text
from stillwatch.share.tlp import LEVELS, TLP_IDS, tlp_marking

LATER = datetime(2027, 1, 1, tzinfo=UTC)
CORE = {
    "attack-pattern",
    "autonomous-system",
    "campaign",
    "domain-name",
    "identity",
    "indicator",
    "infrastructure",
    "intrusion-set",
    "ipv4-addr",
    "ipv6-addr",
    "marking-definition",
    "note",
    "observed-data",
    "relationship",
    "report",
    "sighting",
    "user-account",
}


def kinds(bundle: dict[str, Any]) -> Counter[str]:
    """How many objects of each type."""
    return Counter(o["type"] for o in bundle["objects"])


def of(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """Objects of a type."""
    return [o for o in bundle["objects"] if o["type"] == kind]


def test_a_strict_bundle_satisfies_the_oasis_validator(rich: Scan, publish: Publish) -> None:
    bundle = stix_bundle(rich, publish(fields=frozenset({"template"})))
    assert [] == complaints(bundle)
    assert set(kinds(bundle)) == CORE


@pytest.mark.parametrize("tlp", LEVELS)
def test_an_extended_bundle_satisfies_it_too(rich: Scan, publish: Publish, tlp: str) -> None:
    assert [] == complaints(stix_bundle(rich, publish(profile="extended", tlp=tlp)), strict=False)


def test_hostile_names_stay_valid(hostile_folder: Path, publish: Publish) -> None:
    scan = read_scan(hostile_folder)
    bundle = stix_bundle(scan, publish(fields=frozenset({"account", "template"})))
    assert [] == complaints(bundle)
    assert not [o for o in of(bundle, "note") if "\u202e" in o["content"]]


def test_no_finding_gives_a_valid_bundle(scan: Scan, publish: Publish) -> None:
    bundle = stix_bundle(replace(scan, findings=()), publish())
    assert [] == complaints(bundle)
    assert {"identity": 1, "marking-definition": 1} == kinds(bundle)


def test_a_campaign_with_times_alone_in_its_members_is_valid(scan: Scan, publish: Publish) -> None:
    first = scan.findings[0]
    bare = {
        **first.campaign,
        "first_seen": None,
        "last_seen": None,
        "p_distillation": None,
        "statement": None,
    }
    bundle = stix_bundle(replace(scan, findings=[replace(first, campaign=bare)]), publish())
    assert [] == complaints(bundle)
    assert "confidence" not in of(bundle, "campaign")[0]


def test_the_same_results_give_the_same_bytes(result_folder: Path, publish: Publish) -> None:
    made = [json.dumps(stix_bundle(read_scan(result_folder), publish())) for _ in range(2)]
    assert made[0] == made[1]


def test_another_publisher_has_other_ids(scan: Scan, publish: Publish) -> None:
    ours, theirs = (
        {o["id"] for o in of(stix_bundle(scan, publish(publisher=name)), "campaign")} for name in ("A", "B")
    )
    assert not ours & theirs


def test_only_campaigns_called_distillation_are_told(scan: Scan, result_folder: Path) -> None:
    assert ["c-5e1fa0b7", "c-91c4d2e8", "c-c07733aa"] == [f.id for f in scan.findings]
    assert ["c-2b90e6f1"] == [f.id for f in read_scan(result_folder, only=["c-2b90e6f1"]).findings]


def test_a_relay_is_not_called_a_distiller(result_folder: Path, publish: Publish) -> None:
    bundle = stix_bundle(read_scan(result_folder, only=["c-2b90e6f1"]), publish())
    assert [] == complaints(bundle)
    assert not of(bundle, "attack-pattern")
    assert "istillation" not in of(bundle, "campaign")[0]["name"]


def test_accounts_leave_under_pseudonyms(scan: Scan, publish: Publish) -> None:
    plain = {m["account_id"] for f in scan.findings for m in f.members}
    text = json.dumps(stix_bundle(scan, publish(profile="extended", fields=frozenset({"template"}))))
    assert not [account for account in plain if account in text]


def test_pseudonyms_differ_between_audiences(scan: Scan, publish: Publish) -> None:
    seen = [
        {o["user_id"] for o in of(stix_bundle(scan, publish(audience=whom)), "user-account")}
        for whom in ("A", "B", "A")
    ]
    assert seen[0] == seen[2]
    assert not seen[0] & seen[1]


def test_plain_accounts_leave_if_allowed(scan: Scan, publish: Publish) -> None:
    bundle = stix_bundle(scan, publish(fields=frozenset({"account"})))
    plain = {m["account_id"] for f in scan.findings for m in f.members}
    assert plain == {o["user_id"] for o in of(bundle, "user-account")}


def test_frames_leave_only_if_allowed(scan: Scan, publish: Publish) -> None:
    frame = "You are an expert tutor"
    assert frame not in json.dumps(stix_bundle(scan, publish()))
    assert frame in json.dumps(stix_bundle(scan, publish(fields=frozenset({"template"}))))


def test_ids_of_exchanges_never_leave(scan: Scan, publish: Publish) -> None:
    assert "req_0" not in json.dumps(stix_bundle(scan, publish(profile="extended")))


def test_the_strict_profile_has_no_extension_but_that_of_tlp(rich: Scan, publish: Publish) -> None:
    bundle = stix_bundle(rich, publish())
    assert {"marking-definition"} == {o["type"] for o in bundle["objects"] if "extensions" in o}


def test_the_extension_fits_its_schema_and_stands_in_the_note(scan: Scan, publish: Publish) -> None:
    bundle = stix_bundle(scan, publish(profile="extended"))
    told = {o["id"]: o["extensions"][EXTENSION_ID] for o in of(bundle, "campaign")}
    for extension in told.values():
        jsonschema.validate(extension, json.loads(schema_text()))
    notes = [o for o in of(bundle, "note") if o["abstract"].startswith("Evidence")]
    for note in notes:
        inside = json.loads(note["content"].split("```json\n")[1].split("\n```")[0])
        assert told[note["object_refs"][0]] == {"extension_type": "property-extension", **inside}


def test_the_schema_is_published_with_the_definition(scan: Scan, publish: Publish) -> None:
    (definition,) = of(stix_bundle(scan, publish(profile="extended")), "extension-definition")
    assert json.loads(schema_text()) == json.loads(definition["schema"])


def test_weights_of_families_add_up(scan: Scan) -> None:
    told = numbers(scan, scan.findings[0])
    assert pytest.approx(told["weight_bits"]) == sum(told["family_bits"].values())


def test_markings_are_the_official_ones(rich: Scan, publish: Publish) -> None:
    bundle = stix_bundle(rich, publish(tlp="amber+strict"))
    assert tlp_marking("amber+strict") in bundle["objects"]
    marked = [o for o in bundle["objects"] if o["type"] != "marking-definition"]
    assert all(o["object_marking_refs"] == [TLP_IDS["amber+strict"]] for o in marked)


def test_an_attribution_is_told_with_its_likelihood(rich: Scan, publish: Publish) -> None:
    bundle = stix_bundle(rich, publish())
    (actor,) = of(bundle, "intrusion-set")
    (link,) = [o for o in of(bundle, "relationship") if o["target_ref"] == actor["id"]]
    assert ("Grey Heron", "attributed-to", 85) == (
        actor["name"],
        link["relationship_type"],
        link["confidence"],
    )


def test_an_unknown_actor_is_nobody(scan: Scan, publish: Publish) -> None:
    found = kinds(stix_bundle(scan, publish()))
    assert 0 == found["intrusion-set"] + found["threat-actor"]


def test_quotes_in_values_do_not_leave_a_pattern(rich: Scan, publish: Publish) -> None:
    first = rich.findings[0]
    values = [replace(v, value="o'mail.example") if v.kind == "email_domain" else v for v in first.values]
    odd = replace(rich, findings=[replace(first, values=values)])
    patterns = {o["pattern"] for o in of(stix_bundle(odd, publish()), "indicator")}
    assert r"[domain-name:value = 'o\'mail.example']" in patterns
    assert "[autonomous-system:number = 64500]" in patterns


def test_many_accounts_stand_in_several_observations(scan: Scan, publish: Publish) -> None:
    first = scan.findings[0]
    many = [{**first.members[0], "account_id": f"a{i}"} for i in range(2_300)]
    bundle = stix_bundle(replace(scan, findings=[replace(first, members=many)]), publish())
    assert [1_000, 1_000, 300] == [len(o["object_refs"]) for o in of(bundle, "observed-data")]


def test_our_own_reader_takes_what_we_write(rich: Scan, publish: Publish) -> None:
    for profile in ("strict", "extended"):
        bundle = stix_bundle(rich, publish(profile=profile))
        assert len(bundle["objects"]) == len(read_bundle(json.dumps(bundle).encode(), now=LATER))
