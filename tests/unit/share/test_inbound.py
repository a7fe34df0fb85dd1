"""What others send is taken whole or refused with a reason."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from stillwatch.share.inbound.bundle import digest_of, read_bundle, refusal
from stillwatch.share.inbound.judge import moment
from stillwatch.share.inbound.strict_json import Limits, RefusedError
from stillwatch.share.stix.extension import EXTENSION_ID
from stillwatch.share.tlp import TLP_IDS, tlp_marking

NOW = datetime(2026, 6, 1, tzinfo=UTC)
US, THEM = (f"identity--00000000-0000-4000-8000-00000000000{n}" for n in (1, 2))
CAMPAIGN: Mapping[str, Any] = {
    "type": "campaign",
    "spec_version": "2.1",
    "id": "campaign--00000000-0000-4000-8000-000000000003",
    "created_by_ref": THEM,
    "created": "2026-05-01T00:00:00.000Z",
    "modified": "2026-05-02T00:00:00.000Z",
    "name": "a campaign",
}


def thing(kind: str, n: int = 4, **more: Any) -> dict[str, Any]:
    """An object of a type with what all have."""
    name = f"{kind}--00000000-0000-4000-8000-{n:012d}"
    common = {k: CAMPAIGN[k] for k in ("spec_version", "created_by_ref", "created", "modified")}
    return {"type": kind, "id": name, **common, **more}


def opinion(said: str, n: int) -> dict[str, Any]:
    """An opinion on the campaign."""
    return thing("opinion", n, opinion=said, object_refs=[CAMPAIGN["id"]])


def bundle(*objects: Any, **more: Any) -> bytes:
    """A bundle as bytes."""
    told = {
        "type": "bundle",
        "id": "bundle--00000000-0000-4000-8000-000000000009",
        "objects": objects,
        **more,
    }
    return json.dumps(told).encode()


def code(data: bytes, **more: Any) -> str:
    """Why a bundle is refused."""
    with pytest.raises(RefusedError) as raised:
        read_bundle(data, now=NOW, **more)
    return raised.value.code


def another(_object_id: str, _version: str) -> str:
    """Something else is kept."""
    return "another digest"


def same(_object_id: str, _version: str) -> str:
    """The same is kept."""
    return digest_of(CAMPAIGN)


def test_a_sound_bundle_is_taken() -> None:
    taken = read_bundle(bundle(CAMPAIGN, opinion("agree", 5), tlp_marking("red")), now=NOW)
    assert ["campaign", "opinion", "marking-definition"] == [o["type"] for o in taken]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "malformed"),
        (b"\xff", "malformed"),
        (b"{", "malformed"),
        (b"[]", "malformed"),
        (b'{"type": "bundle"}', "malformed"),
        (bundle(), "malformed"),
        (bundle(5), "malformed"),
        (bundle(CAMPAIGN, more=1), "malformed"),
        (bundle(CAMPAIGN, id="bundle--1"), "malformed"),
        (bundle(CAMPAIGN, spec_version="2.0"), "wrong version"),
        (b'{"a": NaN}', "malformed"),
        (b'{"a": 1e999}', "malformed"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "malformed"),
        (b'{"type": 1, "type": 2}', "contradictory"),
        (b"[" * 200_000, "too deep"),
        (b'{"a":' * 30 + b"1" + b"}" * 30, "too deep"),
    ],
)
def test_what_is_no_bundle_is_refused(data: bytes, expected: str) -> None:
    assert expected == code(data)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"type": "malware"}, "unknown type"),
        ({"type": 5}, "unknown type"),
        ({"type": ["campaign"]}, "unknown type"),
        ({"spec_version": "2.0"}, "wrong version"),
        ({"spec_version": None}, "wrong version"),
        ({"id": "campaign--1"}, "malformed"),
        ({"id": 5}, "malformed"),
        ({"id": THEM}, "malformed"),
        ({"name": 5}, "malformed"),
        ({"name": ""}, "malformed"),
        ({"name": "x" * 600_000}, "oversized"),
        ({"x_own": 1}, "unknown property"),
        ({"confidence": 101}, "malformed"),
        ({"confidence": True}, "malformed"),
        ({"confidence": "high"}, "malformed"),
        ({"revoked": "no"}, "malformed"),
        ({"created": "yesterday"}, "malformed"),
        ({"created": "2026-02-30T00:00:00Z"}, "malformed"),
        ({"created": 5}, "malformed"),
        ({"modified": "2026-04-01T00:00:00.000Z"}, "contradictory"),
        ({"modified": "2036-04-01T00:00:00.000Z"}, "contradictory"),
        ({"first_seen": "2026-04-02T00:00:00Z", "last_seen": "2026-04-01T00:00:00Z"}, "contradictory"),
        ({"created_by_ref": CAMPAIGN["id"]}, "self-referring"),
        ({"created_by_ref": "note--00000000-0000-4000-8000-000000000001"}, "malformed"),
        ({"created_by_ref": ["x"]}, "malformed"),
        ({"object_marking_refs": ["x"]}, "malformed"),
        ({"object_marking_refs": "x"}, "malformed"),
        ({"object_marking_refs": [TLP_IDS["red"], TLP_IDS["clear"]]}, "contradictory"),
        ({"extensions": 5}, "malformed"),
        (
            {"extensions": {"extension-definition--00000000-0000-4000-8000-000000000001": {}}},
            "unknown extension",
        ),
        ({"extensions": {EXTENSION_ID: 5}}, "malformed"),
        (
            {"extensions": {EXTENSION_ID: {"extension_type": "property-extension", "p_distillation": 7}}},
            "malformed",
        ),
        ({"extensions": {EXTENSION_ID: {"extension_type": "new-sdo"}}}, "malformed"),
    ],
)
def test_an_object_that_is_none_refuses_the_whole(change: dict[str, Any], expected: str) -> None:
    assert expected == code(bundle(opinion("agree", 6), {**CAMPAIGN, **change}))


@pytest.mark.parametrize("missing", ["created", "modified", "name", "id", "type", "spec_version"])
def test_what_is_required_must_be_there(missing: str) -> None:
    assert code(bundle({k: v for k, v in CAMPAIGN.items() if k != missing}))


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        (
            [thing("relationship", relationship_type="uses", source_ref=THEM, target_ref=THEM)],
            "self-referring",
        ),
        (
            [thing("note", content="x", object_refs=["note--00000000-0000-4000-8000-000000000004"])],
            "self-referring",
        ),
        ([thing("note", content="x", object_refs=[])], "malformed"),
        ([thing("note", content="x", object_refs="x")], "malformed"),
        ([thing("note", content="x", object_refs=[5])], "malformed"),
        ([thing("note", content="x", object_refs={})], "malformed"),
        (
            [
                thing(
                    "observed-data",
                    first_observed=CAMPAIGN["created"],
                    last_observed=CAMPAIGN["created"],
                    number_observed=1,
                )
            ],
            "malformed",
        ),
        ([opinion("perhaps", 4)], "malformed"),
        ([opinion("agree", 4), opinion("strongly-disagree", 5)], "contradictory"),
        ([CAMPAIGN, {**CAMPAIGN, "name": "another"}], "contradictory"),
        (
            [CAMPAIGN, {**CAMPAIGN, "created": "2026-04-30T00:00:00Z", "modified": "2026-05-03T00:00:00Z"}],
            "contradictory",
        ),
        ([{**tlp_marking("red"), "extensions": tlp_marking("clear")["extensions"]}], "contradictory"),
        (
            [{**tlp_marking("red"), "id": "marking-definition--00000000-0000-4000-8000-000000000001"}],
            "contradictory",
        ),
        (
            [
                {
                    "type": "user-account",
                    "id": "user-account--00000000-0000-4000-8000-000000000001",
                    "credential": "x",
                }
            ],
            "secret",
        ),
    ],
)
def test_objects_that_do_not_go_together_are_refused(objects: list[Any], expected: str) -> None:
    assert expected == code(bundle(*objects))


def test_what_claims_to_come_from_us_is_a_reflection() -> None:
    assert "self-referring" == code(bundle({**CAMPAIGN, "created_by_ref": US}), own=US)
    assert "self-referring" == code(bundle({**thing("identity", 1, name="us"), "id": US}), own=US)


def test_another_content_under_a_known_version_is_refused() -> None:
    assert "contradictory" == code(bundle(CAMPAIGN), known=another)
    assert read_bundle(bundle(CAMPAIGN), now=NOW, known=same)


def test_a_withdrawn_opinion_contradicts_nothing() -> None:
    taken = read_bundle(bundle(opinion("agree", 4), {**opinion("disagree", 5), "revoked": True}), now=NOW)
    assert 2 == len(taken)


def test_limits_are_kept() -> None:
    many = [{**CAMPAIGN, "id": f"campaign--00000000-0000-4000-8000-{n:012d}"} for n in range(4)]
    assert "oversized" == code(bundle(*many), limits=Limits(objects=3))
    assert "oversized" == code(bundle(*many), limits=Limits(bytes=100))
    refs = [m["id"] for m in many]
    assert "oversized" == code(
        bundle(thing("note", content="x", object_refs=refs)), limits=Limits(references=3)
    )


def test_a_refusal_says_where_and_keeps_no_content() -> None:
    data = bundle({**CAMPAIGN, "name": "secret name", "x_own": 1})
    with pytest.raises(RefusedError) as raised:
        read_bundle(data, now=NOW)
    entry = refusal(raised.value, data, sender="partner", at=NOW)
    assert ("unknown property", len(data)) == (entry.code, entry.bytes)
    assert entry.reason.startswith(CAMPAIGN["id"])
    assert "secret name" not in repr(entry)


@pytest.mark.parametrize(
    "text", ["2026-05-01T00:00:00.000Z", "2026-05-01T00:00:00Z", "2026-05-01T00:00:00.000000000Z"]
)
def test_times_of_any_precision_are_read(text: str) -> None:
    assert datetime(2026, 5, 1, tzinfo=UTC) == moment(text)
