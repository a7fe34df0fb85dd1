"""Exporting again: objects keep their beginning, and their time unless they say something else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.unit.share.conftest import AT, Publish

from stillwatch.share.finding import Scan
from stillwatch.share.stix.bundle import stix_bundle


def test_unchanged_objects_keep_their_times(scan: Scan, publish: Publish) -> None:
    before = stix_bundle(scan, publish())
    again = stix_bundle(scan, publish(at=AT + timedelta(days=7)), previous=before["objects"])
    assert before == again


def test_a_changed_object_gets_a_later_time_and_keeps_its_beginning(scan: Scan, publish: Publish) -> None:
    before = {o["id"]: o for o in stix_bundle(scan, publish())["objects"]}
    first = scan.findings[0]
    grown = replace(first, campaign={**first.campaign, "statement": "grown"})
    later = replace(scan, findings=[grown, *scan.findings[1:]])
    after = stix_bundle(later, publish(), previous=list(before.values()))["objects"]
    changed = [o for o in after if o != before.get(o["id"])]
    assert {"campaign", "note"} == {o["type"] for o in changed}
    assert all(o["created"] == before[o["id"]]["created"] for o in changed)
    assert all(o["modified"] > before[o["id"]]["modified"] for o in changed)


def test_a_damaged_previous_object_changes_nothing(scan: Scan, publish: Publish) -> None:
    strange = [{"id": 5}, {"id": stix_bundle(scan, publish())["objects"][1]["id"]}]
    assert stix_bundle(scan, publish()) == stix_bundle(scan, publish(), previous=strange)
