"""Requests over HTTPS with the standard library; plain HTTP only to this machine. Redirects are not followed."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from stillwatch.model.errors import InputError, ResourceError, UsageError
from stillwatch.share.taxii.http import Response

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
SECONDS = 60.0
PATIENCE = 600.0  # seconds for an answer as a whole, however steadily it trickles


def sender(
    *,
    ca_file: Path | None = None,
    most_bytes: int = 20_000_000,
    seconds: float = SECONDS,
    patience: float = PATIENCE,
) -> Callable[[str, str, Mapping[str, str], bytes], Response]:
    """A function that sends a request (method, URL, headers, body) and returns the response.

    `seconds` is how long the server may be silent, `patience` how long its whole answer may take.

    Raises `InputError` if the file of certificates cannot be used. What it returns raises `UsageError` for an
    address that is not safe, `ResourceError` if the server cannot be reached.
    """
    context = _context(ca_file)

    def send(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Response:
        connection = _connection(url, context, seconds)
        late = threading.Event()
        try:
            connection.connect()
            with _watched(connection.sock, patience, late):
                connection.request(method, _target(url), body or None, dict(headers))
                answer = connection.getresponse()
                content = answer.read(most_bytes + 1)
        except (OSError, ValueError, http.client.HTTPException) as error:
            if late.is_set():
                raise _too_slow(url, patience) from error
            raise ResourceError(
                f"cannot be reached: {error}",
                where=url,
                remedy="Check address, certificate (--ca-file) and network",
            ) from error
        finally:
            connection.close()
        if late.is_set():
            raise _too_slow(url, patience)
        if len(content) > most_bytes:
            raise InputError(
                f"answers with more than {most_bytes:,} bytes", where=url, remedy="Ask for smaller pages"
            )
        return Response(answer.status, content, {k.lower(): v for k, v in answer.getheaders()})

    return send


def _context(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except OSError as error:
        raise InputError("holds no certificates", where=str(ca_file), remedy="Give a PEM file") from error


def _target(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


@contextmanager
def _watched(line: socket.socket, patience: float, late: threading.Event) -> Iterator[None]:
    """Ends a connection that takes longer; whoever reads from it sees an end."""

    def hang_up() -> None:
        late.set()
        with suppress(OSError):
            socket.socket.shutdown(
                line, socket.SHUT_RDWR
            )  # of TLS, too: its own would first forget the session

    watch = threading.Timer(patience, hang_up)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


def _too_slow(url: str, patience: float) -> ResourceError:
    return ResourceError(
        f"did not answer in full within {patience:g} seconds",
        where=url,
        remedy="Try again later, or ask its operator",
    )


def _connection(url: str, context: ssl.SSLContext, seconds: float) -> http.client.HTTPConnection:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise UsageError(f"{url!r} is no address", remedy="Write it like https://host/taxii2/") from error
    if parts.username or parts.password:
        raise UsageError("the address carries a password", remedy="Use --user and --secret-file")
    if parts.scheme == "https" and host:
        return http.client.HTTPSConnection(host, port, timeout=seconds, context=context)
    if parts.scheme == "http" and host in LOOPBACK:
        return http.client.HTTPConnection(host, port, timeout=seconds)
    raise UsageError(
        f"{url!r} is not an HTTPS address",
        remedy="Credentials go over TLS only; plain HTTP works on this machine",
    )
