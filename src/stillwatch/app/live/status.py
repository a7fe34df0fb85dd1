"""Health, readiness and metrics over HTTP: `/healthz`, `/readyz`, `/metrics`."""

from __future__ import annotations

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from stillwatch.app.live.counts import Counts, exposition
from stillwatch.model.errors import UsageError

STALE_SECONDS = 60.0  # a main loop that has not gone round for so long hangs


class StatusServer(ThreadingHTTPServer):
    """Listens from the start; `serve_forever` answers."""

    daemon_threads = True

    def __init__(self, host: str, port: int, counts: Counts) -> None:
        self.counts = counts
        try:
            super().__init__((host, port), _Handler)
        except OSError as error:
            raise UsageError(
                f"cannot listen: {error.strerror or error}",
                where=f"{host}:{port}",
                remedy="Choose another address with --listen",
            ) from error


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10
    server: StatusServer

    def do_GET(self) -> None:
        """Answer one of the three."""
        counts = self.server.counts
        alive = time.time() - counts.beat < STALE_SECONDS
        path = self.path.split("?")[0]
        if path == "/metrics":
            self._metrics()
        elif path in ("/healthz", "/readyz"):
            good = alive and (counts.ready or path == "/healthz")
            said = {"alive": alive, "ready": counts.ready, "newest": counts.newest, "looked": counts.looked}
            self._send(200 if good else 503, json.dumps(said).encode(), "application/json")
        else:
            self._send(404, b"{}", "application/json")

    def _metrics(self) -> None:
        try:
            told = exposition(self.server.counts)
        except UsageError as error:
            self._send(501, str(error).encode(), "text/plain; charset=utf-8")
            return
        self._send(200, told, "text/plain; version=0.0.4; charset=utf-8")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Requests are counted, not logged."""

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
