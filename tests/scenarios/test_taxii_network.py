"""TAXII over the network of this machine: the server with TLS, OASIS' client and ours, and the commands."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures_results import DISTILLATION, write_results
from tests.scenarios.commands import one_error, run

from stillwatch.app.serving import Address, open_server, uvicorn_server
from stillwatch.share.taxii.http import MEDIA

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its dependencies use what Python will drop
    import taxii2client.v21 as oasis

TLS = Path(__file__).parent.parent / "cases" / "taxii"
CERT, KEY = TLS / "localhost.crt", TLS / "localhost.key"


class Lab:
    """A deployment with a result folder, a TAXII server and the secrets of its users."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        results = write_results(folder / "results", plans=[plan.sized(8) for plan in DISTILLATION])
        made = run("taxii", "new", folder / "taxii", "--publisher", "Example AI", "--json")
        told = json.loads(made.out)
        self.collection = told["collection"]
        for user in ("publisher", "partner"):
            (folder / user).write_text(told[user] + "\n")
            (folder / user).chmod(0o600)
        self.secrets = {user: told[user] for user in ("publisher", "partner")}
        stix = ("--to", "stix", "--out", folder / "stix", "--publisher", "Example AI")
        run("export", results, *stix, "--key-file", folder / "hash.key")
        self.bundle = folder / "stix" / "bundle.json"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        address = Address("127.0.0.1", self.port, CERT, KEY)
        self.url = f"https://localhost:{self.port}/taxii2/"
        self.server = uvicorn_server(open_server(folder / "taxii"), address)
        self.thread = threading.Thread(target=self.server.run, daemon=True)

    def start(self) -> None:
        """Serve, and wait until it listens."""
        self.thread.start()
        end = time.monotonic() + 30
        while not self.server.started and time.monotonic() < end:
            time.sleep(0.05)
        assert self.server.started

    def as_user(self, user: str) -> tuple[str | Path, ...]:
        """Options of a command for a user."""
        return "--user", user, "--secret-file", self.folder / user, "--ca-file", CERT, "--json"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A deployment that serves."""
    made = Lab(tmp_path_factory.mktemp("lab"))
    made.start()
    yield made
    made.server.should_exit = True
    made.thread.join(20)


@pytest.fixture
def published(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The same with its findings in the collection."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERT))  # goes before what OASIS' client is told
    added = run("taxii", "add", lab.folder / "taxii", "--bundle", lab.bundle, "--json")
    assert 0 == added.code, added
    return lab


def objects_of(path: Path) -> dict[str, Any]:
    """Objects of a bundle by id."""
    return {o["id"]: o for o in json.loads(path.read_text())["objects"]}


def test_the_oasis_client_reads_the_server(published: Lab) -> None:
    server = oasis.Server(
        published.url, user="partner", password=published.secrets["partner"], verify=str(CERT)
    )
    root = server.default
    assert "Findings of Example AI" == server.title == root.title
    assert [MEDIA] == root.versions
    (collection,) = root.collections
    assert (published.collection, True, False) == (collection.id, collection.can_read, collection.can_write)
    wanted = objects_of(published.bundle)
    found = [o for page in oasis.as_pages(collection.get_objects, per_request=20) for o in page["objects"]]
    assert wanted == {o["id"]: o for o in found}
    assert len(wanted) == len(found)
    manifest = [o for p in oasis.as_pages(collection.get_manifest, per_request=20) for o in p["objects"]]
    assert list(wanted) == [o["id"] for o in manifest]


def test_the_oasis_client_filters(published: Lab) -> None:
    url = f"https://localhost:{published.port}/api/collections/{published.collection}/"
    user = {"user": "partner", "password": published.secrets["partner"], "verify": str(CERT)}
    collection = oasis.Collection(url, **user)
    campaigns = collection.get_objects(type="campaign")["objects"]
    assert 3 == len(campaigns)
    one = campaigns[0]
    assert [one] == collection.get_object(one["id"])["objects"]
    assert [one["modified"]] == collection.object_versions(one["id"])["versions"]
    assert [] == collection.get_objects(type="campaign", version="2020-01-01T00:00:00.000Z").get(
        "objects", []
    )


def test_the_oasis_client_adds_and_waits(published: Lab) -> None:
    url = f"https://localhost:{published.port}/api/collections/{published.collection}/"
    user = {"user": "publisher", "password": published.secrets["publisher"], "verify": str(CERT)}
    collection = oasis.Collection(url, **user)
    thing = {
        "type": "domain-name",
        "spec_version": "2.1",
        "id": "domain-name--00000000-0000-5000-8000-000000000001",
        "value": "a.example",
    }
    status = collection.add_objects({"objects": [thing, {"type": "malware"}]}, wait_for_completion=True)
    assert ("complete", 1, 1) == (status.status, status.success_count, status.failure_count)
    assert [thing] == collection.get_object(thing["id"])["objects"]
    collection.delete_object(thing["id"])
    refused = json.loads(run("taxii", "refused", published.folder / "taxii", "--json").out)
    assert ("publisher", "unknown type") == (refused[-1]["sender"], refused[-1]["code"])


def test_our_commands_list_and_pull_what_is_new(published: Lab, tmp_path: Path) -> None:
    listed = json.loads(run("taxii", "list", published.url, *published.as_user("partner")).out)
    assert [published.collection] == [c["id"] for c in listed]
    pull = ("taxii", "pull", published.url, "--collection", "findings", "--out", tmp_path)
    first = json.loads(run(*pull, *published.as_user("partner")).out)
    assert objects_of(published.bundle) == objects_of(Path(first["file"]))
    again = json.loads(run(*pull, *published.as_user("partner")).out)
    assert {"objects": 0, "file": None} == again


def test_a_reflection_is_refused_recorded_and_changes_nothing(published: Lab, tmp_path: Path) -> None:
    pull = ("taxii", "pull", published.url, "--collection", "findings", "--out", tmp_path)
    ran = run(*pull, "--publisher", "Example AI", *published.as_user("partner"))
    assert (1, "self-referring") == (ran.code, json.loads(ran.out)["refused"])
    assert ["refused.jsonl"] == [p.name for p in tmp_path.iterdir()]


def test_a_push_without_the_right_is_one_clear_error(published: Lab) -> None:
    push = ("taxii", "push", published.url, "--collection", "findings", "--bundle", published.bundle)
    options = published.as_user("partner")[:-1]
    one_error(run(*push, *options), "403", "may not be written", "Check --user")


def test_a_push_adds(published: Lab) -> None:
    push = ("taxii", "push", published.url, "--collection", "findings", "--bundle", published.bundle)
    ran = run(*push, *published.as_user("publisher"))
    assert 0 == ran.code, ran
    assert len(objects_of(published.bundle)) == json.loads(ran.out)["success_count"]


def test_a_bundle_that_is_refused_is_not_added(published: Lab, tmp_path: Path) -> None:
    bundle = json.loads(published.bundle.read_text())
    bundle["objects"][-1]["x_more"] = 1
    (tmp_path / "b.json").write_text(json.dumps(bundle))
    ran = run("taxii", "add", published.folder / "taxii", "--bundle", tmp_path / "b.json", "--json")
    assert (1, "unknown property") == (ran.code, json.loads(ran.out)["refused"])


def test_a_certificate_that_is_not_trusted_is_one_clear_error(lab: Lab) -> None:
    ran = run("taxii", "list", lab.url, "--user", "partner", "--secret-file", lab.folder / "partner")
    one_error(ran, "cannot be reached", "certificate")


def test_a_body_over_the_limit_is_413_without_being_read(lab: Lab) -> None:
    context = ssl.create_default_context(cafile=str(CERT))
    url = f"https://localhost:{lab.port}/api/collections/x/objects/"
    request = urllib.request.Request(url, data=b"x", method="POST")
    request.add_header("Content-Length", str(10**9))
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(request, context=context, timeout=20)  # noqa: S310 - of this test
    raised.value.close()
    assert 413 == raised.value.code


def test_secrets_stand_in_no_file(lab: Lab) -> None:
    kept = [p.read_bytes() for p in (lab.folder / "taxii").iterdir()]
    assert not [s for s in lab.secrets.values() for content in kept if s.encode() in content]


def test_settings_are_private(lab: Lab) -> None:
    assert 0o600 == (lab.folder / "taxii" / "taxii.toml").stat().st_mode & 0o777


def test_a_folder_is_not_made_twice(lab: Lab) -> None:
    one_error(
        run("taxii", "new", lab.folder / "taxii", "--publisher", "X"),
        "is there already",
        "nothing was written",
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("serve",), "nothing is to be served"),
        (("serve", "--taxii", "nowhere"), "there are no settings"),
        (("taxii", "dance", "x"), "no action 'dance'"),
        (("taxii", "list"), "folder or address is missing"),
        (("taxii", "list", "https://x.example/"), "wants to know who asks"),
        (("taxii", "list", "https://x.example/", "--user", "u"), "there is no secret"),
        (("taxii", "pull", "https://x.example/", "--user", "u"), "--collection is missing"),
    ],
)
def test_what_is_missing_is_named(
    arguments: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STILLWATCH_TAXII_SECRET", raising=False)
    one_error(run(*arguments), said)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://x.example/", "not an HTTPS address"),
        ("ftp://x/", "not an HTTPS"),
        ("https://u:p@x/", "carries a password"),
    ],
)
def test_secrets_go_over_tls_only(url: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STILLWATCH_TAXII_SECRET", "s")
    one_error(run("taxii", "list", url, "--user", "u"), said)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--host", "0.0.0.0"), "there is no certificate"),  # noqa: S104 - what must be refused
        (("--cert", CERT), "needs its key"),
        (("--cert", KEY, "--key", KEY), "do not fit"),
    ],
)
def test_serving_in_the_clear_is_refused(lab: Lab, options: tuple[str | Path, ...], said: str) -> None:
    one_error(run("serve", "--taxii", lab.folder / "taxii", *options), said)
