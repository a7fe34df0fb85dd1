"""An OTLP/HTTP receiver: spans and log events in JSON or protobuf, answered once they are durable."""

from __future__ import annotations

import hmac
import json
import socket
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any

import msgspec

from stillwatch.ingest.formats import Settings
from stillwatch.ingest.live.delivery import Delivery, Queue
from stillwatch.ingest.live.otlp_binary import LOGS, SPANS, decode, response
from stillwatch.ingest.otlp import Export, Otlp
from stillwatch.model.errors import InputError, UsageError
from stillwatch.model.typed import ready

PATHS: Mapping[str, str] = MappingProxyType({"/v1/traces": SPANS, "/v1/logs": LOGS})
JSON, PROTOBUF = "application/json", "application/x-protobuf"
_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)

LINGER_SECONDS = 2.0  # for which a connection that is to be closed is still read
LEAVING = 64  # connections turned away that are read at a time; more are closed at once

Seen = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class ReceiverSettings:
    """Address; bearer token, if one is asked for; most bytes of a body, packed and unpacked; most connections; seconds
    a request may wait for room and to become durable; after how many seconds a client may try again."""

    host: str = "127.0.0.1"
    port: int = 4318
    token: str = ""
    most_bytes: int = 32 * 1024 * 1024
    connections: int = 64
    room_seconds: float = 1.0
    durable_seconds: float = 30.0
    retry_seconds: int = 2


class Receiver(ThreadingHTTPServer):
    """Listens from the start; `serve_forever` answers. `seen` is told the status of each request."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, settings: ReceiverSettings, reading: Settings, queue: Queue, seen: Seen = lambda _: None
    ) -> None:
        self.settings, self.reading, self.queue, self.seen = settings, reading, queue, seen
        self._slots = threading.BoundedSemaphore(settings.connections)
        self._leaving = threading.BoundedSemaphore(LEAVING)
        try:
            super().__init__((settings.host, settings.port), _Handler)
        except OSError as error:
            raise UsageError(
                f"cannot listen: {error.strerror or error}",
                where=f"{settings.host}:{settings.port}",
                remedy="Choose another address with --otlp",
            ) from error

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own, if there are not too many already."""
        if self._slots.acquire(blocking=False):
            super().process_request(request, client_address)
            return
        self.seen(503)
        if self._leaving.acquire(blocking=False):
            threading.Thread(target=self._turn_away, args=(request,), daemon=True).start()
        else:
            self.close_request(request)

    def _turn_away(self, request: Any) -> None:
        try:
            with suppress(OSError):
                request.sendall(_BUSY)
            self.shutdown_request(request)
        finally:
            self._leaving.release()

    def shutdown_request(self, request: Any) -> None:
        """Close a connection; what is still on its way is read first, for closed with unread bytes it is reset, and
        the answer is lost."""
        with suppress(OSError):
            request.shutdown(socket.SHUT_WR)
            request.settimeout(LINGER_SECONDS)
            until = time.monotonic() + LINGER_SECONDS
            while time.monotonic() < until and request.recv(1 << 16):
                pass
        self.close_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, and make room for another."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base class's
        """A client that went away is no event."""
        self.seen(499)


class _Refusal(Exception):  # noqa: N818 - an answer, no error of ours
    def __init__(self, status: int, why: str, *, again: bool = False) -> None:
        super().__init__(why)
        self.status, self.why, self.again = status, why, again


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    server: Receiver

    def do_POST(self) -> None:
        """Read an export, hand it on, answer when it is durable."""
        binary = self.headers.get("Content-Type", "").startswith(PROTOBUF)
        try:
            kind = self._kind()
            body = self._body()
            self._answer(kind, self._taken(kind, body, binary=binary), binary=binary)
        except _Refusal as refusal:
            self._refuse(refusal)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Requests are counted, not logged."""

    def _kind(self) -> str:
        token = self.server.settings.token
        if token and not hmac.compare_digest(self.headers.get("Authorization", ""), f"Bearer {token}"):
            raise _Refusal(401, "a bearer token is asked for")
        kind = PATHS.get(self.path.split("?")[0])
        if kind is None:
            raise _Refusal(404, f"send to {' or '.join(PATHS)}")
        if not self.headers.get("Content-Type", "").startswith((JSON, PROTOBUF)):
            raise _Refusal(415, f"send {JSON} or {PROTOBUF}")
        if self.server.queue.full:
            raise _Refusal(429, "busy", again=True)
        return kind

    def _body(self) -> bytes:
        most = self.server.settings.most_bytes
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            raise _Refusal(411, "send Content-Length")
        if int(length) > most:
            raise _Refusal(413, f"larger than {most} bytes")
        body = self.rfile.read(int(length))
        encoding = self.headers.get("Content-Encoding", "identity").lower()
        if encoding == "identity":
            return body
        if encoding != "gzip":
            raise _Refusal(415, "send gzip or no Content-Encoding")
        unpacker = zlib.decompressobj(wbits=31)
        try:
            plain = unpacker.decompress(body, most)
        except zlib.error as error:
            raise _Refusal(400, "damaged gzip") from error
        if unpacker.unconsumed_tail:
            raise _Refusal(413, f"larger than {most} bytes unpacked")
        if not unpacker.eof:
            raise _Refusal(400, "damaged gzip")
        return plain

    def _taken(self, kind: str, body: bytes, *, binary: bool) -> int:
        """Hand the records on and wait until they are durable; returns how many were rejected."""
        try:
            export = decode(body, kind) if binary else msgspec.json.decode(body, type=ready(Export))
        except (InputError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise _Refusal(400, "damaged protobuf" if binary else "damaged JSON") from error
        except UsageError as error:
            raise _Refusal(415, f"{error.what}; send {JSON}") from error
        if (export.resourceSpans if kind == SPANS else export.resourceLogs) is None:
            return 0
        batch = Otlp(self.server.reading).read_export(export, body, label="otlp:http")
        durable = threading.Event()
        delivery = Delivery("otlp", (batch,), len(body), done=durable.set)
        s = self.server.settings
        if not self.server.queue.put(delivery, seconds=s.room_seconds):
            raise _Refusal(429, "busy", again=True)
        if not durable.wait(s.durable_seconds):
            raise _Refusal(503, "not durable yet; sending it again does no harm", again=True)
        return len(batch.rejects)

    def _answer(self, kind: str, rejects: int, *, binary: bool) -> None:
        why = "see rejects.parquet in the state folder"
        if binary:
            self._send(200, response(kind, rejects, why), PROTOBUF)
            return
        name = "rejectedSpans" if kind == SPANS else "rejectedLogRecords"
        partial = {"partialSuccess": {name: str(rejects), "errorMessage": why}} if rejects else {}
        self._send(200, json.dumps(partial).encode(), JSON)

    def _refuse(self, refusal: _Refusal) -> None:
        self.close_connection = True  # its body may not have been read
        headers = {"Retry-After": str(self.server.settings.retry_seconds)} if refusal.again else {}
        self._send(refusal.status, json.dumps({"message": refusal.why}).encode(), JSON, headers)

    def _send(self, status: int, body: bytes, kind: str, headers: Mapping[str, str] | None = None) -> None:
        self.server.seen(status)
        self.send_response_only(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
