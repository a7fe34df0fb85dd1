"""Updates on their way out: each sink gets every update, in order, at least once, with an id to tell copies by."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from stillwatch import __version__
from stillwatch.app.live.counts import Counts
from stillwatch.app.live.log import Log
from stillwatch.app.live.look import UPDATES
from stillwatch.ingest.live.kafka import client
from stillwatch.model.errors import UsageError
from stillwatch.store.files import replace_text

FIRST_WAIT, LONGEST_WAIT = 1.0, 300.0
CONSUMER_ONLY = (
    "session.",
    "heartbeat.",
    "auto.",
    "max.poll.",
    "fetch.",
    "queued.max.",
    "partition.assignment.",
)
_GIVE_UP = frozenset(range(400, 500)) - {408, 425, 429}


class Undelivered(Exception):  # noqa: N818 - says what happened, and whether to try again
    """An update was not taken. `final`: and never will be; `after`: seconds the other side asks to wait."""

    def __init__(self, why: str, *, final: bool = False, after: float = 0.0) -> None:
        super().__init__(why)
        self.why, self.final, self.after = why, final, after


class Sink(Protocol):
    """Where updates go; `name` stands in the log and in the file of what was delivered."""

    @property
    def name(self) -> str:
        """Short name."""
        ...

    def send(self, update: Mapping[str, Any]) -> None:
        """Deliver it, or raise `Undelivered`."""
        ...


@dataclass(frozen=True, slots=True)
class Webhook:
    """HTTP POST of one update as JSON.

    With a secret the header `Stillwatch-Signature` is `t=TIME,v1=HEX`, the HMAC-SHA256 of `TIME.BODY`.
    """

    url: str
    secret: bytes = b""
    seconds: float = 10.0
    name: str = "webhook"

    def send(self, update: Mapping[str, Any]) -> None:
        """POST it; raises `Undelivered` for any answer but 2xx."""
        body = json.dumps(update, sort_keys=True).encode()
        parts = urlsplit(self.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=self.seconds)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            connection.request("POST", path, body, self._headers(update, body))
            answer = connection.getresponse()
            answer.read(65_536)
        except (OSError, http.client.HTTPException) as error:
            raise Undelivered(f"{type(error).__name__}: {error}"[:200]) from error
        finally:
            connection.close()
        if not 200 <= answer.status < 300:
            after = answer.headers.get("Retry-After", "")
            raise Undelivered(
                f"answered {answer.status}",
                final=answer.status in _GIVE_UP,
                after=float(after) if after.isdecimal() else 0.0,
            )

    def _headers(self, update: Mapping[str, Any], body: bytes) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"stillwatch/{__version__}",
            "Idempotency-Key": str(update["update_id"]),
        }
        if self.secret:
            headers["Stillwatch-Signature"] = signature(body, self.secret, at=int(time.time()))
        return headers


def signature(body: bytes, secret: bytes, *, at: int) -> str:
    """The value of `Stillwatch-Signature` for a body signed at a time.

    >>> signature(b"{}", b"secret", at=1)[:12]
    't=1,v1=8dd44'
    """
    digest = hmac.new(secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def webhook(url: str, secret_file: Path | None) -> Webhook:
    """A webhook; raises `UsageError` for an address that is not http or https, or a secret that cannot be read."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"--webhook {url!r} is no address", remedy="Write it like https://example.org/hook")
    try:
        secret = secret_file.read_bytes().strip() if secret_file else b""
    except OSError as error:
        raise UsageError("cannot be read", where=str(secret_file), remedy="Check the path") from error
    return Webhook(url, secret)


