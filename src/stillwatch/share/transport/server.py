"""The HTTPS server that partners post frames to."""

from __future__ import annotations

import json
import logging
import ssl
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import BoundedSemaphore

from stillwatch.model.errors import ResourceError, StillwatchError
from stillwatch.share.inbox import Receipt
from stillwatch.share.messages import ATTACHMENT_LIMIT, MESSAGE_LIMIT

PATH = "/share/v1/messages"
FRAME_TYPE = "application/vnd.stillwatch.frame"
IDLE_SECONDS = 30
AT_ONCE = 4  # frames handled at a time; intersections take memory
TOO_LONG = b"\xff\xff\xff\xff"  # a frame that says of itself what is too long
LIMIT = MESSAGE_LIMIT + ATTACHMENT_LIMIT + 4
log = logging.getLogger(__name__)

Handle = Callable[[bytes], tuple[Receipt, bytes]]


class ShareServer(ThreadingHTTPServer):
    """Listens with TLS; every frame goes to `handle`, its answer goes back in the response."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], handle: Handle, *, certificate: Path, key: Path) -> None:
        self.handle_frame = handle
        self.places = BoundedSemaphore(AT_ONCE)
        self._tls = _context(certificate, key)
        super().__init__(address, _Handler)

    def get_request(self) -> tuple[ssl.SSLSocket, object]:
        """A connection wrapped in TLS; the handshake is left to its own thread, so that a silent one stops nobody."""
        connection, address = super().get_request()
        connection.settimeout(IDLE_SECONDS)
        wrapped = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return wrapped, address

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that broke is an event, not a traceback."""
        log.warning("connection_broke %s", {"from": str(client_address), "open": bool(request)})


class _Handler(BaseHTTPRequestHandler):
    server: ShareServer
    protocol_version = "HTTP/1.1"
    server_version = "stillwatch"
    sys_version = ""
    timeout = IDLE_SECONDS

    def do_POST(self) -> None:
        """Take in one frame."""
        length = self.headers.get("Content-Length", "")
        if self.path != PATH or not length.isdigit():
            self._answer(HTTPStatus.NOT_FOUND if self.path != PATH else HTTPStatus.LENGTH_REQUIRED, {}, b"")
            return
        if int(length) > LIMIT:
            receipt, _ = self.server.handle_frame(TOO_LONG)  # so that the ledger has it, unread
            told = {"reason": receipt.reason, "what": receipt.what}
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, told, b"")
            return
        data = self.rfile.read(int(length))
        if len(data) < int(length):
            self.close_connection = True
            return
        with self.server.places:
            try:
                receipt, answer = self.server.handle_frame(data)
            except StillwatchError as error:
                log.error("frame_failed %s", {"kind": type(error).__name__})
                self._answer(HTTPStatus.SERVICE_UNAVAILABLE, {"reason": "unavailable"}, b"")
                return
        self._answer(_status(receipt), {"reason": receipt.reason, "what": receipt.what}, answer)

    def do_GET(self) -> None:
        """There is nothing to read."""
        self._answer(HTTPStatus.METHOD_NOT_ALLOWED, {}, b"")

    def _answer(self, status: HTTPStatus, receipt: dict[str, str], frame: bytes) -> None:
        """The receipt stands in a header line of the body, the answering frame behind it."""
        head = json.dumps(receipt).encode()
        body = len(head).to_bytes(4, "big") + head + frame
        if status is not HTTPStatus.OK:
            self.close_connection = True  # what was not read must not be taken for the next request
        self.send_response(status)
        self.send_header("Content-Type", FRAME_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name http.server uses
        """Requests are logged by what became of them, not by line."""


def _status(receipt: Receipt) -> HTTPStatus:
    if receipt.accepted:
        return HTTPStatus.OK
    return HTTPStatus.TOO_MANY_REQUESTS if receipt.reason == "flooding" else HTTPStatus.BAD_REQUEST


def _context(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise ResourceError(
            "the certificate or its key cannot be used",
            where=str(certificate),
            remedy="Give PEM files that belong together",
        ) from error
    return context
