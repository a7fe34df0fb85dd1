"""Updates reach a webhook signed, in order, again after a failure, and never out of the order."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from stillwatch.app.live import publish
from stillwatch.app.live.counts import Counts
from stillwatch.app.live.log import Log
from stillwatch.app.live.publish import Publisher, Undelivered, Webhook, webhook
from stillwatch.model.errors import UsageError


@contextmanager
def hook(*answers: int) -> Iterator[tuple[str, list[tuple[Mapping[str, str], bytes]]]]:
    """A server that gives these answers and then 200, and what it was sent."""
    left, got = list(answers), []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response_only(left.pop(0) if left else 200)
            self.send_header("Retry-After", "0")
            self.send_header("Content-Length", "0")
            self.end_headers()

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/hook?x=1", got
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def left_by_looks(folder: Path, *looks: int) -> None:
    """Updates as looks leave them: so many at each look."""
    (folder / "updates").mkdir()
    for n, many in enumerate(looks, start=1):
        updates = [
            {"update_id": f"{n:012d}-{i:06d}", "campaign_id": "c", "kind": "changed"} for i in range(many)
        ]
        (folder / "updates" / f"{n:012d}.json").write_text(json.dumps({"updates": updates, "known": {}}))


def publisher(folder: Path, sink: Any) -> tuple[Publisher, Counts]:
    counts = Counts()
    return Publisher(folder, [sink], counts, Log(StringIO())), counts


def test_signed_and_to_tell_copies_by(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("quillpen\n")
    with hook() as (url, got):
        webhook(url, tmp_path / "secret").send({"update_id": "7", "kind": "opened"})
    headers, body = got[0]
    at, _, given = headers["Stillwatch-Signature"].partition(",")
    signed = at.removeprefix("t=").encode() + b"." + body
    assert given == "v1=" + hmac.new(b"quillpen", signed, hashlib.sha256).hexdigest()
    assert "7" == headers["Idempotency-Key"]


def test_in_order_and_once(tmp_path: Path) -> None:
    left_by_looks(tmp_path, 2, 1)
    with hook() as (url, got):
        sender, counts = publisher(tmp_path, Webhook(url))
        assert sender.drain()
        assert sender.drain()
        sender.wake()
    assert ["1-0", "1-1", "2-0"] == [
        "-".join(str(int(p)) for p in json.loads(b)["update_id"].split("-")) for _, b in got
    ]
    assert 3 == counts.published
    assert ["000000000002.json"] == [p.name for p in (tmp_path / "updates").iterdir()]


def test_tried_again_until_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "FIRST_WAIT", 0.01)
    left_by_looks(tmp_path, 2)
    with hook(503, 429) as (url, got):
        sink = Webhook(url)
        sender, counts = publisher(tmp_path, sink)
        thread = threading.Thread(target=sender.run, args=(sink,))
        thread.start()
        for _ in range(600):
            if counts.published == 2:
                break
            thread.join(0.02)
        sender.stop()
        thread.join()
    assert (2, 2, 4) == (counts.published, counts.publish_failures, len(got))


def test_refused_for_good_does_not_hold_up_the_rest(tmp_path: Path) -> None:
    left_by_looks(tmp_path, 2)
    with hook(400) as (url, _):
        sender, counts = publisher(tmp_path, Webhook(url))
        assert sender.drain()
    assert (1, 1) == (counts.published, counts.publish_failures)


def test_nobody_there(tmp_path: Path) -> None:
    left_by_looks(tmp_path, 1)
    with hook() as (url, _):
        pass
    with pytest.raises(Undelivered):
        Webhook(url).send({"update_id": "1"})
    sender, counts = publisher(tmp_path, Webhook(url))
    assert not sender.drain()
    assert (0, 1) == (counts.published, counts.publish_failures)


@pytest.mark.parametrize("url", ["ftp://example.org/x", "example.org", "http://"])
def test_no_address(url: str) -> None:
    with pytest.raises(UsageError, match="is no address"):
        webhook(url, None)