class Topic:
    """A Kafka topic: one message an update, keyed by its campaign. Needs the package confluent-kafka."""

    name = "topic"

    def __init__(self, brokers: str, topic: str, options: Mapping[str, str]) -> None:
        kafka = client()
        self._topic = topic
        self._failure: type[Exception] = kafka.KafkaException
        common = {k: v for k, v in options.items() if not k.startswith(CONSUMER_ONLY)}
        own = {"bootstrap.servers": brokers, "message.timeout.ms": 10_000, "acks": "all"}
        try:
            self._producer = kafka.Producer({**common, **own})
        except (kafka.KafkaException, ValueError, TypeError) as error:
            raise UsageError(
                f"the Kafka client refuses its settings: {error}", remedy="Check --kafka-set"
            ) from error

    def send(self, update: Mapping[str, Any]) -> None:
        """Produce it and wait until the broker has it."""
        failed: list[str] = []

        def told(error: Any, _message: Any) -> None:
            if error is not None:
                failed.append(str(error))

        key, body = str(update["campaign_id"]), json.dumps(update, sort_keys=True)
        try:
            self._producer.produce(self._topic, body.encode(), key.encode(), on_delivery=told)
            left = self._producer.flush(15)
        except (BufferError, self._failure) as error:
            raise Undelivered(str(error)[:200]) from error
        if failed or left:
            raise Undelivered(failed[0] if failed else "the broker did not answer")


class Publisher:
    """Delivers what looks left in the folder `updates`; one thread for each sink."""

    def __init__(self, folder: Path, sinks: Sequence[Sink], counts: Counts, log: Log) -> None:
        self._folder = folder
        self._sinks, self._counts, self._log = sinks, counts, log
        self._news = threading.Event()
        self._stop = threading.Event()

    def run(self, sink: Sink) -> None:
        """Deliver to one sink until stopped."""
        while not self._stop.is_set():
            for update in list(self._left(sink)):
                if not self._deliver(sink, update):
                    break
            self._news.wait(1.0)

    def drain(self) -> bool:
        """Try once to deliver what is left; false if something remains."""
        whole = True
        for sink in self._sinks:
            for update in list(self._left(sink)):
                try:
                    self._send(sink, update)
                except Undelivered as refusal:
                    self._log.warning("update_undelivered", sink=sink.name, why=refusal.why)
                    whole = False
                    break
        return whole

    def wake(self) -> None:
        """There may be something new; remove what every sink has."""
        self._news.set()
        self._news.clear()
        done = min((self._delivered(sink) for sink in self._sinks), default="~")
        for path in sorted((self._folder / UPDATES).glob("*.json"))[:-1]:
            if (_last_id(path) or "") <= done:
                path.unlink(missing_ok=True)

    def stop(self) -> None:
        """Deliver nothing more."""
        self._stop.set()
        self._news.set()

    def _deliver(self, sink: Sink, update: Mapping[str, Any]) -> bool:
        """Try until it is taken or will never be; false if stopped before."""
        wait = FIRST_WAIT
        while not self._stop.is_set():
            try:
                self._send(sink, update)
            except Undelivered as refusal:
                pause = max(wait, refusal.after)
                self._log.warning("update_undelivered", sink=sink.name, why=refusal.why, again_in=pause)
                self._stop.wait(pause)
                wait = min(2 * wait, LONGEST_WAIT)
                continue
            return True
        return False

    def _send(self, sink: Sink, update: Mapping[str, Any]) -> None:
        """Deliver once; what is refused for good counts as done."""
        try:
            sink.send(update)
            self._counts.published += 1
        except Undelivered as refusal:
            self._counts.publish_failures += 1
            if not refusal.final:
                raise
            self._log.error("update_refused", sink=sink.name, update_id=update["update_id"], why=refusal.why)
        replace_text(self._file(sink), json.dumps({"update_id": update["update_id"]}) + "\n")

    def _left(self, sink: Sink) -> Iterator[Mapping[str, Any]]:
        done = self._delivered(sink)
        for path in sorted((self._folder / UPDATES).glob("*.json")):
            if path.stem < done.partition("-")[0]:
                continue
            try:
                updates = json.loads(path.read_text("utf-8"))["updates"]
            except FileNotFoundError:
                continue
            yield from (u for u in updates if u["update_id"] > done)

    def _delivered(self, sink: Sink) -> str:
        """Id of the last update that this sink has, "" before the first."""
        try:
            return str(json.loads(self._file(sink).read_text("utf-8"))["update_id"])
        except FileNotFoundError:
            return ""

    def _file(self, sink: Sink) -> Path:
        return self._folder / f"delivered-{sink.name}.json"


def _last_id(path: Path) -> str | None:
    try:
        updates = json.loads(path.read_text("utf-8"))["updates"]
    except FileNotFoundError:
        return None
    return str(updates[-1]["update_id"])
