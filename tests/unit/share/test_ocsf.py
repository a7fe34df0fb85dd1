"""Findings as OCSF: they fit the schema of version 1.8.0 as a package carries it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema
from tests.unit.share.conftest import Publish

from stillwatch.share.finding import Scan, read_scan
from stillwatch.share.ocsf import OCSF_VERSION, ocsf_finding


@pytest.fixture(scope="module")
def schema() -> Any:
    """The JSON Schema of Detection Finding."""
    made = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=OCSF_VERSION))
    return made.get_class_schema(class_name=made.lookup_class_name_from_uid(class_uid=2004), profiles=[])


def test_findings_fit_the_schema(rich: Scan, publish: Publish, schema: Any) -> None:
    for finding in rich.findings:
        jsonschema.validate(ocsf_finding(rich, finding, publish()), schema)


def test_a_hostile_finding_and_a_relay_fit_it_too(
    hostile_folder: Path, publish: Publish, schema: Any
) -> None:
    scan = read_scan(hostile_folder, only=["c-2b90e6f1", "c-5e1fa0b7"])
    for finding in scan.findings:
        jsonschema.validate(ocsf_finding(scan, finding, publish(fields=frozenset({"account"}))), schema)


def test_only_distillation_is_an_alert(result_folder: Path, publish: Publish) -> None:
    scan = read_scan(result_folder, only=["c-2b90e6f1", "c-5e1fa0b7"])
    relay, campaign = (ocsf_finding(scan, f, publish()) for f in scan.findings)
    assert (False, "Informational") == (relay["is_alert"], relay["severity"])
    assert (True, "High", 95) == (campaign["is_alert"], campaign["severity"], campaign["confidence_score"])
    assert "attacks" not in relay["finding_info"]


def test_techniques_name_their_parent(scan: Scan, publish: Publish) -> None:
    attack = ocsf_finding(scan, scan.findings[0], publish())["finding_info"]["attacks"][0]
    assert ("AML.T0024", "AML.T0024.002") == (attack["technique"]["uid"], attack["sub_technique"]["uid"])


def test_accounts_are_pseudonyms(scan: Scan, publish: Publish) -> None:
    text = json.dumps([ocsf_finding(scan, f, publish()) for f in scan.findings])
    assert not [m for f in scan.findings for m in f.members if m["account_id"] in text]
