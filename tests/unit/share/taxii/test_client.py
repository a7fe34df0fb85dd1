"""Our client against our server without a network, and against servers that lie."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.share.taxii.conftest import FINDINGS, SECRETS, Asked, campaign

from stillwatch.model.errors import InputError
from stillwatch.share.inbound.strict_json import Limits, RefusedError
from stillwatch.share.taxii.client import TaxiiClient
from stillwatch.share.taxii.http import MEDIA, Response

ROOT = "https://taxii.example/api/"


@pytest.fixture
def client(asked: Asked) -> TaxiiClient:
    """A client of the server."""
    return TaxiiClient(asked.send, "https://taxii.example/taxii2", "writer", SECRETS["writer"])


class Liar:
    """A server that answers every request with the same."""

    def __init__(self, told: Any, *, status: int = 200, kind: str = MEDIA) -> None:
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        self.response = Response(status, body, {"content-type": kind})

    def send(self, *_asked: object) -> Response:
        """The answer."""
        return self.response


def deceived(told: Any, **more: Any) -> TaxiiClient:
    """A client of a server that answers so."""
    return TaxiiClient(
        Liar(told, **more).send, "https://liar.example/taxii2/", "us", "s", limits=Limits(objects=50)
    )


def test_it_finds_roots_and_collections(client: TaxiiClient) -> None:
    assert [ROOT] == client.roots()
    assert [FINDINGS] == [c["id"] for c in client.collections(ROOT)]


def test_it_pulls_all_pages_and_goes_on_later(client: TaxiiClient, asked: Asked) -> None:
    asked.post([campaign(n) for n in range(25)])
    first = client.pull(ROOT, "findings")
    assert [campaign(n) for n in range(25)] == first.objects
    assert [] == client.pull(ROOT, "findings", added_after=first.last_added).objects
    asked.clock.go(hours=1)
    asked.post([campaign(3, version=9)])
    assert [campaign(3, version=9)] == client.pull(ROOT, "findings", added_after=first.last_added).objects


def test_it_pushes_in_messages_that_the_server_takes(client: TaxiiClient, asked: Asked) -> None:
    statuses = client.push(ROOT, FINDINGS, [campaign(n, description="x" * 50_000) for n in range(7)])
    assert [3, 3, 1] == [s["success_count"] for s in statuses]
    assert statuses[0] == client.status(ROOT, statuses[0]["id"])
    assert 7 == len(asked.get("/api/collections/findings/objects/")["objects"])


def test_an_object_larger_than_a_message_is_named(client: TaxiiClient) -> None:
    with pytest.raises(InputError, match=r"campaign--.*bytes, the server takes"):
        client.push(ROOT, FINDINGS, [campaign(1, description="x" * 300_000)])


def test_a_wrong_secret_is_one_clear_error(asked: Asked) -> None:
    stranger = TaxiiClient(asked.send, "https://taxii.example/taxii2/", "writer", "wrong")
    with pytest.raises(InputError, match=r"401: Name or secret is wrong.*Check --user"):
        stranger.discovery()


def test_a_root_on_another_server_gets_no_credentials() -> None:
    client = deceived({"title": "T", "api_roots": ["https://other.example/api/"]})
    with pytest.raises(InputError, match="another server"):
        client.roots()


def test_pages_that_lead_in_a_circle_are_refused() -> None:
    with pytest.raises(RefusedError, match="circle"):
        deceived({"more": True, "next": "a", "objects": [campaign(1)]}).pull(ROOT, "c")


def test_more_without_next_is_refused() -> None:
    with pytest.raises(RefusedError, match="circle"):
        deceived({"more": True, "objects": []}).pull(ROOT, "c")


def test_more_objects_than_allowed_are_refused() -> None:
    with pytest.raises(RefusedError, match="more than 50 objects"):
        deceived({"objects": [campaign(n) for n in range(51)]}).pull(ROOT, "c")


@pytest.mark.parametrize("told", [b"{", b"[]", b"\xff", b"{" * 100, b'{"a": NaN}'])
def test_answers_that_are_none_are_refused(told: bytes) -> None:
    with pytest.raises(InputError):
        deceived(told).discovery()


def test_an_answer_of_another_kind_is_refused() -> None:
    with pytest.raises(InputError, match="does not answer in TAXII"):
        deceived({"title": "T"}, kind="text/html").discovery()


def test_words_of_a_server_are_cut() -> None:
    with pytest.raises(InputError) as raised:
        deceived({"title": "x" * 10_000}, status=500).discovery()
    assert len(str(raised.value)) < 600


@pytest.mark.parametrize("told", [{}, {"title": "T"}, {"api_roots": []}, {"api_roots": [5]}])
def test_a_server_without_roots_is_named(told: Any) -> None:
    with pytest.raises(InputError, match="no API root"):
        deceived(told).roots()
