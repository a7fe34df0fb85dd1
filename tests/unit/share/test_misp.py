"""Findings as MISP events, and bundles through misp-stix there and back."""

from __future__ import annotations

import json
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.unit.share.conftest import Publish
from tests.unit.share.misp_tools import DATA, ExternalSTIX2toMISPParser, MISPtoSTIX21Parser, pymisp, stix2

from stillwatch.share.finding import Scan, read_scan
from stillwatch.share.misp import TEMPLATES, misp_event
from stillwatch.share.stix.bundle import stix_bundle


@pytest.fixture(autouse=True)
def _old_ways() -> Iterator[None]:
    """The converters warn of themselves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def loaded(event: dict[str, Any]) -> Any:
    """The event as PyMISP reads it, its objects checked against the templates."""
    found = pymisp.MISPEvent(strict_validation=True)
    found.from_dict(**event["Event"])
    return found


def test_pymisp_loads_the_event(rich: Scan, publish: Publish) -> None:
    event = loaded(misp_event(rich, rich.findings[0], publish()))
    assert {"user-account": 12, "asn": 1, "annotation": 1} == Counter(o.name for o in event.objects)
    assert {"campaign-id", "threat-actor", "ip-src", "domain"} == {a.type for a in event.attributes}
    assert {"Evidence: c-5e1fa0b7", "Attribution: c-5e1fa0b7"} == {r.name for r in event.event_reports}


def test_the_event_fits_the_schema_that_pymisp_carries(rich: Scan, publish: Publish) -> None:
    event = loaded(misp_event(rich, rich.findings[0], publish()))
    schema = json.loads((DATA / "schema-lax.json").read_text())
    jsonschema.validate({"Event": json.loads(event.to_json())}, schema)


def test_templates_are_those_of_misp_objects(rich: Scan, publish: Publish) -> None:
    for name, (uuid, version, category) in TEMPLATES.items():
        known = json.loads((DATA / "misp-objects" / "objects" / name / "definition.json").read_text())
        assert (known["uuid"], str(known["version"]), known["meta-category"]) == (uuid, version, category)
    for thing in misp_event(rich, rich.findings[0], publish())["Event"]["Object"]:
        known = json.loads(
            (DATA / "misp-objects" / "objects" / thing["name"] / "definition.json").read_text()
        )
        for attribute in thing["Attribute"]:
            assert known["attributes"][attribute["object_relation"]]["misp-attribute"] == attribute["type"]


def test_types_and_categories_go_together(rich: Scan, publish: Publish) -> None:
    allowed = json.loads((DATA / "describeTypes.json").read_text())["result"]["category_type_mappings"]
    event = misp_event(rich, rich.findings[0], publish())["Event"]
    attributes = [*event["Attribute"], *(a for o in event["Object"] for a in o["Attribute"])]
    assert not [a for a in attributes if a["type"] not in allowed[a["category"]]]


def test_taxonomies_say_how_sure_and_to_whom(rich: Scan, publish: Publish) -> None:
    event = misp_event(rich, rich.findings[0], publish(tlp="amber+strict", pap="red"))["Event"]
    tags = {tag["name"] for tag in event["Tag"]}
    assert {"tlp:amber+strict", "PAP:RED"} <= tags
    assert 'estimative-language:likelihood-probability="almost-certain"' in tags
    assert 'misp-galaxy:mitre-atlas-attack-pattern="Extract AI Model"' in tags


def test_nothing_is_for_automatic_detection(rich: Scan, publish: Publish) -> None:
    event = misp_event(rich, rich.findings[0], publish())["Event"]
    assert not [a for a in event["Attribute"] if a["to_ids"]]


def test_accounts_are_pseudonyms(scan: Scan, publish: Publish) -> None:
    text = json.dumps([misp_event(scan, f, publish()) for f in scan.findings])
    assert not [m for f in scan.findings for m in f.members if m["account_id"] in text]


def test_the_same_finding_gives_the_same_event(scan: Scan, publish: Publish) -> None:
    assert misp_event(scan, scan.findings[0], publish()) == misp_event(scan, scan.findings[0], publish())


def test_hostile_names_can_be_loaded(hostile_folder: Path, publish: Publish) -> None:
    scan = read_scan(hostile_folder)
    for finding in scan.findings:
        assert loaded(misp_event(scan, finding, publish(fields=frozenset({"account", "template"}))))


def imported(bundle: dict[str, Any]) -> tuple[Any, list[str]]:
    """What misp-stix makes of a bundle, and its errors."""
    parser = ExternalSTIX2toMISPParser()
    parser.load_stix_bundle(stix2.parse(bundle, allow_custom=True))
    parser.parse_stix_bundle(single_event=True)
    return parser.misp_event, [str(e) for found in parser.errors.values() for e in found]


@pytest.mark.parametrize("profile", ["strict", "extended"])
def test_misp_stix_imports_a_bundle_without_errors(scan: Scan, publish: Publish, profile: str) -> None:
    event, errors = imported(stix_bundle(scan, publish(profile=profile)))
    assert [] == errors
    galaxies = {g.type: {c.value for c in g.clusters} for g in event.galaxies}
    assert {f"Distillation campaign {f.id}" for f in scan.findings} == galaxies["stix-2.1-campaign"]
    assert "Extract AI Model" in galaxies["stix-2.1-attack-pattern"]
    assert "tlp:amber" in {tag.name for tag in event.tags}


def test_misp_stix_leaves_out_infrastructure_alone(rich: Scan, publish: Publish) -> None:
    event, errors = imported(stix_bundle(rich, publish()))
    assert {"infrastructure"} == {error.rsplit(" ", 1)[1] for error in errors}
    assert {"ip-dst", "AS", "domain"} == {a.type for a in event.attributes}


def test_accounts_and_campaigns_survive_the_round_trip(scan: Scan, publish: Publish) -> None:
    bundle = stix_bundle(scan, publish())
    event, _ = imported(bundle)
    back = MISPtoSTIX21Parser()
    back.parse_misp_event(json.loads(event.to_json()))
    returned = json.loads(back.bundle.serialize())
    for kind, name in (("user-account", "user_id"), ("campaign", "name"), ("attack-pattern", "name")):
        sent, came = ({o[name] for o in b["objects"] if o["type"] == kind} for b in (bundle, returned))
        assert sent == came


def test_our_event_becomes_stix_by_misp_stix(rich: Scan, publish: Publish) -> None:
    event = loaded(misp_event(rich, rich.findings[0], publish()))
    parser = MISPtoSTIX21Parser()
    parser.parse_misp_event(json.loads(event.to_json()))
    assert not [e for found in parser.errors.values() for e in found]
    found = Counter(o["type"] for o in json.loads(parser.bundle.serialize())["objects"])
    assert 12 == found["user-account"]
    assert found["autonomous-system"] == 1
