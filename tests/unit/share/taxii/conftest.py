"""A TAXII server in this process, with a clock that is set by hand and users of several rights."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from stillwatch.share.taxii.http import MEDIA, Request, Response
from stillwatch.share.taxii.secret_hash import hashed
from stillwatch.share.taxii.server import TaxiiServer
from stillwatch.share.taxii.settings import TaxiiSettings, parse_settings
from stillwatch.share.taxii.store import TaxiiStore

FINDINGS = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"
INBOX = "52892447-4d7e-4f70-b94d-d7f22742ff63"
HIDDEN = "365fed99-08fa-fdcd-a1b3-fb247eb41d01"
SECRETS = {"reader": "r-secret", "writer": "w-secret", "sender": "s-secret"}
DIGESTS = {name: hashed(secret) for name, secret in SECRETS.items()}
START = datetime(2026, 6, 1, tzinfo=UTC)
TOML = f"""
title = "Test"
publisher = "Example AI"
description = "A server for tests"
contact = "soc@example.com"
[limits]
max_content_length = 200000
page = 10
requests_per_minute = 100000
failures_per_minute = 5
[[collection]]
id = "{FINDINGS}"
title = "Findings"
alias = "findings"
[[collection]]
id = "{INBOX}"
title = "Inbox"
description = "what others send"
[[collection]]
id = "{HIDDEN}"
title = "Hidden"
[[user]]
name = "reader"
secret = "{DIGESTS["reader"]}"
read = ["{FINDINGS}"]
[[user]]
name = "writer"
secret = "{DIGESTS["writer"]}"
read = ["{FINDINGS}"]
write = ["{FINDINGS}"]
[[user]]
name = "sender"
secret = "{DIGESTS["sender"]}"
write = ["{INBOX}"]
"""


@dataclass
class Clock:
    """A clock that is set by hand."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def go(self, **by: float) -> None:
        """Move on."""
        self.now += timedelta(**by)


@dataclass
class Asked:
    """Speaks to a server as somebody would over the network."""

    server: TaxiiServer
    store: TaxiiStore
    clock: Clock
    sent: list[str] = field(default_factory=list)

    def ask(
        self,
        path: str,
        *,
        user: str = "writer",
        method: str = "GET",
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        peer: str = "192.0.2.1",
    ) -> Response:
        """The response to a request of a user."""
        parts = urlsplit(path)
        login = base64.b64encode(f"{user}:{SECRETS.get(user, 'x')}".encode()).decode()
        told = {"accept": MEDIA, "authorization": f"Basic {login}", **(headers or {})}
        if body:
            told.setdefault("content-type", MEDIA)
        query = tuple(parse_qsl(parts.query, keep_blank_values=True))
        return self.server.handle(Request(method, parts.path, query, told, body, peer))

    def get(self, path: str, **more: Any) -> Any:
        """What a GET is answered with; it must succeed."""
        response = self.ask(path, **more)
        assert response.status == 200, response.body
        return json.loads(response.body)

    def post(self, objects: Sequence[Any], **more: Any) -> Any:
        """The status of objects that are added; it must be accepted."""
        body = json.dumps({"objects": objects}).encode()
        collection = more.pop("collection", FINDINGS)
        response = self.ask(f"/api/collections/{collection}/objects/", method="POST", body=body, **more)
        assert response.status == 202, response.body
        return json.loads(response.body)

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Response:
        """What a client of ours sends with."""
        self.sent.append(url)
        parts = urlsplit(url)
        query = tuple(parse_qsl(parts.query, keep_blank_values=True))
        told = {name.lower(): value for name, value in headers.items()}
        return self.server.handle(Request(method, parts.path, query, told, body, "192.0.2.9"))


@pytest.fixture
def settings() -> TaxiiSettings:
    """Settings of the server."""
    return parse_settings(TOML)


@pytest.fixture
def asked(tmp_path: Path, settings: TaxiiSettings) -> Asked:
    """The server, empty."""
    clock, store = Clock(), TaxiiStore(tmp_path / "taxii.sqlite")
    return Asked(TaxiiServer(settings, store, clock), store, clock)


def campaign(n: int, *, version: int = 0, **more: Any) -> dict[str, Any]:
    """A campaign object; each number has an id of its own."""
    return {
        "type": "campaign",
        "spec_version": "2.1",
        "id": f"campaign--00000000-0000-4000-8000-{n:012d}",
        "created": "2026-05-01T00:00:00.000Z",
        "modified": f"2026-05-01T00:00:{version:02d}.000Z",
        "name": f"campaign {n}",
        **more,
    }


def address(n: int) -> dict[str, Any]:
    """An observable without times."""
    return {
        "type": "ipv4-addr",
        "spec_version": "2.1",
        "id": f"ipv4-addr--00000000-0000-5000-8000-{n:012d}",
        "value": f"203.0.113.{n}",
    }
