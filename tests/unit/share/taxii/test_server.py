"""The server against the endpoints, filters and refusals of TAXII 2.1 (section numbers are the specification's)."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.share.taxii.conftest import FINDINGS, HIDDEN, INBOX, SECRETS, Asked, address, campaign

from stillwatch.share.stix.objects import identity_id
from stillwatch.share.taxii.http import MEDIA
from stillwatch.share.taxii.server import TaxiiServer
from stillwatch.share.taxii.settings import TaxiiSettings

OBJECTS = f"/api/collections/{FINDINGS}/objects/"
MANIFEST = f"/api/collections/{FINDINGS}/manifest/"


def ids(answer: Any) -> list[str]:
    """Last digits of the ids in an envelope or manifest."""
    return [o["id"][-1] for o in answer.get("objects", [])]


def test_discovery_names_the_api_roots(asked: Asked) -> None:
    """4.1"""
    told = asked.get("/taxii2/")
    assert ("Test", "/api/", ["/api/"]) == (told["title"], told["default"], told["api_roots"])
    assert "soc@example.com" == told["contact"]


def test_an_api_root_says_versions_and_limit(asked: Asked) -> None:
    """4.2"""
    told = asked.get("/api/")
    assert ([MEDIA], 200_000) == (told["versions"], told["max_content_length"])


def test_collections_are_shown_with_the_rights_of_who_asks(asked: Asked) -> None:
    """5.1"""
    shown = {u: asked.get("/api/collections/", user=u)["collections"] for u in ("reader", "writer", "sender")}
    assert [(True, False)] == [(c["can_read"], c["can_write"]) for c in shown["reader"]]
    assert [(True, True)] == [(c["can_read"], c["can_write"]) for c in shown["writer"]]
    assert [(INBOX, False, True)] == [(c["id"], c["can_read"], c["can_write"]) for c in shown["sender"]]


def test_a_collection_is_found_by_id_and_alias(asked: Asked) -> None:
    """5.2"""
    assert asked.get(f"/api/collections/{FINDINGS}/") == asked.get("/api/collections/findings/")


def test_a_collection_without_rights_is_not_there(asked: Asked) -> None:
    assert 404 == asked.ask(f"/api/collections/{HIDDEN}/").status
    assert 404 == asked.ask(f"/api/collections/{HIDDEN}/objects/").status


def test_responses_are_typed_and_versioned(asked: Asked) -> None:
    """1.6.8"""
    assert MEDIA == asked.ask("/taxii2/").headers["content-type"]
    assert MEDIA == asked.ask("/nowhere/").headers["content-type"]


@pytest.mark.parametrize(
    "accept", ["", "application/json", "application/taxii+json;version=2.0", "text/html"]
)
def test_what_a_client_cannot_read_is_406(asked: Asked, accept: str) -> None:
    assert 406 == asked.ask("/taxii2/", headers={"accept": accept}).status


@pytest.mark.parametrize(
    "accept", ["application/taxii+json", "application/taxii+json; version=2.1", "text/html, */*;q=0.1"]
)
def test_what_it_can_read_is_answered(asked: Asked, accept: str) -> None:
    assert 200 == asked.ask("/taxii2/", headers={"accept": accept}).status


@pytest.mark.parametrize(
    "path",
    ["/taxii2", "/api/nothing/", "/api/collections/findings", "/api/status/x/", "/other/", "/", "//", ""],
)
def test_what_is_not_there_is_404_with_a_message(asked: Asked, path: str) -> None:
    """3.6.1"""
    response = asked.ask(path)
    assert 404 == response.status
    told = json.loads(response.body)
    assert "404" == told["http_status"]
    assert told["title"]


def test_a_method_that_is_not_for_an_endpoint_is_405(asked: Asked) -> None:
    for path in ("/taxii2/", "/api/", "/api/collections/", MANIFEST, f"/api/collections/{FINDINGS}/"):
        assert 405 == asked.ask(path, method="PUT").status


def test_nobody_is_answered_without_credentials(asked: Asked) -> None:
    response = asked.ask("/taxii2/", headers={"authorization": ""})
    assert 401 == response.status
    assert response.headers["www-authenticate"].startswith("Basic ")


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic !!",
        "Basic " + base64.b64encode(b"reader").decode(),
        "Digest x",
        "Bearer x",
        "Basic gA==",
    ],
)
def test_credentials_that_cannot_be_read_are_401(asked: Asked, header: str) -> None:
    assert 401 == asked.ask("/taxii2/", headers={"authorization": header}).status


def test_a_bearer_token_is_name_and_secret(asked: Asked) -> None:
    token = f"Bearer reader.{SECRETS['reader']}"
    assert 200 == asked.ask("/taxii2/", headers={"authorization": token}).status


def test_guessing_is_slowed_down(asked: Asked) -> None:
    wrong = {"authorization": "Bearer reader.guess"}
    answers = [asked.ask("/taxii2/", headers=wrong).status for _ in range(6)]
    assert [401] * 5 + [429] == answers
    assert 200 == asked.ask("/taxii2/", peer="192.0.2.2").status
    asked.clock.go(minutes=2)
    assert 200 == asked.ask("/taxii2/").status


def test_added_objects_have_a_status(asked: Asked) -> None:
    """4.3, 5.5"""
    status = asked.post([campaign(1), campaign(2)])
    assert ("complete", 2, 2, 0) == tuple(
        status[k] for k in ("status", "total_count", "success_count", "failure_count")
    )
    assert status == asked.get(f"/api/status/{status['id']}/")


def test_a_status_is_for_its_sender_alone(asked: Asked) -> None:
    status = asked.post([campaign(1)])
    assert 404 == asked.ask(f"/api/status/{status['id']}/", user="reader").status


def test_objects_come_back_as_they_were_in_an_envelope(asked: Asked) -> None:
    """5.4: an envelope, never a bundle"""
    asked.post([campaign(1), address(2)])
    told = asked.get(OBJECTS)
    assert {"more": False, "objects": [campaign(1), address(2)]} == told


def test_an_empty_collection_is_an_empty_envelope(asked: Asked) -> None:
    assert {} == asked.get(OBJECTS)
    assert {} == asked.get(MANIFEST)


def test_the_manifest_tells_version_and_time(asked: Asked) -> None:
    """5.3"""
    asked.post([campaign(1), address(2)])
    first, second = asked.get(MANIFEST)["objects"]
    assert campaign(1)["modified"] == first["version"]
    assert second["version"] == second["date_added"] > first["date_added"]
    assert "application/stix+json;version=2.1" == first["media_type"]


def test_headers_tell_when_the_first_and_last_were_added(asked: Asked) -> None:
    """3.4"""
    asked.post([campaign(n) for n in range(3)])
    response = asked.ask(MANIFEST)
    dates = [o["date_added"] for o in json.loads(response.body)["objects"]]
    named = ("x-taxii-date-added-first", "x-taxii-date-added-last")
    assert (dates[0], dates[-1]) == tuple(response.headers[n] for n in named)


def test_pages_follow_each_other_without_loss(asked: Asked) -> None:
    """3.5"""
    asked.post([campaign(n) for n in range(25)])
    seen, query = [], "limit=4"
    while True:
        told = asked.get(f"{OBJECTS}?{query}")
        seen += told["objects"]
        assert len(told["objects"]) <= 4
        if not told["more"]:
            break
        query = f"limit=4&next={told['next']}"
    assert [campaign(n) for n in range(25)] == seen


def test_a_page_is_never_longer_than_the_server_allows(asked: Asked) -> None:
    asked.post([campaign(n) for n in range(25)])
    assert 10 == len(asked.get(f"{OBJECTS}?limit=1000000")["objects"])


def test_what_is_added_between_pages_comes_at_the_end(asked: Asked) -> None:
    asked.post([campaign(n) for n in range(12)])
    first = asked.get(OBJECTS)
    asked.post([campaign(77)])
    assert [10, 11, 77] == [
        int(o["id"][-3:]) for o in asked.get(f"{OBJECTS}?next={first['next']}")["objects"]
    ]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=x",
        "limit=1.5",
        "limit=" + "9" * 40,
        "next=x",
        "next=W10",
        "next=WzEsICJ4Il0",
        "added_after=yesterday",
        "added_after=2026-02-30T00:00:00Z",
        "match[version]=newest",
        "match[colour]=red",
        "limit=1&limit=2",
    ],
)
def test_a_query_that_makes_no_sense_is_400(asked: Asked, query: str) -> None:
    asked.post([campaign(1)])
    assert 400 == asked.ask(f"{OBJECTS}?{query}").status


def test_added_after_is_exclusive(asked: Asked) -> None:
    """3.4.1"""
    asked.post([campaign(n) for n in range(3)])
    dates = [o["date_added"] for o in asked.get(MANIFEST)["objects"]]
    assert ["1", "2"] == ids(asked.get(f"{OBJECTS}?added_after={dates[0]}"))
    assert [] == ids(asked.get(f"{OBJECTS}?added_after={dates[2]}"))


def test_dates_grow_even_if_the_clock_goes_back(asked: Asked) -> None:
    asked.post([campaign(1)])
    asked.clock.go(days=-30)
    asked.post([campaign(2)])
    dates = [o["date_added"] for o in asked.get(MANIFEST)["objects"]]
    assert dates == sorted(set(dates))


def test_filters_for_id_and_type(asked: Asked) -> None:
    asked.post([campaign(1), campaign(2), address(3)])
    assert ["1", "3"] == ids(asked.get(f"{OBJECTS}?match[id]={campaign(1)['id']},{address(3)['id']}"))
    assert ["3"] == ids(asked.get(f"{OBJECTS}?match[type]=ipv4-addr"))
    assert ["1", "2", "3"] == ids(asked.get(f"{OBJECTS}?match[type]=ipv4-addr,campaign"))
    assert [] == ids(asked.get(f"{OBJECTS}?match[type]=ipv4-addr&match[id]={campaign(1)['id']}"))


def test_filter_for_spec_version(asked: Asked) -> None:
    asked.post([campaign(1)])
    assert ["1"] == ids(asked.get(f"{OBJECTS}?match[spec_version]=2.1"))
    assert [] == ids(asked.get(f"{OBJECTS}?match[spec_version]=2.0"))


@pytest.mark.parametrize(
    ("wanted", "versions"),
    [
        ("", [3]),
        ("last", [3]),
        ("first", [1]),
        ("all", [1, 2, 3]),
        ("first,last", [1, 3]),
        ("2026-05-01T00:00:02.000Z", [2]),
        ("2026-05-01T00:00:02Z,last", [2, 3]),
        ("2026-05-01T00:00:09.000Z", []),
    ],
)
def test_filter_for_version(asked: Asked, wanted: str, versions: list[int]) -> None:
    """3.4.1: last is the default"""
    for version in (2, 1, 3):
        asked.post([campaign(1, version=version)])
    query = f"?match[version]={wanted}" if wanted else ""
    found = asked.get(OBJECTS + query).get("objects", [])
    assert versions == sorted(int(o["modified"][17:19]) for o in found)


def test_an_object_and_its_versions(asked: Asked) -> None:
    """5.6, 5.8"""
    asked.post([campaign(1, version=1), campaign(2)])
    asked.post([campaign(1, version=2)])
    one = f"{OBJECTS}{campaign(1)['id']}/"
    assert [campaign(1, version=2)] == asked.get(one)["objects"]
    assert 2 == len(asked.get(f"{one}?match[version]=all")["objects"])
    told = asked.get(f"{one}versions/")
    assert [f"2026-05-01T00:00:0{n}.000Z" for n in (1, 2)] == told["versions"]
    assert [told["versions"][1]] == asked.get(
        f"{one}versions/?added_after={asked.get(MANIFEST)['objects'][0]['date_added']}"
    )["versions"]


def test_versions_come_in_pages_too(asked: Asked) -> None:
    asked.post([campaign(1, version=n) for n in range(5)])
    path = f"{OBJECTS}{campaign(1)['id']}/versions/"
    first = asked.get(f"{path}?limit=3")
    rest = asked.get(f"{path}?limit=3&next={first['next']}")
    assert 5 == len({*first["versions"], *rest["versions"]})
    assert (True, False) == (first["more"], rest["more"])


def test_an_object_that_is_not_there_is_404(asked: Asked) -> None:
    for end in ("", "versions/"):
        assert 404 == asked.ask(f"{OBJECTS}{campaign(9)['id']}/{end}").status


def test_the_same_object_again_changes_nothing(asked: Asked) -> None:
    asked.post([campaign(1), address(2)])
    before = asked.get(MANIFEST)
    asked.clock.go(days=1)
    assert 2 == asked.post([campaign(1), address(2)])["success_count"]
    assert before == asked.get(MANIFEST)


def test_rights_are_kept(asked: Asked) -> None:
    body = json.dumps({"objects": [campaign(1)]}).encode()
    assert 403 == asked.ask(OBJECTS, user="reader", method="POST", body=body).status
    assert 403 == asked.ask(f"/api/collections/{INBOX}/objects/", user="sender").status
    assert 403 == asked.ask(f"/api/collections/{INBOX}/manifest/", user="sender").status
    assert 1 == asked.post([campaign(1)], user="sender", collection=INBOX)["success_count"]
    assert {} == asked.get(OBJECTS)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 422),
        (b"[]", 422),
        (b"{}", 422),
        (b'{"objects": []}', 422),
        (b'{"objects": 5}', 422),
        (b'{"type": "bundle", "id": "bundle--x", "objects": [{}]}', 422),
        (b"\xff\xfe", 422),
        (b'{"objects": ' + b"[" * 100 + b"]" * 100 + b"}", 422),
        (b'{"objects": [' + b'"' + b"x" * 200_000 + b'"]}', 413),
    ],
)
def test_an_envelope_that_is_none_is_refused_and_recorded(asked: Asked, body: bytes, status: int) -> None:
    assert status == asked.ask(OBJECTS, method="POST", body=body).status
    assert 1 == len(asked.store.refusals())
    assert {} == asked.get(OBJECTS)


def test_another_content_type_is_415(asked: Asked) -> None:
    body = json.dumps({"objects": [campaign(1)]}).encode()
    for kind in (
        "application/json",
        "application/taxii+json;version=2.0",
        "application/stix+json;version=2.1",
    ):
        assert 415 == asked.ask(OBJECTS, method="POST", body=body, headers={"content-type": kind}).status


def test_objects_that_are_refused_are_named_in_the_status(asked: Asked) -> None:
    bad = [campaign(2, x_own="1"), {"type": "malware"}, 5, campaign(3, spec_version="2.0")]
    status = asked.post([campaign(1), *bad])
    assert (1, 4) == (status["success_count"], status["failure_count"])
    assert campaign(2)["id"] == status["failures"][0]["id"]
    assert [campaign(1)] == asked.get(OBJECTS)["objects"]
    assert ["unknown property", "unknown type", "malformed", "wrong version"] == [
        r[2] for r in asked.store.refusals()
    ]


def test_another_content_under_the_same_version_is_refused(asked: Asked) -> None:
    asked.post([campaign(1)])
    assert 1 == asked.post([campaign(1, name="another")])["failure_count"]
    assert [campaign(1)] == asked.get(OBJECTS)["objects"]


def test_what_claims_to_come_from_the_server_is_refused(asked: Asked) -> None:
    own = campaign(1, created_by_ref=identity_id("Example AI"))
    assert 1 == asked.post([own])["failure_count"]
    assert "self-referring" == asked.store.refusals()[0][2]


def test_the_publisher_may_add_what_it_says(asked: Asked, settings: TaxiiSettings) -> None:
    own = replace(settings.users["writer"], own=True)
    server = TaxiiServer(replace(settings, users={"writer": own}), asked.store, asked.clock)
    said = campaign(1, created_by_ref=identity_id("Example AI"))
    assert 1 == replace(asked, server=server).post([said])["success_count"]


def test_delete_hides_an_object_and_keeps_the_rows(asked: Asked) -> None:
    """5.7"""
    asked.post([campaign(1, version=1), campaign(1, version=2), campaign(2)])
    one = f"{OBJECTS}{campaign(1)['id']}/"
    assert 200 == asked.ask(f"{one}?match[version]=last", method="DELETE").status
    assert [campaign(1, version=1)] == asked.get(one)["objects"]
    assert 200 == asked.ask(one, method="DELETE").status
    assert 404 == asked.ask(one).status
    assert ["2"] == ids(asked.get(OBJECTS))
    with asked.store.known(FINDINGS) as known:
        assert known(campaign(1)["id"], campaign(1, version=1)["modified"])


def test_only_who_may_write_may_delete(asked: Asked) -> None:
    asked.post([campaign(1)])
    assert 403 == asked.ask(f"{OBJECTS}{campaign(1)['id']}/", user="reader", method="DELETE").status
    assert 404 == asked.ask(f"{OBJECTS}{campaign(5)['id']}/", method="DELETE").status


def test_a_store_that_cannot_be_used_is_503(asked: Asked) -> None:
    asked.store.path.write_bytes(b"damaged" * 1_000)
    assert 503 == asked.ask(OBJECTS).status
